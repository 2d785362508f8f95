"""What a region looks like at a glance, as plain values. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from matcher.availability.states import Kind
from matcher.regions.netherlands import project

EDGE = 8.0
"""Room around the outermost dot, in units of the drawing."""


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
    """What holds for one kind now; `own` says whether this region chose it or has it from above or by default."""

    kind: Kind
    value: str
    own: bool


@dataclass(frozen=True)
class RuleChange:
    at: datetime
    who: str | None
    region: str
    kind: str | None
    value: Any


def numbers_of(lines: list[SchoolLine], companies: int) -> RegionNumbers:
    return RegionNumbers(
        schools=len(lines),
        reached=sum(line.visits > 0 for line in lines),
        companies=companies,
        visits=sum(line.visits for line in lines),
        open_requests=sum(line.open_requests for line in lines),
    )


def marks(lines: list[SchoolLine]) -> list[Mark]:
    """Schools that were not reached first, so that the others lie on top of them."""
    placed = []
    for line in sorted(lines, key=lambda line: (line.visits, line.open_requests)):
        x, y = project(line.lat, line.lon)
        kind = "lecture" if line.visits else "open" if line.open_requests else "internship"
        placed.append(Mark(round(x, 1), round(y, 1), 1.6 + 0.3 * min(line.visits, 5), kind))
    return placed


def frame(found: list[Mark]) -> tuple[float, float, float, float]:
    """(x, y, width, height) of the part of the drawing that holds every mark."""
    if not found:
        return 0.0, 0.0, 613.0, 724.0
    left, right = min(mark.x for mark in found) - EDGE, max(mark.x for mark in found) + EDGE
    top, bottom = min(mark.y for mark in found) - EDGE, max(mark.y for mark in found) + EDGE
    return round(left, 1), round(top, 1), round(max(right - left, 60.0), 1), round(max(bottom - top, 60.0), 1)
