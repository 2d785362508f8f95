"""The mail with everything together: what a person chose, and making one letter out of what waits for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session

from matcher.notices.models import Channel, MailChoice, NoticeState, Outbox
from matcher.notices.queries import Choice, gathered
from matcher.notices.rhythms import next_departure
from matcher.notices.states import MAY_WAIT, TOGETHER, Manner, Rhythm

DIGEST = "notices/digest"
SUBJECT = "digest"
CAN_BE_TAKEN_BACK = timedelta(minutes=1)


def choose_mail(session: Session, *, user_id: int, rhythm: Rhythm, extras: bool, now: datetime) -> None:
    """From now on, and for what waits already: that moves along, and nothing of it is lost or told twice."""
    row = session.get(MailChoice, user_id)
    if row is None:
        row = MailChoice(user_id=user_id, rhythm=rhythm, extras=extras, changed_at=now)
        session.add(row)
    row.rhythm, row.extras, row.changed_at = rhythm, extras, now
    session.flush()
    _withhold_unwanted(session, user_id, Choice(rhythm, extras))
    if rhythm in TOGETHER:
        _wait_together(session, user_id, rhythm, now)
    elif rhythm is Rhythm.AT_ONCE:
        # Not at once: the newest of it may be younger than the minute in which it can be taken back.
        gather(session, user_id, now=now, leaves=now + CAN_BE_TAKEN_BACK)


def gather(session: Session, user_id: int, *, now: datetime, leaves: datetime | None = None) -> bool:
    """One mail out of everything that waits for this person; False when nothing does, or another worker was first."""
    waiting = select(Outbox).where(*gathered(), Outbox.recipient_user_id == user_id, Outbox.channel == Channel.MAIL)
    rows = session.scalars(waiting.order_by(Outbox.id).with_for_update(skip_locked=True)).all()
    if not rows:
        return False
    newest, message_id = rows[-1], uuid4().hex
    digest = Outbox(
        # The locks on its parts make it one of its kind: no row is ever in two of them.
        dedupe_key=f"{SUBJECT}:{user_id}:{message_id}",
        channel=Channel.MAIL,
        recipient_user_id=user_id,
        address=newest.address,
        recipient_name=newest.recipient_name,
        locale=newest.locale,
        template=DIGEST,
        params={},
        subject=SUBJECT,
        subject_id=user_id,
        seq=newest.id,
        state=NoticeState.QUEUED,
        not_before=leaves or now,
        attempts=0,
        manner=Manner.OPTIONAL.value,
        message_id=message_id,
        created_at=now,
    )
    session.add(digest)
    session.flush()
    for row in rows:
        row.digest_id = digest.id
    session.flush()
    return True


def settle_parts(session: Session, *, sent: Sequence[int], withheld: Sequence[int], now: datetime) -> None:
    """What stood in the letter was told; what was no longer true in it is taken back."""
    waiting = update(Outbox).where(Outbox.state == NoticeState.QUEUED).execution_options(synchronize_session=False)
    session.execute(
        waiting.where(Outbox.id.in_(sent)).values(state=NoticeState.SENT, sent_at=now, params={}, last_error=None)
    )
    session.execute(waiting.where(Outbox.id.in_(withheld)).values(state=NoticeState.WITHHELD))


def _withhold_unwanted(session: Session, user_id: int, choice: Choice) -> None:
    unwanted = [manner.value for manner in MAY_WAIT if not choice.wants(manner)]
    session.execute(_may_wait(user_id).where(Outbox.manner.in_(unwanted)).values(state=NoticeState.WITHHELD))


def _wait_together(session: Session, user_id: int, rhythm: Rhythm, now: datetime) -> None:
    session.execute(_may_wait(user_id).values(gather=True, not_before=next_departure(rhythm, now)))


def _may_wait(user_id: int) -> Update:
    """Mails of this person that no worker holds and that need not go at once."""
    mine = update(Outbox).where(
        Outbox.recipient_user_id == user_id,
        Outbox.channel == Channel.MAIL,
        Outbox.state == NoticeState.QUEUED,
        Outbox.digest_id.is_(None),
        Outbox.calendar.is_(None),
        Outbox.template != DIGEST,
        Outbox.manner.in_([manner.value for manner in MAY_WAIT]),
    )
    return mine.execution_options(synchronize_session=False)
