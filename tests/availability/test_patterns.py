"""Usual, unknown, never, busy: the weekly pattern with dated exceptions, bookings, pauses and the search masks."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.availability.grids import default_grid
from matcher.availability.masks import EMPTY_WEEK, FULL, FULL_WEEK, as_week, mask_of
from matcher.availability.moments import Calendar, Timetable, Week, day_range, epoch, epoch_range, moment_on
from matcher.availability.patterns import (
    PRESETS,
    DatedException,
    default_availability,
    may_fit,
    moment_masks,
    pattern,
    preset,
    search_never,
    touched_quarters,
    with_day_copied,
)
from matcher.availability.states import TimeState
from matcher.availability.strips import week_strip
from matcher.organisations.states import SchoolSector

VO = Timetable(default_grid(SchoolSector.VO))
THURSDAY = date(2026, 12, 10)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(day: date, start: str, end: str) -> tuple[int, int]:
    return epoch_range(day, time.fromisoformat(start), time.fromisoformat(end))


@pytest.mark.parametrize(
    ("start", "end", "state"),
    [
        ("09:00", "16:00", "usual"),
        ("08:30", "09:20", "unknown"),
        ("15:30", "16:20", "unknown"),
        ("07:00", "07:15", "unknown"),
        ("17:30", "18:30", "never"),
        ("19:00", "21:00", "never"),
        ("06:30", "07:30", "never"),
        ("22:00", "23:00", "never"),
    ],
)
def test_default_pattern_on_a_working_day(start: str, end: str, state: str) -> None:
    assert default_availability().state(*at(THURSDAY, start, end)) == state


def test_default_pattern_on_saturday_is_never() -> None:
    assert default_availability().state(*at(date(2026, 12, 12), "10:00", "11:00")) is TimeState.NEVER


def test_busy_exception_and_booking_win_over_usual() -> None:
    start_s, end_s = at(THURSDAY, "10:10", "11:00")
    away = replace(default_availability(), exceptions=(DatedException(*day_range(THURSDAY), free=False),))
    booked = replace(default_availability(), bookings=((end_s - 1, end_s + 600),))
    beside = replace(default_availability(), bookings=((end_s, end_s + 600),))
    assert away.state(start_s, end_s) is TimeState.BUSY
    assert booked.state(start_s, end_s) is TimeState.BUSY
    assert beside.state(start_s, end_s) is TimeState.USUAL


def test_free_exception_opens_a_saturday() -> None:
    saturday = date(2026, 12, 12)
    owner = replace(default_availability(), exceptions=(DatedException(*at(saturday, "09:00", "12:00"), free=True),))
    assert owner.state(*at(saturday, "10:00", "11:00")) is TimeState.USUAL
    assert owner.state(*at(saturday, "11:30", "12:30")) is TimeState.NEVER
    assert owner.state(*at(saturday + timedelta(days=7), "10:00", "11:00")) is TimeState.NEVER


def test_month_off_is_never() -> None:
    owner = replace(default_availability(), months_off=frozenset({12}))
    assert owner.state(*at(THURSDAY, "10:00", "11:00")) is TimeState.NEVER
    assert owner.state(*at(date(2026, 11, 26), "10:00", "11:00")) is TimeState.USUAL


def test_notice_counts_whole_local_days() -> None:
    owner = default_availability()
    late = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
    assert owner.too_soon(epoch(date(2026, 12, 11), time(10)), NOW)
    assert not owner.too_soon(epoch(date(2026, 12, 12), time(8)), late)
    assert owner.too_soon(epoch(date(2026, 12, 12), time(8)), late + timedelta(hours=1))


def test_pause_ends_on_its_day() -> None:
    owner = replace(default_availability(), paused_until=date(2026, 11, 22))
    assert owner.paused(NOW)
    assert not owner.paused(NOW + timedelta(days=1))


def test_range_over_midnight_is_never() -> None:
    owner = pattern(FULL_WEEK, EMPTY_WEEK)
    assert owner.state(epoch(THURSDAY, time(21)), epoch(THURSDAY + timedelta(days=1), time(9))) is TimeState.NEVER


def test_state_of_nothing_raises() -> None:
    with pytest.raises(ValueError, match="after the start"):
        default_availability().state(10, 10)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_preset_is_usual_in_its_hours_and_never_on_sunday(name: str) -> None:
    owner = preset(name)
    assert owner.usual == PRESETS[name]
    assert owner.never[6] == FULL
    assert all(not a & b for a, b in zip(owner.usual, owner.never, strict=True))


def test_copied_day_replaces_only_its_targets() -> None:
    owner = with_day_copied(default_availability(), 0, [5])
    assert owner.usual[5] == owner.usual[0]
    assert owner.never[6] == FULL


def test_week_strip_shows_asked_chosen_holiday_and_booked() -> None:
    week = Week.of(THURSDAY)
    calendar = Calendar(holidays={date(2026, 12, 7): "study"})
    asked = moment_on(VO, THURSDAY, [3])
    owner = replace(default_availability(), bookings=(at(date(2026, 12, 8), "09:00", "12:30"),))
    strip = week_strip(owner, week, Timetable(VO.grid, calendar), asked=[asked], chosen=asked)
    states = [[cell.state for cell in day.cells] for day in strip.days]
    assert strip.periods == 9
    assert states[0] == ["holiday"] * 9
    assert states[1][:5] == ["booked"] * 5
    assert states[3][:4] == ["maybe", "free", "asked", "free"]
    assert [cell.first_period for cell in strip.days[3].cells if cell.chosen] == [3]


def test_touched_quarters_of_a_night_are_two_days() -> None:
    week = touched_quarters(epoch(THURSDAY, time(21)), epoch(THURSDAY + timedelta(days=1), time(8)))
    assert week[3] == mask_of(time(21), time(22))
    assert week[4] == mask_of(time(7), time(8))
    assert touched_quarters(*day_range(date(2026, 7, 1), date(2026, 8, 31))) == FULL_WEEK


OWNER = st.builds(
    pattern,
    st.lists(st.integers(0, FULL), min_size=7, max_size=7).map(as_week),
    st.lists(st.integers(0, FULL), min_size=7, max_size=7).map(as_week),
)
DAYS = st.dates(date(2026, 11, 22), date(2027, 12, 31))
MOMENTS = st.builds(lambda day, number: moment_on(VO, day, [number]), DAYS, st.integers(1, 9))
FREE = st.builds(
    lambda day, hour, hours: DatedException(epoch(day, time(hour)), epoch(day, time(hour)) + hours * 3600, True),
    DAYS,
    st.integers(6, 20),
    st.integers(1, 30),
)


@settings(max_examples=200, deadline=None)
@given(OWNER, st.lists(FREE, max_size=3), st.lists(MOMENTS, min_size=1, max_size=5))
def test_search_mask_never_drops_somebody_who_can(owner, free, moments) -> None:  # type: ignore[no-untyped-def]
    owner = replace(owner, exceptions=tuple(free))
    exact = any(state is not TimeState.NEVER for state in owner.states(moments))
    searched = may_fit(search_never(owner, now_s=int(NOW.timestamp())), moment_masks(moments))
    assert searched or not exact
    if not free:
        assert searched == exact


@settings(max_examples=100, deadline=None)
@given(OWNER, MOMENTS)
def test_state_follows_the_quarters_it_touches(owner, moment) -> None:  # type: ignore[no-untyped-def]
    asked, day = mask_of(moment.start, moment.end), moment.date.weekday()
    state = owner.state(moment.start_s, moment.end_s)
    assert (state is TimeState.NEVER) == bool(asked & owner.never[day])
    assert (state is TimeState.USUAL) == (asked & ~owner.usual[day] == 0)
