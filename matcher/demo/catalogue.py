"""What the generated world is made of, read from the files in `data`, pure: lessons, schools, companies, names."""

import random
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from matcher.subjects.levels import GROUPS, Level
from matcher.subjects.words import fold

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Lesson:
    """A guest lecture as its giver writes it, and as a teacher would ask for it. Topics are codes."""

    code: str
    titles: tuple[str, ...]
    does: str
    topics: tuple[str, ...]
    levels: tuple[Level, ...]
    jobs: tuple[str, ...]
    minutes: int
    materials: str
    subject: str
    asks: tuple[str, ...]


@dataclass(frozen=True)
class SchoolPlan:
    name: str
    place: str
    sector: str
    levels: tuple[Level, ...]
    board: int


@dataclass(frozen=True)
class CompanyPlan:
    name: str
    place: str
    sector: str
    size: str
    lessons: tuple[str, ...]


@cache
def lessons() -> dict[str, Lesson]:
    """Every lesson by its code, in the order of the file."""
    return {
        row["code"]: Lesson(**{**_tuples(row), "levels": levels_of(row["levels"])})
        for row in _read("lessons")["lesson"]
    }


@cache
def schools() -> tuple[SchoolPlan, ...]:
    return tuple(SchoolPlan(**{**row, "levels": levels_of(row["levels"])}) for row in _read("town")["school"])


@cache
def companies() -> tuple[CompanyPlan, ...]:
    return tuple(CompanyPlan(**_tuples(row)) for row in _read("town")["company"])


@cache
def boards() -> tuple[str, ...]:
    return tuple(_read("town")["boards"])


@cache
def towns() -> tuple[str, ...]:
    """Where people who work for themselves live; a place named more often is a larger town."""
    return tuple(_read("town")["towns"])


class Names:
    """Invented people, each once, with a mail address that can never be delivered."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._groups = _read("people")["group"]
        self._used: set[str] = set()

    def next(self) -> tuple[str, str]:
        """(name, mail address)."""
        while True:
            name, address = self.any()
            if name not in self._used:
                self._used.add(name)
                return name, address

    def any(self) -> tuple[str, str]:
        """The same, but perhaps one that was given before."""
        group = self._chance.choices(self._groups, [each["weight"] for each in self._groups])[0]
        name = f"{self._chance.choice(group['first'])} {self._chance.choice(group['last'])}"
        return name, f"{_address(name)}@demo.example"


def levels_of(names: list[str]) -> tuple[Level, ...]:
    """Levels and groups of levels ("vmbo") as levels, in the order of the list of levels."""
    found = {level for name in names for level in (GROUPS[name] if name in GROUPS else (Level(name),))}
    return tuple(level for level in Level if level in found)


def _address(name: str) -> str:
    """Mail servers refuse letters with accents before the @; the dotless i has no accent to lose."""
    return fold(name.replace("ı", "i")).replace(" ", ".")


def _tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def _read(name: str) -> dict[str, Any]:
    with (DATA / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)
