"""A vacancy in the reader's words. No rules here."""

from collections.abc import Collection, Mapping
from typing import Any

from matcher.availability.halfday_wording import half_days_label
from matcher.i18n import _, format_date, format_number, ngettext
from matcher.requests.vacancies import Term, VacancyWish, weeks_of
from matcher.subjects.teaching import contract_names, licence_name


def half_days_a_week(number: int) -> str:
    return ngettext("%(num)s half-day a week", "%(num)s half-days a week", number)


def size_line(data: VacancyWish, terms: Collection[Term]) -> str:
    """ "2 half-days a week, 36 weeks, about 288 hours"."""
    weeks = weeks_of(terms)
    total = round(data.hours_a_week * weeks)
    return ", ".join(
        (
            half_days_a_week(data.half_days),
            ngettext("%(num)s week", "%(num)s weeks", weeks),
            _("about %(num)s hours", num=format_number(total)),
        )
    )


def year_groups(years: Collection[int]) -> str:
    return ", ".join(_("year %(number)s", number=year) for year in years)


def vacancy_line(request: Any) -> str:
    """ "2 half-days a week · 1 August 2027 to 31 July 2028"."""
    return " · ".join(part for part in (half_days_a_week(round(request.days or 1)), _between(request)) if part)


def _between(request: Any) -> str:
    first, last = request.window_from, request.window_to
    if first is None or last is None:
        return ""
    return _("%(first)s to %(last)s", first=format_date(first, "d MMMM y"), last=format_date(last, "d MMMM y"))


def vacancy_facts(request: Any) -> list[tuple[str, str]]:
    """What a reader wants to know, as terms and values."""
    details: Mapping[str, Any] = request.details
    hours = ngettext("%(num)s hour a week", "%(num)s hours a week", round(request.hours)) if request.hours else ""
    pairs = [
        (_("How much"), " · ".join(part for part in (half_days_a_week(round(request.days or 1)), hours) if part)),
        (_("Half-days"), half_days_label(request.half_day_mask or 0)),
        (_("When"), _between(request)),
        (_("Year groups"), year_groups(details.get("years", ()))),
        (_("Paper we ask for"), licence_name(details.get("licence"), asked=True)),
        (_("The school pays"), str(details.get("pays", ""))),
        (_("Possible as"), contract_names(details.get("contracts", ()))),
        (_("Shared"), _("Two people may share it") if details.get("shared", True) else _("One person")),
    ]
    return [(term, value) for term, value in pairs if value]
