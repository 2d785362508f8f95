"""Is a notice of this room still true just before it is sent? The one answer `notices` may ask for, by subject."""

from sqlalchemy.orm import Session

from matcher.matching.half_year_queries import offers_something
from matcher.matching.letters import common
from matcher.matching.models import HybridStepTaken, Match, Message
from matcher.matching.states import MatchState
from matcher.matching.step_notice_services import BACK
from matcher.matching.weekly_note_queries import is_still_sought

# A template that is not named here tells of something that stays true whatever happens next.
_ONLY_WHILE: dict[str, frozenset[MatchState]] = {
    "matching/proposed": frozenset({MatchState.PROPOSED}),
    "matching/another_moment": frozenset({MatchState.PROPOSED}),
    "matching/one_yes": frozenset({MatchState.PROPOSED}),
    "matching/name_wanted": frozenset({MatchState.APPROVED}),
    "matching/name_overdue": frozenset({MatchState.APPROVED}),
    "matching/employer_asked": frozenset({MatchState.PROPOSED}),
    "matching/both_yes": frozenset({MatchState.ACCEPTED}),
    "matching/to_approve": frozenset({MatchState.ACCEPTED}),
    "matching/approved": frozenset({MatchState.APPROVED, MatchState.HELD, MatchState.MISSED}),
    "matching/move_asked": frozenset({MatchState.APPROVED}),
    "matching/how_was_it": frozenset({MatchState.APPROVED}),
}
_ONLY_NEWEST = frozenset({"matching/another_moment", "matching/employer_asked", "matching/move_asked"})

_WITHOUT_NAME = frozenset({"matching/name_wanted", "matching/name_overdue"})


def match_still_true(session: Session, match_id: int, seq: int, template: str) -> bool:
    match, template = session.get(Match, match_id), common(template)
    if match is None:
        return False
    if template in _WITHOUT_NAME and match.visitor_id is not None:
        return False
    if template in _ONLY_NEWEST and match.seq != seq:
        return False
    return match.state in _ONLY_WHILE.get(template, frozenset(MatchState))


def message_still_true(session: Session, message_id: int, seq: int, template: str) -> bool:
    return session.get(Message, message_id) is not None


def step_still_true(session: Session, step_id: int, seq: int, template: str) -> bool:
    """Of a step that was taken back only that is still true."""
    row = session.get(HybridStepTaken, step_id)
    return row is not None and (row.taken_back_at is not None) == (template == BACK)


def route_still_true(session: Session, user_id: int, seq: int, template: str) -> bool:
    return True


def request_note_still_true(session: Session, request_id: int, seq: int, template: str) -> bool:
    """Somebody who said yes meanwhile makes it stale."""
    return is_still_sought(session, request_id)


def half_year_note_still_true(session: Session, user_id: int, seq: int, template: str) -> bool:
    """Whoever stopped offering meanwhile need not hear why nobody asked."""
    return offers_something(session, user_id)


STILL_TRUE = {
    "request_note": request_note_still_true,
    "half_year_note": half_year_note_still_true,
    "match": match_still_true,
    "message": message_still_true,
    "step": step_still_true,
    "hybrid_route": route_still_true,
}
