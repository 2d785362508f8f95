"""Open requests as a professional or contact reads them, and what was filtered. Plain values."""

from dataclasses import dataclass, field

from matcher.matching.kind_words import KindWords
from matcher.subjects.finding import Search

DISTANCES = (5, 10, 25, 50, 100)


@dataclass(frozen=True)
class Wanted:
    """What the reader filters by."""

    text: str = ""
    level: str | None = None
    km: int | None = None

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self.level or self.km)


@dataclass(frozen=True)
class Fit:
    """One request with the reader's own offer that fits it best; reasons are codes."""

    request_id: int
    offer_id: int
    score: float
    distance_km: float
    online: bool
    moments: dict[int, str]
    reasons: list[list[object]]
    against: list[list[object]]
    obstacles: tuple[str, ...]


@dataclass(frozen=True)
class NearbyRow:
    """One line of the page. Without a name in `school` the reader may not know whose question it is."""

    request_id: int
    title: str
    icon: str
    sub: str
    school: str | None
    place: str
    near: str
    asker: str | None
    own_words: str
    moments: list[str]
    reasons: list[str]
    against: list[str]
    blocks: int
    fit: str
    offer_id: int
    offer_title: str
    obstacle: str | None
    words: KindWords


@dataclass(frozen=True)
class Nearby:
    """All fits, best first, and how many others were excluded for which reason."""

    fits: list[Fit]
    never: dict[str, int] = field(default_factory=dict)
    offers: int = 0
    search: Search = field(default_factory=Search)
