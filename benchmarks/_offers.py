"""Synthetic offers and people with their weeks in the service's own tables, as many as are wanted.

Drawn as arrays and put in as whole tables; the arrays stay beside the database as a second source of truth.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, insert, select, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from matcher.accounts.models import Grant, User
from matcher.accounts.states import Role
from matcher.availability.masks import FULL, mask_of
from matcher.availability.models import WeeklyPattern
from matcher.availability.patterns import default_availability
from matcher.availability.states import Delivery, Kind, OwnerType
from matcher.db import Base, Database
from matcher.offers.models import Offer, OfferSearch
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType
from matcher.reference import prepare
from matcher.regions.geo import ONLINE_CELL, cell_of
from matcher.regions.models import Postcode
from matcher.subjects.levels import Level
from matcher.subjects.levels import mask_of as bits_of
from matcher.subjects.models import Topic

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LEVELS = (Level.VMBO_KB, Level.VMBO_TL, Level.HAVO, Level.VWO, Level.MBO_4)
WAYS = (Delivery.ON_SITE, Delivery.EITHER, Delivery.ONLINE)
TRAVEL = np.array([5, 15, 25, 40, 80, 150])
MOST_PEOPLE = 20_000
CACHE_KB = 400_000
COMPANIES = 500


@dataclass(frozen=True, eq=False)
class Offers:
    """n offers by number from 0 (their id is one more) and p people; `topic_row` says whose topic `topic` is."""

    lat: Any
    lon: Any
    travel_km: Any
    notice_days: Any
    level_mask: Any
    english: Any  # also given in English; all are given in Dutch
    way: Any  # 0 on site, 1 either, 2 online
    person: Any
    never: Any  # (p, 7) masks of quarters
    topic_row: Any
    topic: Any

    def __len__(self) -> int:
        return len(self.lat)


def draw_offers(database: Database, count: int, seed: int) -> Offers:
    """Offers near real postcodes with topics of uneven fame: a few are offered everywhere, most hardly anywhere."""
    dice = np.random.default_rng(seed)
    with database.read() as session:
        places = np.array(session.execute(select(Postcode.lat, Postcode.lon).order_by(Postcode.pc4)).all())
        topics = np.array(session.scalars(select(Topic.id).order_by(Topic.id)).all())
    busy = dice.lognormal(0, 1, len(places))
    where = places[dice.choice(len(places), count, p=busy / busy.sum())]
    people = max(1, min(MOST_PEOPLE, count // 2))
    how_many = dice.integers(1, 4, count)
    rows = np.repeat(np.arange(count), how_many)
    ordered, fame = by_fame(topics)
    drawn = ordered[dice.choice(len(topics), len(rows), p=fame)]
    pairs = np.unique(np.stack([rows, drawn], axis=1), axis=0)
    bits = np.array([bits_of([level]) for level in LEVELS])
    return Offers(
        lat=where[:, 0] + dice.normal(0, 0.01, count),
        lon=where[:, 1] + dice.normal(0, 0.015, count),
        travel_km=dice.choice(TRAVEL, count, p=[0.1, 0.2, 0.3, 0.2, 0.15, 0.05]),
        notice_days=dice.choice([0, 7, 14, 21, 28], count),
        level_mask=(bits * (dice.random((count, len(bits))) < 0.55)).sum(axis=1) | bits[2],
        english=dice.random(count) < 0.3,
        way=dice.choice(3, count, p=[0.8, 0.15, 0.05]),
        person=dice.integers(0, people, count),
        never=_weeks(dice, people),
        topic_row=pairs[:, 0],
        topic=pairs[:, 1],
    )


def by_fame(topics: Any) -> tuple[Any, Any]:
    """The topics in an order that is the same for every size, and how often each is offered or asked for."""
    fame = 1 / (np.arange(len(topics)) + 5) ** 0.8
    return np.random.default_rng(7).permutation(topics), fame / fame.sum()


def _weeks(dice: Any, people: int) -> Any:
    """A third of the days off, of others sometimes a morning or an afternoon; evenings and weekends as nobody comes."""
    never = np.tile(np.array(default_availability().never, dtype=np.int64), (people, 1))
    part = dice.choice(4, (people, 7), p=[0.4, 0.3, 0.15, 0.15])
    for number, mask in ((1, FULL), (2, mask_of(time(7), time(12))), (3, mask_of(time(12), time(22)))):
        never |= np.where(part == number, mask, 0)
    return never


def write_world(database: Database, offers: Offers) -> None:
    """The offers with everything the exact check reads, and their rows of the search key."""
    with database.engine.connect() as connection, _quickly(connection):
        _people(connection, offers)
        _stage(connection, offers)
        connection.execute(text(_OFFERS))
        connection.execute(delete(Offer).where(Offer.id >= _MODEL_ID))
        connection.execute(text("INSERT INTO offer_topics SELECT offer_id, topic_id FROM st_topics"))
        _search_rows(connection)
    with database.engine.connect() as connection:
        _analyze(connection)


def new_database(url: str) -> Database:
    """The newest shape with regions, postcodes and topics in it."""
    prepare(url, newest_data=True)
    return Database(url)


@contextmanager
def _quickly(connection: Connection) -> Iterator[None]:
    """One unit of work without the care a database needs that is not thrown away afterwards."""
    if connection.dialect.name == "postgresql":
        with connection.begin():
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
            yield
        return
    driver: Any = connection.connection.driver_connection
    for pragma in ("foreign_keys = OFF", "synchronous = OFF", "journal_mode = OFF", f"cache_size = -{CACHE_KB}"):
        driver.execute(f"PRAGMA {pragma}")
    with connection.begin():
        yield
    connection.invalidate()  # the next one has every safety switch on again


def _people(connection: Connection, offers: Offers) -> None:
    companies = [
        organisation(number, OrganisationType.COMPANY, kvk=f"{70000000 + number}", lat=52.0, lon=5.0)
        for number in range(1, COMPANIES + 1)
    ]
    connection.execute(insert(Organisation), companies)
    count = len(offers.never)
    people = [_person(number + 1) for number in range(count)]
    connection.execute(insert(User), people)
    connection.execute(
        insert(Grant),
        [
            {
                "user_id": number + 1,
                "role": Role.PROFESSIONAL,
                "organisation_id": number % COMPANIES + 1,
                "created_at": NOW,
                "confirmed_at": NOW,
            }
            for number in range(count)
        ],
    )
    usually = default_availability().usual
    weeks = offers.never.tolist()
    connection.execute(
        insert(WeeklyPattern),
        [
            {
                "owner_type": OwnerType.PERSON,
                "owner_id": number + 1,
                "valid_from": date(2026, 8, 1),
                "usually": [usual & ~never for usual, never in zip(usually, week, strict=True)],
                "never": week,
                "changed_at": NOW,
            }
            for number, week in enumerate(weeks)
        ],
    )


def organisation(number: int, kind: OrganisationType, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": kind,
        "name": f"Organisation {number}",
        "name_key": f"organisation {number}",
        "source": "benchmark",
        "generated": True,
        "created_at": NOW,
        "verified_at": NOW,
        **fields,
    }


def _person(number: int) -> dict[str, Any]:
    address = f"person{number}@demo.example"
    return {
        "id": number,
        "email": address,
        "email_key": address,
        "email_confirmed_at": NOW,
        "name": f"Person {number}",
        "created_at": NOW,
    }


_STAGES = {
    "st_offers": "id integer primary key, person_id integer, delivery varchar(20), languages varchar(20),"
    " level_mask bigint, lat double precision, lon double precision, travel_km integer, notice_days integer",
    "st_topics": "offer_id integer, topic_id integer",
    "st_keys": "topic_id integer, cell integer, offer_id integer",
    "st_weeks": "person_id integer primary key, " + ", ".join(f"day{day} bigint" for day in range(7)),
}
_GIVEN = {
    "id": "st.id",
    "person_id": "st.person_id",
    "organisation_id": f"(st.person_id - 1) % {COMPANIES} + 1",
    "delivery": "st.delivery",
    "level_mask": "st.level_mask",
    "lat": "st.lat",
    "lon": "st.lon",
    "travel_km": "st.travel_km",
    "notice_days": "st.notice_days",
}
_MODEL_ID = 2_000_000_000
_COLUMNS = [column.name for column in Offer.__table__.columns]
_OFFERS = (
    f"INSERT INTO offers ({', '.join(_COLUMNS)}) SELECT "
    + ", ".join(
        "CASE WHEN st.languages = 'en' THEN m2.languages ELSE m.languages END"
        if name == "languages"
        else _GIVEN.get(name, f"m.{name}")
        for name in _COLUMNS
    )
    + f" FROM st_offers st, offers m, offers m2 WHERE m.id = {_MODEL_ID} AND m2.id = {_MODEL_ID + 1}"
)


def _stage(connection: Connection, offers: Offers) -> None:
    """The varying values of the offers in tables of their own, and two offers to copy everything else from."""
    for name, columns in _STAGES.items():
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} ({columns})")
    numbers = np.arange(len(offers)) + 1
    ways, languages = np.array([way.value for way in WAYS]), np.where(offers.english, "en", "nl")
    _fill(
        connection,
        "st_offers",
        [numbers, offers.person + 1, ways[offers.way], languages]
        + [getattr(offers, name) for name in ("level_mask", "lat", "lon", "travel_km", "notice_days")],
    )
    _fill(connection, "st_topics", [offers.topic_row + 1, offers.topic])
    _fill(connection, "st_keys", _keys(offers))
    _fill(connection, "st_weeks", [np.arange(len(offers.never)) + 1, *(FULL & ~offers.never).T])
    models = [
        {
            "id": _MODEL_ID + number,
            "kind": Kind.GUEST_LECTURE,
            "organisation_id": 1,
            "state": OfferState.OPEN,
            "title": "Lesson",
            "languages": languages,
            "levels": [],
            "level_mask": 0,
            "lat": 52.0,
            "lon": 5.0,
            "created_at": NOW,
            "changed_at": NOW,
        }
        for number, languages in enumerate((["nl"], ["nl", "en"]))
    ]
    connection.execute(insert(Offer), models)


def _keys(offers: Offers) -> list[Any]:
    """Topic, cell and offer: in the own cell unless it is only online, in the online cell when it may be; by offer."""
    cells = np.array([cell_of(lat, lon) for lat, lon in zip(offers.lat.tolist(), offers.lon.tolist(), strict=True)])
    here, online = offers.way[offers.topic_row] != 2, offers.way[offers.topic_row] != 0
    row = np.concatenate([offers.topic_row[here], offers.topic_row[online]])
    topic = np.concatenate([offers.topic[here], offers.topic[online]])
    cell = np.where(np.arange(len(row)) < here.sum(), cells[row], ONLINE_CELL)
    order = np.lexsort((topic, row))
    return [topic[order], cell[order], row[order] + 1]


def _fill(connection: Connection, table: str, columns: list[Any]) -> None:
    rows = zip(*(column.tolist() for column in columns), strict=True)
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        with driver.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        driver.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)


def _search_rows(connection: Connection) -> None:
    """In order of the key where the table is kept in that order, else in the order in which offers arrive."""
    table = Base.metadata.tables[OfferSearch.__tablename__]
    days = ", ".join(f"w.day{day}" for day in range(7))
    query = (
        f"INSERT INTO offer_search ({', '.join(column.name for column in table.columns)})"
        " SELECT 'guest_lecture', k.topic_id, k.cell, k.offer_id, o.lat, o.lon, o.travel_km, o.level_mask, "
        f"{days} FROM st_keys k JOIN st_offers o ON o.id = k.offer_id JOIN st_weeks w ON w.person_id = o.person_id"
    )
    for index in table.indexes:
        index.drop(connection)
    if connection.dialect.name == "postgresql":
        # Not isolated: otherwise every later description of the table would lack its key.
        connection.execute(DropConstraint(table.primary_key))
        connection.exec_driver_sql(query)
        connection.execute(AddConstraint(table.primary_key, isolate_from_table=False))
    else:
        connection.exec_driver_sql(f"{query} ORDER BY k.topic_id, k.cell, k.offer_id")
    for index in table.indexes:
        index.create(connection)
    for stage in _STAGES:
        connection.exec_driver_sql(f"DROP TABLE {stage}")


def _analyze(connection: Connection) -> None:
    """What the database does by itself after a while."""
    if connection.dialect.name == "postgresql":
        connection.commit()
        raw: Any = connection.execution_options(isolation_level="AUTOCOMMIT")
        raw.exec_driver_sql("SET statement_timeout = 0")
        raw.exec_driver_sql("VACUUM ANALYZE")
    else:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
