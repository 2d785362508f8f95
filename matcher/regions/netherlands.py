"""The map of the Netherlands as numbers, pure: where a place lies on the drawing, and which shapes it has.

The drawing is @svg-maps/netherlands (CC BY 4.0), a Mercator projection without grid. The factors below are a
least-squares fit on the outermost points of provinces in four directions; the error is under 2 of 613 units.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

WIDTH, HEIGHT = 613, 724
DRAWING = "vendor/netherlands/netherlands.svg"
_X_SCALE, _X_SHIFT = 158.26, -531.54
_Y_SCALE, _Y_SHIFT = -157.893, 10052.55
_PATH = re.compile(r'<path\s+id="(\w+)"\s+name="([^"]+)"\s+d="([^"]+)"')
SMALLEST, BIGGEST = 4.0, 15.0
STEP = 5


@dataclass(frozen=True)
class Dot:
    """One circle on the map."""

    x: float
    y: float
    radius: float
    kind: str


@dataclass(frozen=True)
class Spot:
    """How many of a kind happen around a place."""

    lat: float
    lon: float
    count: int
    kind: str


def project(lat: float, lon: float) -> tuple[float, float]:
    """Degrees to units of the drawing, from its upper left corner."""
    mercator = math.degrees(math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)))
    return _X_SCALE * lon + _X_SHIFT, _Y_SCALE * mercator + _Y_SHIFT


def dots(spots: Iterable[Spot]) -> list[Dot]:
    """Circles whose area goes with the count in steps of five, as an exact size could be taken from the total of a
    table; big ones first, so that small ones stay visible on top."""
    placed = []
    for spot in spots:
        x, y = project(spot.lat, spot.lon)
        radius = min(BIGGEST, SMALLEST + 0.85 * math.sqrt(spot.count // STEP * STEP))
        placed.append(Dot(round(x, 1), round(y, 1), round(radius, 1), spot.kind))
    return sorted(placed, key=lambda dot: -dot.radius)


@lru_cache(maxsize=2)
def province_codes(svg: str) -> tuple[str, ...]:
    """The names of its shapes, for a page that borrows them from the file instead of holding them itself."""
    return tuple(code for code, _name, _path in _PATH.findall(svg))


@lru_cache(maxsize=2)
def provinces(svg: str) -> tuple[tuple[str, str], ...]:
    """(name, path data) of every province in the drawing's text."""
    return tuple((name, " ".join(path.split())) for _code, name, path in _PATH.findall(svg))


@lru_cache(maxsize=2)
def shapes(svg: str) -> tuple[str, ...]:
    """The id of every province in the drawing's text, for a page that shows the file's own shapes."""
    return tuple(code for code, _name, _path in _PATH.findall(svg))
