"""Regular work: sessions and links that are over do not stay."""

from datetime import datetime
from typing import Any

from matcher.accounts import queries, repeat_services, services
from matcher.db import Database


def due_work(database: Database, app: Any, now: datetime) -> dict[str, int]:
    """Looks first, so that an idle round takes no write lock."""
    with database.read() as session:
        if not queries.has_leftovers(session, now=now):
            return {}
    with database.write() as session:
        repeat_services.forget_commands(session, now=now)
        return {"sessions and links removed": services.remove_leftovers(session, now=now)}
