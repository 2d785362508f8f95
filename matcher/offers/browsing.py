"""The map beside the list of offers: everything that was found, gathered in squares of the country. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from matcher.regions.netherlands import project

TALL, WIDE = 0.2, 0.3
"""Degrees: about 22 by 20 kilometres."""
SMALLEST, BIGGEST = 15.0, 34.0
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
    """Circles in the middle of what they stand for; together they count everything. The biggest first."""
    squares: dict[tuple[int, int], list[tuple[float, float, int]]] = {}
    for lat, lon, count in points:
        squares.setdefault((math.floor(lat / TALL), math.floor(lon / WIDE)), []).append((lat, lon, count))
    found = []
    for (row, column), inside in squares.items():
        count = sum(each[2] for each in inside)
        lat = sum(each[0] * each[2] for each in inside) / count
        lon = sum(each[1] * each[2] for each in inside) / count
        x, y = project(lat, lon)
        radius = min(BIGGEST, SMALLEST + 1.6 * math.sqrt(count))
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
