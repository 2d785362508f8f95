"""A small map around one place: which part of the drawing of the country is shown, and where the place lies. Pure."""

from dataclasses import dataclass

from matcher.regions.netherlands import HEIGHT, WIDTH, project

SIDE = 150
"""How much of the drawing is shown each way: about a province."""


@dataclass(frozen=True)
class Spot:
    """`name` is what stands beside the map; the part is [left, top, wide, high] of the drawing."""

    name: str
    lat: float
    lon: float
    x: float
    y: float
    part: tuple[float, float, float, float]

    @property
    def view_box(self) -> str:
        return " ".join(f"{number:.0f}" for number in self.part)

    @property
    def address(self) -> str:
        """Opens in the phone's own map, with no other site in between."""
        return f"geo:{self.lat:.4f},{self.lon:.4f}?q={self.lat:.4f},{self.lon:.4f}"


def spot_of(name: str, lat: float | None, lon: float | None) -> Spot | None:
    """None where nobody knows where it is, or where it is not on the drawing."""
    if lat is None or lon is None:
        return None
    x, y = project(lat, lon)
    if not (0 <= x <= WIDTH and 0 <= y <= HEIGHT):
        return None
    left = min(max(x - SIDE / 2, 0), WIDTH - SIDE)
    top = min(max(y - SIDE / 2, 0), HEIGHT - SIDE)
    return Spot(name, lat, lon, round(x, 1), round(y, 1), (left, top, SIDE, SIDE))
