"""Which levels a school teaches most and which lessons it would ask for, from real exam numbers where there are any.

Reads the authority's table of exam candidates per location and programme. Pure but for the file.
"""

import csv
import gzip
import io
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from matcher.demo.catalogue import DATA, Lesson, lessons
from matcher.subjects.levels import Level

EXAMS = Path("duo_vo_examens_2019_2024") / "duo_vo_examens_2019_2024.csv.gz"
UNSAID = 2.5
"""The table says "<5" instead of one to four."""
ANYTHING = 0.25
"""How much a lesson counts that nobody sits an exam in, against one that everybody does."""
TYPES = {"B": Level.VMBO_BB, "K": Level.VMBO_KB, "LWT": Level.VMBO_BB, "G": Level.VMBO_GL, "T": Level.VMBO_TL}


@dataclass
class Demand:
    """Exam candidates per level, and per type of school how they are spread over the fields."""

    candidates: dict[Level, float] = field(default_factory=dict)
    shares: dict[str, dict[str, float]] = field(default_factory=dict)

    def level_weight(self, level: Level) -> float:
        """Exam pupils where they are known; practical training and newcomers have no exam."""
        whole = sum(self.candidates.values())
        return self.candidates.get(level, 0.0) or 0.03 * whole or 1.0

    def lesson_weight(self, lesson: Lesson, level: Level) -> float:
        shares = self.shares.get(_kind_of(level), {})
        return ANYTHING + (4 * shares.get(_field_of()[lesson.code], 0.0) if any(shares.values()) else 0.5)


def usual_demand(dice: Random) -> Demand:
    """A school without exam tables: as the country chooses, with its own leaning."""
    drawn = {
        kind: {name: share * dice.lognormvariate(0, 0.5) for name, share in shares.items()}
        for kind, shares in _table()["usual"].items()
    }
    return Demand({}, {kind: _as_shares(found) for kind, found in drawn.items()})


def read_exams(folder: Path | None) -> Mapping[str, Demand]:
    """Location code (BRIN and two signs) → what its pupils sit exams in; empty without the table."""
    file = folder / EXAMS if folder is not None else None
    if file is None or not file.is_file():
        return {}
    counted: dict[str, Demand] = defaultdict(Demand)
    reader = csv.reader(io.StringIO(gzip.decompress(file.read_bytes()).decode("utf-8-sig")), delimiter=";")
    header = next(reader)
    at, kind_at, name_at = (header.index(name) for name in ("VESTIGINGSCODE", "ONDERWIJSTYPE VO", "OPLEIDINGSNAAM"))
    years = [i for i, name in enumerate(header) if name.startswith("EXAMENKANDIDATEN") and name.endswith("TOTAAL")]
    for row in reader:
        _count(counted[row[at]], row[kind_at], row[name_at], _newest([row[i] for i in years]))
    for demand in counted.values():
        demand.shares = {kind: _as_shares(found) for kind, found in demand.shares.items()}
    return dict(counted)


def _newest(years: list[str]) -> float:
    """The last year that says anything."""
    for text in reversed(years):
        if text.strip():
            return UNSAID if text.startswith("<") else float(text)
    return 0.0


def _count(demand: Demand, kind: str, name: str, pupils: float) -> None:
    head, _dash, programmes = name.partition(" - ")
    level = TYPES.get(head.rpartition(" ")[2]) if kind == "VMBO" else Level(kind.lower())
    if level is not None:
        demand.candidates[level] = demand.candidates.get(level, 0.0) + pupils
    spread = demand.shares.setdefault(kind.lower(), {})
    known = [each for each in programmes.split(" / ") if each in _table()["programmes"]]
    for programme in known:
        for name_of_field, share in _table()["programmes"][programme].items():
            spread[name_of_field] = spread.get(name_of_field, 0.0) + pupils * share / len(known)


def _as_shares(found: Mapping[str, float]) -> dict[str, float]:
    whole = sum(found.values()) or 1.0
    return {name: value / whole for name, value in found.items()}


def _kind_of(level: Level) -> str:
    return "vmbo" if level.value.startswith("vmbo") else level.value


@cache
def _table() -> dict[str, Any]:
    with (DATA / "demand.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _field_of() -> dict[str, str]:
    found = {code: name for name, codes in _table()["lessons"].items() for code in codes}
    missing = set(lessons()) - set(found)
    if missing:
        raise LookupError(f"lessons without a field: {sorted(missing)}")
    return found
