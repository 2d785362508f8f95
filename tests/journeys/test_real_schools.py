"""The published school register, and who is suggested at three of its schools: every number and reason checked."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.availability.moments import Week, WeeklyPeriod
from matcher.availability.states import Delivery
from matcher.cli import main
from matcher.db import Database
from matcher.matching.request_services import publish_request, take_back_to_draft
from matcher.matching.suggestion_services import still_eligible, suggest
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType, SchoolSector
from matcher.reference import prepare
from matcher.requests.class_services import update_class
from matcher.requests.models import Request, SchoolClass
from matcher.requests.queries import wish_of
from matcher.requests.services import update_draft
from tests.factories import NOW
from tests.journeys.real_reasons import Rows, acceptable
from tests.journeys.real_world import (
    CAST,
    FITS,
    LESSONS,
    ONLINE,
    SCHOOLS,
    WEEKS,
    Ask,
    Guest,
    Neighbourhood,
    haversine,
    postcode_positions,
    school_positions,
)

pytestmark = [pytest.mark.real_data, pytest.mark.slow, pytest.mark.long_on_postgres]


@dataclass(frozen=True)
class World:
    """A database with the real register and three requests, and what the commands said on the way."""

    database: Database
    url: str
    var: Path
    imported: tuple[Any, Any]
    asks: dict[str, Ask]
    positions: dict[str, tuple[float, float]]
    said: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)

    def command(self, *words: str) -> Any:
        settings = {"MATCHER_DATABASE_URL": self.url, "MATCHER_VAR": str(self.var)}
        return CliRunner().invoke(main, list(words), env=settings)

    def suggest(self, request_id: int, lang: str) -> dict[str, Any]:
        """What `matcher suggest` prints; asked once, nothing changes meanwhile."""
        if (request_id, lang) not in self.said:
            self.said[request_id, lang] = self._suggest(request_id, lang)
        return self.said[request_id, lang]

    def _suggest(self, request_id: int, lang: str) -> dict[str, Any]:
        with time_machine.travel(NOW, tick=True):
            done = self.command("suggest", str(request_id), "--json", "--lang", lang, "--limit", "200")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def world(
    engine_name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, reference_data: Path
) -> Iterator[World]:
    var = tmp_path_factory.mktemp("real")
    cluster = request.getfixturevalue("cluster") if engine_name == "postgresql" else None
    name = cluster.create() if cluster else ""
    url = cluster.url(name) if cluster else f"sqlite:///{var / 'real.db'}"
    prepare(url)
    database = Database(url)
    file = reference_data / "schools_nl_2024" / "schools_nl_2024.csv.gz"
    found = World(database, url, var, (), {}, school_positions(file))  # type: ignore[arg-type]
    imported = tuple(found.command("import", "schools", str(file)) for _ in range(2))
    with database.write() as session:
        asks = {sort: settle(session, sort, found.positions) for sort in SCHOOLS}
    yield World(database, url, var, imported, asks, found.positions)  # type: ignore[arg-type]
    database.dispose()
    if cluster:
        cluster.drop(name)


def settle(session: Session, sort: str, positions: dict[str, tuple[float, float]]) -> Ask:
    """The request of one school with everybody around it."""
    school = SCHOOLS[sort]
    around = Neighbourhood(session, school, positions[school.code], random.Random(school.code))
    request = around.ask()
    out = {around.settle(guest, request).id: guest.out for guest in (*CAST, *ONLINE[sort])}
    return Ask(request.id, school, out)


def test_whole_register_is_imported_and_a_second_run_changes_nothing(world: World) -> None:
    first, second = (done.stdout.splitlines() for done in world.imported)
    print("first run:", "; ".join(first), "- second run:", "; ".join(second))
    assert first[:4] == ["new: 8622", "changed: 0", "unchanged: 0", "refused: 0"]
    assert second[:4] == ["new: 0", "changed: 0", "unchanged: 8622", "refused: 0"]
    with world.database.read() as session:
        schools = select(Organisation.school_sector, func.count()).group_by(Organisation.school_sector)
        schools = schools.where(Organisation.type == OrganisationType.SCHOOL)
        assert dict(session.execute(schools).all()) == {
            SchoolSector.PO: 6115,
            SchoolSector.VO: 1619,
            SchoolSector.SO: 888,
        }
        assert session.scalar(select(func.count()).where(Organisation.region_id.is_(None))) == 0
        assert session.scalar(select(func.count()).where(Organisation.pc4.is_(None))) == 0


@pytest.mark.parametrize("sort", SCHOOLS)
def test_exactly_who_fits_is_suggested_best_first(world: World, sort: str) -> None:
    ask = world.asks[sort]
    report = world.suggest(ask.request_id, "nl")
    shown = [one["offer_id"] for one in report["candidates"]]
    assert set(shown) == {offer for offer, out in ask.out.items() if out == FITS}
    assert report["eligible"] == len(shown)
    order = [(-one["score"], one["offer_id"]) for one in report["candidates"]]
    assert order == sorted(order)
    assert any("geeft les over" in line for line in report["candidates"][0]["reasons"])
    refused = {offer: out for offer, out in ask.out.items() if out != FITS}
    with world.database.read() as session:
        verdicts = still_eligible(session, ask.request_id, list(refused), NOW)
    assert {offer: out for offer, out in refused.items() if out not in verdicts[offer].never} == {}


@pytest.mark.parametrize("sort", SCHOOLS)
def test_distance_is_that_between_the_published_coordinates(world: World, sort: str) -> None:
    ask, postcodes = world.asks[sort], postcode_positions()
    report = world.suggest(ask.request_id, "nl")
    with world.database.read() as session:
        offers = Rows(session).offers
    for one in report["candidates"]:
        offer = offers[one["offer_id"]]
        km = haversine(world.positions[ask.school.code], postcodes[offer["pc4"]])
        assert one["distance_km"] == pytest.approx(km, abs=0.006)
        assert one["mode"] == "online" or km <= offer["travel_km"]


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("sort", SCHOOLS)
def test_every_reason_is_true_and_said_in_the_language(world: World, sort: str, lang: str) -> None:
    ask, postcodes = world.asks[sort], postcode_positions()
    report = world.suggest(ask.request_id, lang)
    with world.database.read() as session:
        rows = Rows(session)
    seen = set()
    for one in report["candidates"]:
        km = haversine(world.positions[ask.school.code], postcodes[rows.offers[one["offer_id"]]["pc4"]])
        lines = [*zip(one["reason_codes"], one["reasons"], strict=True)]
        lines += zip(one["against_codes"], one["against"], strict=True)
        for (code, _params), line in lines:
            assert line in acceptable(code, rows, ask.request_id, one, km, lang), (code, line, one)
            seen.add(code)
        assert {str(m["id"]): m["state"] for m in one["moments"]} == rows.moment_states(ask.request_id, one["offer_id"])
    now = {"topic_exact", "topic_near", "near", "free_at", "far_edge", "few_days", "unknown_times", "load"}
    before = {"been_before", "partnership", "answers", "answers_rarely", "first_visit", "asked_recently"}
    assert now | before | {"no_level_experience", "name_follows", "large_group"} <= seen


NOBODY: dict[str, tuple[dict[str, Any], list[Guest], dict[str, int]]] = {
    "online": (
        {"topic": "flowers"},
        [
            *(Guest("", (0, 150), {"delivery": Delivery.ONLINE}, topic="flowers") for _ in range(3)),
            Guest("", (100, 150), {"delivery": Delivery.EITHER}, topic="flowers"),
            Guest("", (0, 20), {"delivery": Delivery.ONLINE, "languages": ("en",)}, topic="flowers"),
        ],
        {"delivery": 4, "distance": 1, "language": 1},
    ),
    "weekday": (
        {"topic": "aviation"},
        [Guest("", past="not then", topic="aviation") for _ in range(2)],
        {"moments": 2},
    ),
    "later": (
        {"topic": "taxes", "weeks": WEEKS[:1]},
        [Guest("", offer={"notice_days": 56}, topic="taxes") for _ in range(2)],
        {"notice": 2},
    ),
    "language": (
        {"topic": "music"},
        [Guest("", offer={"languages": ("en",)}, topic="music") for _ in range(2)],
        {"language": 2},
    ),
}


@pytest.mark.parametrize("case", NOBODY)
def test_smallest_change_really_gives_that_many_people(world: World, case: str) -> None:
    wish, guests, never = NOBODY[case]
    school = SCHOOLS["vo"]
    with world.database.write() as session:
        around = Neighbourhood(session, school, world.positions[school.code], random.Random(case))
        request_id = around.ask(**{"delivery": Delivery.ON_SITE, **wish}).id
        for guest in guests:
            around.settle(guest)
    report = world.suggest(request_id, "nl")
    assert report["candidates"] == []
    assert {code: count for code, count in report["never"].items() if code != "topic"} == never
    changes = report["smallest_change"]
    assert changes[0]["code"] == case
    assert case != "online" or [(change["code"], change["count"]) for change in changes] == [("online", 4)]
    for change in changes:
        assert f" {change['count']} " in change["text"]
        assert eligible_after(world.database, request_id, change) == change["count"], change


def eligible_after(database: Database, request_id: int, change: dict[str, Any]) -> int:
    """The request taken back, changed as the sentence says and sent again; nothing of it is kept."""
    with database.session(write=True) as session:
        request = session.get_one(Request, request_id)
        actor = actor_for(session, request.asked_by_id)
        take_back_to_draft(session, request_id, actor=actor, now=NOW)
        wish = wish_of(session, request)
        group = session.get_one(SchoolClass, request.class_id)
        params = change["params"]
        if change["code"] == "weekday":
            weekly = (*LESSONS, WeeklyPeriod(params["weekday"], 2, 2))
            values = {"name": group.name, "level": group.level, "year": group.year, "size": group.size}
            update_class(session, actor=actor, now=NOW, class_id=group.id, weekly=weekly, **values)
        elif change["code"] == "later":
            later = [Week.of(week.day(0) + timedelta(weeks=params["weeks"])) for week in wish.weeks]
            wish = replace(wish, weeks=(*wish.weeks, *later))
        else:
            wish = replace(wish, **{"online": {"delivery": Delivery.EITHER}, "language": params}[change["code"]])
        update_draft(session, actor=actor, now=NOW, request_id=request_id, data=wish)
        publish_request(session, request_id, actor=actor, now=NOW)
        found = suggest(session, request_id=request_id, now=NOW)
        session.rollback()
    return found.eligible
