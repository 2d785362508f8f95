"""The writer of the outbox: putting notices in, claiming what is due, and noting what became of it.

Sending itself is in `tasks`; nothing here talks to a mail server. What goes out together: digest_services.
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

from matcher.notices.address_services import trust_again
from matcher.notices.models import Channel, NoticeState, Outbox
from matcher.notices.queries import mail_choice
from matcher.notices.quota_services import leaves_at
from matcher.notices.recipients import Recipient
from matcher.notices.rhythms import next_departure
from matcher.notices.states import MAY_WAIT, TOGETHER, DeadReason, Manner

HOLD_SECONDS = 60
LEASE = timedelta(minutes=5)
BACKOFF = tuple(timedelta(seconds=s) for s in (60, 300, 900, 3600, 10_800, *[21_600] * 11, 5_940))
"""Waiting times after each failed try; together 72 hours, then the letter is dead."""
SPREAD = 0.2
"""By which part a waiting time may be shorter, so that not everything is tried again in one second."""
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
    manner: Manner = Manner.AT_ONCE,
    sender_id: int | None = None,
) -> None:
    """One row per channel, in the caller's transaction; the same notice a second time is silently the first.

    `params` are JSON values; dates and datetimes become ISO text and reach the template as dates again when their
    name ends in `_on` or `_at`. `path` in it ("/matches/7") is where the inbox links to. `manner`: may the mail wait?
    What changes a calendar never does. `sender_id`: whose invitation it is, which counts for that person's quota.
    """
    common: dict[str, Any] = _to(recipient) | {
        "template": template,
        "params": plain(params),
        "subject": subject,
        "subject_id": subject_id,
        "seq": seq,
        "manner": manner.value,
        "gather": False,
        "state": NoticeState.QUEUED,
        "not_before": now + timedelta(seconds=hold_seconds),
        "attempts": 0,
        "created_at": now,
    }
    for channel in map(Channel, channels):
        if not _reachable(recipient, channel):
            continue
        key = dedupe_key(subject, subject_id, seq, template, recipient, channel)
        row = common | {"channel": channel, "dedupe_key": key, "message_id": uuid4().hex}
        if channel is Channel.INBOX:
            _insert(session, row)
            continue
        row |= {"calendar": calendar, "calendar_method": calendar_method}
        row |= _as_wanted(session, recipient, manner, row) if calendar is None else {}
        row_id = _insert(session, row)
        if sender_id is not None and row_id is not None:
            _within_quota(session, row_id, sender_id, row["not_before"])


def _to(recipient: Recipient) -> dict[str, Any]:
    return {
        "recipient_user_id": recipient.user_id,
        "address": recipient.email,
        "recipient_name": recipient.name[:200],
        "locale": recipient.locale,
    }


def _within_quota(session: Session, row_id: int, sender_id: int, wanted: datetime) -> None:
    """Beyond the quota the mail leaves in a later hour. The new row first: the same notice twice takes one place."""
    later = leaves_at(session, sender_id, wanted)
    if later != wanted:
        session.execute(update(Outbox).where(Outbox.id == row_id).values(not_before=later))


def _insert(session: Session, row: dict[str, Any]) -> int | None:
    """The number of the new row; None when the same notice is there already."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Outbox).values(**row).on_conflict_do_nothing(index_elements=["dedupe_key"])
    row_id: int | None = session.scalar(statement.returning(Outbox.id))
    return row_id


def _as_wanted(session: Session, recipient: Recipient, manner: Manner, row: dict[str, Any]) -> dict[str, Any]:
    """What the reader chose for mail that may wait: with the others, or none at all, as the inbox has it."""
    choice = mail_choice(session, recipient.user_id) if manner in MAY_WAIT else None
    if choice is None:
        return {}
    if not choice.wants(manner):
        return {"state": NoticeState.WITHHELD}
    if choice.rhythm in TOGETHER:
        return {"gather": True, "not_before": next_departure(choice.rhythm, row["not_before"])}
    return {}


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
    alone = (Outbox.channel == Channel.MAIL, Outbox.gather.is_(False))
    due = select(Outbox.id).where(*alone, _is_due(now), ~_has_earlier(now))
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


def fail(
    session: Session,
    row: Outbox,
    *,
    error: str,
    now: datetime,
    final: bool = False,
    reason: DeadReason = DeadReason.GAVE_UP,
    spread: float = 0.0,
) -> NoticeState:
    """Try again later, or never: after the last waiting time, or when it cannot get better. `spread` is a number
    between 0 and 1 that the caller throws."""
    ended = final or row.attempts > len(BACKOFF)
    state = NoticeState.DEAD if ended else NoticeState.RETRY
    later = now if ended else now + BACKOFF[row.attempts - 1] * (1 - SPREAD * spread)
    dead = reason.value if ended else None
    _settle(session, row, state=state, not_before=later, last_error=error[:LONGEST_ERROR], dead_reason=dead)
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
    return _again(session, Outbox.id == notice_id, now) == 1


def resend_all(session: Session, *, reason: DeadReason, now: datetime) -> int:
    """Every dead mail of one cause; says how many that were."""
    return _again(session, Outbox.dead_reason == reason.value, now)


def give_up(session: Session, *, notice_id: int) -> bool:
    """Nobody sends this dead mail any more; what is in an inbox stays there."""
    dead = update(Outbox).where(Outbox.id == notice_id, Outbox.state == NoticeState.DEAD)
    together = update(Outbox).where(Outbox.digest_id == notice_id, Outbox.state == NoticeState.QUEUED)
    if _count(session, dead.values(state=NoticeState.WITHHELD)) == 0:
        return False
    _count(session, together.values(state=NoticeState.WITHHELD))
    return True


def _again(session: Session, which: Any, now: datetime) -> int:
    """Sent again means tried again: the marks on these addresses go as well."""
    dead = (which, Outbox.state == NoticeState.DEAD, Outbox.channel == Channel.MAIL)
    addresses = session.scalars(select(Outbox.address).where(*dead).distinct()).all()
    trust_again(session, addresses)
    values = {"attempts": 0, "not_before": now, "last_error": None, "dead_reason": None}
    return _count(session, update(Outbox).where(*dead).values(state=NoticeState.QUEUED, **values))


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
        earlier.gather.is_(False),
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
