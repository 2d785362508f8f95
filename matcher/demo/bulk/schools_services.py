"""Schools, teachers, classes and coordinators of a large generated world, as rows. Flushes only."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.addresses import email_key
from matcher.accounts.models import Grant, User
from matcher.accounts.states import Role
from matcher.availability.grids import default_grid
from matcher.availability.moments import Calendar, Timetable
from matcher.demo.asking_services import SIZES as CLASS_SIZES
from matcher.demo.asking_services import SMALL, class_name, is_taught, weekly_of
from matcher.demo.bulk.demand import Demand, read_exams, usual_demand
from matcher.demo.bulk.ground import Asker, Group, School
from matcher.demo.bulk.naming import ManyNames, PlaceNames
from matcher.demo.bulk.writing_services import Row, Writer
from matcher.demo.catalogue import lessons
from matcher.demo.place_services import SOURCE
from matcher.organisations.models import Organisation, PositionSource
from matcher.organisations.names import name_key
from matcher.organisations.states import OrganisationType, SchoolSector
from matcher.regions.holidays import public_holidays, school_holidays
from matcher.regions.models import Postcode
from matcher.regions.states import HolidayRegion
from matcher.requests.asking import is_exam_class, weekly_from_rows, weekly_to_rows
from matcher.requests.models import SchoolClass
from matcher.subjects.levels import GROUPS, Level, sector_of, years_of

SECTORS = {SchoolSector.VO: 12, SchoolSector.PO: 8, SchoolSector.MBO: 2, SchoolSector.SO: 1}
"""How often a generated school is of which sector, and how much a real one weighs: secondary schools ask most."""
LEVELS = {
    SchoolSector.PO: ("po",),
    SchoolSector.SO: ("vso", "so"),
    SchoolSector.VO: ("vmbo", "vmbo_gt hv", "hv", "pro vmbo", "vmbo hv"),
    SchoolSector.MBO: ("mbo",),
}
BOARD_OF = 12
REAL_MBO_SHARE = 0.06
BRIN_FROM = 90


class SchoolBuilder:
    """Makes rows in a fixed order, so that a seed gives the same world."""

    def __init__(self, session: Session, writer: Writer, dice: Random, *, began: datetime, now: datetime) -> None:
        self._session, self._writer, self._dice = session, writer, dice
        self._began, self._now = began, now
        self._names = PlaceNames(dice)
        self._brins = 0

    def make(self, wanted: int, places: Sequence[Postcode], reference_data: Path | None) -> list[School]:
        """Real schools where the register was imported, with generated mbo; else all generated."""
        if reference_data is None:
            return self._generated(wanted, places, SECTORS)
        exams = read_exams(reference_data)
        mbo = max(1, round(wanted * REAL_MBO_SHARE))
        real = self._real(wanted - mbo, {place.region_id for place in places}, exams)
        return [*real, *self._generated(mbo, places, {SchoolSector.MBO: 1})]

    def _real(self, wanted: int, region_ids: set[int], exams: Mapping[str, Demand]) -> list[School]:
        """Drawn without repetition, by pupils: `random ** (1 / weight)` is largest most often for large weights."""
        query = select(Organisation).where(
            Organisation.type == OrganisationType.SCHOOL,
            Organisation.ended_at.is_(None),
            Organisation.generated.is_(False),
            Organisation.region_id.in_(region_ids),
            Organisation.holiday_region.is_not(None),
        )
        drawn = []
        for row in self._session.scalars(query.order_by(Organisation.id)):
            if row.levels and row.school_sector in SECTORS:
                weight = SECTORS[row.school_sector] * (50 + (row.pupils or 200))
                drawn.append((self._dice.random() ** (1 / weight), row.id, row))
        best = sorted(drawn, key=lambda each: each[:2], reverse=True)[:wanted]
        return [self._known(row, exams) for _luck, _id, row in sorted(best, key=lambda each: each[1])]

    def _known(self, row: Organisation, exams: Mapping[str, Demand]) -> School:
        demand = exams.get(f"{row.brin}{row.location}") or usual_demand(self._dice)
        levels = tuple(Level(code) for code in row.levels)
        return self._school(row.id, row.parent_id or row.id, row.school_sector or SchoolSector.VO, levels, row, demand)

    def _school(
        self, id_: int, board_id: int, sector: SchoolSector, levels: tuple[Level, ...], where: Any, demand: Demand
    ) -> School:
        return School(
            id=id_,
            board_id=board_id,
            sector=sector,
            levels=levels,
            lat=where.lat,
            lon=where.lon,
            region_id=where.region_id,
            holiday_region=where.holiday_region,
            timetable=timetable(sector, where.holiday_region, self._began.date(), self._now.date()),
            demand=demand,
        )

    def _generated(self, wanted: int, places: Sequence[Postcode], sectors: Mapping[SchoolSector, int]) -> list[School]:
        boards = [self._board(number) for number in range(1, 2 + wanted // BOARD_OF)]
        found = []
        for _ in range(wanted):
            sector = self._dice.choices(list(sectors), list(sectors.values()))[0]
            where, board_id = self._dice.choice(places), self._dice.choice(boards)
            groups = self._dice.choice(LEVELS[sector]).split()
            levels = tuple(level for level in Level if any(level in GROUPS.get(name, (name,)) for name in groups))
            id_ = self._write_school(sector, levels, where, board_id)
            found.append(self._school(id_, board_id, sector, levels, where, usual_demand(self._dice)))
        return found

    def _board(self, number: int) -> int:
        row = organisation_row(OrganisationType.BOARD, self._names.board(), None, self._began)
        row |= {"id": self._writer.next_id(Organisation), "board_code": f"98{number:04d}"}
        self._writer.add(Organisation, row)
        return int(row["id"])

    def _write_school(self, sector: SchoolSector, levels: tuple[Level, ...], where: Postcode, board_id: int) -> int:
        row = organisation_row(OrganisationType.SCHOOL, self._names.school(sector.value), where, self._began)
        number, letters = divmod(self._brins, 676)
        self._brins += 1
        row |= {
            "id": self._writer.next_id(Organisation),
            "brin": f"{BRIN_FROM + number}{chr(65 + letters // 26)}{chr(65 + letters % 26)}",
            "location": "00",
            "school_sector": sector,
            "parent_id": board_id,
            "levels": [level.value for level in levels],
            "pupils": self._dice.randrange(120, 1600, 10),
        }
        self._writer.add(Organisation, row)
        return int(row["id"])


@cache
def timetable(sector: SchoolSector, region: HolidayRegion, began: date, today: date) -> Timetable:
    """The usual lesson times, and the holidays of the whole history and a year and a half ahead."""
    first, last = began - timedelta(days=30), today + timedelta(days=550)
    holidays = {**school_holidays(region, first, last), **public_holidays(first, last)}
    return Timetable(default_grid(sector), Calendar(holidays=holidays))


def organisation_row(type_: OrganisationType, name: str, where: Postcode | None, began: datetime) -> Row:
    """Every column that any generated organisation has, so that all rows look alike."""
    return {
        "type": type_,
        "parent_id": None,
        "name": name,
        "name_key": name_key(name),
        "brin": None,
        "location": None,
        "board_code": None,
        "kvk": None,
        "school_sector": None,
        "levels": [],
        "sector_id": None,
        "size": None,
        "postcode": where.pc4 if where else None,
        "pc4": where.pc4 if where else None,
        "place": where.place if where else None,
        "lat": where.lat if where else None,
        "lon": where.lon if where else None,
        "position_source": PositionSource.POSTCODE if where else None,
        "region_id": where.region_id if where else None,
        "holiday_region": where.holiday_region if where else None,
        "pupils": None,
        "source": SOURCE,
        "generated": True,
        "created_at": began,
        "verified_at": began,
    }


class Staffing:
    """People with an account and a role."""

    def __init__(self, writer: Writer, dice: Random, names: ManyNames, *, began: datetime, password_hash: str) -> None:
        self._writer, self._dice, self._names = writer, dice, names
        self._began, self._password_hash = began, password_hash

    def add(
        self,
        role: Role,
        function: str,
        *,
        organisation_id: int | None = None,
        region_id: int | None = None,
        named: tuple[str, str] | None = None,
    ) -> int:
        """The id of somebody new."""
        name, email = named or self._names.person()
        user_id = self._writer.next_id(User)
        phone = f"06 00 {self._dice.randrange(100):02d} {self._dice.randrange(100):02d} {self._dice.randrange(100):02d}"
        self._writer.add(
            User,
            {
                "id": user_id,
                "email": email,
                "email_key": email_key(email),
                "email_confirmed_at": self._began,
                "name": name,
                "function": function,
                "phone": phone,
                "locale": "en" if self._dice.random() < 0.03 else "nl",
                "password_hash": self._password_hash,
                "created_at": self._began,
            },
        )
        self._writer.add(
            Grant,
            {
                "id": self._writer.next_id(Grant),
                "user_id": user_id,
                "role": role,
                "organisation_id": organisation_id,
                "region_id": region_id,
                "created_at": self._began,
                "confirmed_at": self._began,
            },
        )
        return user_id

    def teachers(self, wanted: int, schools: Sequence[School]) -> list[Asker]:
        """Every school one, the rest where most pupils are taught; each with one or two classes."""
        dice, found = self._dice, []
        weights = [3 if school.sector is SchoolSector.VO else 1 for school in schools]
        numbers = dict.fromkeys((school.id for school in schools), 0)
        for number in range(wanted):
            school = schools[number] if number < len(schools) else dice.choices(schools, weights)[0]
            if numbers[school.id] > 24:
                continue
            leads = number < len(schools) and school.sector in (SchoolSector.VO, SchoolSector.MBO)
            function = "Leerkracht" if school.sector in (SchoolSector.PO, SchoolSector.SO) else "Docent"
            role = Role.SCHOOL_LEAD if leads else Role.TEACHER
            user_id = self.add(role, "Teamleider" if leads else function, organisation_id=school.id)
            groups = []
            for _ in range(dice.choice([1, 1, 2])):
                groups.append(self._group(school, user_id, numbers[school.id]))
                numbers[school.id] += 1
            found.append(Asker(user_id, school, groups, leads))
        return found

    def _group(self, school: School, user_id: int, number: int) -> Group:
        dice = self._dice
        taught = [level for level in school.levels if is_taught(level)] or [Level.HAVO]
        level = dice.choices(taught, [school.demand.level_weight(each) for each in taught])[0]
        year = dice.choice(years_of(level)[-4:])
        few, many = (8, 15) if level in SMALL else CLASS_SIZES.get(SchoolSector(sector_of(level).value), (16, 28))
        rows = weekly_to_rows(weekly_of(dice, school.sector))
        fitting = [lesson for lesson in lessons().values() if level in lesson.levels]
        group = Group(
            id=self._writer.next_id(SchoolClass),
            name=class_name(level, year, number),
            level=level,
            year=year,
            size=dice.randint(few, many),
            weekly=weekly_from_rows(rows),
            exam=is_exam_class(level.value, year),
            lessons=fitting,
            weights=[school.demand.lesson_weight(lesson, level) for lesson in fitting],
        )
        self._writer.add(
            SchoolClass,
            {
                "id": group.id,
                "organisation_id": school.id,
                "name": group.name,
                "level": level.value,
                "year": year,
                "size": group.size,
                "weekly_periods": rows,
                "created_by_id": user_id,
                "created_at": self._began,
            },
        )
        return group
