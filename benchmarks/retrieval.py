"""Finding eligible offers among ten thousand, a hundred thousand and a million, on SQLite and on PostgreSQL.

Measures 9, 10 and 11: the service's own search on its own tables, next to a full scan, PostGIS and `tstzmultirange`.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from benchmarks._offers import NOW, Offers, draw_offers, new_database, write_world
from benchmarks._oracle import full_scan
from benchmarks._output import arguments, in_turns, line, not_run
from benchmarks._requests import write_requests
from benchmarks._servers import postgis_server, postgres, sqlite_folder
from matcher.availability.masks import FULL, WeekMask, as_week, stretches
from matcher.availability.patterns import may_fit
from matcher.availability.states import Delivery
from matcher.clock import AMSTERDAM, local_date
from matcher.db import Database
from matcher.matching.key_queries import KEY, Asked, conditions
from matcher.matching.search_queries import eligible_offers, in_person
from matcher.matching.view_queries import request_view
from matcher.matching.views import RequestView
from matcher.regions.geo import ONLINE_CELL, distances_from

SIZES = {"full": (10_000, 100_000, 1_000_000), "small": (1_000, 5_000, 20_000)}
REQUESTS = 200
TIMED = 12
ROUNDS = 3
NEAR_KM = 25
CANDIDATES = 300
DAYS_AHEAD = 250  # the rest of a school year, as ranges of free time
SEED = 20261122


@dataclass
class World:
    """A database with so many offers, the arrays they were drawn as, and 200 requests."""

    database: Database
    offers: Offers
    requests: list[RequestView]

    @property
    def size(self) -> int:
        return len(self.offers)


def main() -> None:
    asked = arguments("Retrieval among many offers")
    sizes = SIZES[asked.size]
    full = asked.size == "full"
    with sqlite_folder() as folder:
        worlds = [make_world(f"sqlite:///{folder / f'{size}.db'}", size) for size in sizes]
        measure("SQLite", worlds, full=full)
        close(worlds)
    with postgres() as server:
        if server is None:
            not_run("retrieval PostgreSQL", goal="≤ 1/20 of a scan", why="no server: install the extra `bench`")
            return
        worlds = [make_world(server.url(server.create()), size) for size in sizes]
        measure("PostgreSQL", worlds, full=full)
        beside_postgis(worlds[-1], full=full)
        beside_multirange(worlds[-1])
        close(worlds)


def make_world(url: str, size: int) -> World:
    database = new_database(url)
    offers = draw_offers(database, size, SEED)
    write_world(database, offers)
    ids = write_requests(database, REQUESTS, SEED + 1)
    with session_of(database) as session:
        requests = [request_view(session, number, now=NOW) for number in ids]
    return World(database, offers, requests)


def cpu(*sessions: Session) -> Callable[[], float]:
    """Seconds of CPU of this process and, on PostgreSQL, of the server processes that answer these sessions.

    What waits for its turn on a busy machine is not counted. Where the system does not tell, wall time.
    """
    servers = [
        Path(f"/proc/{session.scalar(text('SELECT pg_backend_pid()'))}/schedstat")
        for session in sessions
        if session.get_bind().dialect.name == "postgresql"
    ]
    if not all(server.is_file() for server in servers):
        return time.perf_counter
    return lambda: time.process_time() + sum(int(server.read_text().split()[0]) for server in servers) / 1e9


def close(worlds: list[World]) -> None:
    for world in worlds:
        world.database.dispose()


@contextmanager
def session_of(database: Database) -> Iterator[Session]:
    """Reading; on PostgreSQL every way works with one process, whatever the planner would like."""
    with database.read() as session:
        if not database.is_sqlite:
            session.execute(text("SET max_parallel_workers_per_gather = 0"))
            session.execute(text("SET statement_timeout = 0"))
        yield session


def measure(engine: str, worlds: list[World], *, full: bool) -> None:
    against_scan(engine, worlds[-1], full=full)
    growth(engine, worlds[-2], worlds[-1], full=full)
    for world in worlds if engine == "SQLite" else worlds[1:-1]:
        identical(engine, world)


def against_scan(engine: str, world: World, *, full: bool) -> None:
    """Measure 9: everybody within 25 km by the key, and the same by reading every row."""
    shares, spent = [], []
    with session_of(world.database) as session:
        for request in near_requests(world):
            ways = [lambda r=request: by_key(session, r), lambda r=request: by_scan(session, r)]
            if ways[0]() != ways[1]():
                raise AssertionError("the scan finds others than the search")
            ours, theirs = in_turns(ways, rounds=ROUNDS, clock=cpu(session))
            shares.append(ours / theirs)
            spent.append(ours)
    share = statistics.median(shares)
    line(
        f"retrieval {engine}: within {NEAR_KM} km, share of a full scan",
        share,
        "of the scan",
        goal="≤ 0.05",
        holds=share <= 1 / 20 if full else None,
        detail=f"{world.size:,} offers, {TIMED} requests, median 1/{1 / share:.0f}, ours {ms(spent)}",
    )


def near_requests(world: World) -> list[RequestView]:
    return [replace(each, delivery=Delivery.ON_SITE, max_km=NEAR_KM) for each in world.requests[:TIMED]]


def by_key(session: Session, request: RequestView) -> list[tuple[float, int]]:
    return [near for batch in in_person(session, request) for near in batch]


def by_scan(session: Session, request: RequestView) -> list[tuple[float, int]]:
    """The same conditions on every row; the key's columns are hidden in sums so that no index answers."""
    asked = Asked.of(request)
    query = select(KEY.offer_id, KEY.lat, KEY.lon, KEY.travel_km).where(
        KEY.kind.concat("") == bindparam("kind"),
        (KEY.topic_id + 0).in_(bindparam("topics", expanding=True)),
        KEY.cell + 0 != ONLINE_CELL,
        *conditions(asked.shape),
    )
    away = distances_from(request.lat, request.lon)
    found = {row[0]: (away(row[1], row[2]), row[3]) for row in session.execute(query, asked.values)}
    return sorted((km, number) for number, (km, travel) in found.items() if km <= min(travel, NEAR_KM))


def growth(engine: str, few: World, many: World, *, full: bool) -> None:
    """Measure 10: the nearest 200 with everything judged, and what one returned row costs, in a tenth and in all."""
    nearest: list[list[float]] = [[], []]
    rows: list[list[float]] = [[], []]
    with session_of(few.database) as a, session_of(many.database) as b:
        sides = ((a, few), (b, many))
        for number in range(TIMED):
            asked = [replace(world.requests[number], delivery=Delivery.ON_SITE, max_km=None) for _s, world in sides]
            times = in_turns(
                [lambda s=s, r=r: eligible_offers(s, r, now=NOW) for (s, _w), r in zip(sides, asked, strict=True)],
                rounds=ROUNDS,
                clock=cpu(a, b),
            )
            near = [replace(each, max_km=NEAR_KM) for each in asked]
            found = [len(by_key(s, r)) for (s, _w), r in zip(sides, near, strict=True)]
            ways = [lambda s=s, r=r: by_key(s, r) for (s, _w), r in zip(sides, near, strict=True)]
            costs = in_turns(ways, rounds=ROUNDS, clock=cpu(a, b))
            for side in range(2):
                nearest[side].append(times[side])
                rows[side].append(costs[side] / max(1, found[side]))
    grown = statistics.median(b / a for a, b in zip(*nearest, strict=True))
    line(
        f"retrieval {engine}: nearest 200 eligible, growth",
        grown,
        "times",
        goal="≤ 2",
        holds=grown <= 2 if full else None,
        detail=f"{few.size:,} to {many.size:,} offers, judged exactly; {ms(nearest[0])} and {ms(nearest[1])}",
    )
    per_row = statistics.median(b / a for a, b in zip(*rows, strict=True))
    line(
        f"retrieval {engine}: cost per returned row, growth",
        per_row,
        "times",
        goal="≤ 1",
        holds=per_row <= 1 if full else None,
        detail=f"{few.size:,} to {many.size:,} offers, everybody within {NEAR_KM} km",
    )


def identical(engine: str, world: World) -> None:
    """Measure 11: the search and an independent full scan in memory, request by request."""
    same = found = 0
    with session_of(world.database) as session:
        for request in world.requests:
            got = [offer.id for offer, _verdict in eligible_offers(session, request, now=NOW)[0]]
            same += got == full_scan(world.offers, request, 200)
            found += len(got)
            session.expunge_all()
    line(
        f"retrieval {engine}: same as the full scan, {world.size:,}",
        same,
        f"of {REQUESTS}",
        goal=f"{REQUESTS}",
        holds=same == REQUESTS and found > 0,
        detail=f"{found:,} found, in the same order",
    )


def beside_postgis(world: World, *, full: bool) -> None:
    """Measure 9: a geography column with its index, the limits as `ST_DWithin`, everything else as a filter."""
    name, goal = f"retrieval PostgreSQL: within {NEAR_KM} km, share of PostGIS", "≤ 1/6"
    if postgis_server() is None:
        not_run(name, goal=goal, why="no postgresql with postgis on this machine")
        return
    with world.database.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
        for statement in _POSTGIS:
            connection.exec_driver_sql(statement)
    shares, theirs_ms = [], []
    with session_of(world.database) as session:
        for request in near_requests(world):
            ways = [lambda r=request: by_key(session, r), lambda r=request: by_postgis(session, r)]
            differ = {n for _km, n in ways[0]()} ^ {n for _km, n in ways[1]()}
            if len(differ) > 0.02 * len(ways[0]()) + 2:  # a sphere there and an ellipsoid here differ at the edge
                raise AssertionError("PostGIS finds others than the search")
            ours, theirs = in_turns(ways, rounds=ROUNDS, clock=cpu(session))
            shares.append(ours / theirs)
            theirs_ms.append(theirs)
    share = statistics.median(shares)
    detail = f"{world.size:,} offers, {TIMED} requests, median 1/{1 / share:.0f}, theirs {ms(theirs_ms)}"
    line(name, share, "of PostGIS", goal=goal, holds=share <= 1 / 6 if full else None, detail=detail)


_POSTGIS = (
    "CREATE EXTENSION IF NOT EXISTS postgis",
    "CREATE TABLE places AS SELECT *, ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography AS place"
    f" FROM offer_search WHERE cell <> {ONLINE_CELL}",
    "CREATE INDEX places_place ON places USING gist (place)",
    "CREATE INDEX places_topic ON places (topic_id)",
    "ANALYZE places",
)


def by_postgis(session: Session, request: RequestView) -> list[tuple[float, int]]:
    moments = " OR ".join(f"(day{m.weekday} & {m.mask}) = {m.mask}" for m in request.moments)
    query = (
        "SELECT offer_id, ST_Distance(place, here) FROM places,"
        " (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS here) AS asked"
        f" WHERE ST_DWithin(place, here, {NEAR_KM * 1000}) AND ST_DWithin(place, here, travel_km * 1000)"
        f" AND kind = 'guest_lecture' AND topic_id IN ({', '.join(map(str, sorted(request.closeness)))})"
        f" AND level_mask & :level <> 0 AND ({moments})"
    )
    values = {"lat": request.lat, "lon": request.lon, "level": request.level_bit}
    found = dict(session.execute(text(query), values).all())
    return sorted((metres / 1000, number) for number, metres in found.items())


def beside_multirange(world: World) -> None:
    """Measure 11: which of 300 candidates can come at one of the asked moments, by masks and by ranges of free time."""
    requests = [r for r in near_requests(world) if r.moments]
    with session_of(world.database) as session:
        chosen = [[n for _km, n in by_key(session, replace(r, moments=(), max_km=60))][:CANDIDATES] for r in requests]
    pairs = [(r, ids) for r, ids in zip(requests, chosen, strict=True) if len(ids) == CANDIDATES]
    with world.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE free_times (offer_id integer PRIMARY KEY, free tstzmultirange)")
        driver: Any = connection.connection.driver_connection
        with driver.cursor().copy("COPY free_times FROM STDIN") as copy:
            for number in sorted({number for _r, ids in pairs for number in ids}):
                copy.write_row((number, free_ranges(world.offers.never[world.offers.person[number - 1]])))
        connection.exec_driver_sql("ANALYZE free_times")
    shares, asked_for = [], []
    with session_of(world.database) as session:
        for request, ids in pairs:
            week = world.offers.never[world.offers.person[np.array(ids) - 1]].tolist()
            at_hand = list(zip(ids, (as_week(never) for never in week), strict=True))
            ways = [
                lambda r=request, weeks=at_hand: by_masks(r, weeks),
                lambda r=request, i=ids: by_statement(session, r, i),
                lambda r=request, i=ids: by_ranges(session, r, i),
            ]
            if not ways[0]() == ways[1]() == ways[2]():
                raise AssertionError("masks and ranges disagree")
            ours, statement, theirs = in_turns(ways, rounds=3 * ROUNDS, clock=cpu(session))
            shares.append(ours / theirs)
            asked_for.append(statement / theirs)
    name, goal = f"retrieval PostgreSQL: availability of {CANDIDATES}, share of tstzmultirange", "≤ 0.25"
    if not shares:
        not_run(name, goal=goal, why=f"fewer than {CANDIDATES} candidates near any request")
        return
    share = statistics.median(shares)
    detail = (
        f"{len(shares)} requests; masks as the search has them at hand, ranges of {DAYS_AHEAD} days in a statement;"
    )
    detail += f" masks fetched by id in a statement of their own: {statistics.median(asked_for):.2f}"
    line(name, share, "of ranges", goal=goal, holds=share <= 1 / 4, detail=detail)


def by_masks(request: RequestView, weeks: list[tuple[int, WeekMask]]) -> set[int]:
    """The service's own test on the weeks of the candidates."""
    asked = [(moment.weekday, moment.mask) for moment in request.moments]
    return {number for number, never in weeks if may_fit(never, asked)}


def by_statement(session: Session, request: RequestView, ids: list[int]) -> set[int]:
    moments = sorted({(moment.weekday, moment.mask) for moment in request.moments})
    free = " OR ".join(f"(day{weekday} & {mask}) = {mask}" for weekday, mask in moments)
    return set(
        session.scalars(
            text(f"SELECT offer_id FROM offer_search WHERE offer_id = ANY(:ids) AND ({free})"), {"ids": ids}
        )
    )


def by_ranges(session: Session, request: RequestView, ids: list[int]) -> set[int]:
    slots = " OR ".join(
        f"free @> tstzrange(to_timestamp({m.start_s}), to_timestamp({m.end_s}))" for m in request.moments
    )
    query = text(f"SELECT offer_id FROM free_times WHERE offer_id = ANY(:ids) AND ({slots})")
    return set(session.scalars(query, {"ids": ids}))


def free_ranges(never: Any) -> str:
    """The days ahead of one person as the text of a multirange."""
    week = [[(a, b) for a, b in stretches(FULL & ~int(mask))] for mask in never]
    first = local_date(NOW)
    parts = []
    for ahead in range(DAYS_AHEAD):
        day = first + timedelta(days=ahead)
        for start, end in week[day.weekday()]:
            span = (datetime.combine(day, start, AMSTERDAM), datetime.combine(day, end, AMSTERDAM))
            parts.append(f"[{span[0].isoformat()},{span[1].isoformat()})")
    return "{" + ",".join(parts) + "}"


def ms(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.1f} ms"


if __name__ == "__main__":
    main()
