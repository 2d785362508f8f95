"""Whether a training waits for the worker or runs."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from matcher.matching.model_models import ModelTraining
from matcher.matching.model_queries import TURN

ASKED, BEGUN = "asked", "begun"


def waiting_training(session: Session, *, now: datetime) -> ModelTraining | None:
    """The training that waits for the worker or runs; one that was cut off does not count."""
    query = select(ModelTraining).where(ModelTraining.ended_at.is_(None), ModelTraining.began_at > now - TURN)
    return session.scalars(query.order_by(ModelTraining.began_at.desc()).limit(1)).one_or_none()


def is_asked(session: Session) -> bool:
    """Somebody asked for a training that no worker began yet."""
    return bool(session.scalar(select(exists().where(ModelTraining.outcome == ASKED))))
