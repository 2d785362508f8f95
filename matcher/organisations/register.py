"""The layouts of the national school register, pure.

DUO's own files (primary, secondary, special) and the joined file with coordinates, as CSV or GeoJSON.
"""

from typing import NamedTuple

from matcher.errors import InvalidInput
from matcher.organisations.locations import School, WrongCell, read_school
from matcher.organisations.sheets import Table, read_geojson, read_table, read_text

# What each fact is called, by whom: first the names of DUO through the years, then those of the joined file.
COLUMNS: dict[str, tuple[str, ...]] = {
    "brin": ("INSTELLINGSCODE", "BRIN NUMMER", "BRIN", "BRIN_NUMMER"),
    "code": ("VESTIGINGSCODE", "VESTIGINGSNUMMER", "VESTIGINGSCODE OF -NUMMER"),
    "name": ("VESTIGINGSNAAM", "NAAM VESTIGING", "INSTELLINGSNAAM VESTIGING", "INSTELLINGSNAAM", "NAAM"),
    "street": ("STRAATNAAM", "STRAAT"),
    "number": ("HUISNUMMER-TOEVOEGING", "HUISNUMMER"),
    "letter": ("HUISLETTER",),
    "addition": ("HUISNUMMERTOEVOEGING",),
    "postcode": ("POSTCODE",),
    "place": ("PLAATSNAAM", "PLAATS"),
    "province": ("PROVINCIE",),
    "website": ("INTERNETADRES",),
    "structure": ("ONDERWIJSSTRUCTUUR", "SOORT PRIMAIR ONDERWIJS", "TYPE"),
    "board": ("BEVOEGD GEZAG NUMMER",),
    "board_name": ("BEVOEGD GEZAG NAAM",),
    "holidays": ("VAKANTIEREGIO",),
    "pupils": ("LEERLINGEN",),
    "lat": ("LAT",),
    "lon": ("LON",),
}
REQUIRED = ("brin", "code", "name", "postcode", "place")


class Refusal(NamedTuple):
    """A row that cannot be right: its number in the file, the column as written there, and why."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: {self.reason}"


class Register(NamedTuple):
    """What a file holds: (row, school) pairs, the refused rows, and the numbers of rows that repeat an earlier one."""

    schools: list[tuple[int, School]]
    refused: list[Refusal]
    repeated: list[int]


def read_register(content: bytes) -> Register:
    """Every location in a file of the register. Raises InvalidInput when the file as a whole cannot be one."""
    text = read_text(content)
    table = read_geojson(text) if text.lstrip().startswith("{") else read_table(text)
    found = _find_columns(table)
    register, seen = Register([], [], []), dict[str, tuple[int, str]]()
    for number, cells in table.rows:
        try:
            school = read_school({fact: cells[at] for fact, at in found.items()}, by_duo=_is_duo(table))
            if _is_new(number, school, seen):
                register.schools.append((number, school))
            else:
                register.repeated.append(number)
        except WrongCell as wrong:
            register.refused.append(Refusal(number, table.columns[found[wrong.fact]], wrong.reason))
    return register


def _is_new(number: int, school: School, seen: dict[str, tuple[int, str]]) -> bool:
    """A second row with the same code and name repeats the first; another name is a contradiction."""
    code = school.brin + school.location
    row, name = seen.setdefault(code, (number, school.name))
    if name != school.name:
        raise WrongCell("code", f"{code} is already in row {row}, under another name")
    return row == number


def _find_columns(table: Table) -> dict[str, int]:
    written = [" ".join(name.upper().split()) for name in table.columns]
    found = {}
    for fact, names in COLUMNS.items():
        at = next((written.index(name) for name in names if name in written), None)
        if at is not None:
            found[fact] = at
    missing = [COLUMNS[fact][0] for fact in REQUIRED if fact not in found]
    if missing:
        raise InvalidInput(
            f"This is no list of school locations as DUO writes it: row 1 lacks {_listed(missing)}."
            f" It has {_listed([name[:40] for name in table.columns[:6]])}."
        )
    return found


def _is_duo(table: Table) -> bool:
    return any(name.upper() == name and "VESTIGING" in name for name in table.columns)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
