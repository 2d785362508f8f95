"""Which routes fit whom, and why. Pure: routes and wishes come in as plain values; schools and trainings decide."""

from collections.abc import Iterable
from dataclasses import dataclass

from matcher.qualifications.states import Education, Held, Qualification, Sector, Subjects, Verdict, Why
from matcher.subjects.levels import Level, SchoolSector, sector_of

FEW_LESSONS = 5
"""Whoever gives one school more lessons than this in a school year is told about the hybrid placement."""
FIRST_UPPER_YEAR = 4

_RANKS = {education: rank for rank, education in enumerate(Education)}
_ORDER = {verdict: rank for rank, verdict in enumerate(Verdict)}
# Where a qualification counts, and where only in part: for one subject, some classes or beside something else.
_COUNTS = {
    Qualification.PRIMARY: {Sector.PO, Sector.SO},
    Qualification.SECOND: {Sector.VO, Sector.MBO},
    Qualification.FIRST: {Sector.VO, Sector.VO_UPPER, Sector.MBO},
    Qualification.PDG: {Sector.MBO},
    Qualification.BDB: {Sector.HBO},
}
_PARTLY = {
    Qualification.PRIMARY: {Sector.VO, Sector.MBO},
    Qualification.LIMITED_SECOND: {Sector.VO, Sector.MBO},
    Qualification.SECOND: {Sector.PO, Sector.SO, Sector.VO_UPPER, Sector.HBO},
    Qualification.FIRST: {Sector.PO, Sector.SO, Sector.HBO},
    Qualification.PDG: {Sector.HBO},
}
_BY_SUBJECT = {Qualification.LIMITED_SECOND, Qualification.SECOND, Qualification.FIRST}


@dataclass(frozen=True)
class Route:
    """What the rules read of a route. Hours are clock hours of teaching a week; None is no rule."""

    code: str
    sectors: frozenset[Sector]
    min_education: Education = Education.BELOW
    lower_by_assessment: bool = False
    subjects: Subjects = Subjects.ANY
    gives: Qualification = Qualification.NONE
    hours_from: int | None = None
    hours_to: int | None = None
    ask_first: bool = False


@dataclass(frozen=True)
class Wish:
    """Somebody who wants to teach. No `hours` and `subjects` any are "not said"; `held` may be for another subject."""

    sector: Sector
    education: Education = Education.UNKNOWN
    subjects: Subjects = Subjects.ANY
    held: Qualification = Qualification.NONE
    other_subject: bool = False
    hours: int | None = None


@dataclass(frozen=True)
class Fit:
    """One route for one wish; `whys` say first what stands in the way, then what to ask, then what speaks for it."""

    route: Route
    verdict: Verdict
    whys: tuple[Why, ...]


def may_teach(wish: Wish) -> Held:
    """What the qualification somebody holds already means there."""
    if wish.held is Qualification.NONE:
        return Held.NOTHING
    if wish.sector in _COUNTS.get(wish.held, ()):
        return Held.OTHER_SUBJECT if wish.other_subject and wish.held in _BY_SUBJECT else Held.COUNTS
    return Held.PARTLY if wish.sector in _PARTLY.get(wish.held, ()) else Held.ELSEWHERE


def routes_for(wish: Wish, routes: Iterable[Route]) -> list[Fit]:
    """Every route of this sector: what fits first, then what to ask about, then what does not fit. Ties keep order."""
    fits = [judge(route, wish) for route in routes if wish.sector in route.sectors]
    return sorted(fits, key=lambda fit: _ORDER[fit.verdict])


def judge(route: Route, wish: Wish) -> Fit:
    """One route for one wish."""
    whys = [*_sector(route, wish), *_education(route, wish), *_subjects(route, wish), *_hours(route, wish)]
    whys += [Why.ASK_FIRST] if route.ask_first else []
    against, ask, plus = ([why for why in whys if why.startswith(way)] for way in ("no_", "ask_", "plus_"))
    verdict = Verdict.NOT if against else Verdict.ASK if ask else Verdict.FITS
    return Fit(route, verdict, (*against, *ask, *plus))


def is_told_of_hybrid(lessons_at_school: int, few: int = FEW_LESSONS) -> bool:
    """Does this guest give one school so many lessons in a school year that a hybrid placement may be something?"""
    return lessons_at_school > few


def sector_for(school_sector: SchoolSector, level: Level | None = None, year: int | None = None) -> Sector:
    """Where a class counts: its level tells more than the school, the year tells the upper years apart."""
    upper = level in (Level.HAVO, Level.VWO) and year is not None and year >= FIRST_UPPER_YEAR
    return Sector.VO_UPPER if upper else Sector((sector_of(level) if level else school_sector).value)


def _sector(route: Route, wish: Wish) -> list[Why]:
    if wish.sector not in route.sectors:
        return [Why.NO_SECTOR]
    if may_teach(wish) is Held.COUNTS:
        return [Why.NO_NEED]
    # A qualification goes with a subject: the same training may be needed again for another one.
    again = wish.other_subject and wish.held in _BY_SUBJECT
    is_same = wish.held is route.gives and wish.held is not Qualification.NONE
    return [Why.NO_SAME] if is_same and not again else []


def _education(route: Route, wish: Wish) -> list[Why]:
    if route.min_education is Education.BELOW:
        return [Why.PLUS_NO_DIPLOMA]
    if wish.education is Education.UNKNOWN:
        return [Why.ASK_EDUCATION]
    if _RANKS[wish.education] >= _RANKS[route.min_education]:
        return [Why.PLUS_EDUCATION]
    return [Why.ASK_ASSESSMENT if route.lower_by_assessment else Why.NO_EDUCATION]


def _subjects(route: Route, wish: Wish) -> list[Why]:
    if route.subjects is Subjects.ANY:
        return []
    if wish.subjects is Subjects.ANY:
        return [Why.ASK_SUBJECTS]
    return [Why.PLUS_SUBJECTS if wish.subjects is route.subjects else Why.NO_SUBJECTS]


def _hours(route: Route, wish: Wish) -> list[Why]:
    if route.hours_from is None and route.hours_to is None:
        return []
    if wish.hours is None:
        return [Why.ASK_HOURS]
    if route.hours_to is not None and wish.hours > route.hours_to:
        return [Why.NO_HOURS]
    return [Why.ASK_FEW_HOURS if route.hours_from is not None and wish.hours < route.hours_from else Why.PLUS_HOURS]
