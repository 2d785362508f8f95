"""Distance, the grid of cells and travel time, all pure. Positions come from postcodes or the school register.

A cell is 0.1 degree of latitude by 0.15 degree of longitude: about 11 by 10 km in the Netherlands. Cells are numbered
over the whole world, so every point has one and no border needs a special case.
"""

import math
from collections.abc import Callable, Iterator

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
ROWS_PER_DEGREE = 10.0
COLUMNS_PER_DEGREE = 1 / 0.15
ROWS = 1800
COLUMNS = 2400
ONLINE_CELL = 0  # offers without a place live here; no place on earth has this number
TOUCH = 1e-6  # degrees added where rounding could cut off a point on the edge
WIDEST_SEARCH_KM = 400.0  # the Netherlands measure about 315 km from end to end

# Travel estimate: roads are 1.3 times the straight line, 50 km/h on average over town and motorway, 10 minutes to
# leave, park and walk in. People read it as "about"; rivers and the Wadden islands are not known to it.
ROAD_FACTOR = 1.3
ROAD_KM_PER_HOUR = 50.0
DOOR_MINUTES = 10
STEP_MINUTES = 5


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in kilometres (haversine on a sphere, error under 0.6 %)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half = math.sin((phi2 - phi1) / 2) ** 2
    half += math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))


def distances_from(lat: float, lon: float) -> Callable[[float, float], float]:
    """`distance_km` from one point to many, to the last bit the same."""
    phi, cosine, diameter = math.radians(lat), math.cos(math.radians(lat)), 2 * EARTH_RADIUS_KM
    radians, sin, cos, asin, sqrt = math.radians, math.sin, math.cos, math.asin, math.sqrt

    def away(to_lat: float, to_lon: float) -> float:
        to_phi = radians(to_lat)
        half = sin((to_phi - phi) / 2) ** 2
        half += cosine * cos(to_phi) * sin(radians(to_lon - lon) / 2) ** 2
        return diameter * asin(sqrt(half if half < 1.0 else 1.0))

    return away


def travel_minutes(km: float) -> int:
    """Door-to-door estimate for a straight-line distance, rounded up to five minutes."""
    minutes = DOOR_MINUTES + km * ROAD_FACTOR / ROAD_KM_PER_HOUR * 60
    return math.ceil(minutes / STEP_MINUTES) * STEP_MINUTES


def cell_of(lat: float, lon: float) -> int:
    """The number of the cell a point lies in, always above ONLINE_CELL."""
    return _number(_row(lat), _column(lon))


def neighbouring_cells(cell: int) -> set[int]:
    """The up to eight cells around a cell."""
    row, column = divmod(cell - 1, COLUMNS)
    return _ring(row, column, 1)


def cells_within(lat: float, lon: float, km: float) -> list[int]:
    """Every cell that may hold a point within `km`, ascending. A few of them lie wholly outside: measure afterwards."""
    angle = km / EARTH_RADIUS_KM
    half_height = math.degrees(angle)
    found = set()
    for row in range(_row(lat - half_height), _row(lat + half_height) + 1):
        # Rows further north or south need less width; their near edge says how far they are away at least.
        south, north = row / ROWS_PER_DEGREE - 90, (row + 1) / ROWS_PER_DEGREE - 90
        half_width = _half_width_between(lat, angle, south, north)
        first = _column_raw(lon - half_width)
        count = min(COLUMNS, _column_raw(lon + half_width) - first + 1)
        found |= {_number(row, first + step) for step in range(count)}
    return sorted(found)


def rings(lat: float, lon: float, widest_km: float = WIDEST_SEARCH_KM) -> Iterator[set[int]]:
    """The point's own cell, then the cells around it, ring by ring, until `covered_km` reaches `widest_km`."""
    row, column = _row(lat), _column(lon)
    ring = 0
    while True:
        yield _ring(row, column, ring)
        if covered_km(lat, lon, ring) >= widest_km:
            return
        ring += 1


def covered_km(lat: float, lon: float, ring: int) -> float:
    """How far around the point everything lies in rings 0 to `ring`: beyond it, nearer ones may be missing."""
    row, column = _row(lat), _column(lon)
    south = math.radians(lat - ((row - ring) / ROWS_PER_DEGREE - 90))
    north = math.radians((row + ring + 1) / ROWS_PER_DEGREE - 90 - lat)
    west = lon - ((column - ring) / COLUMNS_PER_DEGREE - 180)
    east = (column + ring + 1) / COLUMNS_PER_DEGREE - 180 - lon
    # The nearest point of a meridian: sin d = cos(lat) * sin(difference in longitude).
    sides = [math.asin(math.cos(math.radians(lat)) * math.sin(math.radians(min(side, 90.0)))) for side in (west, east)]
    return EARTH_RADIUS_KM * max(0.0, min(south, north, *sides))


def _half_width_between(lat: float, angle: float, south: float, north: float) -> float:
    """Degrees of longitude the circle reaches to either side between two parallels."""
    if abs(math.radians(lat)) + angle >= math.pi / 2:
        return 180.0
    phi = math.radians(lat)
    # The circle is widest where sin(parallel) = sin(phi) / cos(angle); on either side of that it only narrows.
    widest = math.degrees(math.asin(max(-1.0, min(1.0, math.sin(phi) / math.cos(angle)))))
    parallel = math.radians(min(max(widest, south), north))
    cosine = (math.cos(angle) - math.sin(phi) * math.sin(parallel)) / (math.cos(phi) * math.cos(parallel))
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine)))) + TOUCH


def _row(lat: float) -> int:
    return min(ROWS - 1, max(0, math.floor((lat + 90) * ROWS_PER_DEGREE)))


def _column_raw(lon: float) -> int:
    return math.floor((lon + 180) * COLUMNS_PER_DEGREE)


def _column(lon: float) -> int:
    return _column_raw(lon) % COLUMNS


def _number(row: int, column: int) -> int:
    return row * COLUMNS + column % COLUMNS + 1


def _ring(row: int, column: int, ring: int) -> set[int]:
    return {
        _number(row + down, column + right)
        for down in range(-ring, ring + 1)
        for right in range(-ring, ring + 1)
        if max(abs(down), abs(right)) == ring and 0 <= row + down < ROWS
    }
