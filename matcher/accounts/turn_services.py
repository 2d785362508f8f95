"""The days of a stand-in: on the first the grant begins to count, after the last it ends. Flushes, never commits."""

from datetime import date, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant
from matcher.accounts.services import record


def has_turns(session: Session, *, today: date) -> bool:
    """Does somebody's time begin or end? Also late: the worker may have stood still."""
    return session.scalar(_due(today).with_only_columns(Grant.id).limit(1)) is not None


def turn(session: Session, *, today: date, now: datetime) -> int:
    """Begin and end what is due; how many."""
    grants = session.scalars(_due(today).with_for_update(key_share=True)).all()
    for grant in grants:
        if grant.ends_on is not None and grant.ends_on < today:
            grant.ended_at = now
            action = "grant_ended"
        else:
            grant.confirmed_at = now
            action = "grant_begun"
        record(
            session,
            action=action,
            object_type="grant",
            object_id=grant.id,
            actor_id=None,
            region_id=grant.region_id,
            now=now,
        )
    return len(grants)


def _due(today: date) -> Select[Grant]:
    begins = Grant.confirmed_at.is_(None) & Grant.starts_on.is_not(None) & (Grant.starts_on <= today)
    return select(Grant).where(Grant.ended_at.is_(None), Grant.stand_in, or_(begins, Grant.ends_on < today))
