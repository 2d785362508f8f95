"""The lines of a dashboard as plain values. Filled by board_queries, said by wording."""

from dataclasses import dataclass, field
from datetime import date, datetime

from matcher.matching.states import MatchState, Side
from matcher.requests.states import RequestState

MOST_ROWS = 8


@dataclass(frozen=True)
class BoardMatch:
    """One match as a line. `is_mine` means the reader has the ball."""

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


@dataclass(frozen=True)
class BoardRequest:
    """One request of a school; `live` counts its invitations that are not over."""

    request_id: int
    title: str
    state: RequestState
    live: int
    last_day: date | None


@dataclass(frozen=True)
class Board:
    """Every list has the most pressing line first."""

    mine: list[BoardMatch] = field(default_factory=list)
    waiting: list[BoardMatch] = field(default_factory=list)
    coming: list[BoardMatch] = field(default_factory=list)
    past: list[BoardMatch] = field(default_factory=list)
    requests: list[BoardRequest] = field(default_factory=list)
