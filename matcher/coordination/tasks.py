"""Regular work of this room: approvals that nobody touches go to somebody else."""

from datetime import datetime
from typing import Any

from matcher.coordination.sending_on import is_open
from matcher.coordination.sent_on_queries import due_to_send_on
from matcher.coordination.sent_on_services import send_on
from matcher.db import Database
from matcher.errors import MatcherError
from matcher.i18n import _l

LABEL = _l("Approvals that wait")


def due_work(database: Database, app: Any, now: datetime) -> dict[str, int]:
    """Looks first, so that an idle round takes no write lock. Safe to run twice or side by side."""
    if not is_open(now):
        return {}
    with database.read() as session:
        due = [each.match_id for each in due_to_send_on(session, now)]
    count = 0
    for match_id in due:
        try:
            with database.write() as session:
                count += send_on(session, match_id, now=now)
        except MatcherError:
            continue
    return {"sent on": count} if count else {}
