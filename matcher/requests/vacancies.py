"""What a school asks of a hybrid teacher, as plain values: some half-days of every week for a term. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from matcher.availability.halfdays import (
    HOURS,
    LONGEST_TERM,
    WEEK_BITS,
    HalfDay,
    half_days_of,
    term_visits,
)
from matcher.availability.moments import Moment, Week
from matcher.availability.states import Kind
from matcher.clock import school_year, school_year_dates
from matcher.subjects.teaching import Licence

MOST_HOURS = 40
FURTHEST = timedelta(days=550)
SEASON = range(2, 8)
"""From February on schools look for people for the next school year."""


@dataclass(frozen=True)
class VacancyWish:
    """Everything a school says; what is None or empty was not filled in yet. `half_days` and `hours` are a week."""

    kind: ClassVar[Kind] = Kind.HYBRID_PLACEMENT
    topic_text: str = ""
    topic_ids: tuple[int, ...] = ()
    level: str | None = None
    years: tuple[int, ...] = ()
    half_days: int = 2
    half_day_mask: int = 0
    hours: float | None = None
    first: date | None = None
    last: date | None = None
    pays: str = ""
    contracts: tuple[str, ...] = ()
    licence: str = Licence.NONE.value
    own_words: str = ""
    shared: bool = True
    language: str = "nl"
    max_km: int | None = None

    @property
    def hours_a_week(self) -> float:
        return self.hours or float(self.half_days * HOURS)

    @property
    def details(self) -> dict[str, Any]:
        """What has no column of its own, as plain values."""
        return {
            "topic_text": self.topic_text,
            "years": list(self.years),
            "pays": self.pays,
            "contracts": list(self.contracts),
            "licence": self.licence,
            "shared": self.shared,
        }


@dataclass(frozen=True)
class Term:
    """One half-day of the week with all its visits between the first and the last day."""

    half_day: HalfDay
    visits: tuple[Moment, ...]


def terms_of(wish: VacancyWish, closed: Collection[date]) -> list[Term]:
    """Every possible half-day with its visits, without closed days; a half-day that never comes is left out."""
    if wish.first is None or wish.last is None or not timedelta() <= wish.last - wish.first <= LONGEST_TERM:
        return []
    found = [
        Term(each, tuple(term_visits(wish.first, wish.last, each, closed))) for each in half_days_of(wish.half_day_mask)
    ]
    return [term for term in found if term.visits]


def weeks_of(terms: Collection[Term]) -> int:
    """In how many weeks there is at least one of these half-days."""
    return len({Week.of(visit.date) for term in terms for visit in term.visits})


def half_days_known(mask: int) -> int:
    """Bits of the week only."""
    return mask & ((1 << WEEK_BITS) - 1)


def usual_term(today: date) -> tuple[date, date]:
    """What the form starts with: from February to July the next school year, else what is left of this one."""
    year = school_year(today)
    if today.month in SEASON:
        return school_year_dates(year + 1)
    soon = today + timedelta(days=42)
    return soon - timedelta(days=soon.weekday()), school_year_dates(year)[1]


def wish_from(details: Mapping[str, Any], **columns: Any) -> VacancyWish:
    """A stored vacancy as the values somebody typed."""
    return VacancyWish(
        topic_text=str(details.get("topic_text", "")),
        years=tuple(int(year) for year in details.get("years", ())),
        pays=str(details.get("pays", "")),
        contracts=tuple(str(code) for code in details.get("contracts", ())),
        licence=str(details.get("licence", Licence.NONE.value)),
        shared=bool(details.get("shared", True)),
        **columns,
    )
