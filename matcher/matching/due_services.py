"""Two steps only the clock takes: approval by a region's rule, and asking both sides how it was."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.policy import SYSTEM
from matcher.matching.behalf_services import quiet
from matcher.matching.door_services import locked
from matcher.matching.due_queries import HOW_WAS_IT
from matcher.matching.letters import letter_for, manner_of
from matcher.matching.models import Match, MatchEvent
from matcher.matching.notice_services import channels_for, people_of, place_of, seconds_away, step_params
from matcher.matching.queries import chosen_moment
from matcher.matching.services import approve_match
from matcher.matching.states import UNDO_SECONDS, MatchState, Side
from matcher.notices.services import enqueue
from matcher.offers.models import Offer
from matcher.organisations.partner_queries import standing_pairs
from matcher.regions.policy import ALL_BUT_FIRST, APPROVAL, BY_HAND, KNOWN_PAIRS
from matcher.regions.queries import region_rule
from matcher.requests.models import Request


def approve_by_rule(session: Session, match_id: int, *, now: datetime) -> bool:
    """If the region chose so: known pairs, or everything but an organisation's first visit. Nothing by silence."""
    match, request, offer = locked(session, match_id)
    if match.state is not MatchState.ACCEPTED:
        return False
    rule = region_rule(session, match.region_id, match.kind.value, APPROVAL, at=now)
    if rule == BY_HAND or not _applies(session, rule, match, request, offer, now):
        return False
    approve_match(session, match_id, actor=SYSTEM, now=now, rule=rule)
    return True


def _are_partners(session: Session, request: Request, offer: Offer, now: datetime) -> bool:
    """A standing partnership of school and company counts as a known pair; not for who comes in their own name."""
    return not offer.own_name and bool(
        standing_pairs(session, [request.organisation_id], [offer.organisation_id], as_of=now)
    )


def _applies(session: Session, rule: str, match: Match, request: Request, offer: Offer, now: datetime) -> bool:
    held = (
        select(func.count(Match.id))
        .join(Request, Request.id == Match.request_id)
        .join(Offer, Offer.id == Match.offer_id)
        .where(Match.state == MatchState.HELD, Match.kind == match.kind)
    )
    if rule == KNOWN_PAIRS:
        pair = held.where(Request.organisation_id == request.organisation_id, Match.visitor_id == match.visitor_id)
        return bool(session.scalar(pair)) or _are_partners(session, request, offer, now)
    if rule == ALL_BUT_FIRST:
        school = session.scalar(held.where(Request.organisation_id == request.organisation_id))
        company = session.scalar(held.where(Offer.organisation_id == offer.organisation_id))
        return bool(school) and bool(company)
    return False


def ask_how_it_was(session: Session, match_id: int, *, now: datetime) -> bool:
    """Two questions to both sides, once per match."""
    match, request, offer = locked(session, match_id)
    if match.state is not MatchState.APPROVED:
        return False
    last = session.get_one(MatchEvent, (match.id, match.seq))
    params = step_params(session, match, request, offer, last, chosen_moment(session, match.id))
    unmailed = quiet(session, match, request, offer)
    for side in (Side.SCHOOL, Side.COMPANY):
        place_id = place_of(side, request, offer)
        for recipient in people_of(session, side, match, request, offer, now=now):
            enqueue(
                session,
                recipient=recipient,
                template=letter_for(match.kind, HOW_WAS_IT),
                params=params | {"side": side.value},
                subject="match",
                subject_id=match.id,
                seq=match.seq,
                now=now,
                hold_seconds=max(UNDO_SECONDS, seconds_away(session, place_id, recipient, now)),
                channels=channels_for(side, ("mail", "inbox"), unmailed),
                manner=manner_of(f"matching/{HOW_WAS_IT}"),
            )
    return True
