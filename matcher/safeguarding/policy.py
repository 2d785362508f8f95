"""Which proof a visit asks for, and whether it was seen in time. Pure: rules and proofs come in as plain values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from matcher.safeguarding.states import ProofType


@dataclass(frozen=True)
class Rule:
    """None means "any". ``max_age_weeks`` counts from the day of issue to the day of the visit."""

    kind: str | None
    level: str | None
    supervised: bool | None
    structural: bool | None
    board_id: int | None
    proof: ProofType
    max_age_weeks: int | None = None


@dataclass(frozen=True)
class Visit:
    """What a rule looks at. Structural: weekly or paid."""

    kind: str
    level: str | None
    supervised: bool
    structural: bool
    board_id: int | None


@dataclass(frozen=True)
class Seen:
    """A proof somebody of the school saw, valid for one board."""

    type: ProofType
    board_id: int
    issued_on: date
    valid_until: date


@dataclass(frozen=True)
class Requirement:
    proof: ProofType = ProofType.NONE
    max_age_weeks: int | None = None


@dataclass(frozen=True)
class Result:
    """What is asked and whether it is met; equal results keep an approval standing."""

    requirement: Requirement
    met: bool


NOTHING = Requirement()


def requirement(rules: Iterable[Rule], visit: Visit) -> Requirement:
    """The most specific rule that fits; a board's own rule goes before all others, then the stricter one."""
    fitting = [rule for rule in rules if _fits(rule, visit)]
    if not fitting:
        return NOTHING
    best = max(fitting, key=lambda rule: (rule.board_id is not None, _specific(rule), rule.proof is not ProofType.NONE))
    return Requirement(best.proof, best.max_age_weeks)


def is_met(asked: Requirement, proofs: Iterable[Seen], *, board_id: int | None, on_day: date) -> bool:
    """Is there a proof of that type, seen for this board, valid and young enough on that day?"""
    if asked.proof is ProofType.NONE:
        return True
    return any(
        proof.type is asked.proof
        and proof.board_id == board_id
        and proof.valid_until >= on_day
        and (asked.max_age_weeks is None or proof.issued_on + timedelta(weeks=asked.max_age_weeks) >= on_day)
        for proof in proofs
    )


def _fits(rule: Rule, visit: Visit) -> bool:
    asked = (rule.kind, rule.level, rule.supervised, rule.structural, rule.board_id)
    actual = (visit.kind, visit.level, visit.supervised, visit.structural, visit.board_id)
    return all(wanted is None or wanted == value for wanted, value in zip(asked, actual, strict=True))


def _specific(rule: Rule) -> int:
    return sum(value is not None for value in (rule.kind, rule.level, rule.supervised, rule.structural))
