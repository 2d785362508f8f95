"""Forgetting a no, and remembering it again. Flushes, never commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.matching.forgotten_models import ForgottenNo
from matcher.matching.remembered_queries import forgotten, own_no


def forget_no(session: Session, match_id: int, *, actor: Actor, now: datetime) -> None:
    """From now on its reason changes nothing; that an answer was given still counts. Raises NotFound."""
    own_no(session, actor, match_id)
    if forgotten(session, match_id) is None:
        session.add(ForgottenNo(match_id=match_id, at=now))
        session.flush()


def remember_no(session: Session, match_id: int, *, actor: Actor) -> None:
    """Raises NotFound."""
    own_no(session, actor, match_id)
    row = forgotten(session, match_id)
    if row is not None:
        session.delete(row)
        session.flush()
