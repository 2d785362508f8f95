"""The pages and the command: a file goes up, its columns are shown and corrected, every row is said, then all go in."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matcher.accounts.models import Audit, User
from matcher.cli import main
from matcher.db import Database
from matcher.notices.models import Outbox
from matcher.offers.models import Offer
from matcher.organisations.spreadsheets import read_sheets
from matcher.subjects.services import seed_topics
from tests.coordination.lists import csv_of, make_land
from tests.coordination.test_import import HEAD, NOOR, PIET
from tests.factories.people import make_coordinator, make_teacher

Browse = Callable[[int], FlaskClient]


@pytest.fixture
def coordinator(sqlite_database: Database) -> int:
    with sqlite_database.write() as session:
        seed_topics(session)
        return make_land(session).coordinator.id


def upload(client: FlaskClient, content: bytes, name: str = "lijst.csv", kind: str = "people"):
    data = {"kind": kind, "file": (io.BytesIO(content), name)}
    return client.post("/coordination/import", data=data, content_type="multipart/form-data")


def test_list_goes_in_step_by_step(coordinator: int, browse: Browse, sqlite_database: Database) -> None:
    client = browse(coordinator)
    assert "Breng je lijst binnen" in client.get("/coordination/import").text
    sent = upload(client, csv_of(HEAD.replace("Contactpersoon", "Wie"), PIET, NOOR))
    assert sent.status_code == 302
    page = client.get(sent.location)
    assert "Piet Berg" in page.text
    codes = ["organisation", "kvk", "postcode", "name", "email", "role", "do_not_approach"]
    twice = client.post(sent.location, data={f"column-{at}": "email" for at in range(7)})
    assert twice.status_code == 422
    chosen = client.post(sent.location, data={f"column-{at}": code for at, code in enumerate(codes)})
    assert chosen.status_code == 302
    report = client.get(chosen.location)
    assert report.status_code == 200
    with sqlite_database.read() as session:
        assert session.scalar(select(User).where(User.name == "Piet Berg")) is None
    done = client.post(chosen.location.replace("/report", "/apply"), data={})
    assert done.status_code == 302
    with sqlite_database.read() as session:
        assert session.scalars(select(User.name).where(User.name == "Piet Berg")).one()
        assert session.scalar(select(func.count()).select_from(Outbox)) == 0
    assert client.get(sent.location).status_code == 404


def test_one_list_of_everything_is_people_first_and_then_their_lessons(
    coordinator: int, browse: Browse, sqlite_database: Database
) -> None:
    client = browse(coordinator)
    rows = (
        "Bedrijf;Postcode;Contactpersoon;E-mail;Gastles",
        "Lasserij Berg;5611 AB;Piet Berg;piet@berg.example;Lassen",
    )
    where = upload(client, csv_of(*rows), kind="all").location
    for kind in ("people", "offers"):
        assert where.startswith(f"/coordination/import/{kind}/")
        assert "Gastles" in client.get(where).text
        where = client.post(where.replace("?", "/apply?"), data={}).location
    assert where == "/coordination/import"
    with sqlite_database.read() as session:
        assert session.scalars(select(Offer.title)).one() == "Lassen"


def test_clear_columns_are_not_asked(coordinator: int, browse: Browse) -> None:
    client = browse(coordinator)
    where = upload(client, csv_of(HEAD, PIET), kind="all").location
    assert "/report?" in client.get(where).location
    assert client.get(f"{where}&columns=1").status_code == 200


def test_box_sends_the_privacy_notice(coordinator: int, browse: Browse, sqlite_database: Database) -> None:
    client = browse(coordinator)
    where = upload(client, csv_of(HEAD, PIET)).location
    client.post(where.replace("?", "/apply?"), data={"notice": "y"})
    with sqlite_database.read() as session:
        assert session.scalars(select(Outbox.address)).one() == "piet@berg.example"


def test_wrong_row_is_shown_and_nothing_goes_in(coordinator: int, browse: Browse, sqlite_database: Database) -> None:
    client = browse(coordinator)
    where = upload(client, csv_of(HEAD, PIET, NOOR.replace("5611 AB", "9711 AB"))).location
    report = client.get(where.replace("?", "/report?"))
    assert "9711" not in report.text or "Postcode" in report.text
    assert 'name="notice"' not in report.text
    assert client.post(where.replace("?", "/apply?"), data={}).status_code == 422
    with sqlite_database.read() as session:
        assert session.scalar(select(User).where(User.name == "Piet Berg")) is None


def test_file_that_cannot_be_read_is_refused_on_the_page(coordinator: int, browse: Browse) -> None:
    client = browse(coordinator)
    assert upload(client, b"").status_code == 422
    assert upload(client, b"PK\x03\x04broken", "lijst.xlsx").status_code == 422


def test_file_of_another_is_not_found(coordinator: int, browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        other, teacher = make_coordinator(session).id, make_teacher(session).id
    where = upload(browse(coordinator), csv_of(HEAD, PIET)).location
    assert browse(other).get(where).status_code == 404
    assert browse(teacher).get("/coordination/import").status_code == 403
    for address in ("/coordination/import/people/..%2Fx", "/coordination/import/shoes/" + "a" * 22):
        assert browse(other).get(address).status_code == 404


def test_region_goes_out_as_a_file_and_is_logged(coordinator: int, browse: Browse, sqlite_database: Database) -> None:
    client = browse(coordinator)
    page = client.get("/coordination/region").text
    action = page.split('/export"')[0].rpartition('"')[2] + "/export"
    for format_, kind in (("xlsx", "spreadsheetml"), ("csv", "zip")):
        answer = client.post(action, data={"format": format_})
        assert kind in answer.content_type
        assert "Het Vaartcollege" in str(read_sheets(answer.data)[0].rows)
    assert client.post("/coordination/region/1/export", data={}).status_code == 404
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count()).where(Audit.action == "exported_region")) == 2


@pytest.fixture
def command(sqlite_database: Database, coordinator: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MATCHER_DATABASE_URL", str(sqlite_database.engine.url))
    monkeypatch.setenv("MATCHER_VAR", str(tmp_path / "var"))

    def run(*words: str):
        return CliRunner().invoke(main, list(words))

    return run


def test_command_brings_a_list_in_and_a_region_out(command, tmp_path: Path) -> None:
    file = tmp_path / "lijst.csv"
    file.write_bytes(csv_of(HEAD.replace("Contactpersoon", "Wie"), PIET, NOOR))
    words = ["import", "people", str(file), "--as", "cor@regio.example", "--map", "Wie=name"]
    dry = command(*words, "--dry-run")
    assert (dry.exit_code, "new: 2" in dry.output, "nothing was written" in dry.output) == (0, True, True)
    done = json.loads(command(*words, "--json").output)
    assert (done["written"], done["new"], done["mapping"]["Wie"]) == (True, 2, "name")
    again = json.loads(command(*words[:5], "--json").output)
    assert (again["unchanged"], again["mapping"]["Wie"]) == (2, "name")
    out = tmp_path / "regio.xlsx"
    assert "Mensen" in command("export", "--region", "noord-brabant", str(out)).output or out.exists()
    assert "Piet Berg" in str([sheet.rows for sheet in read_sheets(out.read_bytes())])


def test_command_refuses_with_rows_and_reasons(command, tmp_path: Path) -> None:
    file = tmp_path / "lijst.csv"
    file.write_bytes(csv_of(HEAD, PIET.replace("12345678", "12")))
    refused = command("import", "people", str(file), "--as", "cor@regio.example")
    assert refused.exit_code == 2
    assert "row 2, column KvK" in refused.output
    assert command("import", "people", str(file), "--as", "nobody@x.example").exit_code == 2
    assert command("export", "--region", "atlantis", str(tmp_path / "x.xlsx")).exit_code == 2
    assert command("export", "--region", "nl", str(tmp_path / "x.doc")).exit_code == 2
