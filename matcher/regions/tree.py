"""The default tiling as data, pure: country, five landsdelen, thirteen regions, and the hand-written postcode rules.

Codes are stable: coordinators, rules and imports refer to them.
"""

from typing import NamedTuple

from matcher.regions.states import HolidayRegion, RegionLevel

DEFAULT_SCHEME = "default"
COUNTRY_CODE = "nl"
COUNTRY_NAME = "Nederland"
WEST_BRABANT = "west-brabant"


class Node(NamedTuple):
    """One node of the tree; `parent` is a code, none for the country."""

    code: str
    name: str
    level: RegionLevel
    parent: str | None


# landsdeel code: (name, [(region code, name)]). The order is the order on pages.
_LANDSDELEN: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "noord": ("Noord", [("groningen", "Groningen"), ("fryslan", "Fryslân"), ("drenthe", "Drenthe")]),
    "noordwest": (
        "Noordwest",
        [("noord-holland", "Noord-Holland"), ("flevoland", "Flevoland"), ("utrecht", "Utrecht")],
    ),
    "oost": ("Oost", [("overijssel", "Overijssel"), ("gelderland", "Gelderland")]),
    "zuidwest": (
        "Zuidwest",
        [("zuid-holland", "Zuid-Holland"), ("zeeland", "Zeeland"), (WEST_BRABANT, "West-Brabant")],
    ),
    "zuidoost": ("Zuidoost", [("noord-brabant", "Midden- en Oost-Brabant"), ("limburg", "Limburg")]),
}

# Every province with its holiday region; the prefixes below are the exceptions.
PROVINCES: dict[str, tuple[str, HolidayRegion]] = {
    "Groningen": ("groningen", HolidayRegion.NOORD),
    "Fryslân": ("fryslan", HolidayRegion.NOORD),
    "Drenthe": ("drenthe", HolidayRegion.NOORD),
    "Overijssel": ("overijssel", HolidayRegion.NOORD),
    "Flevoland": ("flevoland", HolidayRegion.NOORD),
    "Noord-Holland": ("noord-holland", HolidayRegion.NOORD),
    "Utrecht": ("utrecht", HolidayRegion.MIDDEN),
    "Zuid-Holland": ("zuid-holland", HolidayRegion.MIDDEN),
    "Gelderland": ("gelderland", HolidayRegion.MIDDEN),
    "Noord-Brabant": ("noord-brabant", HolidayRegion.ZUID),
    "Zeeland": ("zeeland", HolidayRegion.ZUID),
    "Limburg": ("limburg", HolidayRegion.ZUID),
}


def _prefixes(*spans: tuple[int, int]) -> list[str]:
    return [str(number) for first, last in spans for number in range(first, last + 1)]


# Altena, Bergen op Zoom, Woensdrecht, Steenbergen, Roosendaal, Rucphen, Halderberge, Moerdijk, Breda, Zundert,
# Etten-Leur, Oosterhout, Drimmelen, Geertruidenberg. The villages of Alphen-Chaam that share 485 with Breda go along.
WEST_BRABANT_PREFIXES = frozenset(_prefixes((425, 428), (461, 479), (481, 485), (487, 494)))

# Where a province is split between holiday regions (Regeling vaststelling schoolvakanties, article 3). Three digits
# suffice but for a few towns named beside the rule; the longest prefix wins.
HOLIDAY_PREFIXES: dict[tuple[str, str], HolidayRegion] = {
    ("Flevoland", "389"): HolidayRegion.MIDDEN,  # Zeewolde
    ("Gelderland", "805"): HolidayRegion.NOORD,  # Hattem
    ("Utrecht", "3755"): HolidayRegion.NOORD,  # Eemnes; the rest of 375 is Bunschoten
    ("Utrecht", "139"): HolidayRegion.NOORD,  # Abcoude, once a municipality of its own
    **{("Noord-Brabant", prefix): HolidayRegion.MIDDEN for prefix in ("425", "426", "428")},  # Altena but Dussen, Hank
    # Bommelerwaard; Nijmegen, Maas and Waal, Overbetuwe, Lingewaard; Arnhem and the Liemers with Didam and Doesburg
    **{
        ("Gelderland", prefix): HolidayRegion.ZUID
        for prefix in _prefixes((530, 533), (651, 669), (681, 695), (698, 699))
    },
    ("Gelderland", "6877"): HolidayRegion.MIDDEN,  # Deelen, in Ede
    **{("Gelderland", code): HolidayRegion.MIDDEN for code in ("6996", "6997", "6998", "6999")},  # Drempt and Hummelo
}


def nodes() -> list[Node]:
    """All nineteen nodes, parents before children."""
    found = [Node(COUNTRY_CODE, COUNTRY_NAME, RegionLevel.COUNTRY, None)]
    for code, (name, _regions) in _LANDSDELEN.items():
        found.append(Node(code, name, RegionLevel.LANDSDEEL, COUNTRY_CODE))
    for parent, (_name, regions) in _LANDSDELEN.items():
        found += [Node(code, name, RegionLevel.REGION, parent) for code, name in regions]
    return found


def region_code(pc4: str, province: str) -> str:
    """The region of the default tiling. Raises KeyError for a province that does not exist."""
    if province == "Noord-Brabant" and pc4[:3] in WEST_BRABANT_PREFIXES:
        return WEST_BRABANT
    return PROVINCES[province][0]


def holiday_region(pc4: str, province: str) -> HolidayRegion:
    """The school-holiday region. Raises KeyError for a province that does not exist."""
    for length in (4, 3):
        found = HOLIDAY_PREFIXES.get((province, pc4[:length]))
        if found is not None:
            return found
    return PROVINCES[province][1]
