"""A second division of the country: proposed, reviewed, applied; what is over stays where it was."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant
from matcher.accounts.queries import actor_for, coordinators_of
from matcher.accounts.states import Role
from matcher.cli import main
from matcher.coordination.region_queries import regions_of
from matcher.coordination.tiling_moves import Move
from matcher.db import Database
from matcher.errors import InvalidInput
from matcher.matching.services import decline_match
from matcher.matching.states import DeclineReason
from matcher.organisations.models import Organisation
from matcher.regions.models import Postcode, Region
from matcher.regions.policy import APPROVAL, BY_HAND, KNOWN_PAIRS
from matcher.regions.queries import region_by_code, region_rule
from matcher.regions.services import seed_regions, set_region_rule
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from matcher.safeguarding.models import ReportOfConcern
from tests.coordination.lists import csv_of, xlsx_of
from tests.coordination.tilings import FILE, Country, make_country
from tests.factories import NOW
from tests.factories.matching import make_request
from tests.factories.people import make_company, make_grant, make_postcode, make_school, make_user


@pytest.fixture
def country(session: Session) -> Country:
    return make_country(session)


def place_of(session: Session, model: Any, row_id: int) -> str:
    session.expire_all()
    return session.get_one(Region, session.get_one(model, row_id).region_id).name


def test_proposal_follows_the_schools(country: Country) -> None:
    for pc4 in ("5611", "4811", "4811"):
        make_school(country.session, pc4=pc4)
    east, west = "noord-brabant", "west-brabant"
    assert country.plan().moves == [
        Move(east, "meierij", "zuidoost", 1, 1, coordinators=True, stand_ins=True, rules=True),
        Move(west, "zuidoost-regio", "zuidwest", 2, 2, coordinators=True, stand_ins=True, rules=True),
        Move(east, "zuidoost-regio", "zuidwest", 1, 1, coordinators=True, stand_ins=True, rules=False),
    ]


def test_open_things_move_and_past_things_stay(country: Country) -> None:
    session, life = country.session, country.life
    east, west = country.east.id, country.west.id
    live, past = life.asked(0), life.asked(1)
    decline_match(session, past.id, reason=DeclineReason.OTHER, note="", actor=life.guest(1), now=NOW)
    kinds = {"teacher": life.teacher, "school": life.school}
    closed = make_request(session, state=RequestState.CLOSED, **kinds)
    draft = make_request(session, state=RequestState.DRAFT, published_at=None, **kinds)
    lost = make_company(session, pc4="4811", region=country.west)
    lost.pc4 = None
    concern = ReportOfConcern(match_id=past.id, region_id=east, body="x", at=NOW)
    old = ReportOfConcern(match_id=past.id, region_id=east, body="x", at=NOW, handled_at=NOW)
    session.add_all((concern, old))
    session.flush()
    made = country.apply(country.plan())
    assert place_of(session, Organisation, life.school.id) == "Meierij"
    assert place_of(session, Organisation, lost.id) == "Zuidoost"
    assert place_of(session, Request, life.request.id) == place_of(session, Request, draft.id) == "Meierij"
    assert place_of(session, Request, closed.id) == country.east.name
    assert place_of(session, type(live), live.id) == "Meierij"
    assert place_of(session, type(past), past.id) == country.east.name
    assert place_of(session, ReportOfConcern, concern.id) == "Meierij"
    assert place_of(session, ReportOfConcern, old.id) == country.east.name
    codes = session.scalars(
        select(Postcode.pc4).where(Postcode.region_id == region_by_code(session, "zuidoost-regio").id)
    )
    assert set(codes) == {"4811", "4899", "5611"}
    assert session.get_one(Region, east).valid_to == session.get_one(Region, west).valid_to
    assert (made["live matches that move"], made["open requests that move"], made["new regions"]) == (1, 2, 2)


def test_closed_request_with_a_visit_to_come_moves_with_it(country: Country) -> None:
    match = country.life.approved()
    country.life.request.state = RequestState.CLOSED
    country.session.flush()
    country.apply(country.plan())
    assert place_of(country.session, Request, country.life.request.id) == "Meierij"
    assert place_of(country.session, type(match), match.id) == "Meierij"


def test_coordinators_stand_ins_and_rules_go_as_reviewed(country: Country) -> None:
    session, life = country.session, country.life
    stand_in = make_user(session)
    make_grant(session, stand_in, Role.COORDINATOR, region=country.west, stand_in=True)
    set_region_rule(
        session, region_id=country.west.id, kind=None, key=APPROVAL, value=KNOWN_PAIRS, set_by_id=None, now=NOW
    )
    plan = country.plan()
    lines = country.table(plan).replace(";no;no;no", ";nee;nee;nee").split("\r\n")
    table = "\r\n".join(
        line.replace(";yes;yes;", ";nee;nee;") if line.startswith("noord-brabant") and "Zuidoost" in line else line
        for line in lines
    )
    country.apply(replace(plan, moves=country.reviewed(plan, table)))
    meierij, southeast = region_by_code(session, "meierij"), region_by_code(session, "zuidoost-regio")
    assert [one.user_id for one in coordinators_of(session, meierij.id)] == [life.coordinator.id]
    assert [one.user_id for one in coordinators_of(session, southeast.id)] == [country.west_coordinator.id]
    assert [one.user_id for one in coordinators_of(session, southeast.id, stand_ins=True)] == [stand_in.id]
    assert region_rule(session, southeast.id, "guest_lecture", APPROVAL, at=NOW) == KNOWN_PAIRS
    assert region_rule(session, meierij.id, "guest_lecture", APPROVAL, at=NOW) == BY_HAND
    mine = actor_for(session, life.coordinator.id)
    assert [region.name for region in regions_of(session, mine)] == ["Meierij"]
    assert mine.is_coordinator_of(country.east.id), "her past stays open to her"


def test_same_file_again_only_fetches_what_was_left_behind(country: Country) -> None:
    country.apply(country.plan())
    again = country.plan()
    assert again.is_there
    assert {one.status.value for one in again.outcomes} == {"unchanged"}
    assert not any(country.apply(again).values())
    country.session.get_one(Request, country.life.request.id).region_id = country.east.id
    country.session.flush()
    assert country.apply(again)["open requests that move"] == 1
    grants = country.session.scalar(select(func.count()).select_from(Grant).where(Grant.region_id.is_not(None)))
    assert country.plan(FILE.replace("Meierij", "De Meierij"), scheme="later").moves
    assert grants == 5


def test_third_division_on_the_same_day_replaces_the_second(country: Country) -> None:
    country.apply(country.plan())
    with pytest.raises(InvalidInput, match="--scheme"):
        country.plan(FILE.replace("Meierij", "Noordoost"))
    country.apply(country.plan(FILE.replace("Meierij", "Noordoost"), scheme="later"))
    live = country.session.scalars(select(Region.name).where(Region.valid_to.is_(None), Region.level == "region"))
    assert set(live) == {"Noordoost", "Zuidoost"}


RIGHT = {
    "byte order mark": FILE.encode("utf-8-sig"),
    "windows-1252": FILE.replace("Meierij", "Meiërij").encode("cp1252"),
    "utf-16": FILE.encode("utf-16"),
    "commas": FILE.replace(";", ",").encode(),
    "a title above": csv_of("Indeling 2026;;", "", *FILE.split("\n")),
    "names alone": b"Gemeente;Regio\n's-Hertogenbosch (NB.);A\nEindhoven;B\nbreda;B",
    "codes alone": b"gemeentecode;regio;regiocode\n796;A;R1\n772;B;R2\n758;B;R2",
    "a workbook": xlsx_of(*(line.split(";") for line in FILE.split("\n"))),
}


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", RIGHT)
def test_file_as_it_comes_is_read(country: Country, name: str) -> None:
    plan = country.plan(RIGHT[name])
    assert not plan.refused
    assert len(plan.tiling.names) == 2


LAST = "BREDA;758;Zuidoost"
ODD_ROWS = {
    "unknown municipality": ("Atlantis;;Zuidoost", "No postcode lies in"),
    "unknown code": (";9999;Zuidoost", "No postcode lies in"),
    "no code": ("BREDA;75x;Zuidoost", "no code of a municipality"),
    "nobody named": (";;Zuidoost", "No municipality is named"),
    "no region": ("BREDA;758;", "region is missing"),
    "twice": (f"{LAST}\nBreda;;Meierij", "stands in row 4 already"),
    "two spellings": ("BREDA;758;ZUIDOOST", "is written “Zuidoost” in row 3"),
    "signs alone": ("BREDA;758;???", "no name of a region"),
}
ODD_FILES = {
    "empty": (b"", "empty"),
    "header alone": (b"Gemeente;Regio\n", "no rows"),
    "no region column": (b"Gemeente;Inwoners\nBreda;180000", "Say which column"),
    "a municipality missing": (FILE.rpartition("\n")[0].encode(), "no region to Breda: 1 postcodes"),
    "damaged workbook": (b"PK\x03\x04xx", "cannot be read|damaged|unpack"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "Row"),
}


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ODD_ROWS)
def test_odd_row_is_refused_with_its_number(country: Country, name: str) -> None:
    row, says = ODD_ROWS[name]
    plan = country.plan(FILE.replace(LAST, row))
    (refused,) = plan.refused
    assert says in refused.reason
    assert refused.row in {4, 5}
    assert not plan.moves


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ODD_FILES)
def test_odd_file_is_refused_in_a_sentence(country: Country, name: str) -> None:
    content, says = ODD_FILES[name]
    with pytest.raises(InvalidInput, match=says):
        country.plan(content)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_without_municipalities_the_way_is_told(session: Session) -> None:
    make_postcode(session)
    life = Country(session, None, None, None, None)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="matcher import postcodes"):
        life.plan()


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("found", "instead", "says"),
    [
        ("new_code", "code", "lacks the column “new_code”"),
        ("\r\nnoord-brabant;", "\r\natlantis;", "Row 2, column old_code"),
        (";zuidwest;", ";nl2;", "column under"),
        (";zuidwest;", ";zuidoost;", "hangs from something else"),
        ("yes;yes;no", "yes;yes;yes", "rules of two old ones"),
        ("meierij;Meierij", "zuidoost-regio;Zuidoost", "hangs from|says nothing about|twice|two old"),
    ],
)
def test_reviewed_table_that_does_not_fit_is_refused(country: Country, found: str, instead: str, says: str) -> None:
    for pc4 in ("5611", "4811", "4811"):
        make_school(country.session, pc4=pc4)
    plan = country.plan()
    with pytest.raises(InvalidInput, match=says):
        country.reviewed(plan, country.table(plan).replace(found, instead, 1))


def test_command_looks_first_and_writes_all_or_nothing(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_DATABASE_URL", str(sqlite_database.engine.url))
    with sqlite_database.write() as session:
        make_country(session)
    file, table = tmp_path / "regions.csv", tmp_path / "map.csv"
    file.write_text(FILE, encoding="utf-8")

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["import", "regions", str(file), *words])

    def regions() -> int:
        with sqlite_database.read() as session:
            return session.scalar(select(func.count()).select_from(Region)) or 0

    before = regions()
    assert "Look first" in run().output
    dry = run("--dry-run")
    assert "Meierij (under Zuidoost)" in dry.output
    assert "new regions: 2" in dry.output
    assert "The table to review is in" in run("--propose", str(table)).output
    file.write_text(FILE + "\nAtlantis;;West", encoding="utf-8")
    refused = run("--map", str(table))
    assert (refused.exit_code, "row 5, column Gemeente" in refused.output) == (2, True)
    assert regions() == before
    file.write_text(FILE, encoding="utf-8")
    assert "organisations that move" in run("--map", str(table)).output
    assert regions() == before + 2
    assert "divided like this already" in run().output


@pytest.mark.real_data
def test_thirty_five_regions_of_the_country(sqlite_database: Database, reference_data: Path) -> None:
    with (reference_data / "geonames_nl_postcodes" / "pc4_nl.csv").open(encoding="utf-8") as file:
        published = {row["pc4"]: row for row in csv.DictReader(file)}
    content = (reference_data / "nl_gemeente_regios" / "gemeente_regios_2026.csv").read_bytes()
    with sqlite_database.write() as session:
        seed_regions(session, NOW)
        for row in session.scalars(select(Postcode)):
            if row.pc4 in published:
                row.municipality = published[row.pc4]["gemeente"]
                row.municipality_code = published[row.pc4]["cbs_code"]
        session.flush()
        found = Country(session, None, None, None, None)  # type: ignore[arg-type]
        plan = found.plan(content)
        assert (len(plan.outcomes), len(plan.refused), len(plan.tiling.names)) == (342, 0, 35)
        crossing = {move.new for move in plan.moves if sum(other.new == move.new for other in plan.moves) > 1}
        print(f"{len(crossing)} of 35 regions take from more than one: {sorted(crossing)}")
        assert len(crossing) >= 10
        assert {move.old for move in plan.moves if move.coordinators} == set(plan.old), "nobody is left without work"
        found.apply(plan)
        session.expire_all()
        names = {region.id: region.name for region in session.scalars(select(Region))}
        rows = [row for row in session.scalars(select(Postcode)) if row.pc4 in published]
        assert all(names[row.region_id] == published[row.pc4]["arbeidsmarktregio"] for row in rows)
        assert found.plan(content).is_there
