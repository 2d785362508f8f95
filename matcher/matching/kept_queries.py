"""Who said "keep me in mind" when the places were taken, in the order in which they were asked."""

from sqlalchemy import Exists, Select, exists, select
from sqlalchemy.orm import Session, aliased

from matcher.matching.models import Match
from matcher.matching.states import MatchState
from matcher.matching.suggestion_models import RequestTick

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


def _kept() -> Select[Match]:
    tick = (RequestTick.request_id == Match.request_id) & (RequestTick.offer_id == Match.offer_id)
    query = select(Match).outerjoin(RequestTick, tick & (RequestTick.wave == Match.wave))
    query = query.where(Match.state == MatchState.SUPERSEDED, Match.keep_in_mind, ~_repeated())
    return query.order_by(Match.wave, RequestTick.position.is_(None), RequestTick.position, Match.id)


def _repeated() -> Exists:
    later = aliased(Match)
    return exists().where(later.request_id == Match.request_id, later.offer_id == Match.offer_id, later.id > Match.id)
