"""What a region may decide for itself and what holds until it does, pure. Who may change rules is decided elsewhere."""

from typing import Any

APPROVAL = "approval"
BY_HAND, KNOWN_PAIRS, ALL_BUT_FIRST = "by_hand", "known_pairs", "all_but_first"
AS_ABOVE = "as_above"
"""Chosen on the page: the node has no value of its own and follows those above it."""

DECIDE_WITHIN_WORKING_DAYS = "decide_within_working_days"
DECIDE_BEFORE_VISIT_WORKING_DAYS = "decide_before_visit_working_days"
ANSWER_WITHIN_WORKING_DAYS = "answer_within_working_days"
OPEN_INVITATIONS = "open_invitations"
ONE_REPORT_COUNTS_AFTER_DAYS = "one_report_counts_after_days"
NO_REPORT_COUNTS_AFTER_DAYS = "no_report_counts_after_days"

SPREAD = "spread"
SPREAD_OFF, SPREAD_LITTLE, SPREAD_MORE = "off", "little", "more"
SPREAD_WEIGHTS: dict[str, float] = {SPREAD_OFF: 0.0, SPREAD_LITTLE: 0.2, SPREAD_MORE: 0.5}
"""How heavily it weighs that questions reach people who are rarely asked."""

# These hold for every kind and region until a node of the tree says otherwise.
DEFAULT_RULES: dict[str, Any] = {
    APPROVAL: BY_HAND,
    DECIDE_WITHIN_WORKING_DAYS: 2,
    DECIDE_BEFORE_VISIT_WORKING_DAYS: 5,
    ANSWER_WITHIN_WORKING_DAYS: 5,
    OPEN_INVITATIONS: 3,
    ONE_REPORT_COUNTS_AFTER_DAYS: 7,
    NO_REPORT_COUNTS_AFTER_DAYS: 21,
    SPREAD: SPREAD_OFF,
}
