"""Letters nobody asked for but some should have: each week about a request without a yes, each half-year to who was
never asked. Called by this room's regular work."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from matcher.clock import local, local_date
from matcher.db import Database
from matcher.errors import MatcherError
from matcher.matching.half_year_queries import due_half_year, why_not_asked
from matcher.matching.half_year_services import note_why_not_asked
from matcher.matching.weekly_note_queries import due_weekly
from matcher.matching.weekly_note_services import note_standing, standing_of
from matcher.regions.holidays import is_working_day

AT_ONCE = 10
"""How many letters a round thinks out: each looks at people or requests anew, and mails wait behind it."""
OPENS, CLOSES = 8, 18


def write_notes(database: Database, now: datetime) -> dict[str, int]:
    """On working days, in daytime. Thinking happens outside the write unit; safe to run twice or side by side."""
    if not (is_working_day(local_date(now)) and OPENS <= local(now).hour < CLOSES):
        return {}
    return {
        "told where it stands": _each(database, due_weekly, standing_of, note_standing, now),
        "told why not asked": _each(database, due_half_year, why_not_asked, note_why_not_asked, now),
    }


def _each(
    database: Database,
    due: Callable[..., list[int]],
    think: Callable[..., Any],
    write: Callable[..., bool],
    now: datetime,
) -> int:
    with database.read() as session:
        ids = due(session, now, limit=AT_ONCE)
    count = 0
    for row_id in ids:
        try:
            with database.read() as session:
                thought = think(session, row_id, now)
            with database.write() as session:
                count += write(session, row_id, thought, now=now)
        except MatcherError:
            continue
    return count
