"""How a match begins: the row with its moments and the consents it asks. Who may ask whom: proposal_services."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.matching.behalf import Voice
from matcher.matching.budget_services import reserve
from matcher.matching.door_services import born
from matcher.matching.employer import parties
from matcher.matching.models import Consent, Match, MatchEvent
from matcher.matching.moment_services import expiry_for, lay_out
from matcher.matching.notice_services import tell
from matcher.matching.states import Side
from matcher.offers.models import Offer
from matcher.requests.models import Request


def begin(
    session: Session,
    request: Request,
    offer: Offer,
    *,
    side: Side,
    actor: Actor,
    now: datetime,
    professional_id: int | None,
    wave: int = 1,
    suggestion_id: int | None = None,
    open_moments: set[int] | None = None,
    details: dict[str, Any] | None = None,
    said: Voice | None = None,
) -> Match:
    """The match itself with its moments and the question it puts. The caller judged, and holds the locks. Raises
    BudgetSpent before anything is written."""
    said = said or Voice(actor)
    year = None if side is Side.COMPANY else reserve(session, request, offer, professional_id)
    match = Match(
        kind=request.kind,
        request_id=request.id,
        offer_id=offer.id,
        request_revision=request.revision,
        offer_revision=offer.revision,
        professional_id=professional_id,
        name_follows=professional_id is None and request.kind is Kind.GUEST_LECTURE,
        teacher_id=request.teacher_id or request.asked_by_id,
        proposed_by_id=said.actor.user_id,
        on_behalf_by_id=said.by_id,
        side=side,
        suggestion_id=suggestion_id,
        wave=wave,
        region_id=request.region_id,
        counted_year=year,
        counts_for_company=year is not None and not offer.own_name,
        generated=request.generated,
    )
    noted = (details or {}) | said.noted
    born(session, match, actor=said.actor, role=side, now=now, details=noted, on_behalf_by=said.by_id)
    lay_out(session, match, request, open_moments, now)
    _ask_consents(session, match, offer, side, said, now)
    match.expires_at = expiry_for(session, match, request, offer, now)
    session.flush()
    tell(session, match, request, offer, session.get_one(MatchEvent, (match.id, 1)))
    return match


def _ask_consents(session: Session, match: Match, offer: Offer, side: Side, said: Voice, now: datetime) -> None:
    """Whose yes is needed; the side that proposes has given its own."""
    for party in parties(offer.details or {}, named=match.professional_id is not None):
        given = party is side
        session.add(
            Consent(
                match_id=match.id,
                party=party,
                given_at=now if given else None,
                given_by_id=said.actor.user_id if given else None,
                seq=1 if given else None,
            )
        )
