"""Which rule decides and whether a proof is good that day."""

from datetime import date, timedelta

import pytest

from matcher.safeguarding.policy import DEFAULT_RULES, Requirement, Rule, Seen, Visit, is_met, requirement
from matcher.safeguarding.states import ProofType

BOARD = 7
DAY = date(2027, 1, 18)
NONE, VOG = ProofType.NONE, ProofType.VOG


def visit(kind: str, level: str | None, supervised: bool, structural: bool, board: int | None = None) -> Visit:
    return Visit(kind, level, supervised, structural, board)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (visit("guest_lecture", "havo", True, False), Requirement(NONE)),
        (visit("guest_lecture", "po_boven", True, False), Requirement(NONE)),
        (visit("guest_lecture", "havo", False, False), Requirement(VOG, 52)),
        (visit("guest_lecture", "havo", True, True), Requirement(VOG, 26)),
        (visit("teacher_internship", None, True, False), Requirement(NONE)),
        (visit("hybrid_placement", "po_boven", True, True), Requirement(VOG, 26)),
        (visit("hybrid_placement", "vwo", True, True), Requirement(VOG, 26)),
        (visit("hybrid_placement", "mbo_4", True, True), Requirement(VOG, 26)),
    ],
)
def test_shipped_rules_ask_what_the_law_and_custom_ask(asked: Visit, expected: Requirement) -> None:
    assert requirement(DEFAULT_RULES, asked) == expected


@pytest.mark.parametrize(
    ("level", "board", "weeks"),
    [("havo", None, 10), ("vwo", None, 20), ("po_boven", None, 30), ("havo", BOARD, 40), ("havo", 8, 10)],
)
def test_most_specific_rule_wins_and_a_board_before_all(level: str, board: int | None, weeks: int) -> None:
    rules = [
        Rule(None, None, None, None, BOARD, VOG, 40),
        Rule("guest_lecture", "havo", None, None, None, VOG, 10),
        Rule("guest_lecture", "vo", None, None, None, VOG, 20),
        Rule("guest_lecture", None, None, None, None, VOG, 30),
        Rule(None, None, None, None, None, NONE),
    ]
    for order in (rules, rules[::-1]):
        assert requirement(order, visit("guest_lecture", level, True, False, board)) == Requirement(VOG, weeks)


@pytest.mark.parametrize(
    ("issued", "until", "expected"),
    [
        (DAY - timedelta(weeks=26), DAY, True),
        (DAY - timedelta(weeks=26, days=1), DAY, False),
        (DAY, DAY, True),
        (DAY + timedelta(days=1), DAY + timedelta(days=9), False),
        (DAY - timedelta(days=9), DAY - timedelta(days=1), False),
    ],
)
def test_proof_counts_between_issue_and_its_last_day(issued: date, until: date, expected: bool) -> None:
    assert is_met(Requirement(VOG, 26), [Seen(VOG, BOARD, issued, until)], board_id=BOARD, on_day=DAY) is expected


def test_proof_of_another_board_does_not_count() -> None:
    seen = [Seen(VOG, BOARD, DAY, DAY)]
    assert not is_met(Requirement(VOG, 26), seen, board_id=8, on_day=DAY)
    assert is_met(Requirement(NONE), [], board_id=8, on_day=DAY)
