"""Brings a database to the newest shape and fills what every installation needs.

That is: regions, postcodes, topics, rules on safety, routes to teaching.
"""

from matcher import migrate
from matcher.clock import utcnow
from matcher.damage import refuse_damaged
from matcher.db import Database
from matcher.offers.word_services import write_missing_words
from matcher.qualifications.services import seed_routes
from matcher.regions.services import seed_regions
from matcher.safeguarding.services import seed_rules
from matcher.subjects.services import seed_topics


def prepare(database_url: str, *, newest_data: bool = False) -> bool:
    """Upgrade, and seed when something was upgraded.

    `newest_data` is for a starting server: the file is looked at before anything is served from it, and seeding is
    done anyway. Returns True when the shape changed. Seeding is idempotent and leaves alone what people changed.
    """
    if newest_data:
        refuse_damaged(database_url)
    changed = migrate.upgrade(database_url)
    if changed or newest_data:
        database = Database(database_url)
        try:
            with migrate.said_plainly(), database.write() as session:
                seed_regions(session, utcnow())
                seed_topics(session)
                seed_rules(session)
                seed_routes(session, utcnow())
                write_missing_words(session)
        finally:
            database.dispose()
    return changed
