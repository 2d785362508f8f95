"""Pupils reached and hours given in visits that were held: each visit once, whoever reported it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, literal, select
from sqlalchemy.orm import Session, aliased

from matcher.clock import local_date, school_year, school_year_dates
from matcher.matching.models import Match, MatchMoment, VisitReport
from matcher.matching.states import MatchState, Side
from matcher.offers.models import Offer
from matcher.requests.models import Request


@dataclass(frozen=True)
class Given:
    """Totals of one organisation or person in a school year."""

    visits: int
    pupils: int
    hours: float


def pupils_reached(school: Any) -> Any:
    """As the school counted them, else the size of the group."""
    return func.coalesce(school.pupils, Request.group_size, 0)


def hours_given(guest: Any) -> Any:
    """As the guest counted them, with preparation and travel."""
    return func.coalesce(guest.hours, literal(0.0))


def held_visits(school: Any, guest: Any, *columns: Any) -> Select[Any]:
    """These columns of every held visit, with the two reports beside it."""
    return (
        select(*columns)
        .select_from(Match)
        .join(Request, Request.id == Match.request_id)
        .join(Offer, Offer.id == Match.offer_id)
        .join(MatchMoment, and_(MatchMoment.match_id == Match.id, MatchMoment.chosen))
        .outerjoin(school, and_(school.match_id == Match.id, school.side == Side.SCHOOL))
        .outerjoin(guest, and_(guest.match_id == Match.id, guest.side == Side.COMPANY))
        .where(Match.state == MatchState.HELD)
    )


def given_by_company(session: Session, company_id: int, now: datetime) -> Given:
    """This school year, for the company itself: without what its people do in their own name."""
    return _total(session, now, Offer.organisation_id == company_id, Offer.own_name.is_(False))


def given_by_person(session: Session, person_id: int, now: datetime) -> Given:
    return _total(session, now, Match.visitor_id == person_id)


def given_to_school(session: Session, school_id: int, now: datetime) -> Given:
    return _total(session, now, Request.organisation_id == school_id)


def _total(session: Session, now: datetime, *which: Any) -> Given:
    school, guest = aliased(VisitReport), aliased(VisitReport)
    first, last = school_year_dates(school_year(local_date(now)))
    sums = (
        func.count(Match.id),
        func.coalesce(func.sum(pupils_reached(school)), literal(0)),
        func.coalesce(func.sum(hours_given(guest)), literal(0.0)),
    )
    query = held_visits(school, guest, *sums).where(MatchMoment.day.between(first, last), *which)
    visits, pupils, hours = session.execute(query).one()
    return Given(visits, int(pupils), float(hours))
