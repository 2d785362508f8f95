"""A list of municipalities with the region each belongs to, read into a tiling: every odd row is refused by name. Pure.

Lists of CBS have the code of a municipality (0363, GM0363); by code is surest, for names are spelt in many ways.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from matcher.i18n import _, _l
from matcher.organisations.columns import Field, Row
from matcher.organisations.outcomes import Outcome, Refused, Status
from matcher.subjects.words import fold

MOST_CODE = 40
FIELDS = (
    Field(
        "municipality",
        _l("Municipality"),
        (
            "gemeente",
            "gemeentenaam",
            "naam gemeente",
            "gemeente naam",
            "municipality",
            "gemeenten",
            "gm naam",
            "naam van de gemeente",
        ),
    ),
    Field(
        "code",
        _l("Code of the municipality"),
        (
            "cbs code",
            "gemeentecode",
            "gemeente code",
            "code gemeente",
            "gm code",
            "municipality code",
            "gemeentenummer",
        ),
    ),
    Field(
        "region",
        _l("Region"),
        (
            "arbeidsmarktregio",
            "regio",
            "region",
            "regionaam",
            "naam regio",
            "regio naam",
            "arbeidsmarktregio naam",
            "naam arbeidsmarktregio",
            "rmc regio",
        ),
    ),
    Field(
        "region_code",
        _l("Code of the region"),
        ("regiocode", "regio code", "code regio", "arbeidsmarktregio code", "code arbeidsmarktregio", "region code"),
    ),
)
REQUIRED = (("municipality", "code"), ("region",))
_CODE = re.compile(r"(?:GM)?\s*([0-9]{1,4})(?:\.0)?")
_SUFFIX = re.compile(r"\s*\([^)]*\)$")


class Place(NamedTuple):
    """A postcode as the database has it, with how many schools it holds."""

    pc4: str
    municipality: str | None
    municipality_code: str | None
    lat: float
    lon: float
    region_id: int
    schools: int

    @property
    def key(self) -> str | None:
        """How its municipality is told apart: by code where there is one."""
        return self.municipality_code or (fold(self.municipality) if self.municipality else None)


@dataclass
class Tiling:
    """Municipality (by key) → code of its region, and the names of the regions."""

    region_of: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


class Municipalities:
    """The municipalities of the postcode table, found by code or by any usual spelling of the name."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.names: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        self._by_name: dict[str, set[str]] = {}
        for place in places:
            if place.key is not None:
                name = place.municipality or place.key
                self.names.setdefault(place.key, name)
                self.sizes[place.key] = self.sizes.get(place.key, 0) + 1
                for spelling in (fold(name), fold(_SUFFIX.sub("", name))):
                    self._by_name.setdefault(spelling, set()).add(place.key)

    def find(self, row: Row) -> str:
        """The key of the municipality a row means. Raises Refused."""
        code, name = row.get("code"), row.get("municipality")
        number = _CODE.fullmatch(code.upper())
        if code and number is None:
            raise Refused(_("“%(said)s” is no code of a municipality: it has four digits.", said=code[:40]), "code")
        if number is not None and number[1].zfill(4) in self.names:
            return number[1].zfill(4)
        found = self._by_name.get(fold(name)) or self._by_name.get(fold(_SUFFIX.sub("", name))) if name else None
        if not found:
            asked = name or code
            if not asked:
                raise Refused(_("No municipality is named."), "municipality" if row.header("municipality") else "code")
            raise Refused(
                _("No postcode lies in a municipality “%(said)s”.", said=asked[:60]),
                "municipality" if name else "code",
            )
        if len(found) > 1:
            raise Refused(_("There is more than one “%(said)s”: give its code.", said=name[:60]), "municipality")
        return next(iter(found))


def read_tiling(
    rows: Sequence[Row], municipalities: Municipalities, taken: Iterable[str]
) -> tuple[Tiling, list[Outcome]]:
    """The tiling and what every row says. `taken`: codes of the nodes above, which no region may get."""
    tiling, outcomes = Tiling(), []
    first_row: dict[str, int] = {}
    spelling: dict[str, int] = {}
    for row in rows:
        try:
            key = municipalities.find(row)
            if key in first_row:
                raise Refused(_("This municipality stands in row %(row)s already.", row=first_row[key]), _named(row))
            code = _region(row, tiling, spelling, set(taken))
        except Refused as refusal:
            outcomes.append(
                Outcome(row.number, Status.REFUSED, column=row.header(refusal.field), reason=refusal.reason)
            )
            continue
        first_row[key] = row.number
        tiling.region_of[key] = code
        what = f"{municipalities.names[key]} → {tiling.names[code]}"
        outcomes.append(Outcome(row.number, Status.CHANGED, what))
    return tiling, outcomes


def _named(row: Row) -> str:
    return "municipality" if row.header("municipality") else "code"


def _region(row: Row, tiling: Tiling, spelling: dict[str, int], taken: set[str]) -> str:
    name = " ".join(row.get("region").split())[:200]
    if not name:
        raise Refused(_("The region is missing."), "region")
    code = slug(row.get("region_code") or name)
    if not code:
        raise Refused(_("“%(said)s” is no name of a region.", said=name[:60]), "region")
    if code in taken:
        code = f"{code[: MOST_CODE - 6]}-regio"
    known = tiling.names.setdefault(code, name)
    spelling.setdefault(code, row.number)
    if known != name:
        raise Refused(
            _("“%(said)s” is written “%(known)s” in row %(row)s.", said=name[:60], known=known, row=spelling[code]),
            "region",
        )
    return code


def slug(text: str) -> str:
    """A code of letters, digits and hyphens, as the codes of the tree are."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MOST_CODE].strip("-")


def forgotten(tiling: Tiling, municipalities: Municipalities) -> Mapping[str, int]:
    """Municipalities with postcodes that the file does not name, and how many postcodes."""
    return {
        municipalities.names[key]: size for key, size in municipalities.sizes.items() if key not in tiling.region_of
    }
