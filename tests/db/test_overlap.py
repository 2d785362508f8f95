"""Nobody is in two places: overlapping live bookings are refused by the database itself, whoever writes them."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matcher.availability.states import Party
from matcher.matching.models import Match
from tests.factories.matching import THURSDAY, epoch, make_booking, make_match

BASE = epoch(THURSDAY, "10:00")
HOUR = 3600
INSERT = text(
    "insert into bookings (match_id, party, party_id, start_s, end_s, pad_before_s, pad_after_s, live)"
    " values (:match, :party, :id, :start, :end, 0, 0, :live)"
)


@pytest.fixture
def match(session: Session) -> Match:
    return make_match(session)


def book(
    session: Session, match: Match, start: int, end: int, *, party: str = "person", owner: int = 5, live: bool = True
) -> None:
    values = {"match": match.id, "party": party, "id": owner, "start": BASE + start, "end": BASE + end, "live": live}
    with session.begin_nested():
        session.execute(INSERT, values)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, HOUR),
        (600, 1200),
        (-HOUR, 2 * HOUR),
        (-HOUR, 1),
        (HOUR - 1, 2 * HOUR),
        (0, 1),
        (HOUR - 1, HOUR),
    ],
)
def test_overlap_is_refused(session: Session, match: Match, start: int, end: int) -> None:
    for party in Party:
        book(session, match, 0, HOUR, party=party.value)
        with pytest.raises(IntegrityError):
            book(session, match, start, end, party=party.value)


def test_touching_ends_are_allowed(session: Session, match: Match) -> None:
    for party in Party:
        for start in (0, HOUR, -HOUR):
            book(session, match, start, start + HOUR, party=party.value)


def test_others_and_dead_rows_may_overlap(session: Session, match: Match) -> None:
    book(session, match, 0, HOUR)
    book(session, match, 0, HOUR, owner=4)
    book(session, match, 0, HOUR, owner=6)
    book(session, match, 0, HOUR, party="class")
    book(session, match, 0, HOUR, live=False)
    book(session, match, 0, HOUR, live=False)


def test_waking_or_moving_a_booking_onto_another_is_refused(session: Session, match: Match) -> None:
    book(session, match, 0, HOUR)
    dead = make_booking(session, match, party=Party.PERSON, party_id=5, start_s=BASE, live=False)
    next_one = make_booking(session, match, party=Party.PERSON, party_id=5, start_s=BASE + HOUR)
    for change in (
        f"live = true where id = {dead.id}",
        f"start_s = {BASE + 1800} where id = {next_one.id}",
    ):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(f"update bookings set {change}"))
    session.execute(text(f"update bookings set end_s = end_s + 600 where id = {next_one.id}"))


@pytest.mark.parametrize(("start", "end"), [(HOUR, 0), (0, 0)])
def test_booking_without_length_is_refused(session: Session, match: Match, start: int, end: int) -> None:
    with pytest.raises(IntegrityError):
        book(session, match, start, end)


def test_pads_longer_than_the_booking_are_refused(session: Session, match: Match) -> None:
    with pytest.raises(IntegrityError), session.begin_nested():
        make_booking(session, match, party=Party.PERSON, party_id=5, start_s=BASE, pad_before_s=HOUR)
