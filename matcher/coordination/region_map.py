"""The country as a grid of dots, each in the region of the nearest postcode: who serves what, at a glance. Pure."""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from matcher.regions.netherlands import HEIGHT, WIDTH, project

STEP = 8.0
"""Units of the drawing between two dots: about five and a half kilometres."""
REACH = 24.0
"""A dot farther from every postcode than this lies in the sea or abroad; the drawing cuts off the coast."""
TONES = 3
Grid = dict[int, list[tuple[float, float]]]


@dataclass(frozen=True)
class Patch:
    """One region: its dots as one path, in one of a few tones so that neighbours differ more often than not."""

    region_id: int
    path: str
    state: str
    tone: int


@lru_cache(maxsize=2)
def grid(points: tuple[tuple[float, float, int], ...]) -> Grid:
    """The dots of every region: (lat, lon, region) of every postcode. Kept, for it changes a few times a year."""
    buckets: dict[tuple[int, int], list[tuple[float, float, int]]] = defaultdict(list)
    for lat, lon, region_id in points:
        x, y = project(lat, lon)
        buckets[int(x // REACH), int(y // REACH)].append((x, y, region_id))
    found: Grid = defaultdict(list)
    for row in range(math.ceil(HEIGHT / STEP)):
        # Every other row is shifted by half a step, as in a halftone.
        shift = STEP / 2 if row % 2 else 0.0
        for column in range(math.ceil(WIDTH / STEP)):
            x, y = column * STEP + shift, row * STEP
            nearest = _nearest(x, y, buckets)
            if nearest is not None:
                found[nearest].append((x, y))
    return found


def _nearest(x: float, y: float, buckets: Mapping[tuple[int, int], list[tuple[float, float, int]]]) -> int | None:
    left, top = int(x // REACH), int(y // REACH)
    near = [
        (math.hypot(point[0] - x, point[1] - y), point[2])
        for column in (left - 1, left, left + 1)
        for row in (top - 1, top, top + 1)
        for point in buckets.get((column, row), ())
    ]
    distance, region_id = min(near, default=(REACH, 0))
    return region_id if distance < REACH else None


def patches(found: Grid, states: Mapping[int, str]) -> list[Patch]:
    """`states`: region → the class its dots get; regions without one are left out."""
    order = sorted((region_id for region_id in found if region_id in states), key=lambda each: _middle(found[each]))
    return [
        Patch(region_id, "".join(f"M{x:g} {y:g}h0" for x, y in found[region_id]), states[region_id], at % TONES)
        for at, region_id in enumerate(order)
    ]


def _middle(dots: list[tuple[float, float]]) -> tuple[float, float]:
    return sum(y for _x, y in dots) / len(dots), sum(x for x, _y in dots) / len(dots)
