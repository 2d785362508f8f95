"""What does not go by itself, as plain values for the page. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from matcher.matching.list_queries import MatchRow


@dataclass(frozen=True)
class StuckRequest:
    """An open request nobody is busy with. `eligible` is none when nobody looked yet; `next_day` its nearest moment."""

    id: int
    title: str
    school: str
    place: str | None
    since: datetime
    eligible: int | None
    next_day: date | None


@dataclass(frozen=True)
class Answer:
    """What one side said of a visit."""

    who: str
    happened: bool
    reason: str
    note: str


@dataclass(frozen=True)
class Disagreement:
    row: MatchRow
    answers: list[Answer]


@dataclass(frozen=True)
class Stuck:
    """Every list has the most pressing line first."""

    disagreements: list[Disagreement] = field(default_factory=list)
    nobody_fits: list[StuckRequest] = field(default_factory=list)
    nobody_asked: list[StuckRequest] = field(default_factory=list)
    expiring: list[MatchRow] = field(default_factory=list)
    waiting_long: list[Any] = field(default_factory=list)
    nameless: list[MatchRow] = field(default_factory=list)

    @property
    def total(self) -> int:
        lists = (
            self.disagreements,
            self.nobody_fits,
            self.nobody_asked,
            self.expiring,
            self.waiting_long,
            self.nameless,
        )
        return sum(len(each) for each in lists)
