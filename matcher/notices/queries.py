"""What the inbox shows and what the worker needs to look at. Nothing is written here."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from matcher.notices.models import Channel, NoticeState, Outbox

_INBOX_STATES = (NoticeState.QUEUED, NoticeState.SENT)


def inbox_of(user_id: int, now: datetime) -> Select[Any]:
    """This person's notices, the newest first."""
    return _showing(select(Outbox), user_id, now).order_by(Outbox.not_before.desc(), Outbox.id.desc())


def unread_count(session: Session, user_id: int, now: datetime | None = None) -> int:
    """How many notices this person has not looked at; without `now` only those the worker has passed."""
    query = _showing(select(func.count(Outbox.id)), user_id, now).where(Outbox.read_at.is_(None))
    return session.scalar(query) or 0


def inbox_notice(session: Session, *, user_id: int, notice_id: int, now: datetime) -> Outbox | None:
    """One notice of this person; somebody else's is not there."""
    found: Outbox | None = session.scalar(_showing(select(Outbox), user_id, now).where(Outbox.id == notice_id))
    return found


def due_inbox(session: Session, now: datetime, limit: int) -> list[Outbox]:
    """Inbox rows whose time has come and that nobody checked yet."""
    query = select(Outbox).where(
        Outbox.channel == Channel.INBOX, Outbox.state == NoticeState.QUEUED, Outbox.not_before <= now
    )
    return list(session.scalars(query.order_by(Outbox.id).limit(limit)))


def dead_letters(session: Session, limit: int = 200) -> list[Outbox]:
    """Mails nobody will get unless somebody acts, the newest first."""
    query = select(Outbox).where(Outbox.state == NoticeState.DEAD).order_by(Outbox.id.desc())
    return list(session.scalars(query.limit(limit)))


def _showing(query: Select[Any], user_id: int, now: datetime | None) -> Select[Any]:
    """Shown from the end of the undo window on, also when no worker runs."""
    mine = query.where(Outbox.recipient_user_id == user_id, Outbox.channel == Channel.INBOX)
    if now is None:
        return mine.where(Outbox.state == NoticeState.SENT)
    return mine.where(Outbox.state.in_(_INBOX_STATES), Outbox.not_before <= now)
