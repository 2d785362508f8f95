"""Numbers for public pages as plain values; the rule that hides the small ones is `monitor`'s."""

from dataclasses import dataclass
from datetime import datetime

from matcher.monitor.cells import FEWEST, publishable, publishable_column
from matcher.regions.netherlands import Spot

__all__ = ["FEWEST", "Health", "PublicFigures", "RegionFigures", "publishable", "publishable_column"]


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
    ranking: str
    is_learned: bool  # a fitted model orders people, not the rule written by people
    refused_model: str | None = None  # the version whose file cannot be used, so that the rule stands in

    @property
    def is_fine(self) -> bool:
        return self.late_mails == 0 and self.refused_model is None
