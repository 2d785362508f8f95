"""The lines of a dashboard as plain values. Filled by board_queries, said by wording."""

from dataclasses import dataclass, field
from datetime import date, datetime

from matcher.availability.states import Kind
from matcher.matching.states import MatchState, Side
from matcher.requests.states import RequestState

MOST_ROWS = 8


@dataclass(frozen=True)
class BoardMatch:
    """One match as a line. `is_mine` means the reader has the ball; `seen` is when it is read."""

    match_id: int
    title: str
    partner: str
    state: MatchState
    turn: frozenset[Side]
    is_mine: bool
    day: date | None
    starts: str | None
    ended: bool
    expires_at: datetime | None
    kind: Kind = Kind.GUEST_LECTURE
    seen: datetime | None = None
    request_id: int = 0
    stands: str = ""
    """How far an introduced placement is, in the reader's language; empty for what has no steps of its own."""
    guest: str = ""
    """The colleague whose visit this is; empty for the reader's own."""


@dataclass(frozen=True)
class BoardRequest:
    """One request of a school; `asked` invitations wait, `agreed` have two yeses, `settled` are approved or held."""

    request_id: int
    title: str
    state: RequestState
    needed: int
    asked: int
    agreed: int
    settled: int
    last_day: date | None
    kind: Kind = Kind.GUEST_LECTURE
    seen: datetime | None = None
    held_back: bool = False

    @property
    def needs_choice(self) -> bool:
        """The school has the ball: unfinished, or places left and nobody asked."""
        if self.state is RequestState.DRAFT:
            return True
        return self.asked == 0 and self.agreed + self.settled < self.needed

    @property
    def is_settled(self) -> bool:
        """Nothing is left to do for the request itself; its visits stand in other lists."""
        return self.state is RequestState.OPEN and self.settled >= self.needed


@dataclass(frozen=True)
class Board:
    """Every list has the most pressing line first."""

    mine: list[BoardMatch] = field(default_factory=list)
    waiting: list[BoardMatch] = field(default_factory=list)
    coming: list[BoardMatch] = field(default_factory=list)
    past: list[BoardMatch] = field(default_factory=list)
    requests: list[BoardRequest] = field(default_factory=list)
