"""Asking the same guest again: a draft like the request before, in which that guest goes first."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.errors import NotFound
from matcher.matching.policy import can_ask_again
from matcher.matching.queries import match_for
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.requests.models import Request
from matcher.requests.services import copy_request


def ask_again(session: Session, match_id: int, *, actor: Actor, now: datetime) -> Request:
    """A draft without weeks. Raises NotFound when this visit was not held, or is not this person's to repeat."""
    match, facts = match_for(session, match_id, actor, now)
    if not can_ask_again(facts, actor):
        raise NotFound()
    offer_id = _own_offer(session, match.visitor_id, match.offer_id)
    return copy_request(
        session, actor=actor, now=now, request_id=match.request_id, leave_open={"dates"}, first_offer=offer_id
    )


def _own_offer(session: Session, visitor_id: int | None, offer_id: int) -> int:
    """The open lesson of who really came, when a colleague of the person asked came instead."""
    offer = session.get_one(Offer, offer_id)
    if visitor_id is None or visitor_id == offer.person_id:
        return offer_id
    query = select(Offer.id).where(
        Offer.person_id == visitor_id,
        Offer.organisation_id == offer.organisation_id,
        Offer.kind == offer.kind,
        Offer.state == OfferState.OPEN,
    )
    return session.scalar(query.order_by(Offer.id.desc()).limit(1)) or offer_id
