"""What a region looks like at a glance, as plain values. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from matcher.availability.states import Kind
from matcher.regions.netherlands import project

EDGE = 0.12
"""Room around the outermost dots, as a part of how far they lie from each other."""
SMALLEST_FRAME = 40.0
"""Units of the drawing: about twenty-eight kilometres."""


@dataclass(frozen=True)
class SchoolLine:
    """One school: visits agreed or held this school year, and requests open now."""

    id: int
    name: str
    place: str
    visits: int
    open_requests: int
    lat: float
    lon: float


@dataclass(frozen=True)
class RegionNumbers:
    schools: int
    reached: int
    companies: int
    visits: int
    open_requests: int


@dataclass(frozen=True)
class Mark:
    """One school on the map: `kind` is lecture (reached), open (asks) or internship (not reached yet)."""

    x: float
    y: float
    radius: float
    kind: str


@dataclass(frozen=True)
class RuleLine:
    """What holds for one kind now; `own` says whether this region chose it. `source`: the node above that did; none
    when nobody chose."""

    kind: Kind
    value: str
    own: bool
    source: str | None = None


@dataclass(frozen=True)
class RuleChange:
    at: datetime
    who: str | None
    region: str
    kind: str | None
    value: Any
    can_undo: bool = False


def numbers_of(lines: list[SchoolLine], companies: int) -> RegionNumbers:
    return RegionNumbers(
        schools=len(lines),
        reached=sum(line.visits > 0 for line in lines),
        companies=companies,
        visits=sum(line.visits for line in lines),
        open_requests=sum(line.open_requests for line in lines),
    )


def marks(lines: list[SchoolLine]) -> list[Mark]:
    """Schools that were not reached last, so that they lie on top; bigger where there were more visits."""
    places = [project(line.lat, line.lon) for line in lines]
    unit = max(_spans(places)) / 70
    placed = []
    for line, (x, y) in zip(lines, places, strict=True):
        kind = "lecture" if line.visits else "open" if line.open_requests else "internship"
        placed.append(Mark(round(x, 2), round(y, 2), round(unit * (1 + 0.12 * min(line.visits, 8)), 2), kind))
    return sorted(placed, key=lambda mark: -mark.radius)


def _spans(places: list[tuple[float, float]]) -> tuple[float, float]:
    """How wide and how high the places lie apart, at least the smallest frame."""
    wide = max((x for x, _y in places), default=0.0) - min((x for x, _y in places), default=0.0)
    high = max((y for _x, y in places), default=0.0) - min((y for _x, y in places), default=0.0)
    return max(wide, SMALLEST_FRAME), max(high, SMALLEST_FRAME)


def frame(found: list[Mark]) -> tuple[float, float, float, float]:
    """(x, y, width, height) of the part of the drawing that holds every mark."""
    if not found:
        return 0.0, 0.0, 613.0, 724.0
    middle_x = (min(mark.x for mark in found) + max(mark.x for mark in found)) / 2
    middle_y = (min(mark.y for mark in found) + max(mark.y for mark in found)) / 2
    wide, high = (span * (1 + 2 * EDGE) for span in _spans([(mark.x, mark.y) for mark in found]))
    return round(middle_x - wide / 2, 1), round(middle_y - high / 2, 1), round(wide, 1), round(high, 1)
