"""A suggestion run for every open request whose present text has none: thinking first, then one short write."""

from datetime import datetime

from matcher.db import Database
from matcher.matching.due_queries import without_run
from matcher.matching.suggestion_services import store_run, suggest


def rank_open_requests(database: Database, *, now: datetime) -> int:
    """Says for how many requests somebody was sought."""
    ids = without_run(database)
    if not ids:
        return 0
    with database.read() as session:
        suggested = [suggest(session, request_id=request_id, now=now) for request_id in ids]
    with database.write() as session:
        for each in suggested:
            store_run(session, each, generated=True)
    return len(ids)
