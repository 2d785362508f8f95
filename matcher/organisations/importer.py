"""Brings a file of the national school register into the database: all of it or nothing, safe to repeat.

Reading the file is in `register`. Locations that are absent from the file are left alone: each file has one sector.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from matcher.organisations.locations import School
from matcher.organisations.models import Organisation, PositionSource
from matcher.organisations.names import name_key
from matcher.organisations.register import Refusal, Register
from matcher.organisations.states import OrganisationType, SchoolSector
from matcher.regions.models import Postcode, Region
from matcher.regions.queries import region_tree
from matcher.regions.tree import DEFAULT_SCHEME, holiday_region, region_code
from matcher.subjects.levels import GROUPS
from matcher.subjects.words import fold

SOURCE = "duo"
Facts = dict[str, Any]


class Report(NamedTuple):
    """What an import did, or in a dry run would do. With any refusal nothing was written."""

    new: int
    changed: int
    unchanged: int
    repeated: int
    boards: int
    refused: list[Refusal]


class Places:
    """Postcodes and regions, held in memory for the length of one import."""

    def __init__(self, session: Session) -> None:
        self._postcodes = {row.pc4: row for row in session.scalars(select(Postcode))}
        self._regions: dict[int, Region] = {node.id: node for node in session.scalars(select(Region))}
        self._default = {node.code: node.id for node in region_tree(session)}
        self._series: dict[str, list[str]] = {}
        for pc4 in self._postcodes:
            self._series.setdefault(pc4[:3], []).append(pc4)

    def nearest(self, pc4: str) -> Postcode | None:
        """The postcode, or for one that is younger than the table the nearest number of its three digits."""
        if pc4 in self._postcodes:
            return self._postcodes[pc4]
        series = self._series.get(pc4[:3], [])
        nearest = min(series, key=lambda other: abs(int(other) - int(pc4)), default=None)
        return self._postcodes[nearest] if nearest else None

    def knows(self, pc4: str) -> bool:
        return pc4 in self._postcodes

    def facts(self, school: School, about: Postcode) -> Facts:
        """Region and holiday region; the register knows the province better than a filled gap of the table does."""
        province = school.province or about.province
        region_id, holidays = about.region_id, about.holiday_region
        if province != about.province:
            holidays = holiday_region(school.pc4, province)
            if self._regions[region_id].scheme == DEFAULT_SCHEME:
                region_id = self._default[region_code(school.pc4, province)]
        return {"region_id": region_id, "holiday_region": school.holidays or holidays}


def import_schools(session: Session, register: Register, *, now: datetime) -> Report:
    """Write what the register says; nothing at all when a row is refused. Flushes, never commits."""
    places = Places(session)
    refused = [*register.refused, *_unknown_postcodes(register.schools, places)]
    known = _known_schools(session)
    if refused:
        return Report(0, 0, 0, len(register.repeated), 0, sorted(refused))
    boards, new_boards = _write_boards(session, (school for _row, school in register.schools), now)
    fresh: list[Facts] = []
    changed = unchanged = 0
    for _row, school in register.schools:
        row = known.get((school.brin, school.location))
        facts = _facts(school, row, places, boards)
        if row is None:
            fresh.append(facts | _beginning(now))
        elif _update(row, facts):
            changed += 1
        else:
            unchanged += 1
    if fresh:
        session.execute(insert(Organisation), fresh)
    session.flush()
    return Report(len(fresh), changed, unchanged, len(register.repeated), new_boards, [])


def _known_schools(session: Session) -> dict[tuple[str | None, str | None], Organisation]:
    schools = session.scalars(select(Organisation).where(Organisation.type == OrganisationType.SCHOOL))
    return {(school.brin, school.location): school for school in schools}


def _unknown_postcodes(schools: list[tuple[int, School]], places: Places) -> list[Refusal]:
    return [
        Refusal(row, "POSTCODE", f'no place in the Netherlands has postcode "{school.postcode}"')
        for row, school in schools
        if places.nearest(school.pc4) is None
    ]


def _write_boards(session: Session, schools: Iterable[School], now: datetime) -> tuple[dict[str, int], int]:
    """The id of every board by its number, and how many are new."""
    names = {school.board: school.board_name for school in schools if school.board}
    query = select(Organisation).where(Organisation.type == OrganisationType.BOARD)
    known = {board.board_code: board for board in session.scalars(query)}
    fresh = [_board(code, names[code], now) for code in sorted(names) if code not in known]
    for code, name in names.items():
        if name and code in known:
            _update(known[code], {"name": name[:200], "name_key": name_key(name)})
    if fresh:
        session.execute(insert(Organisation), fresh)
    ids = session.execute(select(Organisation.board_code, Organisation.id).where(Organisation.board_code.is_not(None)))
    return {str(code): board_id for code, board_id in ids}, len(fresh)


def _board(code: str, name: str | None, now: datetime) -> Facts:
    # DUO's files of locations number the boards and do not name them.
    name = (name or f"Schoolbestuur {code}")[:200]
    facts = {"type": OrganisationType.BOARD, "board_code": code, "name": name, "name_key": name_key(name)}
    return facts | {"levels": []} | _beginning(now)


def _beginning(now: datetime) -> Facts:
    # The register itself vouches for a school; people of the school are still confirmed one by one.
    return {"source": SOURCE, "created_at": now, "verified_at": now}


def _facts(school: School, row: Organisation | None, places: Places, boards: dict[str, int]) -> Facts:
    about = places.nearest(school.pc4)
    if about is None:
        raise LookupError(school.postcode)  # refused before
    facts: Facts = {
        "type": OrganisationType.SCHOOL,
        "brin": school.brin,
        "location": school.location,
        "name": school.name,
        "name_key": name_key(school.name),
        "street": school.street,
        "postcode": school.postcode,
        "pc4": school.pc4 if places.knows(school.pc4) else None,
        "place": about.place if fold(about.place) == fold(school.place) else school.place,
        "website": school.website,
        "school_sector": school.sector,
        "levels": None if school.levels is None else [level.value for level in school.levels],
        "pupils": school.pupils,
        "parent_id": boards.get(school.board or ""),
    }
    facts |= places.facts(school, about) | _position(school, row, about)
    return facts | (_defaults(facts) if row is None else _kept(facts, row))


def _position(school: School, row: Organisation | None, about: Postcode) -> Facts:
    if school.lat is not None:
        return {"lat": school.lat, "lon": school.lon, "position_source": PositionSource.REGISTER}
    if row is not None and row.position_source == PositionSource.REGISTER and row.postcode == school.postcode:
        return {"lat": row.lat, "lon": row.lon, "position_source": PositionSource.REGISTER}
    return {"lat": about.lat, "lon": about.lon, "position_source": PositionSource.POSTCODE}


def _defaults(facts: Facts) -> Facts:
    """DUO's primary file does not say what its schools are."""
    if facts["school_sector"] is not None:
        return {}
    return {"school_sector": SchoolSector.PO, "levels": [level.value for level in GROUPS["po"]]}


def _kept(facts: Facts, row: Organisation) -> Facts:
    """What this file does not have and an earlier one did."""
    silent = [name for name in ("website", "school_sector", "levels", "pupils", "parent_id") if facts[name] is None]
    return {name: getattr(row, name) for name in silent}


def _update(row: Organisation, facts: Facts) -> bool:
    different = {name: value for name, value in facts.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)
