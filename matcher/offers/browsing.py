"""The map beside the list of offers: everything that was found, gathered in squares of the country. Pure."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from matcher.regions.netherlands import project

TALL, WIDE = 0.25, 0.4
"""Degrees: about 28 by 27 kilometres, so that circles in the middle of two squares never touch."""
SMALLEST, BIGGEST = 21.0, 30.0
Point = tuple[float, float]


@dataclass(frozen=True)
class Gathered:
    """One circle: how many offers, where on the drawing, and the key of its square in an address."""

    key: str
    count: int
    x: float
    y: float
    radius: float


def gathered(points: Iterable[tuple[float, float, int]]) -> list[Gathered]:
    """A circle in the middle of every square with offers; together they count everything. The biggest first."""
    squares: Counter[tuple[int, int]] = Counter()
    for lat, lon, count in points:
        squares[math.floor(lat / TALL), math.floor(lon / WIDE)] += count
    found = []
    for (row, column), count in squares.items():
        x, y = project((row + 0.5) * TALL, (column + 0.5) * WIDE)
        radius = min(BIGGEST, SMALLEST + 0.8 * math.sqrt(count - 1))
        found.append(Gathered(f"{row}.{column}", count, round(x, 1), round(y, 1), round(radius, 1)))
    return sorted(found, key=lambda each: (-each.count, each.key))


def square(key: str) -> tuple[Point, Point] | None:
    """South-west and north-east corner of a square by its key; None for what is no key."""
    row, dot, column = key.partition(".")
    if not (dot and row.isascii() and row.isdigit() and column.isascii() and column.isdigit()):
        return None
    if len(row) > 4 or len(column) > 4:
        return None
    south, west = int(row) * TALL, int(column) * WIDE
    return (south, west), ((int(row) + 1) * TALL, (int(column) + 1) * WIDE)
