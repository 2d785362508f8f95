"""Bridging a vacancy that nobody can fill alone: two people together, or one in fewer half-days. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from matcher.matching.states import LIVE, MatchState

KEY = "bridge"
PAIR, FEWER, KEPT = "pair", "fewer", "kept"
FEW = 3
"""With fewer people who can do it alone a bridge is offered."""
MOST = 5
LOOKED_AT = 60


@dataclass(frozen=True)
class Able:
    """Somebody whom only the number of half-days excludes. `open`: the half-days they can, what suits best first."""

    offer_id: int
    person_id: int
    score: float
    open: tuple[int, ...]
    most: int


@dataclass(frozen=True)
class Pair:
    """Two people and the half-days of each; together all that were asked."""

    first: Able
    second: Able
    shares: tuple[tuple[int, ...], tuple[int, ...]]

    @property
    def score(self) -> float:
        return self.first.score + self.second.score


def share(first: Able, second: Able, wanted: int) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Who takes which half-days, as evenly as can be; None when together they have too few."""
    one, other = set(first.open), set(second.open)
    both = [each for each in first.open if each in other]
    for number in sorted(range(1, wanted), key=lambda count: (abs(2 * count - wanted), -count)):
        rest = wanted - number
        if number > min(len(one), first.most) or rest > min(len(other), second.most) or wanted > len(one | other):
            continue
        mine = [each for each in first.open if each not in other][:number]
        mine += both[: number - len(mine)]
        theirs = [each for each in second.open if each not in one][:rest]
        theirs += [each for each in both if each not in mine][: rest - len(theirs)]
        if len(mine) == number and len(theirs) == rest:
            return _in_order(mine, first.open), _in_order(theirs, second.open)
    return None


def _in_order(chosen: Collection[int], order: Sequence[int]) -> tuple[int, ...]:
    return tuple(each for each in order if each in chosen)


def pairs(able: Iterable[Able], wanted: int, *, most: int = MOST) -> list[Pair]:
    """The best pairs by the scores of both; equal ones in order of offer id."""
    best = sorted(able, key=lambda each: (-each.score, each.offer_id))[:LOOKED_AT]
    found = []
    for first, second in combinations(best, 2):
        shares = share(first, second, wanted) if first.person_id != second.person_id else None
        if shares is not None:
            found.append(Pair(first, second, shares))
    ordered = sorted(found, key=lambda pair: (-round(pair.score, 9), pair.first.offer_id, pair.second.offer_id))
    return ordered[:most]


def fewer(able: Iterable[Able], wanted: int, *, most: int = MOST) -> list[tuple[Able, tuple[int, ...]]]:
    """Who could do part of it alone: the most half-days first, then by score."""
    found = [(each, each.open[: min(len(each.open), each.most, wanted)]) for each in able]
    ordered = sorted(found, key=lambda pair: (-len(pair[1]), -pair[0].score, pair[0].offer_id))
    return [pair for pair in ordered if pair[1]][:most]


def bridge_of(details: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a vacancy remembers of the bridge that was asked: its sort, its matches, when and by whom."""
    found = details.get(KEY)
    return dict(found) if found else None


def is_pair(details: Mapping[str, Any]) -> bool:
    found = bridge_of(details)
    return found is not None and found["sort"] == PAIR


def standing(states: Collection[MatchState]) -> str:
    """How a pair stands: `waits`, `stands` once both are approved, `broken` when one is left, `over` when none is."""
    alive = [state for state in states if state in LIVE or state is MatchState.HELD]
    if not alive:
        return "over"
    if len(alive) < len(states):
        return "broken"
    approved = all(state in {MatchState.APPROVED, MatchState.HELD} for state in alive)
    return "stands" if approved else "waits"
