"""Whose side of a match or a request has nobody any more: people who left, offers and schools that are gone."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, SecondContact, User
from matcher.accounts.queries import members_of
from matcher.accounts.states import SCHOOL_ROLES, Role
from matcher.availability.states import Kind
from matcher.db import Database
from matcher.matching.due_queries import LEFT, MOST
from matcher.matching.models import HybridStepTaken, Match
from matcher.matching.states import LIVE, HybridStep, MatchState
from matcher.matching.trials import KEY as TRIAL
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from matcher.requests.states import RequestState

UNFINISHED = (RequestState.DRAFT, RequestState.OPEN)


def guests_gone(database: Database) -> list[int]:
    """Live matches whose guest no longer belongs to the organisation, or that wait for a contact where there is none.
    A placement that began goes on: the school decides about its own teacher."""
    person = Match.visitor_id.is_not(None) | Match.professional_id.is_not(None)
    who = exists().where(
        Grant.user_id.in_((Match.visitor_id, Match.professional_id)),
        Grant.organisation_id == Offer.organisation_id,
        Grant.ended_at.is_(None),
    )
    contact = exists().where(
        Grant.role == Role.COMPANY_CONTACT, Grant.organisation_id == Offer.organisation_id, Grant.ended_at.is_(None)
    )
    began = exists().where(
        HybridStepTaken.match_id == Match.id,
        HybridStepTaken.step == HybridStep.STARTED,
        HybridStepTaken.taken_back_at.is_(None),
    )
    query = select(Match.id).join(Offer, Offer.id == Match.offer_id)
    gone = (person & ~who) | (~person & ~contact)
    query = query.where(Match.state.in_(LIVE), gone, ~began)
    with database.read() as session:
        return list(session.scalars(query.order_by(Match.id).limit(MOST)))


def offers_gone(database: Database) -> list[int]:
    """Invitations for an offer that was withdrawn. A trial lesson never had one that others can find."""
    query = (
        select(Match.id)
        .join(Offer, Offer.id == Match.offer_id)
        .join(Request, Request.id == Match.request_id)
        .where(
            Match.state == MatchState.PROPOSED,
            Offer.state == OfferState.WITHDRAWN,
            Request.details[TRIAL].as_string().is_(None),
        )
    )
    with database.read() as session:
        return list(session.scalars(query.order_by(Match.id).limit(MOST)))


def schools_gone(database: Database) -> list[int]:
    """Requests of a school that no longer takes part."""
    closed = exists().where(Organisation.id == Request.organisation_id, Organisation.ended_at.is_not(None))
    query = select(Request.id).where(Request.state.in_(UNFINISHED), closed)
    with database.read() as session:
        return list(session.scalars(query.order_by(Request.id).limit(MOST)))


def askers_gone(database: Database) -> list[int]:
    """Requests, also finished ones with a visit ahead, whose asker left the school or was stopped."""
    left = ~exists().where(
        Grant.user_id == Request.asked_by_id,
        Grant.organisation_id == Request.organisation_id,
        Grant.ended_at.is_(None),
    )
    stopped = exists().where(User.id == Request.asked_by_id, User.stopped_at.is_not(None) | User.erased_at.is_not(None))
    known = Request.details[LEFT].as_string().is_not(None)
    leader = exists().where(
        Grant.role == Role.SCHOOL_LEAD,
        Grant.organisation_id == Request.organisation_id,
        Grant.user_id != Request.asked_by_id,
        Grant.confirmed_at.is_not(None),
        Grant.ended_at.is_(None),
        Grant.user_id == User.id,
        User.stopped_at.is_(None),
    )
    query = select(Request.id).where(Request.state.in_(UNFINISHED), left | stopped, ~known | leader)
    with database.read() as session:
        return list(session.scalars(query.order_by(Request.id).limit(MOST)))


def successor_of(session: Session, request: Request, now: datetime) -> int | None:
    """Who goes on with a request: the colleague its asker named, else a leader of the school."""
    named = session.get(SecondContact, (request.asked_by_id, request.organisation_id))
    here = {user.id: user for user in members_of(session, request.organisation_id, SCHOOL_ROLES)}
    able = {user_id for user_id, user in here.items() if user.stopped_at is None} - {request.asked_by_id}
    if named is not None and named.colleague_id in able:
        return named.colleague_id
    leaders = members_of(session, request.organisation_id, [Role.SCHOOL_LEAD])
    return next((user.id for user in leaders if user.id in able), None)


def has_contact(session: Session, organisation_id: int) -> bool:
    """Somebody who can name a colleague instead."""
    return bool(members_of(session, organisation_id, [Role.COMPANY_CONTACT]))


def can_be_replaced(match: Match, offer: Offer) -> bool:
    """A lesson for the employer may be given by a colleague; what is personal ends with the person."""
    named = match.professional_id is not None
    return named and match.kind is Kind.GUEST_LECTURE and not offer.own_name
