"""Pairs of steps that need the same two people the other way round: nobody waits for each other in a circle.

In one internship Anna goes to Bo's company and Bo guides her, in another Bo goes to Anna's. Both are stepped at once.
"""

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from matcher import db
from matcher.accounts.models import User
from matcher.availability.states import Party
from matcher.db import Database, lock_row
from matcher.matching import door_services
from matcher.matching.door_services import locked
from tests.factories.kinds import make_internship, make_place
from tests.factories.matching import THURSDAY, epoch, make_match
from tests.factories.people import make_user
from tests.matching.rushes import all_at_once, circles

pytestmark = pytest.mark.usefixtures("patient")
PEOPLE = 6
PAIRS = [80, pytest.param(5_000, marks=pytest.mark.integrity)]
THREADS = 8
BOOK = text(
    "insert into bookings (match_id, party, party_id, start_s, end_s, pad_before_s, pad_after_s, live)"
    " values (:match, :party, :person, :start, :end, 0, 0, true)"
)
Between = dict[tuple[int, int], int]


@pytest.fixture
def between(database: Database) -> Between:
    """(who goes, who guides) → the match between them, both ways for every two."""
    with database.write() as session:
        people = [make_user(session).id for _ in range(PEOPLE)]
        places = {person: make_place(session, details={"supervisor_id": person}) for person in people}
        found = {}
        for goes in people:
            for guides in people:
                if goes != guides:
                    request = make_internship(session, weeks=1, teacher_id=goes)
                    found[goes, guides] = make_match(session, request=request, offer=places[guides]).id
        return found


@pytest.mark.parametrize("pairs", PAIRS)
def test_crosswise_steps_wait_in_one_row(
    database: Database, between: Between, pairs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever queues in this process may be overtaken for long on a busy machine. What is looked for are circles.
    monkeypatch.setattr(db, "LONGEST_WAIT_S", 300)
    # Who waits too long for a lock is sent away by the database, with an error that ends this test.
    before, waited = circles(database), _step_crosswise(database, between, pairs)
    assert len(waited) == 2 * pairs
    assert circles(database, settled=True) == before
    with database.read() as session:
        assert session.scalar(text("select count(*) from bookings")) == 4 * pairs
    print(f"\n{database.engine.dialect.name}: {pairs} crosswise pairs, 0 deadlocks, longest {max(waited):.2f} s")
    if not database.is_sqlite:
        _control_locks_in_the_order_asked(database, between, monkeypatch)


def _control_locks_in_the_order_asked(database: Database, between: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: who locks as the match names them, not by number, ends in a circle: each of two has the first of
    theirs before either asks for the other."""
    turn = {match: [goes, guides] for (goes, guides), match in between.items()}
    asked: dict[int, list[int]] = {}
    both_have_one = threading.Barrier(2)

    def lock_and_meet(session: Session, model: Any, row_id: int) -> Any:
        row = lock_row(session, model, row_id)
        if model is User and row_id == asked[threading.get_ident()][0]:
            both_have_one.wait(120)
        return row

    monkeypatch.setattr(door_services, "sorted", lambda found: _as_named(found, asked), raising=False)
    monkeypatch.setattr(door_services, "lock_row", lock_and_meet)
    before = circles(database)
    with database.write() as session:
        session.execute(text("delete from bookings"))

    def prepare(match_id: int) -> None:
        asked[threading.get_ident()] = turn[match_id]

    pair = next(iter(between))
    two = {pair: between[pair], pair[::-1]: between[pair[::-1]]}
    with pytest.raises(OperationalError, match="deadlock"):
        _step_crosswise(database, two, 1, prepare)
    assert circles(database, settled=True) > before, "the rig cannot see a deadlock, so the pairs above prove nothing"


def _as_named(found: Any, asked: dict[int, list[int]]) -> list[Any]:
    order = asked.get(threading.get_ident(), [])
    return [each for each in order if each in found] if set(found) == set(order) else sorted(found)


def _step_crosswise(
    database: Database,
    between: Between,
    pairs: int,
    prepare: Callable[[int], None] = lambda match_id: None,
) -> list[float]:
    """Every thread takes one side of a pair; the other side is another thread's at the same moment."""
    dice = random.Random(pairs)
    couples = sorted({tuple(sorted(couple)) for couple in between})
    steps = []
    for number in range(pairs):
        one, other = dice.choice(couples)
        steps.append([(number, (one, other)), (number + pairs, (other, one))])
    waited: list[float] = []

    def work(thread: int) -> None:
        for number, (goes, guides) in (step[thread % 2] for step in steps[thread // 2 :: THREADS // 2]):
            match_id = between[goes, guides]
            prepare(match_id)
            began = time.perf_counter()
            with database.write() as session:
                locked(session, match_id)
                start = epoch(THURSDAY, "08:00") + number * 3600
                for person in (goes, guides):
                    session.execute(BOOK, {"match": match_id, "party": Party.PERSON.value, "person": person,
                                           "start": start, "end": start + 3000})  # fmt: skip
            waited.append(time.perf_counter() - began)

    all_at_once(THREADS, work)
    return waited
