"""Keeping the busy blocks of somebody's own calendar: replaced as a whole, taken back within the hour, forgotten."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.busy import Block, merged, unpacked
from matcher.availability.busy_queries import busy_blocks_of, is_over, is_settled, of_calendar
from matcher.availability.models import AvailabilityException, BusyCalendar
from matcher.availability.states import CALENDAR, ExceptionKind, OwnerType
from matcher.db import lock_row
from matcher.errors import InvalidInput
from matcher.i18n import _l

WAY_BACK = timedelta(hours=1)
KEPT_AFTER = timedelta(days=7)
GONE = _l("This cannot be put back any more.")


def keep_busy(session: Session, *, actor: Actor, now: datetime, packed: str) -> int:
    """The blocks of a form that was looked at take the place of all earlier ones. Raises InvalidInput."""
    try:
        blocks = unpacked(packed, now=now)
    except ValueError as wrong:
        raise InvalidInput(_l("We lost what we found. Choose your calendar file again."), "file") from wrong
    user_id = _locked(session, actor)
    _lay(session, user_id, blocks, before=busy_blocks_of(session, user_id), now=now)
    return len(blocks)


def remove_busy(session: Session, *, actor: Actor, now: datetime) -> None:
    """Nothing of the calendar is left, but for the way back."""
    user_id = _locked(session, actor)
    _lay(session, user_id, (), before=busy_blocks_of(session, user_id), now=now)


def restore_busy(session: Session, *, actor: Actor, now: datetime) -> None:
    """As it was before the last reading or removing. Raises InvalidInput when that is gone."""
    user_id = _locked(session, actor)
    kept = session.get(BusyCalendar, user_id)
    if kept is None or kept.before is None or now - kept.read_at > WAY_BACK:
        raise InvalidInput(GONE)
    _lay(session, user_id, [(start_s, end_s) for start_s, end_s in kept.before], before=None, now=now)


def forget_before(session: Session, *, now: datetime) -> int:
    """What can no longer be put back, and busy time that is long over."""
    settled = update(BusyCalendar).where(*is_settled(now - WAY_BACK)).values(before=None)
    over = delete(AvailabilityException).where(*is_over((now - KEPT_AFTER).timestamp()))
    return sum(_count(session, statement) for statement in (settled, over))


def _count(session: Session, statement: Any) -> int:
    # What a delete gives back counts its rows; the session promises only a result of any kind.
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def _locked(session: Session, actor: Actor) -> int:
    """One reading at a time per person."""
    return lock_row(session, User, actor.user_id or 0).id


def _lay(session: Session, user_id: int, blocks: Iterable[Block], *, before: list[Block] | None, now: datetime) -> None:
    session.execute(delete(AvailabilityException).where(*of_calendar(user_id)))
    rows = [
        {
            "owner_type": OwnerType.PERSON,
            "owner_id": user_id,
            "start_s": start_s,
            "end_s": end_s,
            "kind": ExceptionKind.BUSY,
            "source": CALENDAR,
            "note": None,
        }
        for start_s, end_s in merged(blocks)
    ]
    if rows:
        session.execute(insert(AvailabilityException), rows)
    kept = session.get(BusyCalendar, user_id)
    if kept is None:
        kept = BusyCalendar(user_id=user_id, read_at=now, before=None)
        session.add(kept)
    kept.read_at, kept.before = now, None if before is None else [list(block) for block in before]
    session.flush()
