"""Rows of the outbox that do not move: what a watcher should see, and what the next round can mend."""

from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from matcher.notices.models import Channel, NoticeState, Outbox

PATIENCE = timedelta(minutes=15)


def stuck_mails(session: Session, now: datetime) -> list[int]:
    """Due for a quarter of an hour and nobody holds them, or held by a worker that is long gone."""
    before = now - PATIENCE
    waits = and_(Outbox.state.in_((NoticeState.QUEUED, NoticeState.RETRY)), Outbox.not_before < before)
    held = and_(Outbox.state == NoticeState.INFLIGHT, or_(Outbox.lease_until.is_(None), Outbox.lease_until < before))
    query = select(Outbox.id).where(Outbox.channel == Channel.MAIL, Outbox.digest_id.is_(None), or_(waits, held))
    return list(session.scalars(query.order_by(Outbox.id)))


def lost_parts(session: Session) -> list[int]:
    """Notices that wait in a mail which is gone, was withheld or has left without them."""
    digest = aliased(Outbox)
    on_its_way = exists().where(
        digest.id == Outbox.digest_id, digest.state.not_in((NoticeState.SENT, NoticeState.WITHHELD))
    )
    query = select(Outbox.id).where(Outbox.state == NoticeState.QUEUED, Outbox.digest_id.is_not(None), ~on_its_way)
    return list(session.scalars(query.order_by(Outbox.id)))


def without_lease(session: Session) -> list[int]:
    """Held by nobody for ever: no lease will run out."""
    query = select(Outbox.id).where(Outbox.state == NoticeState.INFLIGHT, Outbox.lease_until.is_(None))
    return list(session.scalars(query.order_by(Outbox.id)))
