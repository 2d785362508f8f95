"""A rush: 64 schools say yes to the same professional for the same hour, at once, twenty rounds.

Exactly one is accepted, the others get a clean 409, and nothing else happened. The winner then takes the yes back, so
that the next round starts as the first did. Two rounds go over HTTP, with page, form and session; the others call the
same verb in a unit of its own per thread, which costs a tenth.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from matcher.accounts.queries import actor_for
from matcher.accounts.services import open_session
from matcher.availability.models import Booking
from matcher.availability.states import Party
from matcher.db import Database
from matcher.errors import Conflict
from matcher.matching import hold_services, services
from matcher.matching.models import Match, MatchEvent, MatchMoment
from matcher.matching.proposal_services import propose
from matcher.matching.states import MatchState, Side
from tests.factories import NOW
from tests.factories.matching import make_request, seed_transitions
from tests.factories.people import make_coordinator, make_school, make_teacher
from tests.matching.lives import another_offer

ASKERS = 64
ROUNDS = 20
OVER_HTTP = 2


@pytest.fixture
def rush(database: Database, database_url: str, make_app: Callable[..., Flask]) -> Iterator[Any]:
    """One professional who offered to come to 64 schools in the same hour; each teacher signed in with a client."""
    app = make_app(database_url)
    clients, targets = [], []
    with database.write() as session:
        seed_transitions(session)
        make_coordinator(session)
        offer = another_offer(session, open_cap=50, yearly_cap=None)
        actor = actor_for(session, offer.person_id or 0)
        for _ in range(ASKERS):
            school = make_school(session)
            teacher = make_teacher(session, school=school)
            request = make_request(session, school=school, teacher=teacher)
            match = propose(session, request_id=request.id, offer_id=offer.id, side=Side.COMPANY, actor=actor, now=NOW)
            first = session.scalars(
                select(MatchMoment.id).where(MatchMoment.match_id == match.id).order_by(MatchMoment.start_s)
            ).first()
            targets.append((match.id, first, teacher.id))
            client = app.test_client()
            with client.session_transaction() as cookie:
                cookie["_user_id"] = open_session(session, user_id=teacher.id, agent="test", now=NOW)
            clients.append(client)
    with time_machine.travel(NOW, tick=True):
        yield database, clients, targets


def test_one_of_64_is_accepted_in_every_round(rush: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    database, clients, targets = rush
    for number in range(ROUNDS):
        ask = _over_http(clients, targets) if number < OVER_HTTP else _in_a_unit(database, targets)
        counts = Counter(_all_at_once(ask))
        assert counts == {302: 1, 409: ASKERS - 1}, f"round {number}: {counts}"
        with database.read() as session:
            states = Counter(session.scalars(select(Match.state)))
            held = session.scalar(select(func.count()).where(Booking.party == Party.PERSON, Booking.live))
            unbroken = session.scalar(select(func.count()).select_from(MatchEvent)) == sum(
                session.scalars(select(Match.seq))
            )
        assert states == {MatchState.ACCEPTED: 1, MatchState.PROPOSED: ASKERS - 1}
        assert held == 1
        assert unbroken
        _take_back(database)
    _books_twice_without_lock_and_constraint(database, targets, monkeypatch)


def _books_twice_without_lock_and_constraint(
    database: Database, targets: list[tuple[int, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with the refusals planted away the same rush double-books, so the rounds before it can fail."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER tr_bookings_insert")
        else:
            connection.exec_driver_sql("ALTER TABLE bookings DROP CONSTRAINT ex_bookings_person")
    monkeypatch.setattr(hold_services, "_holds_of", lambda *args: [])
    counts = Counter(_all_at_once(_in_a_unit(database, targets)))
    assert counts[302] > 1


def _over_http(clients: list[Any], targets: list[tuple[int, int, int]]) -> Callable[[int], int]:
    def ask(number: int) -> int:
        match_id, moment_id, _teacher = targets[number]
        return int(clients[number].post(f"/matches/{match_id}/accept", data={"moment": str(moment_id)}).status_code)

    return ask


def _in_a_unit(database: Database, targets: list[tuple[int, int, int]]) -> Callable[[int], int]:
    with database.read() as looking:
        actors = [actor_for(looking, teacher_id) for _match, _moment, teacher_id in targets]

    def ask(number: int) -> int:
        match_id, moment_id, _teacher = targets[number]
        try:
            with database.write() as session:
                services.accept_match(session, match_id, moment_id=moment_id, actor=actors[number], now=NOW)
        except Conflict as refusal:
            return refusal.status
        return 302

    return ask


def _all_at_once(ask: Callable[[int], int]) -> list[int]:
    barrier = Barrier(ASKERS)

    def one(number: int) -> int:
        barrier.wait(timeout=60)
        return ask(number)

    with ThreadPoolExecutor(ASKERS) as pool:
        return list(pool.map(one, range(ASKERS)))


def _take_back(database: Database) -> None:
    with database.write() as session:
        match = session.scalars(select(Match).where(Match.state == MatchState.ACCEPTED)).one()
        last = session.get_one(MatchEvent, (match.id, match.seq))
        services.undo(session, match.id, actor=actor_for(session, last.actor_id or 0), now=last.at)
