"""Regular work of this room: busy time that was replaced or is over is forgotten."""

from datetime import datetime
from typing import Any

from matcher.availability.busy_queries import has_forgettable
from matcher.availability.busy_services import KEPT_AFTER, WAY_BACK, forget_before
from matcher.db import Database
from matcher.i18n import _l

LABEL = _l("Busy times from calendars")


def due_work(database: Database, app: Any, now: datetime) -> dict[str, int]:
    """Looks first, so that an idle round takes no write lock. Safe to run again and side by side."""
    with database.read() as session:
        if not has_forgettable(session, until=now - WAY_BACK, over_s=(now - KEPT_AFTER).timestamp()):
            return {}
    with database.write() as session:
        return {"busy times forgotten": forget_before(session, now=now)}
