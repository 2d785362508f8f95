"""Wishes as plain values: weekly periods, exam classes, one class or parallel ones."""

from datetime import date

import pytest

from matcher.availability.grids import default_grid
from matcher.availability.moments import Calendar, Timetable, Week, WeeklyPeriod
from matcher.organisations.states import SchoolSector
from matcher.requests.asking import (
    ClassPeriods,
    Wish,
    is_exam_class,
    plan_for,
    weekly_from_rows,
    weekly_to_rows,
    wish_weeks,
)
from tests.conftest import NOW

WEEKS = [Week(2026, 50), Week(2026, 51)]
NOW_S = int(NOW.timestamp())
DAY = date(2026, 12, 10)
GONE = Calendar(exam_classes_gone=frozenset({DAY}))
HAVO = ClassPeriods((WeeklyPeriod(0, 3), WeeklyPeriod(3, 2, 2)))


def test_weekly_rows_come_back_joined_and_in_order() -> None:
    rows = [[3, 3, 1], [0, 3, 1], [3, 2, 1]]
    assert weekly_to_rows(weekly_from_rows(rows)) == [[0, 3, 1], [3, 2, 2]]


@pytest.mark.parametrize("rows", [[[7, 1, 1]], [[0, 99, 1]], [[0, 1, 0]], [[0, 1]], [["x", 1, 1]]])
def test_weekly_rows_outside_the_week_raise(rows: list[list[int]]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the kind of fault does not matter
        weekly_from_rows(rows)


def test_exam_classes_are_the_last_years() -> None:
    assert is_exam_class("havo", 5)
    assert is_exam_class("vmbo_kb", 4)
    assert not is_exam_class("havo", 4)
    assert not is_exam_class("po_boven", 8)
    assert not is_exam_class(None, None)


def test_plan_of_one_class_has_every_lesson() -> None:
    plan = plan_for([HAVO], WEEKS, Timetable(default_grid(SchoolSector.VO)), block=1, now_s=NOW_S)
    assert [(m.date.day, m.periods) for m in plan.moments[:3]] == [(7, (3,)), (10, (2,)), (10, (3,))]


def test_plan_of_a_block_has_only_double_lessons() -> None:
    plan = plan_for([HAVO], WEEKS, Timetable(default_grid(SchoolSector.VO)), block=2, now_s=NOW_S)
    assert [m.periods for m in plan.moments] == [(2, 3), (2, 3)]


def test_plan_of_parallel_classes_has_days_of_both() -> None:
    other = ClassPeriods((WeeklyPeriod(3, 4),))
    plan = plan_for([HAVO, other], WEEKS, Timetable(default_grid(SchoolSector.VO)), block=1, now_s=NOW_S)
    assert [(m.date.day, m.periods) for m in plan.moments] == [(10, (3, 4)), (17, (3, 4))]


def test_plan_of_an_exam_class_leaves_out_days_when_it_is_gone() -> None:
    exam = ClassPeriods(HAVO.weekly, exam=True)
    plan = plan_for([exam], WEEKS[:1], Timetable(default_grid(SchoolSector.VO), GONE), block=2, now_s=NOW_S)
    assert not plan.moments
    assert [refusal.code for refusal in plan.refused] == ["exam_classes_gone"]


def test_plan_without_class_is_empty() -> None:
    assert plan_for([], WEEKS, Timetable(default_grid(SchoolSector.VO)), block=1, now_s=NOW_S).moments == ()


def test_wish_weeks_leaves_out_what_cannot_be_read() -> None:
    assert wish_weeks({"weeks": ["2026-W50", "2026-W77", 5, None]}) == (Week(2026, 50),)
    assert wish_weeks({}) == ()


def test_wish_names_each_class_once() -> None:
    assert Wish(class_id=4, also_class_ids=(5, 4)).class_ids == (4, 5)
