"""Every connection is set up safely, reading cannot write, failures let go of their locks."""

import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.db import Database, InTurn, lock_row, next_id
from matcher.errors import NotFound
from tests.factories import NOW
from tests.factories.people import make_user


@pytest.fixture
def second(database: Database) -> Database:
    """Another process on the same database."""
    return Database(database.engine.url.render_as_string(hide_password=False))


@pytest.mark.usefixtures("real_disk")
def test_every_pooled_sqlite_connection_is_safe(sqlite_database: Database) -> None:
    with ExitStack() as stack:
        sessions = [stack.enter_context(sqlite_database.read()) for _ in range(5)]
        for session in sessions:
            found = {
                name: session.execute(text(f"pragma {name}")).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
            assert found["busy_timeout"] >= 5000
            assert {**found, "busy_timeout": 0} == {
                "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 0,
            }  # fmt: skip


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_postgres_connection_has_patience_limits(session: Session) -> None:
    def setting(name: str) -> str:
        return str(session.execute(text(f"show {name}")).scalar_one())

    assert (setting("lock_timeout"), setting("statement_timeout")) == ("5s", "30s")
    assert setting("idle_in_transaction_session_timeout") == "1min"
    assert setting("timezone").upper() == "UTC"


@pytest.mark.parametrize(
    "statement",
    [
        "insert into topics (type, code, nl, en, levels, near, details) values ('theme','x','x','x','[]','[]','{}')",
        "update users set name = 'x'",
        "delete from users",
        "create table t (id integer)",
    ],
)
def test_read_session_refuses_to_write(shared_database: Database, statement: str) -> None:
    with shared_database.read() as session, pytest.raises(DBAPIError, match=r"(?i)read-?only"):
        session.execute(text(statement))


def test_connection_that_read_can_write_afterwards(database: Database) -> None:
    for _ in range(3):
        with database.read() as session:
            session.execute(select(User)).all()
        with database.write() as session:
            make_user(session)
    with database.read() as session:
        assert len(session.scalars(select(User)).all()) == 3


def test_naive_datetime_is_refused(session: Session) -> None:
    with pytest.raises(StatementError, match="without time zone"):
        make_user(session, created_at=datetime(2026, 11, 23, 9, 0))  # noqa: DTZ001


def test_datetime_comes_back_aware_and_in_utc(session: Session) -> None:
    there = datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=1)))
    user = make_user(session, created_at=there)
    session.expire(user)
    assert user.created_at == NOW
    assert user.created_at.tzinfo is UTC


def test_unit_that_fails_rolls_back_and_lets_go(database: Database, second: Database) -> None:
    with database.write() as session:
        user_id = make_user(session).id
    with pytest.raises(IntegrityError):
        _lock_and_fail(database, user_id)
    with second.write() as session:
        user = lock_row(session, User, user_id)
        assert user.name != "half"
        user.name = "after"
    second.dispose()


def _lock_and_fail(database: Database, user_id: int) -> None:
    with database.write() as session:
        lock_row(session, User, user_id).name = "half"
        session.flush()
        make_user(session, email="twice@x.nl")
        make_user(session, email="twice@x.nl")


def test_refused_commit_leaves_no_lock_on_the_pooled_connection(sqlite_database: Database) -> None:
    impatient = Database(str(sqlite_database.engine.url))
    for _ in range(3):
        with pytest.raises(IntegrityError):
            _commit_what_is_refused(sqlite_database)
        # No pool of the first database is thrown away: its connection itself must have let go.
        with impatient.write() as session:
            session.execute(text("pragma busy_timeout = 100"))
            make_user(session)
    impatient.dispose()


def _commit_what_is_refused(database: Database) -> None:
    with database.write() as session:
        session.execute(text("pragma defer_foreign_keys = on"))
        session.execute(
            text("insert into offer_topics (offer_id, topic_id) values (987654, 987654)"),
        )


@pytest.mark.parametrize("row_id", [0, -1, 999_999, 2**31 - 1, 2**31, 2**63, 10**30])
def test_lock_row_of_an_id_that_is_not_there_is_not_found(session: Session, row_id: int) -> None:
    with pytest.raises(NotFound):
        lock_row(session, User, row_id)


def test_lock_row_reads_afresh(database: Database, second: Database) -> None:
    with database.write() as session:
        user_id = make_user(session, name="old").id
    with database.session(write=False) as reader:
        stale = reader.get_one(User, user_id)
    with second.write() as session:
        lock_row(session, User, user_id).name = "new"
    with database.write() as session:
        session.add(stale)
        assert lock_row(session, User, user_id).name == "new"
    second.dispose()


def test_next_id_is_the_id_of_no_row(session: Session) -> None:
    make_user(session)
    first = next_id(session, "users")
    make_user(session, id=first)
    assert next_id(session, "users") > first


def test_plain_booleans_and_enums_are_checked_by_the_database(session: Session) -> None:
    user = make_user(session)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(
            text("insert into grants (user_id, role, stand_in, created_at) values (:u, 'king', false, :at)"),
            {"u": user.id, "at": "2026-11-23 08:00:00+00:00"},
        )


def test_who_waits_longest_writes_next() -> None:
    """Somebody who comes back at once does not overtake those who wait: each is served once before anybody twice."""
    turn, served, guard = InTurn(), list[int](), threading.Lock()
    assert turn.acquire(timeout=1)

    def again_and_again(number: int) -> None:
        for _time in range(20):
            assert turn.acquire(timeout=60)
            with guard:
                served.append(number)
            turn.release()

    waiting = [threading.Thread(target=again_and_again, args=(number,)) for number in range(8)]
    for thread in waiting:
        thread.start()
        while thread.is_alive() and len(turn._waiting) <= waiting.index(thread):
            time.sleep(0.001)
    turn.release()
    for thread in waiting:
        thread.join(timeout=60)
    assert served[:8] == list(range(8))
    assert len(served) == 160


def test_turn_that_is_waited_for_in_vain_is_left_to_others() -> None:
    turn = InTurn()
    assert turn.acquire(timeout=1)
    assert not turn.acquire(timeout=0.01)
    turn.release()
    assert turn.acquire(timeout=1)
