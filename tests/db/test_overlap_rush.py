"""Sixteen writers insert, move, cancel and revive bookings of five people at random: nobody is ever in two places.

They ask nobody and take no lock: what refuses them is the database alone.
"""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from matcher.db import Database
from tests.factories.matching import THURSDAY, epoch, make_match

WRITERS, PEOPLE = 16, 5
OPERATIONS = [20, pytest.param(300, marks=pytest.mark.integrity)]
BASE = epoch(THURSDAY, "08:00")
QUARTER, SPAN = 900, 40
INSERT = text(
    "insert into bookings (match_id, party, party_id, start_s, end_s, pad_before_s, pad_after_s, live)"
    " values (:match, 'person', :person, :start, :end, 0, 0, true)"
)
ANY = "(select id from bookings where party_id = :person order by id limit 1 offset :nth)"
MOVE = text(f"update bookings set start_s = :start, end_s = :end where id = {ANY}")
CANCEL = text(f"update bookings set live = false where id = {ANY}")
REVIVE = text(f"update bookings set live = true where id = {ANY}")
CROSSING = text(
    "select count(*) from bookings a join bookings b on a.party = b.party and a.party_id = b.party_id and a.id < b.id"
    " where a.live and b.live and a.start_s < b.end_s and b.start_s < a.end_s"
)
LIVE = text("select count(*) from bookings where live")


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("operations", OPERATIONS)
def test_writers_at_random_never_overlap(database: Database, operations: int) -> None:
    done, refused = _rush(database, operations)
    with database.read() as session:
        assert session.scalar(CROSSING) == 0
        assert (session.scalar(LIVE) or 0) > PEOPLE
    assert done > 0
    assert refused > WRITERS, "nobody was refused, so nothing was tried"
    print(f"\n{database.engine.dialect.name}: {done + refused} operations, {refused} refused, 0 overlaps")
    _control_overlaps_without_the_refusal(database)


def _control_overlaps_without_the_refusal(database: Database) -> None:
    with database.engine.begin() as connection:
        if database.is_sqlite:
            for name in ("insert", "update"):
                connection.exec_driver_sql(f"DROP TRIGGER tr_bookings_{name}")
        else:
            connection.exec_driver_sql("ALTER TABLE bookings DROP CONSTRAINT ex_bookings_person")
    _rush(database, 10)
    with database.read() as session:
        assert (session.scalar(CROSSING) or 0) > 0


def _rush(database: Database, operations: int) -> tuple[int, int]:
    with database.write() as session:
        match_id = make_match(session).id
    barrier = Barrier(WRITERS)

    def work(number: int) -> tuple[int, int]:
        dice, done = random.Random(number), 0
        barrier.wait(timeout=60)
        for _ in range(operations):
            done += _one(database, _operation(dice, match_id))
        return done, operations - done

    with ThreadPoolExecutor(WRITERS) as pool:
        counts = list(pool.map(work, range(WRITERS)))
    return sum(done for done, _refused in counts), sum(refused for _done, refused in counts)


def _operation(dice: random.Random, match_id: int) -> Callable[[Session], object]:
    start = BASE + dice.randrange(SPAN) * QUARTER
    values = {"person": dice.randrange(PEOPLE) + 1, "start": start, "end": start + dice.randint(1, 6) * QUARTER}
    statement = dice.choice((INSERT, INSERT, MOVE, CANCEL, REVIVE))
    if statement is INSERT:
        return lambda session: session.execute(INSERT, values | {"match": match_id})
    wanted = {"person": values["person"], "nth": dice.randrange(12)}
    return lambda session: session.execute(statement, wanted | (values if statement is MOVE else {}))


def _one(database: Database, operate: Callable[[Session], object]) -> bool:
    try:
        with database.write() as session:
            operate(session)
    except IntegrityError:
        return False
    except DBAPIError as error:
        # Two that refuse each other wait in a circle: one of them is sent away, which is a refusal too.
        if "deadlock" in str(error.orig):
            return False
        raise
    return True
