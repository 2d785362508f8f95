"""The chain of events as sentences for the timeline. Pure, in the current language."""

from typing import Any

from matcher.i18n import _l
from matcher.matching.labels import reason_label
from matcher.matching.states import Action, MatchState, Side

_SENTENCES: dict[Action, Any] = {
    Action.PROPOSE: _l("Asked"),
    Action.SUGGEST_MOMENT: _l("Suggested another moment"),
    Action.ACCEPT: _l("Said yes"),
    Action.DECLINE: _l("Said no"),
    Action.HAND_OVER: _l("Handed it over to a colleague"),
    Action.EXPIRE: _l("Expired without an answer"),
    Action.SUPERSEDE: _l("Ended: somebody else is coming"),
    Action.WITHDRAW: _l("Withdrew it"),
    Action.APPROVE: _l("Gave approval"),
    Action.REJECT: _l("Gave no approval"),
    Action.ASK_MOVE: _l("Asked for another moment"),
    Action.MOVE: _l("Agreed to the other moment"),
    Action.CHANGE_VISITOR: _l("Changed who comes"),
    Action.LAPSE: _l("Back to the coordinator: a proof is no longer valid"),
    Action.CANCEL: _l("Cancelled"),
    Action.REPORT_HELD: _l("Took place"),
    Action.REPORT_MISSED: _l("Did not take place"),
    Action.UNDO: _l("Took the last step back"),
}
_TONES = {
    Action.ACCEPT: "yes",
    Action.APPROVE: "done",
    Action.REPORT_HELD: "done",
    Action.PROPOSE: "wait",
    Action.REPORT_MISSED: "stop",
}


def sentence(action: Action, role: Side, from_state: str | None, reason_code: str | None) -> str:
    """What happened; an approval by a rule says so."""
    if action is Action.APPROVE and role is Side.SYSTEM:
        return str(_l("Approved by the rule of the region"))
    if action is Action.EXPIRE and from_state == MatchState.ACCEPTED:
        return str(_l("Expired: no approval before the date"))
    reason = reason_label(reason_code)
    text = str(_SENTENCES[action])
    return f"{text}: {reason}" if reason else text


def tone(action: Action) -> str:
    return _TONES.get(action, "over")
