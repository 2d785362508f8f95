"""Half-days in the reader's words: one of them, those of a week, a plan of several visits. No rules here."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from matcher.availability.halfdays import WEEK, HalfDay, Part, days_of, half_day_at, half_days_of
from matcher.availability.moments import local
from matcher.availability.wording import weekday_name
from matcher.i18n import _, format_day_month, format_time, ngettext

MOST_NAMED = 6


def half_day_name(each: HalfDay) -> str:
    """`dinsdagochtend`, "Tuesday morning"."""
    day = weekday_name(each.weekday)
    return _("%(day)s afternoon", day=day) if each.half else _("%(day)s morning", day=day)


def half_day_table() -> dict[str, Any]:
    """The half-days of a week as two rows of five boxes: short day names, and per row (bit, name)."""
    rows = [
        {
            "label": label,
            "cells": [(each.bit, half_day_name(each)) for each in WEEK if each.half == half],
        }
        for half, label in enumerate((_("morning"), _("afternoon")))
    ]
    return {"days": [weekday_name(day, "EEEEEE") for day in range(5)], "rows": rows}


def half_days_label(mask: int) -> str:
    """The half-days of a week, days of which both halves are there by their day alone."""
    return _joined(_week_names(half_days_of(mask)))


def _week_names(found: Iterable[HalfDay]) -> list[str]:
    names = []
    wanted = sorted(set(found))
    for each in wanted:
        both = HalfDay(each.weekday, 1 - each.half) in wanted
        if both and each.half == 0:
            names.append(weekday_name(each.weekday))
        elif not both:
            names.append(half_day_name(each))
    return names


def _joined(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("%(most)s and %(last)s", most=", ".join(names[:-1]), last=names[-1])


def plan_label(parts: Sequence[Part], seen: datetime | None = None) -> str:
    """One line for a plan: its days with their hours, or for a term the half-days of a week and between which days.

    The year is named where it is not that in which it is `seen`; where nobody says when, not that of the first day."""
    visits = days_of(parts)
    seen = seen or local(visits[0][0])
    if is_weekly(parts):
        week = _joined(_week_names(half_day_at(start_s) for start_s, _end_s in parts))
        first, last = (format_day_month(local(each), seen) for each in (visits[0][0], visits[-1][0]))
        every = _("every %(week)s, %(first)s to %(last)s", week=week, first=first, last=last)
        return f"{every} ({visits_count(len(visits))})"
    named = [format_day_month(local(start_s), seen) for start_s, _end_s in visits]
    if len(named) > MOST_NAMED:
        named = [
            *named[: MOST_NAMED - 1],
            ngettext("%(num)s more day", "%(num)s more days", len(named) - MOST_NAMED + 1),
        ]
    return f"{days_count(len(visits))}: {_joined(named)}" if len(visits) > 1 else visit_label(visits[0], seen)


def days_count(number: int) -> str:
    return ngettext("%(num)s day", "%(num)s days", number)


def visits_count(number: int) -> str:
    return ngettext("%(num)s time", "%(num)s times", number)


def visit_label(visit: Part, seen: datetime | None = None) -> str:
    """`di 2 februari (08:30–17:00)`."""
    start, end = map(local, visit)
    return f"{format_day_month(start, seen)} ({format_time(start.time())}–{format_time(end.time())})"


def visit_labels(parts: Sequence[Part]) -> list[str]:
    """Every visit of a plan with its hours."""
    visits = days_of(parts)
    return [visit_label(visit, local(visits[0][0])) for visit in visits]


def is_weekly(parts: Sequence[Part]) -> bool:
    """A term rather than some days: the same half-days come back again and again, for more than a month."""
    shapes = {half_day_at(start_s) for start_s, _end_s in parts}
    length = timedelta(seconds=max(e for _s, e in parts) - min(s for s, _e in parts))
    return length > timedelta(weeks=5) and len(shapes) * 4 <= len(parts)
