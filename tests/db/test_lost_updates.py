"""Sixteen threads edit one row fifty times: nothing is lost, on both engines. The control shows a loss can be seen."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, Thread, get_ident

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from matcher.accounts.models import User
from matcher.db import Database, lock_row
from tests.factories.people import make_user

pytestmark = pytest.mark.usefixtures("patient")
THREADS, EDITS = 16, 50
PAUSE = 0.0005
"""Between reading and writing: what computing takes."""


@pytest.fixture
def user_id(database: Database) -> int:
    with database.write() as session:
        return int(make_user(session, epoch=0).id)


def epoch_of(database: Database, user_id: int) -> int:
    with database.read() as session:
        return int(session.scalars(select(User.epoch).where(User.id == user_id)).one())


def at_once(edit: Callable[[], bool], threads: int, edits: int) -> int:
    """All threads begin together; says how many edits were acknowledged."""
    barrier, acknowledged = Barrier(threads), [0] * threads

    def work(number: int) -> None:
        barrier.wait(120)
        for _ in range(edits):
            acknowledged[number] += edit()

    workers = [Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(acknowledged)


def test_locked_rows_lose_no_update(database: Database, user_id: int) -> None:
    def edit() -> bool:
        with database.write() as session:
            user = lock_row(session, User, user_id)
            time.sleep(PAUSE)
            user.epoch += 1
        return True

    assert at_once(edit, THREADS, EDITS) == THREADS * EDITS
    assert epoch_of(database, user_id) == THREADS * EDITS


def once_each(threads: int) -> Callable[[], None]:
    """All have read before anybody writes, the first time; after that everybody goes on as they like."""
    barrier, met = Barrier(threads), set()

    def meet() -> None:
        if get_ident() not in met:
            met.add(get_ident())
            barrier.wait(120)
        time.sleep(PAUSE)

    return meet


def test_versioned_rows_lose_no_update_and_tell_the_loser(database: Database, user_id: int) -> None:
    compute = once_each(8)

    def edit() -> bool:
        with database.read() as session:
            user = session.get_one(User, user_id)
        user.epoch += 1
        compute()
        try:
            with database.write() as session:
                session.add(user)
        except StaleDataError:
            return False
        return True

    acknowledged = at_once(edit, 8, 20)
    assert 0 < acknowledged < 160
    assert epoch_of(database, user_id) == acknowledged


def test_control_default_engine_without_locks_loses_updates(database: Database, user_id: int) -> None:
    compute = once_each(THREADS)
    with _plain_engine(database) as engine:
        acknowledged = at_once(lambda: _careless_edit(engine, user_id, compute), THREADS, 20)
    lost = acknowledged - epoch_of(database, user_id)
    assert acknowledged > 0
    assert lost > 0, "the rig cannot see a lost update, so the tests above prove nothing"


def _careless_edit(engine: Engine, user_id: int, compute: Callable[[], None]) -> bool:
    try:
        with Session(engine) as session, session.begin():
            epoch = session.execute(text("select epoch from users where id = :id"), {"id": user_id}).scalar_one()
            compute()
            session.execute(text("update users set epoch = :new where id = :id"), {"new": epoch + 1, "id": user_id})
    except OperationalError:
        return False
    return True


@contextmanager
def _plain_engine(database: Database) -> Iterator[Engine]:
    """As the library comes, only with room for all threads."""
    url = database.engine.url.render_as_string(hide_password=False)
    engine = create_engine(url, pool_size=THREADS)
    try:
        yield engine
    finally:
        engine.dispose()
