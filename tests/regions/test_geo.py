"""Distance, cells and rings: whatever lies near must be found."""

import math
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.regions.geo import (
    EARTH_RADIUS_KM,
    ONLINE_CELL,
    cell_of,
    cells_within,
    covered_km,
    distance_km,
    distances_from,
    neighbouring_cells,
    rings,
    travel_minutes,
)

LATITUDES = st.floats(50.7, 53.6)
LONGITUDES = st.floats(3.3, 7.3)
KILOMETRES = st.floats(0, 120)
BEARINGS = st.floats(0, 2 * math.pi)


def point_at(lat: float, lon: float, km: float, bearing: float) -> tuple[float, float]:
    """The point so far from another in that direction."""
    phi, angle = math.radians(lat), km / EARTH_RADIUS_KM
    there = math.asin(math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing))
    east = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(there)
    )
    return math.degrees(there), lon + math.degrees(east)


def test_distance_between_known_towns_is_right():
    assert distance_km(52.3731, 4.8922, 51.9225, 4.4792) == pytest.approx(57.4, abs=0.5)  # Amsterdam, Rotterdam
    assert distance_km(50.8514, 5.6910, 53.2194, 6.5665) == pytest.approx(270, abs=2)  # Maastricht, Groningen


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_distance_is_the_same_both_ways_and_nothing_to_itself(lat1, lon1, lat2, lon2):
    assert distance_km(lat1, lon1, lat2, lon2) == pytest.approx(distance_km(lat2, lon2, lat1, lon1))
    assert distance_km(lat1, lon1, lat1, lon1) == 0


@given(LATITUDES, LONGITUDES, KILOMETRES, KILOMETRES, BEARINGS)
@settings(max_examples=300)
def test_every_point_within_reach_lies_in_the_cells_within(lat, lon, km, further, bearing):
    there = point_at(lat, lon, min(km, further), bearing)
    assert cell_of(*there) in cells_within(lat, lon, max(km, further))


@given(LATITUDES, LONGITUDES, st.integers(0, 8), st.floats(0, 0.9999), BEARINGS)
@settings(max_examples=300)
def test_every_point_within_covered_km_lies_in_the_rings_so_far(lat, lon, ring, part, bearing):
    there = point_at(lat, lon, covered_km(lat, lon, ring) * part, bearing)
    assert cell_of(*there) in set().union(*islice(rings(lat, lon), ring + 1))


@given(LATITUDES, LONGITUDES)
@settings(max_examples=20)
def test_rings_do_not_overlap_and_grow_by_eight(lat, lon):
    found = list(rings(lat, lon, widest_km=60))
    assert [len(ring) for ring in found] == [1] + [8 * at for at in range(1, len(found))]
    assert len(set().union(*found)) == sum(len(ring) for ring in found)
    assert found[1] == neighbouring_cells(cell_of(lat, lon))


def test_rings_end_after_they_cover_what_was_asked():
    assert 10 <= len(list(rings(52.1, 5.1, widest_km=100))) <= 13
    assert covered_km(52.1, 5.1, len(list(rings(52.1, 5.1))) - 1) >= 400


@given(st.floats(-90, 90), st.floats(-180, 180), KILOMETRES)
def test_any_point_on_earth_has_a_cell_and_it_is_not_the_online_one(lat, lon, km):
    assert cell_of(lat, lon) > ONLINE_CELL
    assert cell_of(lat, lon) in cells_within(lat, lon, km)


def test_a_search_of_25_km_looks_at_a_few_dozen_cells():
    assert len(cells_within(52.09, 5.12, 25)) <= 42


@pytest.mark.parametrize(("km", "minutes"), [(0, 10), (5, 20), (25, 50), (60, 105)])
def test_travel_is_rounded_up_to_five_minutes(km, minutes):
    assert travel_minutes(km) == minutes


@given(lat=st.floats(50, 54), lon=st.floats(3, 8), there=st.tuples(st.floats(50, 54), st.floats(3, 8)))
def test_distances_from_one_point_are_the_same_to_the_last_bit(lat, lon, there):
    assert distances_from(lat, lon)(*there) == distance_km(lat, lon, *there)
