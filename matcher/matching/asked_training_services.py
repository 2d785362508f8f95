"""A training that somebody asks for on the page of models: it waits here for the worker. Flushes, never commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.services import record
from matcher.errors import Conflict
from matcher.i18n import _l
from matcher.matching.asked_training_queries import ASKED, BEGUN, waiting_training
from matcher.matching.model_models import ModelTraining

ALREADY = _l("A training already waits or runs. Wait until it is done.")


def ask_training(session: Session, *, actor: Actor, now: datetime) -> ModelTraining:
    """Raises Conflict while one waits or runs. Its name, beside those of the weeks, is the second it was asked for."""
    if waiting_training(session, now=now) is not None:
        raise Conflict(ALREADY)
    row = ModelTraining(week=f"{int(now.timestamp()):08x}"[-8:], began_at=now, outcome=ASKED)
    session.add(row)
    record(session, action="training_asked", object_type="model", object_id=None, actor_id=actor.user_id, now=now)
    return row


def begin_asked(session: Session, *, now: datetime) -> str | None:
    """The name of the training that is now this worker's; None when nobody asked for one."""
    query = select(ModelTraining).where(ModelTraining.outcome == ASKED).order_by(ModelTraining.began_at).limit(1)
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None:
        return None
    row.outcome, row.began_at = BEGUN, now
    session.flush()
    return row.week
