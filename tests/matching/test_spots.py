"""The small map on the page of a match."""

import pytest

from matcher.matching.spots import spot_of


@pytest.mark.parametrize("place", [(53.2, 5.8), (50.76, 6.02), (51.44, 3.6)])
def test_small_map_shows_the_place_inside_its_part(place: tuple[float, float]) -> None:
    spot = spot_of("Hier", *place)
    assert spot is not None
    left, top, wide, high = spot.part
    assert left <= spot.x <= left + wide
    assert top <= spot.y <= top + high
    assert spot_of("Nergens", None, 5.0) is None
    assert spot_of("Ver weg", 40.0, -3.7) is None
