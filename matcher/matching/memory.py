"""What is remembered of earlier answers, fading: an answer counts half after a year. Pure.

A coded reason for a no changes only what it names: "too far" says something about that distance and farther, "not my
topic" about those topics, and neither makes somebody one who says no. Only a no without such a reason does.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import exp, log
from typing import Any

from matcher.matching.states import DeclineReason
from matcher.matching.views import RequestView
from matcher.regions.geo import distance_km

HALF_LIFE_DAYS = 365.0
_START = datetime(2024, 1, 1, tzinfo=UTC)
_RATE = log(2) / HALF_LIFE_DAYS / 86_400
SAME_DISTANCE = 0.95
"""From a little before the refused distance on, somewhere else is as far."""
NAMED = frozenset(
    {
        DeclineReason.NO_TIME,
        DeclineReason.TOO_FAR,
        DeclineReason.NOT_MY_TOPIC,
        DeclineReason.LEVEL,
        DeclineReason.ASKED_TOO_OFTEN,
    }
)
_OF_A_REQUEST = frozenset({DeclineReason.TOO_FAR, DeclineReason.NOT_MY_TOPIC, DeclineReason.LEVEL})


def growing(at: datetime) -> float:
    """A weight that doubles with every half-life, so that sums can be kept and scaled back on reading."""
    return exp((at - _START).total_seconds() * _RATE)


@dataclass(frozen=True, slots=True)
class Asked:
    """One ask that was answered or lapsed: its growing weight, where, at which level and about what; `no` is the coded
    reason of a no. `topics` are needed only where that reason names them."""

    weight: float
    lat: float
    lon: float
    level: str | None
    topics: frozenset[int]
    no: str | None = None


@dataclass(slots=True)
class Memory:
    """Sums of growing weights, by the moment of the ask; `refused` are the noes that depend on what is asked now."""

    due: float = 0.0
    answered: float = 0.0
    in_time: float = 0.0
    yes: float = 0.0
    plain_no: float = 0.0
    no_time: float = 0.0
    too_often: float = 0.0
    refused: list[Asked] = field(default_factory=list)

    def add(self, asked: Asked, *, answered: bool, in_time: bool, yes: bool) -> None:
        weight = asked.weight
        self.due += weight
        self.answered += weight * answered
        self.in_time += weight * in_time
        self.yes += weight * yes
        if asked.no is None:
            return
        self.plain_no += weight * (asked.no not in NAMED)
        self.no_time += weight * (asked.no == DeclineReason.NO_TIME)
        self.too_often += weight * (asked.no == DeclineReason.ASKED_TOO_OFTEN)
        if asked.no in _OF_A_REQUEST:
            self.refused.append(asked)


@dataclass(frozen=True)
class Place:
    lat: float
    lon: float


def remembered(memory: Memory, request: RequestView, home: Place, as_of: datetime) -> dict[str, Any]:
    """The fading fields of History at that moment, for this request and somebody who starts at `home`."""
    scale = 1 / growing(as_of)
    away = distance_km(request.lat, request.lon, home.lat, home.lon) if memory.refused else 0.0
    return {
        "due_weight": memory.due * scale,
        "answered_weight": memory.answered * scale,
        "in_time_weight": memory.in_time * scale,
        "yes_weight": memory.yes * scale,
        "plain_no_weight": memory.plain_no * scale,
        "no_time_weight": memory.no_time * scale,
        "refused_often": memory.too_often * scale,
        "refused_far": scale * _sum(memory.refused, DeclineReason.TOO_FAR, lambda each: _as_far(each, home, away)),
        "refused_topic": scale
        * _sum(memory.refused, DeclineReason.NOT_MY_TOPIC, lambda each: not each.topics.isdisjoint(request.topics)),
        "refused_level": scale
        * _sum(
            memory.refused, DeclineReason.LEVEL, lambda each: each.level is not None and each.level == request.level
        ),
    }


def _as_far(no: Asked, home: Place, away: float) -> bool:
    return away >= SAME_DISTANCE * distance_km(no.lat, no.lon, home.lat, home.lon)


def _sum(noes: Iterable[Asked], reason: DeclineReason, about_this: Callable[[Asked], bool]) -> float:
    return sum(each.weight for each in noes if each.no == reason and about_this(each))
