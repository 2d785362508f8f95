"""What the inbox shows, what the worker needs to look at, what people chose. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, select
from sqlalchemy.orm import Session

from matcher.notices.models import Channel, MailChoice, NoticeState, Outbox, RefusedAddress
from matcher.notices.states import DeadReason, Manner, Rhythm

Bound = BindParameter[Any]
MARKED_FOR = timedelta(days=7)
"""After a week a refused address is tried again: mailboxes come back."""
_INBOX_STATES = (NoticeState.QUEUED, NoticeState.SENT)


def inbox_of(user_id: int, now: datetime) -> Select[Any]:
    """This person's notices, the newest first."""
    return _showing(select(Outbox), user_id, now).order_by(Outbox.not_before.desc(), Outbox.id.desc())


def unread_count(session: Session, user_id: int, now: datetime | None = None) -> int:
    """How many notices this person has not looked at; without `now` only those the worker has passed."""
    return session.scalar(_unread(now is not None), {"user_id": user_id, "now": now}) or 0


@cache
def _unread(by_time: bool) -> Select[int]:
    """Written once: every page of somebody who is signed in asks it."""
    now = bindparam("now", type_=Outbox.not_before.type) if by_time else None
    return _showing(select(func.count(Outbox.id)), bindparam("user_id"), now).where(Outbox.read_at.is_(None))


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
    return list(session.scalars(dead_mails().limit(limit)))


def dead_mails(reason: DeadReason | None = None) -> Select[Any]:
    """The same as a query, of one cause or of all."""
    query = select(Outbox).where(Outbox.state == NoticeState.DEAD, Outbox.channel == Channel.MAIL)
    query = query if reason is None else query.where(Outbox.dead_reason == reason.value)
    return query.order_by(Outbox.id.desc())


def dead_counts(session: Session) -> dict[DeadReason, int]:
    """How many dead mails there are of each cause."""
    query = select(Outbox.dead_reason, func.count()).where(Outbox.state == NoticeState.DEAD)
    found = session.execute(query.where(Outbox.channel == Channel.MAIL).group_by(Outbox.dead_reason)).all()
    counts = {DeadReason(reason or DeadReason.GAVE_UP): count for reason, count in found}
    return {reason: counts[reason] for reason in DeadReason if reason in counts}


def in_inbox(session: Session, rows: Sequence[Outbox]) -> set[tuple[str, int, int, str, int | None]]:
    """Which of these mails also stand in their reader's inbox, by `same_notice`."""
    found = select(Outbox).where(
        Outbox.channel == Channel.INBOX,
        Outbox.recipient_user_id.in_({row.recipient_user_id for row in rows}),
        Outbox.subject_id.in_({row.subject_id for row in rows}),
    )
    return {same_notice(row) for row in session.scalars(found)}


def same_notice(row: Outbox) -> tuple[str, int, int, str, int | None]:
    """What mail and inbox of one notice have in common."""
    return row.subject, row.subject_id, row.seq, row.template, row.recipient_user_id


@dataclass(frozen=True)
class Choice:
    """How often somebody wants mail, and whether the optional letters too."""

    rhythm: Rhythm = Rhythm.AT_ONCE
    extras: bool = True

    def wants(self, manner: Manner) -> bool:
        """May mail about this go out at all, alone or with others?"""
        return self.rhythm is not Rhythm.NEVER and (self.extras or manner is not Manner.OPTIONAL)


def mail_choice(session: Session, user_id: int | None) -> Choice | None:
    """None for who never chose: at once, and everything."""
    row = session.get(MailChoice, user_id) if user_id is not None else None
    return Choice(row.rhythm, row.extras) if row else None


def has_notices(session: Session, user_id: int) -> bool:
    """Was this person ever told anything?"""
    return session.scalars(select(Outbox.id).where(Outbox.recipient_user_id == user_id).limit(1)).first() is not None


def departures(session: Session, now: datetime) -> list[int]:
    """People for whom the mail with everything together is due."""
    waiting = select(Outbox.recipient_user_id).where(*gathered(), Outbox.not_before <= now)
    return [user_id for user_id in session.scalars(waiting.distinct().limit(500)) if user_id is not None]


def gathered() -> tuple[Any, ...]:
    """Conditions: a mail that waits for the one with everything together, which is not made yet."""
    return Outbox.state == NoticeState.QUEUED, Outbox.gather.is_(True), Outbox.digest_id.is_(None)


def parts_of_digest(session: Session, digest_id: int) -> list[Outbox]:
    """What stands in the mail with everything together, the oldest first."""
    query = select(Outbox).where(Outbox.digest_id == digest_id, Outbox.state == NoticeState.QUEUED)
    return list(session.scalars(query.order_by(Outbox.created_at, Outbox.id)))


def refusal_of(session: Session, address: str, now: datetime) -> RefusedAddress | None:
    """The mark on this address, while it counts."""
    row = session.get(RefusedAddress, folded(address))
    return row if row is not None and row.refused_at > now - MARKED_FOR else None


def folded(address: str) -> str:
    return address.strip().casefold()[:320]


def _showing(query: Select[Any], user_id: int | Bound, now: datetime | Bound | None) -> Select[Any]:
    """Shown from the end of the undo window on, also when no worker runs."""
    mine = query.where(Outbox.recipient_user_id == user_id, Outbox.channel == Channel.INBOX)
    if now is None:
        return mine.where(Outbox.state == NoticeState.SENT)
    return mine.where(Outbox.state.in_(_INBOX_STATES), Outbox.not_before <= now)
