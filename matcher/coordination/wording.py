"""Codes of this room as words for people. Pure, in the current language."""

from typing import Any

from matcher.i18n import _l
from matcher.regions.policy import ALL_BUT_FIRST, BY_HAND, KNOWN_PAIRS

APPROVALS: dict[str, Any] = {
    BY_HAND: _l("By hand: you look at every match"),
    KNOWN_PAIRS: _l("By rule when this guest came to this school before"),
    ALL_BUT_FIRST: _l("By rule, but for the first time of a school or a company"),
}


def approval_words(value: Any) -> Any:
    return APPROVALS.get(str(value), value)
