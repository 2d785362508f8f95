"""Half-days: windows and terms around closed days and clock changes, plans that never use what is not free."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.availability.halfdays import (
    FULL_WEEK,
    HOURS,
    WEEK,
    Asked,
    HalfDay,
    days_of,
    fits,
    half_day_at,
    half_days_of,
    hours_of,
    mask_of_half_days,
    plans,
    shape_key,
    term_visits,
    units,
    window_half_days,
)
from matcher.availability.moments import Moment, local
from matcher.regions.holidays import public_holidays, school_holidays
from matcher.regions.states import HolidayRegion

MONDAY = date(2027, 3, 22)
"""The Monday before summer time begins, on Sunday 28 March 2027."""
TUESDAY_MORNING, TUESDAY_AFTERNOON = HalfDay(1, 0), HalfDay(1, 1)


def parts(moments: list[Moment]) -> list[tuple[int, int]]:
    return [(moment.start_s, moment.end_s) for moment in moments]


@given(st.integers(0, FULL_WEEK))
def test_mask_and_half_days_say_the_same(mask: int) -> None:
    assert mask_of_half_days(half_days_of(mask)) == mask


@pytest.mark.parametrize("each", WEEK)
def test_half_day_on_a_day_is_found_back(each: HalfDay) -> None:
    moment = each.on(MONDAY + timedelta(days=each.weekday))
    assert half_day_at(moment.start_s) == each
    assert moment.end_s - moment.start_s == HOURS * 3600


@given(st.dates(date(2026, 1, 1), date(2029, 12, 31)), st.integers(0, 200), st.integers(0, FULL_WEEK))
@settings(max_examples=60, deadline=None)
def test_window_has_each_wanted_half_day_once_at_its_wall_time(first: date, length: int, mask: int) -> None:
    last = first + timedelta(days=length)
    closed = set(public_holidays(first, last))
    found = window_half_days(first, last, mask, closed)
    days = [first + timedelta(days=number) for number in range(length + 1)]
    wanted = [(d, e) for d in days if d not in closed for e in half_days_of(mask) if e.weekday == d.weekday()]
    assert [(moment.date, half_day_at(moment.start_s)) for moment in found] == wanted
    assert all(f"{local(m.start_s):%H:%M}" in {"08:30", "13:00"} and m.end_s - m.start_s == 4 * 3600 for m in found)
    assert parts(found) == sorted(parts(found))


@pytest.mark.parametrize("region", HolidayRegion)
@pytest.mark.parametrize("first", [date(2026, 8, 24), date(2027, 2, 1)])
def test_term_keeps_its_hour_and_leaves_holidays_out(region: HolidayRegion, first: date) -> None:
    """Both terms pass a change of the clock; the first passes two school holidays, the second three."""
    last = first + timedelta(weeks=20)
    closed = {**school_holidays(region, first, last), **public_holidays(first, last)}
    visits = term_visits(first, last, TUESDAY_AFTERNOON, set(closed))
    assert {f"{local(visit.start_s):%H:%M}" for visit in visits} == {"13:00"}
    assert {local(visit.start_s).utcoffset() for visit in visits} == {timedelta(hours=1), timedelta(hours=2)}
    assert not {visit.date for visit in visits} & set(closed)
    everything = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    assert len(visits) == sum(day.weekday() == 1 and day not in closed for day in everything)


def test_whole_days_are_morning_and_afternoon_together() -> None:
    week = parts(window_half_days(MONDAY, MONDAY + timedelta(days=4), FULL_WEEK & ~TUESDAY_MORNING.bit, ()))
    assert len(units(week, whole_days=False)) == 9
    assert len(units(week, whole_days=True)) == 4
    assert fits(week, Asked(8, whole_days=True))
    assert not fits(week, Asked(9, whole_days=True))
    assert [hours_of([visit]) for visit in days_of(week)] == [8.5, 4.0, 8.5, 8.5, 8.5]


def test_days_one_after_the_other_skip_nothing_that_was_asked() -> None:
    calendar = parts(window_half_days(MONDAY, MONDAY + timedelta(days=11), FULL_WEEK, ()))
    free = [part for part in calendar if local(part[0]).date() != MONDAY + timedelta(days=1)]
    found = plans(calendar, free, Asked(6, whole_days=True, order="consecutive"))
    days = [sorted({local(start_s).day for start_s, _end_s in plan}) for plan in found]
    assert days == [[24, 25, 26], [29, 30, 31]]


def test_spread_days_are_the_same_day_each_week() -> None:
    calendar = parts(window_half_days(MONDAY, MONDAY + timedelta(weeks=4), FULL_WEEK, ()))
    first = plans(calendar, calendar, Asked(3, order="spread"))[0]
    assert len({half_day_at(start_s) for start_s, _end_s in first}) == 1
    assert len({local(start_s).isocalendar().week for start_s, _end_s in first}) == 3


@given(
    st.sets(st.integers(0, 79)), st.integers(1, 20), st.booleans(), st.sampled_from(["either", "consecutive", "spread"])
)
@settings(max_examples=150, deadline=None)
def test_plan_uses_only_what_is_free_and_as_much_as_is_asked(
    taken: set[int], half_days: int, whole: bool, order: str
) -> None:
    calendar = parts(window_half_days(MONDAY, MONDAY + timedelta(weeks=8, days=-1), FULL_WEEK, ()))
    free = [part for number, part in enumerate(calendar) if number not in taken]
    asked = Asked(half_days + half_days % 2 if whole else half_days, whole, order)
    found = plans(calendar, free, asked)
    assert len(found) <= 3
    assert len(set(found)) == len(found)
    for plan in found:
        assert set(plan) <= set(free)
        assert len(plan) == len(set(plan)) == asked.half_days
    if order == "either":
        assert bool(found) == fits(free, asked)


def test_shape_key_tells_plans_with_the_same_ends_apart() -> None:
    week = parts(window_half_days(MONDAY, MONDAY + timedelta(days=4), FULL_WEEK, ()))
    one, other = [week[0], week[2], week[9]], [week[0], week[4], week[9]]
    assert shape_key(one) != shape_key(other)
    assert shape_key(one) == shape_key(reversed(one))
    assert shape_key(week[:1]) == ""
