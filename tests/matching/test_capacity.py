"""Many say yes at once to a request that needs k people, and k teachers fit in a place: k come in, never one more."""

from collections import Counter
from collections.abc import Callable
from threading import Barrier

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.models import Booking
from matcher.availability.states import Party
from matcher.db import Database
from matcher.errors import Conflict
from matcher.matching import door_services, services, yes_services
from matcher.matching.booking_services import free_place
from matcher.matching.models import Match, MatchEvent
from matcher.matching.states import MatchState
from matcher.offers.models import Offer
from matcher.requests.models import Request
from tests.factories import NOW
from tests.factories.people import make_teacher
from tests.matching.damages import guard_off
from tests.matching.lives import make_life
from tests.matching.rushes import all_at_once, circles, take_all_back
from tests.matching.stays import make_stay

pytestmark = pytest.mark.usefixtures("patient")
NEEDED, PLACES = (1, 10, 3), (1, 3)
SIZES = [(12, 2), pytest.param((24, 100), marks=pytest.mark.integrity)]
PLACE_SIZES = [(6, 1), pytest.param((16, 20), marks=pytest.mark.integrity)]
"""How many say yes at once, and how often."""
Yes = tuple[int, int, Actor]


@pytest.mark.parametrize("size", SIZES)
def test_request_takes_no_more_than_it_needs(
    database: Database, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    askers, rounds = size
    with database.write() as session:
        life = make_life(session, guests=askers, needed=max(NEEDED))
        found = [life.asked(number) for number in range(askers)]
        said = [(match.id, life.moments(match)[0].id, life.guest(number)) for number, match in enumerate(found)]
    for needed in NEEDED:
        with database.write() as session:
            session.get_one(Request, life.request.id).needed = needed
        _rounds(database, said, needed, rounds)
        take_all_back(database)
    _careless_count_overshoots(database, said, needed, monkeypatch)


@pytest.mark.parametrize("size", PLACE_SIZES)
def test_place_takes_no_more_teachers_than_it_has_room_for(database: Database, size: tuple[int, int]) -> None:
    askers, rounds = size
    with database.write() as session:
        stay = make_stay(session)
        offer = stay.place(places=max(PLACES), open_cap=50)
        contact = stay.actor(stay.contacts[0])
        found = [stay.asked(stay.request(make_teacher(session, school=stay.school))) for _number in range(askers)]
        said = [(match.id, stay.plans(match)[0].id, contact) for match in found]
    for places in PLACES:
        with database.write() as session:
            session.get_one(Offer, offer.id).places = places
        _rounds(database, said, places, rounds)
        with database.read() as session:
            held = select(Booking.party_id).where(Booking.party == Party.PLACE, Booking.live)
            assert len(set(session.scalars(held))) == places
        take_all_back(database)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_without_the_row_lock_the_same_rush_does_not_end_in_words(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the lock: rows are read and not locked, so that all find the same place free. The constraint still
    lets one in only, but the others get an error of the database. (SQLite has one writer, with or without it.)"""
    askers = 8
    with database.write() as session:
        life = make_life(session, guests=askers, needed=max(NEEDED))
        found = [life.asked(number) for number in range(askers)]
        said = [(match.id, life.moments(match)[0].id, life.guest(number)) for number, match in enumerate(found)]
    meet = Barrier(askers)

    def looked_up(session: Session, match: Match, request: Request) -> int:
        place = free_place(session, match, request)
        meet.wait(timeout=60)
        return place

    monkeypatch.setattr(door_services, "lock_row", lambda session, model, row_id: session.get_one(model, row_id))
    monkeypatch.setattr(yes_services, "free_place", looked_up)
    with pytest.raises(DBAPIError):
        _all_say_yes(database, said)
    with database.read() as session:
        assert Counter(session.scalars(select(Match.state))) == {
            MatchState.ACCEPTED: 1,
            MatchState.PROPOSED: askers - 1,
        }


def _rounds(database: Database, said: list[Yes], most: int, rounds: int) -> None:
    before = circles(database)
    for number in range(rounds):
        if number:
            take_all_back(database)
        assert _all_say_yes(database, said) == most, f"round {number}"
        with database.read() as session:
            taken = session.scalars(select(Match.place_no).where(Match.state == MatchState.ACCEPTED)).all()
            events = session.scalar(select(func.count()).select_from(MatchEvent))
            assert events == sum(session.scalars(select(Match.seq)))
        assert len(taken) == most
    assert circles(database, settled=True) == before, "a deadlock"
    print(f"\n{database.engine.dialect.name}: {rounds} rounds of {len(said)} for {most}: {most} each, 0 deadlocks")


def _all_say_yes(database: Database, said: list[Yes], before: Callable[[], bool] = lambda: True) -> int:
    def one(number: int) -> bool:
        match_id, moment_id, actor = said[number]
        if not before():
            return False
        try:
            with database.write() as session:
                services.accept_match(session, match_id, moment_id=moment_id, actor=actor, now=NOW)
        except Conflict as refusal:
            return not str(refusal)
        return True

    return sum(all_at_once(len(said), one))


def _careless_count_overshoots(
    database: Database, said: list[Yes], needed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: who counts first and takes later, with nothing to refuse it, lets too many in."""
    with database.engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_matches_place"))
        guard_off(connection, "place_beyond_needed")
    monkeypatch.setattr("matcher.matching.yes_services.free_place", _any_place)

    counted = Barrier(len(said))

    def is_free() -> bool:
        with database.read() as session:
            taken = session.scalar(select(func.count()).where(Match.state == MatchState.ACCEPTED)) or 0
        counted.wait(120)
        return taken < needed

    assert _all_say_yes(database, said, is_free) > needed


def _any_place(session: Session, match: Match, request: Request) -> int:
    return match.id % 60 + 1
