""" "Keep me in mind": who was asked for a place that somebody else took is asked again when one opens."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.errors import Forbidden, IllegalMove
from matcher.matching.door_services import NOT_POSSIBLE_NOW, NOT_YOURS, locked
from matcher.matching.kept_queries import is_full
from matcher.matching.models import Match
from matcher.matching.policy import can_be_kept, sides_of
from matcher.matching.queries import facts_of_match
from matcher.matching.states import Side
from matcher.requests.states import RequestState


def keep_in_mind(session: Session, match_id: int, *, wanted: bool, actor: Actor, now: datetime) -> Match:
    """May we ask again when a place opens? A second click changes nothing. Raises Forbidden, IllegalMove."""
    match, request, _offer = locked(session, match_id)
    facts = facts_of_match(session, match, now)
    if Side.COMPANY not in sides_of(facts, actor):
        raise Forbidden(NOT_YOURS)
    if wanted and not (request.state is RequestState.OPEN and can_be_kept(facts, is_full=is_full(session, request))):
        raise IllegalMove(NOT_POSSIBLE_NOW)
    match.keep_in_mind = wanted
    session.flush()
    return match
