"""Requests nobody said yes to yet, and for one of them who fits and on which moments. A fixed number of statements."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, case, exists, func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.availability.wording import moment_label
from matcher.db import BIGGEST_ID
from matcher.errors import NotFound
from matcher.i18n import _
from matcher.matching.models import Match, MatchMoment
from matcher.matching.states import TAKES_PLACE, MatchState, Side
from matcher.matching.suggestion_queries import ShownSuggestion, latest_run, shown
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, RequestMoment
from matcher.requests.states import RequestState

MOST = 100


@dataclass(frozen=True)
class OpenRequest:
    """One line of the list."""

    id: int
    title: str
    school: str
    next_day: date


@dataclass(frozen=True)
class Person:
    """Somebody who fits or was asked, with the moments that are still possible as (value of the choice, words)."""

    name: str
    what: str
    moments: list[tuple[str, str]]
    asked: bool = False


def open_requests(session: Session, actor: Actor, now: datetime) -> list[OpenRequest]:
    """Guest lectures of these regions with a moment ahead that nobody said yes to; her own first, in the order they
    were sent, then those of others by their nearest day."""
    taken = exists().where(Match.request_id == Request.id, Match.state.in_(TAKES_PLACE))
    mine = Request.on_behalf_by_id == actor.user_id
    ahead = select(func.min(RequestMoment.day)).where(RequestMoment.start_s > now.timestamp())
    next_day = ahead.where(RequestMoment.request_id == Request.id).correlate(Request).scalar_subquery()
    query = (
        select(Request.id, Request.title, Organisation.name, next_day)
        .join(Organisation, Organisation.id == Request.organisation_id)
        .where(Request.kind == Kind.GUEST_LECTURE, Request.state == RequestState.OPEN)
        .where(Request.region_id.in_(actor.region_ids), ~taken, next_day.is_not(None))
        .order_by(mine.is_not(True), case((mine, None), else_=next_day), Request.published_at, Request.id)
    )
    return [OpenRequest(*row) for row in session.execute(query.limit(MOST))]


def request_here(session: Session, actor: Actor, request_id: int) -> Request:
    """An open or earlier request of the coordinator's regions, no draft. Raises NotFound."""
    found = session.get(Request, request_id) if 0 < request_id <= BIGGEST_ID else None
    if found is None or found.published_at is None or not actor.is_coordinator_of(found.region_id):
        raise NotFound()
    return found


def somebody_comes(session: Session, request: Request) -> bool:
    query = select(Match.id).where(Match.request_id == request.id, Match.state.in_(TAKES_PLACE))
    return session.scalar(query.limit(1)) is not None


def people_for(session: Session, request: Request, now: datetime) -> list[Person]:
    """Who was asked and did not answer yet, then who else may still be asked, best first."""
    run = latest_run(session, request.id)
    found = shown(session, run.id, now=now) if run is not None else []
    fitting = [_fits(each) for each in found if each.still_ok and any(moment.possible for moment in each.moments)]
    return [*_asked(session, request, now), *fitting]


def _asked(session: Session, request: Request, now: datetime) -> list[Person]:
    query = (
        select(Match.offer_id, User.name, Organisation.name, Offer.title, RequestMoment)
        .join(Offer, Offer.id == Match.offer_id)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Match.professional_id)
        .join(MatchMoment, and_(MatchMoment.match_id == Match.id, MatchMoment.dropped_at.is_(None)))
        .join(
            RequestMoment,
            and_(RequestMoment.request_id == Match.request_id, RequestMoment.start_s == MatchMoment.start_s),
        )
        .where(Match.request_id == request.id, Match.state == MatchState.PROPOSED, Match.side == Side.SCHOOL)
        .where(RequestMoment.start_s > now.timestamp())
        .order_by(Match.id, RequestMoment.start_s)
    )
    people: dict[int, Person] = {}
    for offer_id, name, company, title, moment in session.execute(query):
        who = name or _("Somebody of the team")
        one = people.setdefault(offer_id, Person(who, " · ".join((company, title)), [], asked=True))
        one.moments.append((f"{offer_id}-{moment.id}", moment_label(moment.day, moment.periods)))
    return list(people.values())


def _fits(found: ShownSuggestion) -> Person:
    name = found.person or _("Somebody of the team")
    what = [part for part in (found.function, found.organisation, found.title) if part and part != name]
    moments = [(f"{found.offer_id}-{moment.id}", moment.label) for moment in found.moments if moment.possible]
    return Person(name, " · ".join(what), moments)


def moment_here(session: Session, request: Request, moment_id: int) -> RequestMoment:
    """Raises NotFound for a moment of another request."""
    found = session.get(RequestMoment, moment_id) if 0 < moment_id <= BIGGEST_ID else None
    if found is None or found.request_id != request.id:
        raise NotFound()
    return found
