"""The only writer of the outbox: putting notices in, claiming what is due, and noting what became of it.

Sending itself is in `tasks`; nothing here talks to a mail server.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from matcher.notices.models import Channel, NoticeState, Outbox
from matcher.notices.recipients import Recipient

HOLD_SECONDS = 60
LEASE = timedelta(minutes=5)
BACKOFF = tuple(timedelta(seconds=s) for s in (60, 300, 900, 3600, 10_800, *[21_600] * 11, 5_940))
"""Waiting times after each failed try; together 72 hours, then the letter is dead."""
LONGEST_KEY = 300
LONGEST_ERROR = 300
_WAITING = (NoticeState.QUEUED, NoticeState.RETRY)


def enqueue(
    session: Session,
    *,
    recipient: Recipient,
    template: str,
    params: dict[str, Any],
    subject: str,
    subject_id: int,
    seq: int,
    now: datetime,
    hold_seconds: int = HOLD_SECONDS,
    channels: Iterable[str] = ("mail", "inbox"),
    calendar: str | None = None,
    calendar_method: str | None = None,
) -> None:
    """One row per channel, in the caller's transaction; the same notice a second time is silently the first.

    `params` are JSON values; dates and datetimes become ISO text and reach the template as dates again when their
    name ends in `_on` or `_at`. `path` in it ("/matches/7") is where the inbox links to.
    """
    values = plain(params)
    for channel in map(Channel, channels):
        if not _reachable(recipient, channel):
            continue
        is_mail = channel is Channel.MAIL
        row = {
            "dedupe_key": dedupe_key(subject, subject_id, seq, template, recipient, channel),
            "channel": channel,
            "recipient_user_id": recipient.user_id,
            "address": recipient.email,
            "recipient_name": recipient.name[:200],
            "locale": recipient.locale,
            "template": template,
            "params": values,
            "subject": subject,
            "subject_id": subject_id,
            "seq": seq,
            "calendar": calendar if is_mail else None,
            "calendar_method": calendar_method if is_mail else None,
            "state": NoticeState.QUEUED,
            "not_before": now + timedelta(seconds=hold_seconds),
            "attempts": 0,
            "message_id": uuid4().hex,
            "created_at": now,
        }
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(dialect.insert(Outbox).values(**row).on_conflict_do_nothing(index_elements=["dedupe_key"]))


def dedupe_key(subject: str, subject_id: int, seq: int, template: str, recipient: Recipient, channel: Channel) -> str:
    """The same event, words, person and channel give the same key."""
    key = f"{subject}:{subject_id}:{seq}:{template}:{recipient.user_id or recipient.email}:{channel.value}"
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


def plain(params: dict[str, Any]) -> dict[str, Any]:
    """The same values as JSON can hold them. Anything but plain values raises TypeError here, not at the worker."""
    result: dict[str, Any] = json.loads(json.dumps(params, default=_iso))
    return result


def withhold(
    session: Session,
    *,
    subject: str,
    subject_id: int,
    seq: int | None = None,
    now: datetime,
    address: str | None = None,
) -> int:
    """Take back what has not left yet, of one event, one reader or the whole subject; says how many rows that were."""
    taken = update(Outbox).where(
        Outbox.subject == subject, Outbox.subject_id == subject_id, Outbox.state.in_(_WAITING), _not_shown(now)
    )
    if seq is not None:
        taken = taken.where(Outbox.seq == seq)
    if address is not None:
        taken = taken.where(Outbox.address == address)
    return _count(session, taken.values(state=NoticeState.WITHHELD))


def claim_due(session: Session, now: datetime, limit: int) -> list[Outbox]:
    """Mails to send now, leased to the caller for five minutes: at most one per person and subject, the oldest first.

    A later mail about the same thing to the same person waits for the earlier one, so that "cancelled" never comes
    before "approved". A lease that ran out (its worker died) is claimed again.
    """
    due = select(Outbox.id).where(Outbox.channel == Channel.MAIL, _is_due(now), ~_has_earlier(now))
    ids = session.scalars(due.order_by(Outbox.id).limit(limit).with_for_update(skip_locked=True)).all()
    if not ids:
        return []
    token = uuid4().hex
    session.execute(
        update(Outbox)
        .where(Outbox.id.in_(ids))
        .values(state=NoticeState.INFLIGHT, lease_until=now + LEASE, lease_token=token, attempts=Outbox.attempts + 1)
    )
    query = select(Outbox).where(Outbox.lease_token == token).order_by(Outbox.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def finish(session: Session, row: Outbox, *, now: datetime) -> bool:
    """The mail is with the server; what it said is forgotten. False when another worker took over in the meantime."""
    return _settle(session, row, state=NoticeState.SENT, sent_at=now, last_error=None, params={})


def fail(session: Session, row: Outbox, *, error: str, now: datetime, final: bool = False) -> NoticeState:
    """Try again later, or never: after the last waiting time, or when it cannot get better."""
    ended = final or row.attempts > len(BACKOFF)
    state = NoticeState.DEAD if ended else NoticeState.RETRY
    later = now if ended else now + BACKOFF[row.attempts - 1]
    _settle(session, row, state=state, not_before=later, last_error=error[:LONGEST_ERROR])
    return state


def drop(session: Session, row: Outbox) -> bool:
    """What a claimed mail says is no longer true."""
    return _settle(session, row, state=NoticeState.WITHHELD)


def release(session: Session, rows: Sequence[Outbox]) -> None:
    """Give back what was claimed and not tried."""
    for row in rows:
        state = NoticeState.RETRY if row.attempts > 1 else NoticeState.QUEUED
        _settle(session, row, state=state, attempts=row.attempts - 1)


def settle_inbox(session: Session, *, shown: Sequence[int], withheld: Sequence[int], now: datetime) -> None:
    """Inbox rows that are due and still true are there; the others are taken back."""
    queued = update(Outbox).where(Outbox.channel == Channel.INBOX, Outbox.state == NoticeState.QUEUED)
    session.execute(queued.where(Outbox.id.in_(shown)).values(state=NoticeState.SENT, sent_at=now))
    session.execute(queued.where(Outbox.id.in_(withheld)).values(state=NoticeState.WITHHELD))


def mark_read(session: Session, *, user_id: int, now: datetime, notice_id: int | None = None) -> int:
    """One inbox notice of this person, or all that show; other people's stay as they are."""
    read = update(Outbox).where(
        Outbox.recipient_user_id == user_id,
        Outbox.channel == Channel.INBOX,
        Outbox.read_at.is_(None),
        Outbox.not_before <= now,
    )
    if notice_id is not None:
        read = read.where(Outbox.id == notice_id)
    return _count(session, read.values(read_at=now))


def resend(session: Session, *, notice_id: int, now: datetime) -> bool:
    """A dead mail gets a new life, for the administrator who mended the cause."""
    dead = update(Outbox).where(Outbox.id == notice_id, Outbox.state == NoticeState.DEAD)
    return _count(session, dead.values(state=NoticeState.QUEUED, attempts=0, not_before=now, last_error=None)) == 1


def _settle(session: Session, row: Outbox, **values: Any) -> bool:
    # The token is the fence: a worker that slept past its lease may not overwrite what its successor wrote.
    mine = update(Outbox).where(
        Outbox.id == row.id, Outbox.state == NoticeState.INFLIGHT, Outbox.lease_token == row.lease_token
    )
    return _count(session, mine.values(lease_until=None, lease_token=None, **values)) == 1


def _is_due(now: datetime) -> Any:
    waiting = and_(Outbox.state.in_(_WAITING), Outbox.not_before <= now)
    return or_(waiting, and_(Outbox.state == NoticeState.INFLIGHT, Outbox.lease_until < now))


def _has_earlier(now: datetime) -> Any:
    earlier = aliased(Outbox)
    unfinished = or_(
        earlier.state.in_((NoticeState.INFLIGHT, NoticeState.RETRY)),
        and_(earlier.state == NoticeState.QUEUED, earlier.not_before <= now),
    )
    return exists().where(
        earlier.subject == Outbox.subject,
        earlier.subject_id == Outbox.subject_id,
        earlier.address == Outbox.address,
        earlier.channel == Channel.MAIL,
        earlier.id < Outbox.id,
        unfinished,
    )


def _not_shown(now: datetime) -> Any:
    """An inbox row is out as soon as its time has come, even before the worker noted it."""
    return or_(Outbox.channel == Channel.MAIL, Outbox.not_before > now)


def _reachable(recipient: Recipient, channel: Channel) -> bool:
    return bool(recipient.email) if channel is Channel.MAIL else recipient.user_id is not None


def _iso(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a notice takes plain values, not {type(value).__name__}")


def _count(session: Session, statement: Any) -> int:
    return int(session.execute(statement.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]
