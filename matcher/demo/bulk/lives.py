"""Requests and matches of a generated history as they are while they live: their rows, and what they rest on. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from matcher.db import Base
from matcher.demo.bulk.ground import Asker, Given, Past, School
from matcher.matching.states import LIVE, TAKES_PLACE, MatchState
from matcher.matching.views import RequestView
from matcher.ranking.facts import PairFacts
from matcher.requests.states import RequestState

Row = dict[str, Any]
Numbers = Callable[[type[Base]], int]


@dataclass(slots=True, eq=False)
class Shown:
    """A suggestion: the row, the offer, and the facts it was made on."""

    row: Row
    given: Given
    facts: PairFacts


@dataclass(slots=True, eq=False)
class Pair:
    """A match with everything that hangs on it."""

    row: Row
    asked: "Asked"
    given: Given
    facts: PairFacts
    events: list[Row] = field(default_factory=list)
    moments: list[Row] = field(default_factory=list)
    consents: list[Row] = field(default_factory=list)
    bookings: list[Row] = field(default_factory=list)
    reports: list[Row] = field(default_factory=list)
    steps: list[Row] = field(default_factory=list)
    proofs: list[Row] = field(default_factory=list)
    chosen: Row | None = None

    @property
    def state(self) -> MatchState:
        return MatchState(self.row["state"])

    @property
    def visitor(self) -> Past:
        return self.given.past


@dataclass(slots=True, eq=False)
class Asked:
    """A request with everything that hangs on it."""

    row: Row
    view: RequestView
    asker: Asker
    moments: list[Row]
    topics: list[Row]
    revision: Row
    run: Row | None = None
    shown: list[Shown] = field(default_factory=list)
    ticks: list[tuple[Row, Shown]] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)

    @property
    def school(self) -> School:
        return self.asker.school

    @property
    def is_open(self) -> bool:
        return bool(self.row["state"] is RequestState.OPEN)

    @property
    def is_taken(self) -> bool:
        return sum(pair.state in TAKES_PLACE for pair in self.pairs) >= int(self.row["needed"])

    @property
    def lives(self) -> bool:
        return any(pair.state in LIVE for pair in self.pairs)

    def forget(self) -> None:
        """It was written and is over: what points back at it is let go, so that nothing is kept in a ring."""
        self.pairs, self.ticks, self.shown = [], [], []
