"""Several visits in a calendar: what a calendar program makes of the file is exactly what was agreed."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from matcher.availability.halfdays import FULL_WEEK, days_of, window_half_days
from matcher.availability.moments import local
from matcher.clock import AMSTERDAM
from matcher.matching.calendar import build_event
from matcher.matching.recurrence import recurrence_of
from matcher.regions.holidays import public_holidays, school_holidays
from matcher.regions.states import HolidayRegion

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FIRST = date(2027, 2, 1)
Visit = tuple[datetime, datetime]


def visits_in(mask: int, weeks: int, closed: set[date]) -> list[Visit]:
    found = window_half_days(FIRST, FIRST + timedelta(weeks=weeks, days=-1), mask, closed)
    return [(local(a), local(b)) for a, b in days_of((moment.start_s, moment.end_s) for moment in found)]


def shown_by(text: str) -> list[Visit]:
    """As a calendar program reads it: the rule, without its exceptions, with what comes instead."""
    events = list(Calendar.from_ical(text).walk("VEVENT"))
    master = next(event for event in events if "recurrence-id" not in event)
    begin, length = master.start, master.end - master.start
    naive = begin.replace(tzinfo=None)
    rule = master["rrule"].to_ical().decode()
    until = master["rrule"]["until"][0].astimezone(AMSTERDAM).replace(tzinfo=None)
    rule = ";".join(piece for piece in rule.split(";") if not piece.startswith("UNTIL"))
    made = rrulestr(f"RRULE:{rule}", dtstart=naive).between(naive, until, inc=True)
    found: dict[datetime, Visit] = {}
    for moment in made:
        starts = moment.replace(tzinfo=AMSTERDAM)
        found[starts] = (starts, starts + length)
    for gone in _dates(master.get("exdate")):
        found.pop(gone.astimezone(AMSTERDAM))
    for event in events:
        if "recurrence-id" in event:
            found[event["recurrence-id"].dt.astimezone(AMSTERDAM)] = (event.start, event.end)
    return sorted((a.astimezone(AMSTERDAM), b.astimezone(AMSTERDAM)) for a, b in found.values())


def _dates(value: Any) -> list[datetime]:
    lists = value if isinstance(value, list) else [value] if value else []
    return [each.dt for some in lists for each in some.dts]


def made(visits: list[Visit], method: str = "REQUEST") -> str:
    return build_event(
        uid="match-7@matcher.example", sequence=3, method=method,
        status="CANCELLED" if method == "CANCEL" else "CONFIRMED", start=visits[0][0], end=visits[-1][1],
        summary="Docentstage", description="", location="Laboratorium", organizer="noreply@matcher.example",
        attendees=["a@school.example"], now=NOW, visits=visits,
    )  # fmt: skip


@given(st.integers(1, FULL_WEEK), st.integers(1, 20), st.sets(st.integers(0, 139)))
@settings(max_examples=40, deadline=None)
def test_calendar_shows_exactly_the_visits(mask: int, weeks: int, missing: set[int]) -> None:
    """Any half-days of the week, with any days left out, across the change to summer time."""
    visits = visits_in(mask, weeks, {FIRST + timedelta(days=number) for number in missing})
    if len(visits) < 2:
        return
    assert shown_by(made(visits)) == visits


@pytest.mark.parametrize("region", HolidayRegion)
def test_term_of_half_days_goes_around_the_holidays(region: HolidayRegion) -> None:
    last = date(2027, 6, 30)
    closed = {**school_holidays(region, FIRST, last), **public_holidays(FIRST, last)}
    visits = visits_in(0b0000101100, 21, set(closed))
    shown = shown_by(made(visits))
    assert shown == visits
    assert not {start.date() for start, _end in shown} & set(closed)


def test_three_whole_days_are_one_event_with_one_id() -> None:
    visits = visits_in(FULL_WEEK, 1, {FIRST, FIRST + timedelta(days=2)})
    text = made(visits)
    events = Calendar.from_ical(text).walk("VEVENT")
    assert {str(event["uid"]) for event in events} == {"match-7@matcher.example"}
    assert [(v[0].time(), v[1].time()) for v in shown_by(text)] == [(time(8, 30), time(17, 0))] * 3


def test_cancelling_takes_the_whole_series_away() -> None:
    events = Calendar.from_ical(made(visits_in(FULL_WEEK, 2, set()), "CANCEL")).walk("VEVENT")
    assert [str(event["status"]) for event in events] == ["CANCELLED"]


def test_two_visits_on_one_day_are_no_series() -> None:
    at = datetime(2027, 2, 1, 9, tzinfo=AMSTERDAM)
    with pytest.raises(ValueError, match="one visit a day"):
        recurrence_of([(at, at + timedelta(hours=1)), (at + timedelta(hours=2), at + timedelta(hours=3))])
