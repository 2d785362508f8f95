"""Numbers about visits that were held. A coordinator's own are whole; what is published passes `figures.published`."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from sqlalchemy import and_, case, extract, func, literal, select
from sqlalchemy.orm import Session, aliased

from matcher.availability.states import Kind
from matcher.clock import school_year_dates, year_bounds
from matcher.coordination.overview_queries import passed_without_approval
from matcher.i18n import current_locale
from matcher.matching.given_queries import held_visits, hours_given, pupils_reached
from matcher.matching.labels import KINDS
from matcher.matching.models import Match, MatchMoment, VisitReport
from matcher.matching.states import MatchState, Side
from matcher.monitor.cells import publishable
from matcher.monitor.figures import Cell, Figures, year_label
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.regions.models import Region
from matcher.requests.models import Request, RequestTopic
from matcher.subjects.models import Topic

MOST_EXPORTED = 20_000
YEARS_BACK = 4


def figures(
    session: Session, *, year: int, region_ids: Iterable[int] | None = None, kinds: Iterable[Kind] | None = None
) -> Figures:
    """One school year, of these regions or of the whole country; `by_year` also has the years before. With `kinds`,
    those whose numbers may be published, no number holds a visit of another kind: it would follow from the rest."""
    ids = None if region_ids is None else list(region_ids)
    held = _held(ids, year, year, kinds).subquery()
    since = _held(ids, year - YEARS_BACK, year).subquery()
    sums = _sums(held)
    total = session.execute(
        select(*sums, func.count(held.c.school_id.distinct()), func.count(held.c.company_id.distinct()))
    ).one()
    by_kind = session.execute(select(held.c.kind, *sums).group_by(held.c.kind).order_by(sums[0].desc()))
    regions = session.execute(
        select(Region.name, *sums).join(held, held.c.region_id == Region.id).group_by(Region.name).order_by(Region.name)
    )
    years = session.execute(
        select(since.c.year, *_sums(since)).group_by(since.c.year, since.c.kind).order_by(since.c.year)
    )
    return Figures(
        year=year,
        visits=total[0],
        pupils=int(total[1]),
        hours=float(total[2]),
        schools=total[3],
        companies=total[4],
        by_kind=[_cell(str(KINDS[row[0]]), row) for row in by_kind],
        by_region=[_cell(row[0], row) for row in regions],
        by_subject=_by_subject(session, held),
        by_year=_by_year([row for row in years if kinds is None or publishable(row[1])]),
        unapproved=passed_without_approval(session, ids, *year_bounds(year)),
    )


def years_with_visits(session: Session, region_ids: Iterable[int] | None = None) -> list[int]:
    """School years in which anything was held, the latest first."""
    ids = None if region_ids is None else list(region_ids)
    held = _held(ids, None, None).subquery()
    return [int(year) for year in session.scalars(select(held.c.year).distinct().order_by(held.c.year.desc()))]


def _held(
    region_ids: list[int] | None,
    first_year: int | None,
    last_year: int | None,
    kinds: Iterable[Kind] | None = None,
) -> Any:
    """One row per held visit."""
    school, guest = aliased(VisitReport), aliased(VisitReport)
    day = MatchMoment.day
    before_august = case((extract("month", day) < 8, 1), else_=0)
    query = held_visits(
        school,
        guest,
        Match.id.label("match_id"),
        Match.kind.label("kind"),
        Match.region_id.label("region_id"),
        Match.request_id.label("request_id"),
        Request.organisation_id.label("school_id"),
        Offer.organisation_id.label("company_id"),
        (extract("year", day) - before_august).label("year"),
        pupils_reached(school).label("pupils"),
        hours_given(guest).label("hours"),
    )
    if region_ids is not None:
        query = query.where(Match.region_id.in_(region_ids))
    if kinds is not None:
        query = query.where(Match.kind.in_(list(kinds)))
    if first_year is not None and last_year is not None:
        query = query.where(day.between(school_year_dates(first_year)[0], school_year_dates(last_year)[1]))
    return query


def _sums(held: Any) -> tuple[Any, Any, Any]:
    return (
        func.count(held.c.match_id),
        func.coalesce(func.sum(held.c.pupils), literal(0)),
        func.coalesce(func.sum(held.c.hours), literal(0.0)),
    )


def _cell(label: str, row: Any) -> Cell:
    return Cell(label, int(row[1]), int(row[2]), float(row[3]))


def _by_year(rows: list[Any]) -> list[Cell]:
    """A line per year of rows per year and kind."""
    years = groupby(rows, key=lambda row: year_label(int(row[0])))
    return [_cell(label, (label, *map(sum, zip(*(row[1:] for row in of), strict=True)))) for label, of in years]


def _by_subject(session: Session, held: Any) -> list[Cell]:
    """A visit about two subjects counts for both, so this column has no total."""
    name = Topic.nl if current_locale() == "nl" else Topic.en
    sums = _sums(held)
    query = (
        select(name, *sums)
        .join(RequestTopic, RequestTopic.topic_id == Topic.id)
        .join(held, held.c.request_id == RequestTopic.request_id)
        .group_by(Topic.id, name)
        .order_by(sums[0].desc(), name)
    )
    return [_cell(row[0], row) for row in session.execute(query)]


def visit_rows(session: Session, region_ids: Iterable[int], *, year: int) -> list[Any]:
    """Every agreed, held or missed visit of these regions in a school year, in order of day; for the coordinator."""
    first, last = school_year_dates(year)
    school, guest = aliased(VisitReport), aliased(VisitReport)
    place, company = aliased(Organisation), aliased(Organisation)
    query = (
        select(
            MatchMoment.day,
            MatchMoment.starts,
            Match.kind,
            Match.state,
            Request.title,
            Request.level,
            Request.year,
            place.name.label("school"),
            place.place.label("place"),
            company.name.label("company"),
            func.coalesce(school.pupils, Request.group_size).label("pupils"),
            guest.hours.label("hours"),
            Match.reason,
        )
        .select_from(Match)
        .join(MatchMoment, and_(MatchMoment.match_id == Match.id, MatchMoment.chosen))
        .join(Request, Request.id == Match.request_id)
        .join(Offer, Offer.id == Match.offer_id)
        .join(place, place.id == Request.organisation_id)
        .join(company, company.id == Offer.organisation_id)
        .outerjoin(school, and_(school.match_id == Match.id, school.side == Side.SCHOOL))
        .outerjoin(guest, and_(guest.match_id == Match.id, guest.side == Side.COMPANY))
        .where(Match.region_id.in_(list(region_ids)), MatchMoment.day.between(first, last))
        .where(Match.state.in_((MatchState.APPROVED, MatchState.HELD, MatchState.MISSED)))
        .order_by(MatchMoment.day, MatchMoment.start_s, Match.id)
        .limit(MOST_EXPORTED)
    )
    return list(session.execute(query).all())
