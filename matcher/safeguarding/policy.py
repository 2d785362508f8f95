"""Which proof a visit asks for, and whether it was seen in time. Pure: rules and proofs come in as plain values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.safeguarding.states import ProofType
from matcher.subjects.levels import Level, sector_of

LEVELS = frozenset(level.value for level in Level)


@dataclass(frozen=True)
class Rule:
    """None means "any"; ``level`` is a level or a whole school sector. ``max_age_weeks`` counts from issue to visit."""

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
# A teacher stays in the room: nothing is asked, unless the board does. Without one, or every week or paid, a VOG.
DEFAULT_RULES = (
    Rule("guest_lecture", None, None, None, None, ProofType.NONE),
    Rule("guest_lecture", None, False, None, None, ProofType.VOG, 52),
    Rule("guest_lecture", None, None, True, None, ProofType.VOG, 26),
    Rule("teacher_internship", None, None, None, None, ProofType.NONE),
    Rule("hybrid_placement", None, None, None, None, ProofType.VOG, 26),
    Rule("hybrid_placement", "po", None, None, None, ProofType.VOG, 26),
    Rule("hybrid_placement", "vo", None, None, None, ProofType.VOG, 26),
)


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
        and proof.issued_on <= on_day <= proof.valid_until
        and (asked.max_age_weeks is None or proof.issued_on + timedelta(weeks=asked.max_age_weeks) >= on_day)
        for proof in proofs
    )


def can_answer(actor: Actor, school_id: int, *, has_lead: bool) -> bool:
    """Who ticks "seen" and says what the board asks: the school's leader; any teacher while there is none."""
    if actor.has_in(Role.SCHOOL_LEAD, school_id):
        return True
    return not has_lead and actor.has_in(Role.TEACHER, school_id)


def _fits(rule: Rule, visit: Visit) -> bool:
    asked = (rule.kind, rule.supervised, rule.structural, rule.board_id)
    actual = (visit.kind, visit.supervised, visit.structural, visit.board_id)
    fits = all(wanted is None or wanted == value for wanted, value in zip(asked, actual, strict=True))
    return fits and _level_fits(rule.level, visit.level)


def _level_fits(wanted: str | None, level: str | None) -> bool:
    if wanted is None or wanted == level:
        return True
    return level in LEVELS and sector_of(Level(level)).value == wanted


def _specific(rule: Rule) -> tuple[int, bool]:
    """How many conditions; one level before a whole sector."""
    count = sum(value is not None for value in (rule.kind, rule.level, rule.supervised, rule.structural))
    return count, rule.level in LEVELS
