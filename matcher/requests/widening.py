"""A change that would bring somebody in, filled into what was typed. Pure.

A change is named by its mark, `later:2`. What no field of the page can hold has none: the lessons of a class lie on its
own days and are given at its own level.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from matcher.availability.halfdays import HOURS, HalfDay, half_days_of, mask_of_half_days
from matcher.availability.moments import Week
from matcher.availability.states import Delivery, Kind
from matcher.requests.asking import LANGUAGES, Wish
from matcher.requests.drafts import AnyWish
from matcher.requests.internships import InternshipWish
from matcher.requests.vacancies import VacancyWish
from matcher.subjects.levels import Level

LONGEST_MARK = 40
_VALUES = {"online": "", "later": "weeks", "weekday": "weekday", "language": "language", "wider": "to",
           "half_days": "to", "level": "level"}  # fmt: skip


def mark_of_change(kind: Kind, change: Mapping[str, Any]) -> str | None:
    """What a button of the form sends to have it filled in; None where the form has no field for it."""
    code = change["code"]
    if code not in _FILLED.get(kind, {}):
        return None
    return f"{code}:{change['params'].get(_VALUES[code], '')}"


def widened(wish: AnyWish, mark: str) -> AnyWish | None:
    """The same wish with this change; None for what is none, or does not go with it."""
    code, _colon, value = mark[:LONGEST_MARK].partition(":")
    fill = _FILLED[wish.kind].get(code)
    return fill(wish, value) if fill else None


def _number(value: str, most: int) -> int | None:
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 4 else 0
    return number if 0 < number <= most else None


def _language(wish: AnyWish, value: str) -> AnyWish | None:
    return replace(wish, language=value) if value in LANGUAGES else None


def _online(wish: Wish, value: str) -> Wish:
    return replace(wish, delivery=Delivery.EITHER)


def _lesson_weeks(wish: Wish, value: str) -> Wish | None:
    weeks = _number(value, 26)
    if weeks is None:
        return None
    moved = {Week.of(week.day(0) + timedelta(weeks=weeks)) for week in wish.weeks}
    return replace(wish, weeks=tuple(sorted({*wish.weeks, *moved})))


def _stay_longer(wish: InternshipWish, value: str) -> InternshipWish | None:
    weeks = _number(value, 26)
    return replace(wish, last=wish.last + timedelta(weeks=weeks)) if weeks and wish.last else None


def _stay_weekday(wish: InternshipWish, value: str) -> InternshipWish | None:
    """The halves that are asked on other days, on this day too."""
    weekday = int(value) if value in {"0", "1", "2", "3", "4"} else None
    if weekday is None:
        return None
    asked = half_days_of(wish.half_day_mask)
    added = {HalfDay(weekday, each.half) for each in asked}
    return replace(wish, half_day_mask=mask_of_half_days({*asked, *added}))


def _wider(wish: Any, value: str) -> Any:
    km = _number(value, 400)
    return replace(wish, max_km=km) if km else None


def _fewer(wish: VacancyWish, value: str) -> VacancyWish | None:
    half_days = _number(value, 10)
    if half_days is None:
        return None
    fits = wish.hours is None or wish.hours <= half_days * HOURS
    return replace(wish, half_days=half_days, hours=wish.hours if fits else None)


def _level(wish: VacancyWish, value: str) -> VacancyWish | None:
    return replace(wish, level=value, years=()) if value in set(Level) else None


_FILLED: dict[Kind, dict[str, Callable[[Any, str], Any]]] = {
    Kind.GUEST_LECTURE: {"online": _online, "language": _language, "later": _lesson_weeks},
    Kind.TEACHER_INTERNSHIP: {
        "language": _language,
        "wider": _wider,
        "later": _stay_longer,
        "weekday": _stay_weekday,
    },
    Kind.HYBRID_PLACEMENT: {"language": _language, "wider": _wider, "half_days": _fewer, "level": _level},
}
