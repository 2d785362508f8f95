"""Moments, refusals, time states and patterns in the reader's words. No rules here."""

from datetime import date, datetime, time
from typing import Any

from matcher.availability.masks import stretches
from matcher.availability.moments import Moment, Refusal, local
from matcher.availability.patterns import Availability
from matcher.availability.states import Delivery, TimeState
from matcher.availability.strips import StripCell, StripDay, WeekStrip
from matcher.i18n import _, _l, format_day_month, format_time, format_weekday, ngettext

MONDAY = date(2024, 1, 1)
NO_BREAK = "\N{NO-BREAK SPACE}"

TIME_STATES = {
    TimeState.USUAL: _l("usually can"),
    TimeState.UNKNOWN: _l("don't know yet"),
    TimeState.NEVER: _l("never"),
    TimeState.BUSY: _l("away or booked"),
}

DELIVERIES = {
    Delivery.ON_SITE: _l("At school"),
    Delivery.ONLINE: _l("Online"),
    Delivery.EITHER: _l("At school or online"),
    Delivery.AT_COMPANY: _l("At the company"),
}

HOLIDAYS = {
    "autumn": _l("autumn break"),
    "christmas": _l("Christmas holidays"),
    "spring": _l("spring break"),
    "may": _l("May holidays"),
    "summer": _l("summer holidays"),
    "New Year's Day": _l("New Year's Day"),
    "Good Friday": _l("Good Friday"),
    "Easter Sunday": _l("Easter Sunday"),
    "Easter Monday": _l("Easter Monday"),
    "King's Day": _l("King's Day"),
    "Liberation Day": _l("Liberation Day"),
    "Ascension Day": _l("Ascension Day"),
    "Whit Sunday": _l("Whit Sunday"),
    "Whit Monday": _l("Whit Monday"),
    "Christmas Day": _l("Christmas Day"),
    "Second Day of Christmas": _l("Boxing Day"),
}

_REFUSALS = {
    "past": _l("%(day)s: this is in the past."),
    "too_far": _l("%(day)s: more than a year ahead. Choose a nearer week."),
    "holiday": _l("%(day)s: the school is closed (%(name)s)."),
    "free_day": _l("%(day)s: the pupils are free that day."),
    "study_day": _l("%(day)s: study day, no lessons."),
    "test_week": _l("%(day)s: test week, no lessons."),
    "exam_classes_gone": _l("%(day)s: exam classes have no lessons any more."),
    "no_such_period": _l("%(day)s: the lesson times of your school have no period %(period)s."),
    "too_many": _l("%(day)s: left out, a request has at most 20 lesson moments."),
}


def weekday_name(weekday: int, style: str = "EEEE") -> str:
    """The name of a weekday, 0 is Monday."""
    return format_weekday(MONDAY.replace(day=1 + weekday), style)


def holiday_name(code: str) -> str:
    """The reader's name of a holiday; one that nobody translated keeps its own name."""
    return str(HOLIDAYS.get(code, code))


def periods_label(periods: tuple[int, ...] | list[int]) -> str:
    """`3e uur`, `3e en 4e uur`, `2e t/m 4e uur`; nothing when a moment is not tied to lesson periods.

    Several never break at the end of a line: half of them reads as another moment."""
    if not periods:
        return ""
    if len(periods) == 1:
        return _("period %(first)s", first=periods[0])
    if len(periods) == 2:
        label = _("periods %(first)s and %(last)s", first=periods[0], last=periods[-1])
    else:
        label = _("periods %(first)s to %(last)s", first=periods[0], last=periods[-1])
    return label.replace(" ", NO_BREAK)


def moment_label(day: date, periods: tuple[int, ...] | list[int], seen: datetime | None = None) -> str:
    """`do 10 december, 3e uur`; with the year where it is not that in which it is `seen`."""
    label = periods_label(periods)
    return f"{format_day_month(day, seen)}, {label}" if label else format_day_month(day, seen)


def moment_with_times(moment: Moment) -> str:
    """`do 10 december, 3e uur (10:10–11:00)`."""
    return f"{moment_label(moment.date, moment.periods)} ({format_time(moment.start)}–{format_time(moment.end)})"


def refusal_sentence(refusal: Refusal) -> str:
    """Why this moment cannot be, as one sentence."""
    day = format_day_month(refusal.date)
    sentence = str(_REFUSALS[refusal.code])
    return sentence % {"day": day, "name": holiday_name(refusal.detail), "period": refusal.first}


def weekly_label(weekday: int, first: int, count: int) -> str:
    """`dinsdag 3e en 4e uur`."""
    return f"{weekday_name(weekday)} {periods_label(tuple(range(first, first + count)))}"


def pattern_lines(owner: Availability) -> list[str]:
    """A pattern in words: per run of equal weekdays the hours that usually suit."""
    lines: list[str] = []
    day = 0
    while day < 7:
        last = day
        while last < 6 and owner.usual[last + 1] == owner.usual[day]:
            last += 1
        if owner.usual[day]:
            hours = ", ".join(f"{format_time(start)}–{format_time(end)}" for start, end in stretches(owner.usual[day]))
            lines.append(f"{_days_label(day, last)} {hours}")
        day = last + 1
    return lines


def _days_label(first: int, last: int) -> str:
    if first == last:
        return weekday_name(first)
    if last == first + 1:
        return _("%(first)s and %(last)s", first=weekday_name(first), last=weekday_name(last))
    return _("%(first)s to %(last)s", first=weekday_name(first), last=weekday_name(last))


def notice_label(days: int) -> str:
    """How long ahead: `3 weken` for whole weeks, else days."""
    if not days:
        return _("the same week is fine")
    if days % 7 == 0:
        return ngettext("%(num)s week", "%(num)s weeks", days // 7)
    return ngettext("%(num)s day", "%(num)s days", days)


def strip_view(strip: WeekStrip) -> dict[str, Any]:
    """The strip as the macro `week_strip` wants it: a spoken label and (short day name, cells)."""
    days = [(weekday_name(day.weekday, "EEEEEE"), [_drawn(cell) for cell in day.cells]) for day in strip.days]
    said = [_spoken(day) for day in strip.days]
    return {"label": "; ".join(said), "days": days}


def _drawn(cell: StripCell) -> str:
    return "asked" if cell.chosen else cell.state


def _spoken(day: StripDay) -> str:
    name = format_day_month(day.date)
    if day.holiday:
        return f"{name}: {holiday_name(day.holiday)}"
    asked = tuple(cell.first_period for cell in day.cells if _drawn(cell) == "asked")
    free = sum(cell.state == "free" for cell in day.cells)
    words = [_("%(periods)s asked", periods=periods_label(asked))] if asked else []
    words.append(ngettext("%(num)s period usually free", "%(num)s periods usually free", free))
    return f"{name}: {', '.join(words)}"


def exception_label(start_s: int, end_s: int) -> str:
    """`ma 7 december`, `ma 7 t/m vr 11 december` or `ma 7 december 09:00–12:00`."""
    begin, finish, last = local(start_s), local(end_s), local(end_s - 1)
    if begin.time() == time() and finish.time() == time():
        if begin.date() == last.date():
            return format_day_month(begin)
        return _("%(first)s to %(last)s", first=format_day_month(begin), last=format_day_month(last))
    if begin.date() == last.date():
        return f"{format_day_month(begin)} {format_time(begin)}–{format_time(finish)}"
    first = f"{format_day_month(begin)} {format_time(begin)}"
    return _("%(first)s to %(last)s", first=first, last=f"{format_day_month(finish)} {format_time(finish)}")
