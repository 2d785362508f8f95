"""The states of a match and the one table of moves: (state, action) → (next states, who may)."""

from dataclasses import dataclass
from enum import StrEnum


class MatchState(StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    APPROVED = "approved"
    HELD = "held"
    MISSED = "missed"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


LIVE = frozenset({MatchState.PROPOSED, MatchState.ACCEPTED, MatchState.APPROVED})
FINAL = frozenset(MatchState) - LIVE
BINDS = LIVE | {MatchState.HELD}  # the request stays as it is
TAKES_PLACE = frozenset({MatchState.ACCEPTED, MatchState.APPROVED, MatchState.HELD})


class Action(StrEnum):
    PROPOSE = "propose"
    SUGGEST_MOMENT = "suggest_moment"
    ACCEPT = "accept"
    DECLINE = "decline"
    HAND_OVER = "hand_over"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REJECT = "reject"
    ASK_MOVE = "ask_move"
    MOVE = "move"
    CHANGE_VISITOR = "change_visitor"
    LAPSE = "lapse"
    CANCEL = "cancel"
    REPORT_HELD = "report_held"
    REPORT_MISSED = "report_missed"
    UNDO = "undo"


class Side(StrEnum):
    """Who stands where in a match. The employer consents to a secondment."""

    SCHOOL = "school"
    COMPANY = "company"
    EMPLOYER = "employer"
    COORDINATOR = "coordinator"
    SYSTEM = "system"


class Who(StrEnum):
    """Who may make a move, seen from the match."""

    ASKED = "asked"  # a side whose consent is still missing
    CONSENTED = "consented"  # the side that proposed or said yes
    PARTY = "party"  # either side
    COMPANY = "company"
    COORDINATOR = "coordinator"  # of the school's region or above, never a party
    SYSTEM = "system"  # the clock, a rule of the region, a consequence
    SAME_ACTOR = "same_actor"  # of the last event, within the undo window


@dataclass(frozen=True)
class Move:
    """One row of the table: where an action may lead, and who may take it."""

    to: frozenset[MatchState]
    who: frozenset[Who]


def _move(to: MatchState | set[MatchState], *who: Who) -> Move:
    return Move(frozenset(to if isinstance(to, set) else {to}), frozenset(who))


_S, _A = MatchState, Action
MOVES: dict[tuple[MatchState | None, Action], Move] = {
    (None, _A.PROPOSE): _move(_S.PROPOSED, Who.PARTY, Who.COORDINATOR, Who.SYSTEM),
    (_S.PROPOSED, _A.SUGGEST_MOMENT): _move(_S.PROPOSED, Who.ASKED),
    (_S.PROPOSED, _A.ACCEPT): _move({_S.PROPOSED, _S.ACCEPTED}, Who.ASKED),
    (_S.PROPOSED, _A.DECLINE): _move(_S.DECLINED, Who.ASKED),
    (_S.PROPOSED, _A.HAND_OVER): _move(_S.DECLINED, Who.ASKED),
    (_S.PROPOSED, _A.EXPIRE): _move(_S.EXPIRED, Who.SYSTEM),
    (_S.PROPOSED, _A.SUPERSEDE): _move(_S.SUPERSEDED, Who.SYSTEM),
    (_S.PROPOSED, _A.WITHDRAW): _move(_S.WITHDRAWN, Who.CONSENTED, Who.SYSTEM),
    (_S.ACCEPTED, _A.WITHDRAW): _move(_S.WITHDRAWN, Who.CONSENTED, Who.SYSTEM),
    (_S.ACCEPTED, _A.APPROVE): _move(_S.APPROVED, Who.COORDINATOR, Who.SYSTEM),
    (_S.ACCEPTED, _A.REJECT): _move(_S.REJECTED, Who.COORDINATOR),
    (_S.ACCEPTED, _A.EXPIRE): _move(_S.EXPIRED, Who.SYSTEM),
    (_S.APPROVED, _A.ASK_MOVE): _move(_S.APPROVED, Who.PARTY),
    (_S.APPROVED, _A.MOVE): _move({_S.APPROVED, _S.ACCEPTED}, Who.PARTY),
    (_S.APPROVED, _A.CHANGE_VISITOR): _move({_S.APPROVED, _S.ACCEPTED}, Who.COMPANY),
    (_S.APPROVED, _A.LAPSE): _move(_S.ACCEPTED, Who.SYSTEM),
    (_S.APPROVED, _A.CANCEL): _move(_S.CANCELLED, Who.PARTY, Who.COORDINATOR, Who.SYSTEM),
    (_S.APPROVED, _A.REPORT_HELD): _move(_S.HELD, Who.PARTY, Who.COORDINATOR, Who.SYSTEM),
    (_S.APPROVED, _A.REPORT_MISSED): _move(_S.MISSED, Who.PARTY, Who.COORDINATOR, Who.SYSTEM),
    (_S.PROPOSED, _A.UNDO): _move(_S.PROPOSED, Who.SAME_ACTOR),
    (_S.ACCEPTED, _A.UNDO): _move(_S.PROPOSED, Who.SAME_ACTOR),
    (_S.DECLINED, _A.UNDO): _move(_S.PROPOSED, Who.SAME_ACTOR),
    (_S.APPROVED, _A.UNDO): _move(_S.ACCEPTED, Who.SAME_ACTOR),
    (_S.REJECTED, _A.UNDO): _move(_S.ACCEPTED, Who.SAME_ACTOR),
}
UNDOABLE = frozenset({_A.ACCEPT, _A.DECLINE, _A.APPROVE, _A.REJECT})
UNDO_SECONDS = 60
NEVER_SENT = "never_sent"
"""Why an invitation ended that was taken back within the minute in which nothing is sent: nobody was asked."""
NOTED_AT = "registered_at"
REGISTERED = "registered_afterwards"
"""Stands where a rule of the region would: arranged elsewhere, so that nobody approved it here or was told."""

# SQL sees no NULL in a foreign key's parent, so the birth of a chain is guarded by CHECKs instead of a row.
ALLOWED_TRANSITIONS = sorted(
    (state.value, action.value, target.value)
    for (state, action), move in MOVES.items()
    if state is not None
    for target in move.to
)


class DeclineReason(StrEnum):
    NO_TIME = "no_time"
    TOO_FAR = "too_far"
    NOT_MY_TOPIC = "not_my_topic"
    LEVEL = "level"
    ASKED_TOO_OFTEN = "asked_too_often"
    NONE_GIVEN = "none_given"
    OTHER = "other"


class CancelReason(StrEnum):
    """Also for withdrawing."""

    ILL = "ill"
    SCHEDULE_CHANGED = "schedule_changed"
    FOUND_ELSEWHERE = "found_elsewhere"
    GROUP_CHANGED = "group_changed"
    COMPANY_NEEDS_ME = "company_needs_me"
    NO_FIT = "no_fit"
    NO_AGREEMENT = "no_agreement"
    PARTNER_LEFT = "partner_left"
    OTHER = "other"


class RejectReason(StrEnum):
    NOT_VERIFIED = "not_verified"
    SAFEGUARDING = "safeguarding"
    DUPLICATE = "duplicate"


class MissedReason(StrEnum):
    GUEST_ABSENT = "guest_absent"
    CLASS_ABSENT = "class_absent"
    TECHNICAL = "technical"
    NOT_REPORTED = "not_reported"
    OTHER = "other"


class HybridStep(StrEnum):
    INTRODUCTION = "introduction"
    TRIAL_LESSON = "trial_lesson"
    OFFER_MADE = "offer_made"
    STARTED = "started"
    ENDED = "ended"
