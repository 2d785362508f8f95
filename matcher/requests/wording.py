"""A class in one line."""

from typing import Any, Protocol

from matcher.availability.wording import weekly_label
from matcher.i18n import _, current_locale, ngettext
from matcher.requests.asking import is_exam_class, weekly_from_rows
from matcher.subjects.levels import Level, group_name


class Group(Protocol):
    """As much of a class as its line tells; a row of the table has it."""

    @property
    def level(self) -> str: ...
    @property
    def year(self) -> int | None: ...
    @property
    def size(self) -> int: ...
    @property
    def weekly_periods(self) -> list[Any]: ...


def class_in_short(found: Group) -> str:
    """`4 havo · 28 leerlingen`, where the asked moments stand behind it."""
    level = group_name(Level(found.level), found.year, current_locale())
    return " · ".join((level, ngettext("%(num)s pupil", "%(num)s pupils", found.size)))


def class_line(found: Group) -> str:
    """`4 havo · 28 leerlingen · di 3e uur, do 2e en 3e uur`."""
    lessons = ", ".join(weekly_label(p.weekday, p.first, p.count) for p in weekly_from_rows(found.weekly_periods))
    exam = _("exam class") if is_exam_class(found.level, found.year) else ""
    return " · ".join(part for part in (class_in_short(found), lessons, exam) if part)
