"""The mails of a generated past were read long ago: nothing of it may be sent now. Writes the outbox in bulk."""

from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from matcher.demo.world import World
from matcher.notices.models import NoticeState, Outbox

UNREAD_DAYS = 4


def settle_notices(session: Session, world: World) -> None:
    """Sent when it was due; what is older than a few days was read as well."""
    session.flush()
    session.execute(
        update(Outbox)
        .where(Outbox.state == NoticeState.QUEUED)
        .values(state=NoticeState.SENT, sent_at=Outbox.not_before)
        .execution_options(synchronize_session=False)
    )
    old = world.now - timedelta(days=UNREAD_DAYS)
    session.execute(
        update(Outbox)
        .where(Outbox.not_before < old)
        .values(read_at=Outbox.not_before)
        .execution_options(synchronize_session=False)
    )
