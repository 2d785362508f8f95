"""Codes of this room as words for people. Pure, in the current language."""

from typing import Any

from matcher.i18n import _l
from matcher.regions.policy import (
    ALL_BUT_FIRST,
    AS_ABOVE,
    BY_HAND,
    KNOWN_PAIRS,
    SPREAD_LITTLE,
    SPREAD_MORE,
    SPREAD_OFF,
)

APPROVALS: dict[str, Any] = {
    BY_HAND: _l("By hand: you look at every match"),
    KNOWN_PAIRS: _l("By rule when this guest came to this school before"),
    ALL_BUT_FIRST: _l("By rule, but for the first time of a school or a company"),
    AS_ABOVE: _l("As the level above has it"),
}


SPREADS: dict[str, Any] = {
    SPREAD_OFF: _l("Off: whoever fits best stands first"),
    SPREAD_LITTLE: _l("A little"),
    SPREAD_MORE: _l("More"),
    AS_ABOVE: _l("As the level above has it"),
}


STEPS: dict[str, Any] = {
    "coordinator_named": _l("named coordinator"),
    "stand_in_named": _l("named stand-in"),
    "grant_begun": _l("began as stand-in"),
    "grant_ended": _l("role ended"),
    "grant_put_back": _l("put back"),
}
TONES = {"grant_ended": "over", "coordinator_named": "done", "stand_in_named": "done", "grant_put_back": "done"}


def approval_words(value: Any) -> Any:
    return APPROVALS.get(AS_ABOVE if value is None else str(value), value)


def spread_words(value: Any) -> Any:
    return SPREADS.get(AS_ABOVE if value is None else str(value), value)


def step_words(action: str) -> Any:
    """What happened to somebody's role, behind their name."""
    return STEPS.get(action, action)
