"""Regular work: sessions and links that are over do not stay, and stand-ins begin and end on their days."""

from datetime import datetime, timedelta
from typing import Any

from matcher.accounts import queries, repeat_services, services, turn_services
from matcher.clock import local_date
from matcher.db import Database
from matcher.i18n import _l
from matcher.jobs.periods import Every

LABEL = _l("Sessions, links and stand-ins")
EVERY = Every(timedelta(minutes=1))


def due_work(database: Database, app: Any, now: datetime) -> dict[str, int]:
    """Looks first, so that an idle round takes no write lock."""
    today = local_date(now)
    with database.read() as session:
        leftovers = queries.has_leftovers(session, now=now)
        commands = repeat_services.has_old_commands(session, now=now)
        turns = turn_services.has_turns(session, today=today)
    done: dict[str, int] = {}
    if turns:
        with database.write() as session:
            done["stand-ins begun or ended"] = turn_services.turn(session, today=today, now=now)
    if commands:
        with database.write() as session:
            done["sent forms forgotten"] = repeat_services.forget_commands(session, now=now)
    if leftovers:
        with database.write() as session:
            done["sessions and links removed"] = services.remove_leftovers(session, now=now)
    return done
