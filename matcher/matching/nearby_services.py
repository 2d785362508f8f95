""" "I want to give this lesson": a professional or contact comes forward for an open request; the school answers."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.db import BIGGEST_ID
from matcher.errors import Conflict, NotFound
from matcher.matching.eligibility import NeverCode
from matcher.matching.models import Match
from matcher.matching.nearby_queries import NOT_ASKED
from matcher.matching.nearby_wording import own_never
from matcher.matching.proposal_services import propose
from matcher.matching.states import Side
from matcher.matching.suggestion_queries import verdicts
from matcher.offers.models import Offer


def come_forward(session: Session, *, request_id: int, offer_id: int, actor: Actor, now: datetime) -> Match:
    """Propose one's own offer to a school. Raises NotFound for somebody else's offer, Conflict with the reason."""
    offer = session.get(Offer, offer_id) if 0 < offer_id <= BIGGEST_ID else None
    if offer is None or not _is_mine(offer, actor):
        raise NotFound()
    verdict = verdicts(session, request_id, [offer_id], now=now)[offer_id]
    refused = [code for code in verdict.never if code not in NOT_ASKED]
    if not actor.has_in(Role.PROFESSIONAL, offer.organisation_id) and not actor.leads(offer.organisation_id):
        refused = [NeverCode.NOT_CONFIRMED, *refused]
    if refused:
        raise Conflict(own_never(refused[0]))
    return propose(session, request_id=request_id, offer_id=offer_id, side=Side.COMPANY, actor=actor, now=now)


def _is_mine(offer: Offer, actor: Actor) -> bool:
    """One's own, or "someone of our team" of the company whose contact one is."""
    if offer.person_id is not None:
        return offer.person_id == actor.user_id
    return actor.has_in(Role.COMPANY_CONTACT, offer.organisation_id, confirmed=False)
