"""Every commit is on the disk before it is answered: at least one fsync per commit, counted inside SQLite itself."""

from sqlalchemy import event

from matcher.accounts.models import User
from matcher.db import Database
from tests.conftest import lacking
from tests.durability.counting import CannotCount, counted_syncs
from tests.factories.people import make_user

COMMITS = 100


def syncs_per_commit(url: str, synchronous: str | None = None) -> float:
    with counted_syncs() as counter:
        database = Database(url)
        if synchronous is not None:
            event.listen(
                database.engine,
                "connect",
                lambda connection, _record: connection.execute(f"PRAGMA synchronous={synchronous}"),
            )
        with database.write() as session:
            user_id = make_user(session).id
        before = counter.syncs
        for number in range(COMMITS):
            with database.write() as session:
                session.get_one(User, user_id).name = f"after {number}"
        found = counter.syncs - before
        database.dispose()
    return found / COMMITS


def test_each_commit_is_synced(sqlite_database: Database) -> None:
    url = str(sqlite_database.engine.url)
    try:
        found = syncs_per_commit(url)
    except CannotCount as error:
        lacking(f"syncs cannot be counted here: {error}", "MATCHER_REQUIRE_SYNCS")
    assert found >= 1.0
    # The control: the settings that lose commits at a power cut are told apart.
    for weaker in ("NORMAL", "OFF"):
        assert syncs_per_commit(url, weaker) < 0.5
    print(f"fsync per commit: {found:.2f}")
