"""GeoNames' file of postcodes (NL.txt: tabs, no header), read into one place per four-digit postcode. Pure.

Its names of municipalities are unreliable, its codes are right; some of its positions are far off, which is for the
importer to find. Columns: country, postcode, place, three levels of (name, code), latitude, longitude, accuracy.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

from matcher.i18n import _
from matcher.regions.provinces import province_of

LEAST_COLUMNS = 11
LATITUDES, LONGITUDES = (50.0, 54.0), (3.0, 8.0)
_PC4 = re.compile(r"[1-9][0-9]{3}")
_CODE = re.compile(r"(?:GM)?([0-9]{1,4})")
_KIND = re.compile(r"^gemeente\s+|\s+(?:municipality|gemeente)$", re.IGNORECASE)


class GeoLine(NamedTuple):
    """One line as it stands there; a postcode may have several."""

    row: int
    pc4: str
    place: str
    province: str
    municipality: str | None
    municipality_code: str | None
    lat: float
    lon: float


class Wrong(NamedTuple):
    """A line that cannot be right."""

    row: int
    column: str
    reason: str


class GeoPlace(NamedTuple):
    """One postcode: the middle of its lines, and the names they give it. `row` is its first line."""

    row: int
    pc4: str
    names: tuple[str, ...]
    province: str
    municipality: str | None
    municipality_code: str | None
    lat: float
    lon: float


def read_lines(text: str) -> tuple[list[GeoLine], list[Wrong]]:
    """Every line that is not empty, and those that are no place in the Netherlands."""
    found: list[GeoLine] = []
    wrong: list[Wrong] = []
    for row, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            read = _line(row, [cell.strip() for cell in line.split("\t")])
            if isinstance(read, Wrong):
                wrong.append(read)
            else:
                found.append(read)
    return found, wrong


def _line(row: int, cells: list[str]) -> GeoLine | Wrong:
    if len(cells) < LEAST_COLUMNS:
        reason = _("%(have)s columns between tabs, where GeoNames writes 12.", have=len(cells))
        return Wrong(row, _("the whole row"), reason)
    country, pc4, place, admin1, code1, admin2, code2, _name3, _code3, lat, lon = cells[:LEAST_COLUMNS]
    if country.upper() != "NL":
        return Wrong(row, _("country"), _("“%(said)s” is not NL.", said=country[:20]))
    if _PC4.fullmatch(pc4) is None:
        return Wrong(row, _("postcode"), _("“%(said)s” is no postcode of four digits.", said=pc4[:20]))
    province = province_of(code1, admin1)
    if province is None:
        return Wrong(row, _("province"), _("“%(said)s” is no Dutch province.", said=(admin1 or code1)[:40]))
    up, right = _degrees(lat, LATITUDES), _degrees(lon, LONGITUDES)
    if up is None or right is None:
        return Wrong(row, _("position"), _("“%(said)s” is no position in the Netherlands.", said=f"{lat} {lon}"[:40]))
    if not place:
        return Wrong(row, _("place"), _("The name of the place is missing."))
    code = _CODE.fullmatch(code2.upper())
    name = _KIND.sub("", admin2).strip()[:200] or None
    return GeoLine(row, pc4, place[:200], province, name, code[1].zfill(4) if code else None, up, right)


def _degrees(text: str, within: tuple[float, float]) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if within[0] <= value <= within[1] else None


def places(lines: Iterable[GeoLine]) -> list[GeoPlace]:
    """One per postcode, ascending: what most of its lines say, in the middle of their positions."""
    by_code: dict[str, list[GeoLine]] = defaultdict(list)
    for line in lines:
        by_code[line.pc4].append(line)
    names = _municipality_names(by_code)
    return [_place(group, names) for _pc4, group in sorted(by_code.items())]


def _place(group: list[GeoLine], names: dict[str, str]) -> GeoPlace:
    code = _most(line.municipality_code for line in group)
    name = names.get(code) if code else _most(line.municipality for line in group)
    return GeoPlace(
        group[0].row,
        group[0].pc4,
        tuple(dict.fromkeys(line.place for line in group)),
        _most(line.province for line in group) or group[0].province,
        name,
        code,
        median(line.lat for line in group),
        median(line.lon for line in group),
    )


def _municipality_names(by_code: dict[str, list[GeoLine]]) -> dict[str, str]:
    """One name per code: the one most lines have, for a few have a village's."""
    said: dict[str, list[str]] = defaultdict(list)
    for group in by_code.values():
        for line in group:
            if line.municipality_code and line.municipality:
                said[line.municipality_code].append(line.municipality)
    return {code: _most(names) or names[0] for code, names in said.items()}


def _most(values: Iterable[str | None]) -> str | None:
    counted = Counter(value for value in values if value)
    return counted.most_common(1)[0][0] if counted else None
