"""Stored weeks: the default needs no row, history stays, exceptions are checked, others' things are not found."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.availability import services
from matcher.availability.masks import EMPTY_WEEK, FULL_WEEK
from matcher.availability.models import WeeklyPattern
from matcher.availability.moments import day_range
from matcher.availability.patterns import default_availability
from matcher.availability.queries import Owner, availabilities, availability_of, exceptions_of, has_painted, owner_of
from matcher.availability.states import ExceptionKind, OwnerType, Party, TimeState
from matcher.clock import local_date
from matcher.errors import InvalidInput, NotFound
from tests.conftest import NOW
from tests.factories.matching import make_booking, make_match
from tests.factories.people import make_professional

TODAY = local_date(NOW)
SPAN = day_range(TODAY, TODAY + timedelta(days=60))
DAY = date(2026, 12, 10)


def someone(session: Session) -> tuple[Actor, Owner]:
    person = make_professional(session)
    return actor_for(session, person.id), (OwnerType.PERSON, person.id)


def test_new_person_has_the_default_week_without_a_row(session: Session) -> None:
    _actor, owner = someone(session)
    assert availability_of(session, owner, on=TODAY, from_s=SPAN[0], to_s=SPAN[1]) == default_availability()
    assert not has_painted(session, owner)


def test_save_week_counts_from_today_and_keeps_the_past(session: Session) -> None:
    actor, owner = someone(session)
    services.save_week(session, actor=actor, now=NOW, owner=owner, usual=FULL_WEEK, never=EMPTY_WEEK)
    later = NOW + timedelta(days=7)
    services.save_week(session, actor=actor, now=later, owner=owner, usual=EMPTY_WEEK, never=FULL_WEEK)
    services.save_week(session, actor=actor, now=later, owner=owner, usual=EMPTY_WEEK, never=EMPTY_WEEK)
    weeks = [
        availability_of(session, owner, on=TODAY + timedelta(days=days), from_s=SPAN[0], to_s=SPAN[1])
        for days in (-1, 0, 6, 7)
    ]
    assert [week.usual for week in weeks] == [default_availability().usual, FULL_WEEK, FULL_WEEK, EMPTY_WEEK]
    assert weeks[3].never == EMPTY_WEEK
    rows = select(func.count()).select_from(WeeklyPattern).where(WeeklyPattern.owner_id == owner[1])
    assert session.scalar(rows) == 2


def test_save_week_where_both_are_painted_never_wins(session: Session) -> None:
    actor, owner = someone(session)
    saved = services.save_week(session, actor=actor, now=NOW, owner=owner, usual=FULL_WEEK, never=FULL_WEEK)
    assert (saved.usual, saved.never) == (EMPTY_WEEK, FULL_WEEK)


def test_week_of_somebody_else_is_not_found(session: Session) -> None:
    actor, _owner = someone(session)
    _other, foreign = someone(session)
    with pytest.raises(NotFound):
        services.save_week(session, actor=actor, now=NOW, owner=foreign, usual=FULL_WEEK, never=EMPTY_WEEK)
    with pytest.raises(NotFound):
        services.add_exception(session, actor=actor, now=NOW, owner=foreign, kind=ExceptionKind.BUSY, first=DAY)


def test_exception_is_read_back_and_removed(session: Session) -> None:
    actor, owner = someone(session)
    row = services.add_exception(session, actor=actor, now=NOW, owner=owner, kind=ExceptionKind.BUSY, first=DAY)
    lesson = (row.start_s + 10 * 3600, row.start_s + 11 * 3600)
    found = availability_of(session, owner, on=TODAY, from_s=SPAN[0], to_s=SPAN[1])
    assert found.state(*lesson) is TimeState.BUSY
    assert [found.id for found in exceptions_of(session, owner, from_s=SPAN[0])] == [row.id]
    services.remove_exception(session, actor=actor, owner=owner, exception_id=row.id)
    assert not exceptions_of(session, owner, from_s=SPAN[0])
    for nonsense in (row.id, 0, -1, 10**20):
        with pytest.raises(NotFound):
            services.remove_exception(session, actor=actor, owner=owner, exception_id=nonsense)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"first": DAY, "last": DAY - timedelta(days=1)}, "last"),
        ({"first": TODAY - timedelta(days=1)}, "first"),
        ({"first": DAY, "last": date(9999, 12, 31)}, "last"),
        ({"first": date(1, 1, 1), "last": DAY}, "first"),
        ({"first": DAY, "start": time(9)}, "end"),
        ({"first": DAY, "end": time(9)}, "start"),
        ({"first": DAY, "start": time(10), "end": time(9)}, "end"),
        ({"first": DAY, "start": time(9), "end": time(9)}, "end"),
        ({"first": DAY, "last": DAY + timedelta(days=1), "start": time(9), "end": time(10)}, "start"),
    ],
)
def test_exception_that_cannot_be_names_the_field(session: Session, values: dict[str, object], field: str) -> None:
    actor, owner = someone(session)
    with pytest.raises(InvalidInput) as refusal:
        services.add_exception(
            session,
            actor=actor,
            now=NOW,
            owner=owner,
            kind=ExceptionKind.FREE,
            **values,  # type: ignore[arg-type]
        )
    assert refusal.value.field == field


def test_many_owners_are_read_in_few_queries_with_their_bookings(session: Session) -> None:
    match = make_match(session)
    people = [someone(session) for _ in range(3)]
    start_s = day_range(DAY)[0] + 10 * 3600
    make_booking(session, match, party=Party.PERSON, party_id=people[1][1][1], start_s=start_s)
    owners = [owner for _actor, owner in people] + [owner_of(person_id=None, offer_id=match.offer_id)]
    found = availabilities(session, owners, on=TODAY, from_s=SPAN[0], to_s=SPAN[1])
    states = [found[owner].state(start_s, start_s + 600) for owner in owners]
    assert states == [TimeState.USUAL, TimeState.BUSY, TimeState.USUAL, TimeState.USUAL]
