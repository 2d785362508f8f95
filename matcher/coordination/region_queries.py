"""A coordinator's regions: their schools, how far they are reached, and which rules hold. A fixed cost."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Subquery, and_, func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.clock import school_year, school_year_dates
from matcher.coordination.regional import RuleChange, RuleLine, SchoolLine
from matcher.errors import NotFound
from matcher.matching.models import Match, MatchMoment
from matcher.matching.states import TAKES_PLACE
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType
from matcher.regions.models import Region, RegionRule
from matcher.regions.policy import APPROVAL
from matcher.regions.queries import ancestor_ids, rule_with_source
from matcher.regions.states import RegionLevel
from matcher.regions.wording import shown_name
from matcher.requests.models import Request
from matcher.requests.states import RequestState

COMPANY_TYPES = (OrganisationType.COMPANY, OrganisationType.SELF_EMPLOYED)


def regions_of(session: Session, actor: Actor) -> list[Region]:
    """The regions schools belong to, of those this coordinator serves, by name."""
    query = select(Region).where(
        Region.id.in_(actor.region_ids), Region.level == RegionLevel.REGION, Region.valid_to.is_(None)
    )
    return list(session.scalars(query.order_by(Region.name)))


def own_region(regions: Iterable[Region], region_id: int | None) -> Region:
    """The named one, else the first. Raises NotFound for one that is not theirs."""
    for region in regions:
        if region_id is None or region.id == region_id:
            return region
    raise NotFound()


def school_lines(session: Session, region_ids: Iterable[int], today: date) -> list[SchoolLine]:
    """Verified schools of these regions; who was reached least comes first."""
    visits, asked = _visits(today), _asked()
    query = (
        select(
            Organisation.id,
            Organisation.name,
            Organisation.place,
            func.coalesce(visits.c.number, 0),
            func.coalesce(asked.c.number, 0),
            Organisation.lat,
            Organisation.lon,
        )
        .outerjoin(visits, visits.c.school_id == Organisation.id)
        .outerjoin(asked, asked.c.school_id == Organisation.id)
        .where(
            Organisation.type == OrganisationType.SCHOOL,
            Organisation.region_id.in_(list(region_ids)),
            Organisation.verified_at.is_not(None),
            Organisation.ended_at.is_(None),
        )
        .order_by(func.coalesce(visits.c.number, 0), func.coalesce(asked.c.number, 0).desc(), Organisation.name_key)
    )
    return [SchoolLine(*row) for row in session.execute(query)]


def _visits(today: date) -> Subquery:
    first, last = school_year_dates(school_year(today))
    return (
        select(Request.organisation_id.label("school_id"), func.count(Match.id).label("number"))
        .join(Match, Match.request_id == Request.id)
        .join(MatchMoment, and_(MatchMoment.match_id == Match.id, MatchMoment.chosen))
        .where(Match.state.in_(TAKES_PLACE), MatchMoment.day.between(first, last))
        .group_by(Request.organisation_id)
        .subquery()
    )


def _asked() -> Subquery:
    return (
        select(Request.organisation_id.label("school_id"), func.count(Request.id).label("number"))
        .where(Request.state == RequestState.OPEN)
        .group_by(Request.organisation_id)
        .subquery()
    )


def company_count(session: Session, region_ids: Iterable[int]) -> int:
    query = select(func.count()).select_from(Organisation)
    query = query.where(Organisation.type.in_(COMPANY_TYPES), Organisation.region_id.in_(list(region_ids)))
    return session.scalar(query.where(Organisation.verified_at.is_not(None), Organisation.ended_at.is_(None))) or 0


def approval_rules(session: Session, region_id: int, now: datetime) -> list[RuleLine]:
    """Per kind what holds now, and which node said so."""
    names = {row.id: shown_name(row.name) for row in session.execute(select(Region.id, Region.name))}
    lines = []
    for kind in Kind:
        value, at = rule_with_source(session, region_id, kind.value, APPROVAL, at=now)
        lines.append(RuleLine(kind, str(value), own=at == region_id, source=names.get(at or 0)))
    return lines


def rule_changes(session: Session, region_id: int, *, limit: int = 50) -> list[RuleChange]:
    """Every choice about approval that counts here, the latest first; the newest of the node itself can be undone."""
    query = (
        select(RegionRule, User.name, Region.name)
        .join(Region, Region.id == RegionRule.region_id)
        .outerjoin(User, User.id == RegionRule.set_by_id)
        .where(RegionRule.region_id.in_(ancestor_ids(session, region_id)), RegionRule.key == APPROVAL)
        .order_by(RegionRule.valid_from.desc(), RegionRule.id.desc())
        .limit(limit)
    )
    undone: set[str | None] = set()
    changes = []
    for rule, who, region in session.execute(query):
        can_undo = rule.region_id == region_id and rule.kind is not None and rule.kind not in undone
        undone |= {rule.kind} if can_undo else set()
        changes.append(RuleChange(rule.valid_from, who, shown_name(region), rule.kind, rule.value, can_undo))
    return changes
