"""Codes of this room as words for people. Pure, in the current language."""

from typing import Any

from matcher.availability.states import Kind
from matcher.i18n import _l
from matcher.matching.states import CancelReason, DeclineReason, MatchState, MissedReason, RejectReason, Side

STATES: dict[MatchState, Any] = {
    MatchState.PROPOSED: _l("Waiting for an answer"),
    MatchState.ACCEPTED: _l("Both said yes"),
    MatchState.APPROVED: _l("Approved"),
    MatchState.HELD: _l("Took place"),
    MatchState.MISSED: _l("Did not take place"),
    MatchState.DECLINED: _l("Said no"),
    MatchState.EXPIRED: _l("Expired, no answer"),
    MatchState.WITHDRAWN: _l("Withdrawn"),
    MatchState.REJECTED: _l("Not approved"),
    MatchState.CANCELLED: _l("Cancelled"),
    MatchState.SUPERSEDED: _l("Somebody else is coming"),
}
TONES: dict[MatchState, str] = {
    MatchState.PROPOSED: "wait",
    MatchState.ACCEPTED: "yes",
    MatchState.APPROVED: "done",
    MatchState.HELD: "done",
    MatchState.MISSED: "stop",
} | dict.fromkeys(
    (
        MatchState.DECLINED,
        MatchState.EXPIRED,
        MatchState.WITHDRAWN,
        MatchState.REJECTED,
        MatchState.CANCELLED,
        MatchState.SUPERSEDED,
    ),
    "over",
)
KINDS: dict[Kind, Any] = {
    Kind.GUEST_LECTURE: _l("Guest lecture"),
    Kind.TEACHER_INTERNSHIP: _l("Teacher internship"),
    Kind.HYBRID_PLACEMENT: _l("Hybrid placement"),
}
SIDES: dict[Side, Any] = {
    Side.SCHOOL: _l("The school"),
    Side.COMPANY: _l("The guest"),
    Side.EMPLOYER: _l("The employer"),
    Side.COORDINATOR: _l("The coordinator"),
    Side.SYSTEM: _l("Matcher"),
}
DECLINE_REASONS: dict[DeclineReason, Any] = {
    DeclineReason.NONE_GIVEN: _l("I would rather not say"),
    DeclineReason.NO_TIME: _l("No time then"),
    DeclineReason.TOO_FAR: _l("Too far"),
    DeclineReason.NOT_MY_TOPIC: _l("Not my topic"),
    DeclineReason.LEVEL: _l("Not this level"),
    DeclineReason.ASKED_TOO_OFTEN: _l("I am asked too often"),
    DeclineReason.OTHER: _l("Another reason"),
}
CANCEL_REASONS: dict[CancelReason, Any] = {
    CancelReason.ILL: _l("Ill"),
    CancelReason.SCHEDULE_CHANGED: _l("The timetable changed"),
    CancelReason.FOUND_ELSEWHERE: _l("Found somebody elsewhere"),
    CancelReason.GROUP_CHANGED: _l("The group changed"),
    CancelReason.COMPANY_NEEDS_ME: _l("Needed at work"),
    CancelReason.NO_FIT: _l("It was not a fit"),
    CancelReason.NO_AGREEMENT: _l("No agreement about the work or the pay"),
    CancelReason.PARTNER_LEFT: _l("The second person cannot after all"),
    CancelReason.OTHER: _l("Another reason"),
}
OF_PLACEMENTS = frozenset({CancelReason.NO_FIT, CancelReason.NO_AGREEMENT, CancelReason.PARTNER_LEFT})
REJECT_REASONS: dict[RejectReason, Any] = {
    RejectReason.NOT_VERIFIED: _l("Somebody is not verified"),
    RejectReason.SAFEGUARDING: _l("The safety rules are not met"),
    RejectReason.DUPLICATE: _l("It was already arranged"),
}
MISSED_REASONS: dict[MissedReason, Any] = {
    MissedReason.GUEST_ABSENT: _l("The guest was not there"),
    MissedReason.CLASS_ABSENT: _l("The class was not there"),
    MissedReason.TECHNICAL: _l("Technical trouble"),
    MissedReason.NOT_REPORTED: _l("Nobody told us"),
    MissedReason.OTHER: _l("Another reason"),
}


def reason_label(code: str | None) -> Any:
    """Any coded reason in words; an unknown or missing one is empty."""
    for labels in (DECLINE_REASONS, CANCEL_REASONS, REJECT_REASONS, MISSED_REASONS):
        for member, label in labels.items():
            if member.value == code:
                return label
    return ""


def reason_clause(code: str | None) -> str:
    """The same within a sentence: after a colon it begins small, but for the English I."""
    words = str(reason_label(code))
    return words if words.startswith("I ") else words[:1].lower() + words[1:]
