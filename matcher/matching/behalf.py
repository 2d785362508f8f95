"""A word given through a coordinator: whose it is, how it came, and whether that person gets mails. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from matcher.accounts.behalf import KEY, Heard
from matcher.accounts.policy import Actor
from matcher.matching.states import Action, Side

SPEAKERS = (Side.SCHOOL, Side.COMPANY)


@dataclass(frozen=True, kw_only=True)
class OnBehalf(Heard):
    """Which side spoke to the coordinator, how and when. ``tell``: only then this person gets mails about it."""

    side: Side


@dataclass(frozen=True)
class Voice:
    """Who speaks in an event: the person, and the coordinator who wrote it down if there is one."""

    actor: Actor
    by_id: int | None = None
    details: Mapping[str, Any] | None = None

    @property
    def noted(self) -> dict[str, Any]:
        """What the event keeps of how the word came; empty for somebody who speaks for themselves."""
        return dict(self.details or {})


class Said(NamedTuple):
    """As much of an event as decides who is mailed."""

    seq: int
    action: Action
    role: Side
    by_id: int | None
    details: Mapping[str, Any]


def quiet_sides(chain: Iterable[Said], request: Mapping[str, Any], offer: Mapping[str, Any]) -> frozenset[Side]:
    """The sides that get no mail: their last own word came through a coordinator who did not tick that they do.

    Who has not spoken in this match yet counts as their request or offer came. Somebody who acts themselves is
    mailed from then on; a step that was taken back never was.
    """
    posted = {Side.SCHOOL: request.get(KEY), Side.COMPANY: offer.get(KEY)}
    quiet = {side for side, how in posted.items() if how and not how.get("tell")}
    steps = sorted(chain)
    undone = {step.details.get("undone_seq") for step in steps if step.action is Action.UNDO}
    for step in steps:
        if step.action is Action.UNDO or step.seq in undone or step.role not in SPEAKERS:
            continue
        silent = step.by_id is not None and not step.details.get("tell")
        quiet = quiet | {step.role} if silent else quiet - {step.role}
    return frozenset(quiet)
