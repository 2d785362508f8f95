"""Places lie where the drawing has them."""

from math import dist

import pytest

from matcher.regions.netherlands import HEIGHT, WIDTH, Spot, dots, project, provinces

DRAWING = (
    '<svg><path\n id="ut"\n name="Utrecht"\n d="m 1,2\n 3,4 z" /><path id="ze" name="Zeeland" d="m 5,6 z" /></svg>'
)


@pytest.mark.parametrize(
    ("lat", "lon", "x", "y"),
    [
        (53.18, 7.2277, 612.3, 101.2),  # Bad Nieuweschans, the east
        (50.7504, 5.92, 405.1, 723.3),  # the south, below Vaals
        (51.317, 3.36, 0.3, 581.6),  # the west, by Sint Anna ter Muiden
    ],
)
def test_outermost_point_lies_on_the_edge_of_the_drawing(lat: float, lon: float, x: float, y: float) -> None:
    assert dist(project(lat, lon), (x, y)) < 6


def test_every_capital_lies_inside_the_drawing() -> None:
    for lat, lon in ((53.22, 6.57), (53.2, 5.8), (52.99, 6.56), (50.85, 5.69), (51.5, 3.61), (52.08, 4.31)):
        x, y = project(lat, lon)
        assert 0 < x < WIDTH
        assert 0 < y < HEIGHT


def test_dots_big_ones_come_first_and_stay_small_enough() -> None:
    drawn = dots([Spot(52, 5, 5, "open"), Spot(52, 5.1, 100_000, "lecture")])
    assert [dot.kind for dot in drawn] == ["lecture", "open"]
    assert drawn[0].radius == 15
    assert drawn[1].radius < 7


def test_provinces_are_read_from_the_drawing() -> None:
    assert provinces(DRAWING) == (("Utrecht", "m 1,2 3,4 z"), ("Zeeland", "m 5,6 z"))


def test_dot_does_not_say_its_exact_number() -> None:
    sizes = [dots([Spot(52, 5, count, "open")])[0].radius for count in (5, 9, 10, 14, 15)]
    assert sizes[0] == sizes[1] < sizes[2] == sizes[3] < sizes[4]
