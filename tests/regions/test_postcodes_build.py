"""How the table is built: namesakes by their neighbours, gaps from them."""

import pytest

from matcher.regions.postcodes_build import Code, Place, build
from matcher.regions.states import PostcodeSource

HENGELO = Place("Overijssel", 52.27, 6.79)
HENGELO_GLD = Place("Gelderland", 52.05, 6.31)
BORNE = Place("Overijssel", 52.30, 6.75)
VORDEN = Place("Gelderland", 52.10, 6.31)
ZUTPHEN = Place("Gelderland", 52.14, 6.20)
RUURLO = Place("Gelderland", 52.09, 6.45)
FAR_VELP = Place("Limburg", 50.90, 5.90)
NAMES = {
    "hengelo": [HENGELO, HENGELO_GLD],
    "borne": [BORNE],
    "vorden": [VORDEN],
    "zutphen": [ZUTPHEN],
    "ruurlo": [RUURLO],
    "velp": [FAR_VELP],
}
CODES = {
    "7201": Code("Zutphen", "Gelderland"),
    "7251": Code("Vorden", None),
    "7252": Code("Nowhere", "Limburg"),
    "7253": Code("Velp", None),
    "7255": Code("Hengelo Gld", None),
    "7261": Code("Ruurlo", "Gelderland"),
    "7551": Code("Hengelo", "Gelderland"),
    "7559": Code("Borne", None),
    "7621": Code("Borne", "Overijssel"),
    "7622": Code("Borne", "Overijssel"),
}


@pytest.fixture(scope="module")
def rows():
    return {row.pc4: row for row in build(CODES, NAMES)}


def test_namesakes_are_told_apart_by_the_codes_around_them(rows):
    assert (rows["7255"].lat, rows["7255"].province) == (HENGELO_GLD.lat, "Gelderland")
    assert (rows["7551"].lat, rows["7551"].province) == (HENGELO.lat, "Overijssel")
    assert rows["7255"].source == PostcodeSource.PACKAGE


def test_a_place_nobody_knows_lies_between_its_neighbours(rows):
    gap = rows["7252"]
    assert gap.source == PostcodeSource.NEIGHBOUR
    assert 52.05 <= gap.lat <= 52.10
    assert gap.province == "Gelderland"  # no neighbour lies in the province the package names
    assert gap.place == "Nowhere"


def test_a_lone_namesake_far_away_is_not_believed(rows):
    assert rows["7253"].source == PostcodeSource.NEIGHBOUR
    assert rows["7253"].lat > 52
