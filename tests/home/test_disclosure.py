"""What the home page and the figures show together: no number under five follows by taking one from another."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from flask import Flask, template_rendered
from sqlalchemy import insert, select, update

from matcher.availability.states import Kind
from matcher.clock import local_date, school_year, school_year_dates, utcnow
from matcher.db import Database
from matcher.matching.labels import KINDS
from matcher.matching.models import Match, MatchEvent, MatchMoment
from matcher.matching.states import Side
from matcher.monitor.cells import publishable, publishable_column
from tests.factories import NOW
from tests.factories.matching import epoch, make_match, make_request
from tests.factories.people import make_region, make_school

REGIONS = ("Drenthe", "Fryslân", "Twente", "Zeeland")
MOST = 14
Atom = tuple[str, Kind]
ATOMS: list[Atom] = list(product(REGIONS, Kind))
# A line per region, its lectures, internships and hybrid placements; the last region ended, and is on no list.
WORLDS = {
    "one internship beside many lectures": [(14, 1, 0), (14, 0, 0), (14, 0, 0), (0, 0, 0)],
    "one internship beside few lectures": [(6, 1, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0)],
    "two small kinds": [(9, 1, 1), (8, 0, 0), (0, 0, 0), (0, 0, 0)],
    "a placement in one region": [(9, 7, 1), (8, 6, 12), (7, 0, 0), (0, 0, 0)],
    "an internship in one region": [(9, 1, 0), (8, 6, 0), (7, 9, 0), (0, 0, 0)],
    "small cells crosswise": [(3, 9, 0), (12, 2, 0), (8, 6, 5), (0, 0, 0)],
    "one visit in each region": [(1, 1, 1), (1, 1, 1), (1, 6, 1), (0, 0, 0)],
    "a few of an ended region": [(8, 6, 0), (9, 7, 0), (12, 0, 6), (2, 0, 0)],
    "nothing small": [(8, 6, 5), (9, 7, 8), (12, 0, 6), (0, 0, 0)],
    "nearly nothing": [(1, 0, 0), (0, 2, 0), (0, 0, 1), (0, 0, 0)],
}


@pytest.mark.parametrize(("lines", "most"), [(2, 14), (3, 14), (4, 8), (6, 4)])
def test_column_and_its_total_fit_several_worlds(lines: int, most: int) -> None:
    """Who knows the rule and tries every column still has a choice for every hidden small number."""
    worlds = defaultdict(list)
    for world in product(range(most + 1), repeat=lines):
        worlds[tuple(publishable_column(world)), publishable(sum(world))].append(world)
    for (shown, _total), fitting in worlds.items():
        if fitting in ([(1,) * lines], [(4,) * lines]):
            continue  # the same in every region of the country: no line is left to hide them behind
        for seen, values in zip(shown, zip(*fitting, strict=True), strict=True):
            assert seen is not None or len(set(values)) > 1 or publishable(values[0]) is not None


def test_no_small_number_follows_from_what_the_pages_show(app: Flask, sqlite_database: Database) -> None:
    pool = _pool(sqlite_database)
    told = {}
    for name, rows in WORLDS.items():
        world = {(region, kind): count for region, row in zip(REGIONS, rows, strict=True)
                 for kind, count in zip(Kind, row, strict=True)}  # fmt: skip
        _hold(sqlite_database, pool, world)
        sums = _shown(app)
        assert all(sum(world.get(atom, 0) for atom in atoms) == value for atoms, value in sums), name
        known = [*(atoms for atoms, _value in sums), *({atom} for atoms, value in sums if not value for atom in atoms)]
        told[name] = [hidden for hidden in _small(world) if _follows(hidden, known)]
        assert name != "nothing small" or len(sums) > 20, "what is large enough is shown"
    assert {name: hidden for name, hidden in told.items() if hidden} == {}


def _pool(database: Database) -> dict[Atom, list[int]]:
    """Held visits of every kind in every region; a world takes as many of them into this year as it wants."""
    pool: dict[Atom, list[int]] = {}
    with database.write() as unit:
        for name in REGIONS:
            region = make_region(unit, name.lower(), name=name, landsdeel="noord")
            region.valid_to = local_date(NOW) if name == REGIONS[-1] else None
            school = make_school(unit, region=region)
            for kind in Kind:
                match = make_match(
                    unit, request=make_request(unit, school=school, kind=kind, needed=MOST + 1), state="held"
                )
                numbers = [match.id + number for number in range(1, MOST + 1)]
                events = select(MatchEvent).where(MatchEvent.match_id == match.id).order_by(MatchEvent.seq)
                for event in unit.scalars(events).all():
                    unit.execute(insert(MatchEvent), [_row(event, match_id=number) for number in numbers])
                copies = [_row(match, id=number, place_no=place) for place, number in enumerate(numbers, start=2)]
                unit.execute(insert(Match), copies)
                unit.execute(insert(MatchMoment), [_moment(number) for number in numbers])
                pool[name, kind] = numbers
    return pool


def _row(row: Any, **changed: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs} | changed


def _moment(match_id: int) -> dict[str, Any]:
    start_s = epoch(NOW.date(), "10:15")
    return {"match_id": match_id, "day": NOW.date(), "starts": "10:15", "ends": "11:05", "start_s": start_s,
            "end_s": start_s + 3000, "suggested_by": Side.SCHOOL, "chosen": True}  # fmt: skip


def _hold(database: Database, pool: dict[Atom, list[int]], world: dict[Atom, int]) -> None:
    year = school_year(local_date(utcnow()))
    taken = [number for atom, count in world.items() for number in pool[atom][:count]]
    with database.write() as unit:
        unit.execute(update(MatchMoment).values(day=school_year_dates(year - 10)[0]))
        held = update(MatchMoment).where(MatchMoment.match_id.in_(taken))
        unit.execute(held.values(day=school_year_dates(year)[0]))


def _shown(app: Flask) -> list[tuple[set[Atom], int]]:
    """Every number about visits on the two pages: which visits it counts, as its place on the page says."""
    sums: list[tuple[set[Atom], int | None]] = []
    with _contexts(app) as seen:
        for path in ("/", "/figures"):
            assert app.test_client().get(path, headers={"Accept-Language": "en"}).status_code == 200
    home, figures = seen
    for page in (home["figures"], figures["figures"]):
        totals = zip(Kind, (page.lectures, page.internships, page.hybrids), strict=True)
        sums += [({atom for atom in ATOMS if atom[1] is kind}, value) for kind, value in totals]
        for line in page.regions:
            sums += [({(line.name, Kind.GUEST_LECTURE)}, line.lectures)]
            sums += [({(line.name, Kind.TEACHER_INTERNSHIP)}, line.internships)]
    held, named = figures["held"], figures["named"]
    # The totals of this section are those of the kinds it lists.
    counted = {atom for atom in ATOMS if named[atom[1]] in {cell.label for cell in held.by_kind}}
    sums += [(counted, value.visits) for value in (held, *held.by_subject, *held.by_year)]
    sums += [({atom for atom in counted if named[atom[1]] == cell.label}, cell.visits) for cell in held.by_kind]
    sums += [({atom for atom in counted if atom[0] == cell.label}, cell.visits) for cell in held.by_region]
    return [(atoms, value) for atoms, value in sums if value is not None]


@contextmanager
def _contexts(app: Flask) -> Iterator[list[dict[str, Any]]]:
    seen: list[dict[str, Any]] = []

    def note(_app: Flask, context: dict[str, Any], **_rest: Any) -> None:
        seen.append({**context, "named": {kind: str(KINDS[kind]) for kind in Kind}})

    with template_rendered.connected_to(note, app):
        yield seen


def _small(world: dict[Atom, int]) -> list[set[Atom]]:
    """Cells, regions and kinds with so few visits that nobody may work them out."""
    cells = [{atom} for atom in ATOMS]
    cells += [{atom for atom in ATOMS if atom[0] == region} for region in REGIONS]
    cells += [{atom for atom in ATOMS if atom[1] is kind} for kind in Kind]
    return [cell for cell in cells if publishable(sum(world[atom] for atom in cell)) is None]


def _follows(wanted: set[Atom], known: list[set[Atom]]) -> bool:
    """Whether adding and subtracting known sums, any times any number, gives the wanted one."""
    rows: list[list[Fraction]] = []
    for atoms in known:
        if any(left := _less(atoms, rows)):
            rows.append(left)
    return not any(_less(wanted, rows))


def _less(atoms: set[Atom], rows: list[list[Fraction]]) -> list[Fraction]:
    """What of this sum the rows do not give; each of them was made by this too, after those before it."""
    row = [Fraction(atom in atoms) for atom in ATOMS]
    for other in rows:
        at = next(index for index, value in enumerate(other) if value)
        factor = row[at] / other[at]
        row = [mine - factor * theirs for mine, theirs in zip(row, other, strict=True)]
    return row
