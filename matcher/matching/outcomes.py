"""What became of an invitation, read from its chain of events: the answer of who was asked, and the visit. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from matcher.matching.states import FINAL, NEVER_SENT, Action, MatchState, MissedReason, Side

NO = frozenset({Action.DECLINE, Action.HAND_OVER})


@dataclass(frozen=True)
class Outcome:
    """None where it is not known: neither asked long enough, nor ended, nor told."""

    asked_at: datetime
    left_at: datetime | None = None
    yes: bool | None = None
    settled_at: datetime | None = None
    held: bool | None = None
    ended_at: datetime | None = None


def standing(rows: Sequence[Any]) -> list[Any]:
    """The steps that were not undone."""
    kept: list[Any] = []
    for row in rows:
        if row.action is Action.UNDO:
            kept.pop()
        else:
            kept.append(row)
    return kept


def outcome_of(rows: Sequence[Any]) -> Outcome | None:
    """`rows` are the steps of one match in their order, as far as they were taken by then.

    None: taken back before anybody was asked. Silence until the end is a no; an end that was not theirs says nothing.
    """
    steps = standing(rows)
    if not steps or steps[-1].reason == NEVER_SENT:
        return None
    yes, settled_at = _answer(steps)
    asked_at, over = steps[0].at, steps[-1].to_state in FINAL
    if yes is None:
        return Outcome(asked_at, steps[-1].at if over else None)
    if not yes or not over:
        return Outcome(asked_at, None, yes, settled_at)
    unknown = steps[-1].reason == MissedReason.NOT_REPORTED
    held = None if unknown else steps[-1].to_state == MatchState.HELD
    return Outcome(asked_at, None, yes, settled_at, held, steps[-1].at)


def _answer(steps: Sequence[Any]) -> tuple[bool | None, datetime | None]:
    spoke = False
    for step in steps:
        ours = step.role is Side.COMPANY
        if (ours and step.action is Action.ACCEPT) or step.to_state == MatchState.ACCEPTED:
            return True, step.at
        if ours and step.action in NO:
            return False, step.at
        if step.action is Action.EXPIRE and not spoke:
            return False, step.at
        # With another moment they answered; whether that becomes a yes is now the school's.
        spoke = spoke or (ours and step.action is Action.SUGGEST_MOMENT)
    return None, None
