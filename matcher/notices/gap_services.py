"""Rows of the outbox that nothing would ever move again are given back to the workers."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from matcher.notices.gap_queries import lost_parts, without_lease
from matcher.notices.models import NoticeState, Outbox


def move_again(session: Session, *, now: datetime) -> int:
    """Letters held without a lease may be claimed; parts of a mail that is gone go into the next one."""
    held, parts = without_lease(session), lost_parts(session)
    lease = update(Outbox).where(Outbox.id.in_(held), Outbox.state == NoticeState.INFLIGHT).values(lease_until=now)
    loose = update(Outbox).where(Outbox.id.in_(parts), Outbox.state == NoticeState.QUEUED)
    for statement in (lease, loose.values(digest_id=None, not_before=now)):
        session.execute(statement.execution_options(synchronize_session=False))
    return len(held) + len(parts)
