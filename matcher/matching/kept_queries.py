"""Who said "keep me in mind" when the places were taken, in the order in which they were asked."""

from collections.abc import Collection

from sqlalchemy import Exists, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from matcher.matching.models import Match
from matcher.matching.policy import MatchFacts, can_be_kept
from matcher.matching.states import TAKES_PLACE, MatchState, Side
from matcher.matching.suggestion_models import RequestTick
from matcher.requests.models import Request
from matcher.requests.states import RequestState

KEPT = "kept_in_mind"
"""Under this name the details of a proposal say which match was kept in mind."""


def kept(session: Session, request_id: int) -> list[Match]:
    """The ended invitations of a request that wait for a place, and were not repeated since."""
    return list(session.scalars(_kept().where(Match.request_id == request_id)))


def is_kept(request_id: object) -> Exists:
    """A condition on a query of requests."""
    return exists().where(
        Match.request_id == request_id, Match.state == MatchState.SUPERSEDED, Match.keep_in_mind, ~_repeated()
    )


def keeping(session: Session, match: Match, request: Request, facts: MatchFacts, sides: Collection[Side]) -> str:
    """For who was asked for a taken place: "kept" when they said so, "open" while they can, else empty."""
    if Side.COMPANY not in sides or request.state is not RequestState.OPEN:
        return ""
    if facts.state is MatchState.PROPOSED and Side.COMPANY not in facts.missing:
        return ""
    if facts.state not in {MatchState.PROPOSED, MatchState.SUPERSEDED}:
        return ""
    if not can_be_kept(facts, is_full=is_full(session, request)):
        return ""
    return "kept" if match.keep_in_mind else "open"


def is_full(session: Session, request: Request) -> bool:
    """Every place of the request is taken."""
    taken = select(func.count(Match.id)).where(Match.request_id == request.id, Match.state.in_(TAKES_PLACE))
    return (session.scalar(taken) or 0) >= request.needed


def _kept() -> Select[Match]:
    tick = (RequestTick.request_id == Match.request_id) & (RequestTick.offer_id == Match.offer_id)
    query = select(Match).outerjoin(RequestTick, tick & (RequestTick.wave == Match.wave))
    query = query.where(Match.state == MatchState.SUPERSEDED, Match.keep_in_mind, ~_repeated())
    return query.order_by(Match.wave, RequestTick.position.is_(None), RequestTick.position, Match.id)


def _repeated() -> Exists:
    later = aliased(Match)
    return exists().where(later.request_id == Match.request_id, later.offer_id == Match.offer_id, later.id > Match.id)
