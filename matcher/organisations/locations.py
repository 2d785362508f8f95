"""What one row of the school register says, pure: a location, or why the row cannot be right."""

import math
from typing import NamedTuple

from matcher.organisations.names import is_brin, is_location
from matcher.organisations.states import SchoolSector
from matcher.regions.postcodes import pc4_of
from matcher.regions.states import HolidayRegion
from matcher.regions.tree import PROVINCES
from matcher.subjects.levels import Level, levels_for_structure

SOUTH, NORTH, WEST, EAST = 50.0, 54.0, 3.0, 8.0  # the Netherlands in Europe, with some sea
_PROVINCE_NAMES = {name.casefold(): name for name in PROVINCES} | {"friesland": "Fryslân"}
_SPECIAL = {"SO", "VSO", "SBAO", "SBO", "(V)SO"}
_SMALL_WORDS = {"aan", "de", "den", "der", "het", "in", "op", "van", "bij", "en", "ca", "ter", "ten", "a/d"}


class School(NamedTuple):
    """One location as the file has it; a fact the file lacks is None. Degrees in WGS84."""

    brin: str
    location: str
    name: str
    sector: SchoolSector | None
    levels: tuple[Level, ...] | None
    street: str | None
    postcode: str
    pc4: str
    place: str
    province: str | None
    website: str | None
    lat: float | None
    lon: float | None
    holidays: HolidayRegion | None
    pupils: int | None
    board: str | None
    board_name: str | None


class WrongCell(Exception):
    """A cell that cannot be right."""

    def __init__(self, fact: str, reason: str) -> None:
        super().__init__(reason)
        self.fact, self.reason = fact, reason


def read_school(row: dict[str, str], *, by_duo: bool) -> School:
    """The location in a row of facts. Raises WrongCell."""
    brin, location = _number(row)
    sector, levels = _levels(row)
    lat, lon = _position(row)
    postcode, pc4 = _postcode(row)
    return School(
        brin=brin,
        location=location,
        name=_text(row, "name", 200),
        sector=sector,
        levels=levels,
        street=_street(row),
        postcode=postcode,
        pc4=pc4,
        place=_place(_text(row, "place", 200)),
        province=_PROVINCE_NAMES.get(row.get("province", "").casefold()),
        website=row.get("website") or None,
        lat=lat,
        lon=lon,
        # The joined file has the municipality's holiday region, which is wrong for some villages; DUO has the school's.
        holidays=_holidays(row) if by_duo else None,
        pupils=_pupils(row),
        board=_board(row),
        board_name=row.get("board_name") or None,
    )


def _number(row: dict[str, str]) -> tuple[str, str]:
    brin, code = row["brin"].upper(), row["code"].upper()
    if not is_brin(brin):
        raise WrongCell("brin", f'"{brin[:20]}" is not a BRIN (two digits and two letters, like 00AH)')
    if len(code) > 2 and not code.startswith(brin):
        raise WrongCell("code", f'"{code[:20]}" does not begin with the BRIN {brin}')
    location = code.removeprefix(brin) if len(code) > 2 else code.zfill(2)
    if not is_location(location):
        raise WrongCell("code", f'"{code[:20]}" is not a location of {brin} (like {brin}00)')
    return brin, location


def _levels(row: dict[str, str]) -> tuple[SchoolSector | None, tuple[Level, ...] | None]:
    """Sector and levels follow from the structure; DUO's primary file has no such column."""
    if "structure" not in row:
        return None, None
    levels = levels_for_structure(row["structure"])
    if any(part.strip().upper() in _SPECIAL for part in row["structure"].split("/")):
        return SchoolSector.SO, levels
    if not levels:
        # A structure nobody explained: people of the school correct it, so it must not stop the whole register.
        return SchoolSector.VO, levels_for_structure("vbo/mavo/havo/vwo")
    return (SchoolSector.PO if Level.PO_BOVEN in levels else SchoolSector.VO), levels


def _postcode(row: dict[str, str]) -> tuple[str, str]:
    written = row["postcode"].upper()
    pc4 = pc4_of(written)
    if pc4 is None:
        raise WrongCell("postcode", f'"{written[:20]}" is not a postcode (like 1234 AB)')
    letters = written[4:].strip()
    return f"{pc4} {letters}".strip(), pc4


def _position(row: dict[str, str]) -> tuple[float | None, float | None]:
    if not row.get("lat") or not row.get("lon"):
        return None, None
    lat, lon = _degrees(row, "lat"), _degrees(row, "lon")
    if not SOUTH < lat < NORTH:
        raise WrongCell("lat", f"{row['lat'][:20]} does not lie in the Netherlands")
    if not WEST < lon < EAST:
        raise WrongCell("lon", f"{row['lon'][:20]} does not lie in the Netherlands")
    return lat, lon


def _degrees(row: dict[str, str], fact: str) -> float:
    try:
        degrees = float(row[fact])
    except ValueError:
        degrees = math.nan
    if not math.isfinite(degrees):
        raise WrongCell(fact, f'"{row[fact][:20]}" is not a number of degrees')
    return degrees


def _holidays(row: dict[str, str]) -> HolidayRegion | None:
    written = row.get("holidays", "").casefold()
    return HolidayRegion(written) if written in set(HolidayRegion) else None


def _pupils(row: dict[str, str]) -> int | None:
    written = row.get("pupils", "")
    if not written:
        return None
    digits = written.removesuffix(".0")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 6):
        raise WrongCell("pupils", f'"{written[:20]}" is not a number of pupils')
    return int(digits)


def _board(row: dict[str, str]) -> str | None:
    written = row.get("board", "")
    if written and not (written.isascii() and written.isdigit() and len(written) <= 8):
        raise WrongCell("board", f'"{written[:20]}" is not the number of a school board')
    return written or None


def _street(row: dict[str, str]) -> str | None:
    number = row.get("number", "") + row.get("letter", "")
    number += f"-{row['addition']}" if row.get("addition") else ""
    return f"{row.get('street', '')} {number}".strip()[:200] or None


def _place(written: str) -> str:
    """DUO writes places in capitals; people do not."""
    if written != written.upper():
        return written
    words = written.lower().split()
    return " ".join(word if at and word in _SMALL_WORDS else _capital(word) for at, word in enumerate(words))


def _capital(word: str) -> str:
    if "-" in word:
        return "-".join(_capital(part) for part in word.split("-"))
    return "IJ" + word[2:] if word.startswith("ij") else word[:1].upper() + word[1:]


def _text(row: dict[str, str], fact: str, longest: int) -> str:
    if not row[fact]:
        raise WrongCell(fact, "is empty")
    if len(row[fact]) > longest:
        raise WrongCell(fact, f"is longer than {longest} characters")
    return row[fact]
