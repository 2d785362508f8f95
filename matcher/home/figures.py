"""Numbers for public pages as plain values, and the rule that hides the small ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from matcher.regions.netherlands import Spot

FEWEST = 5


def publishable(count: int) -> int | None:
    """The count, or None when so few would point at people."""
    return count if count == 0 or count >= FEWEST else None


def publishable_column(counts: Sequence[int]) -> list[int | None]:
    """A column whose total is published too: one hidden number alone could be worked out, so the next smallest goes."""
    shown = [publishable(count) for count in counts]
    if shown.count(None) == 1 and (others := [count for count in shown if count]):
        shown[shown.index(min(others))] = None
    return shown


@dataclass(frozen=True)
class RegionFigures:
    """One line of the public table; None is a number too small to publish."""

    name: str
    lectures: int | None
    internships: int | None
    open_requests: int | None


@dataclass(frozen=True)
class PublicFigures:
    """What the home page says about the whole country in this school year."""

    lectures: int | None
    internships: int | None
    hybrids: int | None
    open_requests: int | None
    regions: tuple[RegionFigures, ...]
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class Health:
    """What can be said about the running system without naming anybody."""

    at: datetime
    waiting_mails: int
    late_mails: int
    dead_mails: int

    @property
    def is_fine(self) -> bool:
        return self.late_mails == 0
