"""Routes as pages need them: as records for the rules, as cards in the reader's language, with their history."""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.db import BIGGEST_ID
from matcher.errors import NotFound
from matcher.i18n import current_locale
from matcher.qualifications import wording
from matcher.qualifications.models import TeachingRoute, TeachingRouteRevision
from matcher.qualifications.policy import Fit, Route, Wish, routes_for, sector_for
from matcher.qualifications.states import Education, Qualification, Sector, Verdict
from matcher.subjects.levels import Level, SchoolSector

MOST_SHOWN = 50


@dataclass(frozen=True)
class RouteCard:
    """One route in one language, ready to be shown."""

    id: int
    title: str
    summary: str
    steps: tuple[str, ...]
    not_allowed: str
    who_decides: str
    funds: str
    duration: str
    bar: tuple[int, int] | None
    hours: str
    cost: str
    source: str
    source_url: str
    checked_on: date
    is_old: bool
    fit: Fit | None = None


class RouteLine(NamedTuple):
    """One line of the administrator's list."""

    route: TeachingRoute
    title: str
    sectors: str
    is_old: bool


class Said(NamedTuple):
    """One earlier text of a route and who wrote it."""

    revision: TeachingRouteRevision
    who: str


def cards_for(session: Session, wish: Wish, today: date) -> list[RouteCard]:
    """Every open route of this sector, what fits first."""
    return [card(row, today, fit) for row, fit in _judged(session, wish)]


def routes_summary(
    session: Session,
    sector: SchoolSector,
    level: Level | None = None,
    qualification: Qualification = Qualification.NONE,
    hours_per_week: int | None = None,
    *,
    year: int | None = None,
    education: Education = Education.UNKNOWN,
) -> list[tuple[str, str]]:
    """(title, one line) of the routes that fit or are worth asking about, for the page of a vacancy or an offer.

    `level` and `year` are those of the class, `qualification` and `education` those of the person.
    """
    wish = Wish(sector_for(sector, level, year), education, held=qualification, hours=hours_per_week)
    return [_summary(row, fit) for row, fit in _judged(session, wish) if fit.verdict is not Verdict.NOT]


def record(row: TeachingRoute) -> Route:
    """What the rules read of a row; sectors this version does not know are left out."""
    known = set(Sector)
    return Route(
        row.code,
        frozenset(Sector(code) for code in row.sectors if code in known),
        row.min_education,
        row.lower_by_assessment,
        row.subjects,
        row.gives,
        row.hours_from,
        row.hours_to,
        row.ask_first,
    )


def card(row: TeachingRoute, today: date, fit: Fit | None = None) -> RouteCard:
    return RouteCard(
        id=row.id,
        title=_worded(row, "title"),
        summary=_worded(row, "summary"),
        steps=tuple(line.strip() for line in _worded(row, "steps").splitlines() if line.strip()),
        not_allowed=_worded(row, "not_allowed"),
        who_decides=_worded(row, "who_decides"),
        funds=_worded(row, "funds"),
        duration=wording.duration(row.months_from, row.months_to),
        bar=wording.bar(row.months_from, row.months_to),
        hours=wording.hours(row.hours_from, row.hours_to),
        cost=wording.cost(row.cost_from, row.cost_to, free=row.months_to == 0),
        source=row.source,
        source_url=row.source_url,
        checked_on=row.checked_on,
        is_old=wording.is_old(row.checked_on, today),
        fit=fit,
    )


def route_lines(session: Session, today: date) -> list[RouteLine]:
    """Every route for the administrator, ended ones last."""
    rows = session.scalars(select(TeachingRoute).order_by(TeachingRoute.position, TeachingRoute.id))
    lines = [
        RouteLine(row, _worded(row, "title"), wording.sector_names(row.sectors), wording.is_old(row.checked_on, today))
        for row in rows
    ]
    return sorted(lines, key=lambda line: line.route.ended_at is not None)


def route(session: Session, route_id: int) -> TeachingRoute:
    """Raises NotFound."""
    found = session.get(TeachingRoute, route_id) if 0 < route_id <= BIGGEST_ID else None
    if found is None:
        raise NotFound()
    return found


def history(session: Session, route_id: int) -> list[Said]:
    """What the route said, newest first."""
    query = (
        select(TeachingRouteRevision, User.name)
        .outerjoin(User, User.id == TeachingRouteRevision.by_id)
        .where(TeachingRouteRevision.route_id == route_id)
        .order_by(TeachingRouteRevision.seq.desc())
        .limit(MOST_SHOWN)
    )
    return [Said(revision, name or "") for revision, name in session.execute(query)]


def _judged(session: Session, wish: Wish) -> list[tuple[TeachingRoute, Fit]]:
    """The routes that have not ended with what they mean for this wish, what fits first."""
    query = select(TeachingRoute).where(TeachingRoute.ended_at.is_(None))
    rows = {row.code: row for row in session.scalars(query.order_by(TeachingRoute.position, TeachingRoute.id))}
    return [(rows[fit.route.code], fit) for fit in routes_for(wish, map(record, rows.values()))]


def _summary(row: TeachingRoute, fit: Fit) -> tuple[str, str]:
    parts: list[Any] = [wording.VERDICTS[fit.verdict][1], wording.duration(row.months_from, row.months_to)]
    parts += [wording.WHYS[why] for why in fit.whys if why.startswith("ask_")][:1]
    return _worded(row, "title"), " · ".join(str(part) for part in parts)


def _worded(row: TeachingRoute, name: str) -> str:
    return str(getattr(row, f"{name}_{current_locale()}"))
