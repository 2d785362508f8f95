"""Weekly periods × weeks − calendar, over both clock changes, leap days, week 53 and the turn of the year."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.availability.grids import default_grid
from matcher.availability.moments import (
    MAX_MOMENTS,
    Calendar,
    Timetable,
    Week,
    WeeklyPeriod,
    coming_weeks,
    day_range,
    epoch,
    epoch_range,
    local,
    moment_on,
    parallel_visits,
    plan_moments,
    visits_of,
)
from matcher.organisations.states import SchoolSector

VO = Timetable(default_grid(SchoolSector.VO))
NOW = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp())
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


def test_moment_in_winter_is_utc_plus_one() -> None:
    moment = moment_on(VO, date(2026, 12, 10), [3])
    assert moment.start_s == int(datetime(2026, 12, 10, 9, 10, tzinfo=UTC).timestamp())
    assert moment.end_s - moment.start_s == 50 * 60


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2028, 2, 29), 24)])
def test_day_range_has_the_hours_of_that_day(day: date, hours: int) -> None:
    start_s, end_s = day_range(day)
    assert end_s - start_s == hours * 3600


def test_epoch_range_inside_the_skipped_hour_raises() -> None:
    with pytest.raises(ValueError, match="after the start"):
        epoch_range(date(2026, 3, 29), time(2, 30), time(3, 10))


def test_lessons_before_and_after_the_clock_change_keep_their_wall_time() -> None:
    before, after = moment_on(VO, date(2026, 10, 23), [1]), moment_on(VO, date(2026, 10, 26), [1])
    assert after.start_s - before.start_s == 3 * 86_400 + 3600
    assert local(after.start_s).time() == local(before.start_s).time() == time(8, 30)


def test_week_53_runs_over_the_turn_of_the_year() -> None:
    week = Week.parse("2026-W53")
    assert week.day(0) == date(2026, 12, 28)
    assert week.day(4) == date(2027, 1, 1)
    assert Week.of(date(2027, 1, 1)) == week


@pytest.mark.parametrize("text", ["2027-W53", "2026-53", "26-W03", "2026-W00", "2026-W1", "", "2026-W٣٣", "x" * 500])
def test_week_parse_of_nonsense_raises(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # several causes, one kind
        Week.parse(text)


def test_plan_leaves_holidays_out_with_their_name() -> None:
    calendar = Calendar(holidays={date(2026, 12, 24): "christmas"})
    plan = plan_moments([(3, (3,))], [Week(2026, 51), Week(2026, 52)], Timetable(VO.grid, calendar), now_s=NOW)
    assert [moment.date for moment in plan.moments] == [date(2026, 12, 17)]
    assert [(r.date, r.code, r.detail) for r in plan.refused] == [(date(2026, 12, 24), "holiday", "christmas")]


def test_plan_refuses_past_far_closed_and_missing_periods() -> None:
    day = date(2026, 12, 8)
    calendar = Calendar(
        test_days=frozenset({day}),
        study_days=frozenset({day + timedelta(days=1)}),
        exam_classes_gone=frozenset({day + timedelta(days=2)}),
    )
    visits = [(0, (12,)), (1, (1,)), (2, (1,)), (3, (1,))]
    weeks = [Week.of(day)]
    found = plan_moments(visits, weeks, Timetable(VO.grid, calendar), now_s=NOW, exam_class=True)
    assert [r.code for r in found.refused] == ["no_such_period", "test_week", "study_day", "exam_classes_gone"]
    other = plan_moments(visits, weeks, Timetable(VO.grid, calendar), now_s=NOW)
    assert [m.date for m in other.moments] == [day + timedelta(days=2)]
    assert plan_moments([(0, (1,))], [Week(2026, 47), Week(2028, 10)], VO, now_s=NOW).moments == ()
    refused = plan_moments([(0, (1,))], [Week(2026, 47), Week(2028, 10)], VO, now_s=NOW).refused
    assert [r.code for r in refused] == ["past", "too_far"]


def test_plan_lesson_that_has_begun_is_past() -> None:
    moment = moment_on(VO, date(2026, 12, 10), [3])
    week = [Week.of(moment.date)]
    assert not plan_moments([(3, (3,))], week, VO, now_s=moment.start_s).moments
    assert plan_moments([(3, (3,))], week, VO, now_s=moment.start_s - 1).moments


def test_plan_keeps_the_first_twenty() -> None:
    visits = [(weekday, (1,)) for weekday in range(5)]
    weeks = [Week(2027, number) for number in range(2, 8)]
    plan = plan_moments(visits, weeks, VO, now_s=NOW)
    assert len(plan.moments) == MAX_MOMENTS
    assert {r.code for r in plan.refused} == {"too_many"}
    assert max(m.date for m in plan.moments) < min(r.date for r in plan.refused)


def test_shortened_day_uses_its_own_times() -> None:
    day = date(2026, 12, 10)
    shortened = Timetable(VO.grid, Calendar(shortened=frozenset({day})), default_grid(SchoolSector.VO, shortened=True))
    assert moment_on(shortened, day, [2]).start == time(9, 10)
    assert moment_on(shortened, day + timedelta(days=7), [2]).start == time(9, 20)


def test_visits_of_block_needs_periods_that_follow_each_other() -> None:
    weekly = [WeeklyPeriod(1, 3, 1), WeeklyPeriod(1, 4, 1), WeeklyPeriod(3, 1, 1), WeeklyPeriod(4, 5, 3)]
    assert visits_of(weekly, 1) == [(1, (3,)), (1, (4,)), (3, (1,)), (4, (5,)), (4, (6,)), (4, (7,))]
    assert visits_of(weekly, 2) == [(1, (3, 4)), (4, (5, 6)), (4, (6, 7))]
    assert visits_of(weekly, 4) == []


def test_parallel_visits_take_the_shortest_stay() -> None:
    first = [WeeklyPeriod(0, 1), WeeklyPeriod(0, 5), WeeklyPeriod(2, 2)]
    second = [WeeklyPeriod(0, 6), WeeklyPeriod(2, 2), WeeklyPeriod(3, 1)]
    assert parallel_visits([first, second]) == [(0, (5, 6)), (2, (2,))]
    assert parallel_visits([[WeeklyPeriod(0, 1)], [WeeklyPeriod(0, 9)]]) == []
    assert parallel_visits([]) == []


def test_coming_weeks_counts_only_weeks_with_lessons() -> None:
    christmas = {date(2026, 12, 19) + timedelta(days=n): "christmas" for n in range(16)}
    weeks = coming_weeks(date(2026, 11, 21), Calendar(holidays=christmas))
    assert weeks[0].monday == date(2026, 11, 23)
    assert [w.week.number for w in weeks if w.holiday] == [52, 53]
    assert len([w for w in weeks if not w.holiday]) == 10


@settings(max_examples=150, deadline=None)
@given(DAYS, st.integers(1, 9))
def test_moment_lasts_as_long_as_its_wall_times_say(day: date, number: int) -> None:
    moment = moment_on(VO, day, [number])
    assert moment.end_s - moment.start_s == 50 * 60
    assert local(moment.start_s).replace(tzinfo=None) == datetime.combine(day, moment.start)


@settings(max_examples=150, deadline=None)
@given(DAYS)
def test_days_follow_each_other_without_gap(day: date) -> None:
    assert day_range(day)[1] == day_range(day + timedelta(days=1))[0]
    assert Week.parse(str(Week.of(day))).day(day.weekday()) == day


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.builds(WeeklyPeriod, st.integers(0, 4), st.integers(1, 9), st.integers(1, 3)), max_size=6),
    st.lists(st.builds(Week, st.just(2027), st.integers(1, 52)), max_size=8),
    st.integers(1, 3),
    st.sets(st.dates(date(2027, 1, 1), date(2027, 12, 31)), max_size=20),
)
def test_plan_accounts_for_every_visit_once(
    weekly: list[WeeklyPeriod], weeks: list[Week], length: int, free: set[date]
) -> None:
    calendar = Calendar(holidays=dict.fromkeys(free, "may"))
    visits = set(visits_of(weekly, length))
    plan = plan_moments(visits, weeks, Timetable(VO.grid, calendar), now_s=NOW)
    assert len(plan.moments) + len(plan.refused) == len(visits) * len(set(weeks))
    assert len(plan.moments) <= MAX_MOMENTS
    assert list(plan.moments) == sorted(set(plan.moments))
    assert all(m.date not in free and m.start_s > NOW and len(m.periods) == length for m in plan.moments)


def test_epoch_of_an_hour_that_comes_twice_is_its_first_coming() -> None:
    assert epoch(date(2026, 10, 25), time(2, 30)) == int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp())
