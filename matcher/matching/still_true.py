"""Is a notice of this room still true just before it is sent? The one answer `notices` may ask for, by subject."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from matcher.clock import utcnow
from matcher.matching.half_year_queries import offers_something
from matcher.matching.letters import common
from matcher.matching.models import HybridStepTaken, Match, Message
from matcher.matching.queries import chosen_moment, reports_of
from matcher.matching.reminder_queries import SUBJECTS, arranged_seq
from matcher.matching.runbook_queries import newest_version
from matcher.matching.states import MatchState, Side
from matcher.matching.step_notice_services import BACK
from matcher.matching.weekly_note_queries import is_still_sought
from matcher.requests.models import Request
from matcher.requests.states import RequestState

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
    "matching/answers_differ": frozenset({MatchState.APPROVED}),
    "matching/reminder_week": frozenset({MatchState.APPROVED}),
    "matching/reminder_soon": frozenset({MatchState.APPROVED}),
}
_ONLY_NEWEST = frozenset({"matching/another_moment", "matching/employer_asked", "matching/move_asked"})

_REMINDERS = frozenset({"matching/reminder_week", "matching/reminder_soon"})
_WITHOUT_NAME = frozenset({"matching/name_wanted", "matching/name_overdue"})


def match_still_true(session: Session, match_id: int, seq: int, template: str) -> bool:
    match, template = session.get(Match, match_id), common(template)
    if match is None:
        return False
    if template in _WITHOUT_NAME and match.visitor_id is not None:
        return False
    if template in _ONLY_NEWEST and match.seq != seq:
        return False
    if template in _REMINDERS and not _is_ahead(session, match_id, seq):
        return False
    return match.state in _ONLY_WHILE.get(template, frozenset(MatchState))


def _is_ahead(session: Session, match_id: int, seq: int) -> bool:
    """A reminder that waited for the mail server or for somebody's return may find the visit moved, or begun."""
    moment = chosen_moment(session, match_id)
    return moment is not None and moment.start_s > utcnow().timestamp() and arranged_seq(session, match_id) == seq


def runbook_still_true(side: Side) -> Callable[[Session, int, int, str], bool]:
    """Only the newest words of this side, and only of a visit that still comes."""

    def is_true(session: Session, match_id: int, seq: int, template: str) -> bool:
        match, row = session.get(Match, match_id), newest_version(session, match_id, side)
        return match is not None and match.state is MatchState.APPROVED and row is not None and row.version == seq

    return is_true


def report_still_true(side: Side) -> Callable[[Session, int, int, str], bool]:
    """Whoever answered in the meantime is not asked again."""

    def is_true(session: Session, match_id: int, seq: int, template: str) -> bool:
        match = session.get(Match, match_id)
        is_open = match is not None and match.state is MatchState.APPROVED
        return is_open and side not in reports_of(session, match_id)

    return is_true


def message_still_true(session: Session, message_id: int, seq: int, template: str) -> bool:
    return session.get(Message, message_id) is not None


def step_still_true(session: Session, step_id: int, seq: int, template: str) -> bool:
    """Of a step that was taken back only that is still true."""
    row = session.get(HybridStepTaken, step_id)
    return row is not None and (row.taken_back_at is not None) == (template == BACK)


def route_still_true(session: Session, user_id: int, seq: int, template: str) -> bool:
    return True


def request_still_true(session: Session, request_id: int, seq: int, template: str) -> bool:
    request = session.get(Request, request_id)
    return request is not None and request.state is RequestState.OPEN


def request_note_still_true(session: Session, request_id: int, seq: int, template: str) -> bool:
    """Somebody who said yes meanwhile makes it stale."""
    return is_still_sought(session, request_id)


def half_year_note_still_true(session: Session, user_id: int, seq: int, template: str) -> bool:
    """Whoever stopped offering meanwhile need not hear why nobody asked."""
    return offers_something(session, user_id)


STILL_TRUE = {
    "request_note": request_note_still_true,
    "half_year_note": half_year_note_still_true,
    "request": request_still_true,
    "match": match_still_true,
    "message": message_still_true,
    "step": step_still_true,
    "hybrid_route": route_still_true,
    **{f"{side.value}_runbook": runbook_still_true(side) for side in SUBJECTS},
    **{subject: report_still_true(side) for side, subject in SUBJECTS.items()},
}
