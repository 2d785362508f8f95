"""The status: what waits, what runs behind, the last run of regular work; as page, for machines, as command."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from matcher.accounts.services import open_session
from matcher.accounts.states import Role
from matcher.cli import main
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.jobs.models import JobRun
from matcher.jobs.queue import make_queue
from matcher.jobs.states import Outcome
from matcher.notices.models import NoticeState, Outbox
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from tests.factories.people import make_grant, make_user

KEY = "k" * 40


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions["matcher_db"]
    return found


@pytest.fixture
def admin(app: Flask, database: Database) -> FlaskClient:
    with database.write() as session:
        person = make_user(session)
        make_grant(session, user=person, role=Role.ADMINISTRATOR)
        token = open_session(session, user_id=person.id, agent="test", now=utcnow())
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client


@pytest.fixture
def ran(database: Database) -> Callable[..., None]:
    """`ran("matching", minutes=20, outcome=…)`: what a worker noted that long ago."""

    def note(name: str, minutes: int, **values: Any) -> None:
        at = utcnow() - timedelta(minutes=minutes)
        row = {"next_due_at": at, "counts": {}, "started_at": at, "finished_at": at, "outcome": Outcome.DONE} | values
        with database.write() as session:
            session.merge(JobRun(name=name, **row))

    return note


def test_everything_works(client: FlaskClient, ran: Callable[..., None]) -> None:
    for name in ("matching", "accounts", "notices"):
        ran(name, 0)
    found = client.get("/healthz").get_json()
    assert (found["status"], found["dead_letters"], found["oldest_unsent_seconds"]) == ("ok", 0, None)
    assert {job["outcome"] for job in found["jobs"].values()} == {"done"}
    assert found["disk_free_mb"] > 0
    assert found["schema"]


def test_nobody_reads_that_all_works_before_a_worker_has_run(client: FlaskClient, admin: FlaskClient) -> None:
    assert client.get("/healthz").get_json()["status"] == "degraded"
    for reader in (client, admin):
        page = reader.get("/status").text
        assert ("Er loopt iets achter" in page, "Alles werkt." in page) == (True, False)


def test_work_that_nobody_does_is_a_warning(client: FlaskClient, admin: FlaskClient, ran: Callable[..., None]) -> None:
    ran("matching", 20)
    ran("notices", 1)
    found = client.get("/healthz").get_json()
    assert found["status"] == "degraded"
    assert [name for name, job in found["jobs"].items() if job["overdue"]] == ["matching"]
    assert 1200 <= found["lag_seconds"] < 1260
    page = admin.get("/status").text
    assert "“Aanvragen, vragen en bezoeken” had al lang gedaan moeten zijn" in page
    assert "20 minuten geleden" in page


def test_work_that_failed_is_a_warning_and_others_see_no_details(
    client: FlaskClient, admin: FlaskClient, ran: Callable[..., None]
) -> None:
    ran("matching", 0, outcome=Outcome.FAILED, error="ZeroDivisionError: <nobody>", failures=1)
    assert client.get("/healthz").get_json()["status"] == "degraded"
    assert "ZeroDivisionError" not in client.get("/healthz").text
    assert "ZeroDivisionError" not in client.get("/status").text
    assert "ZeroDivisionError: &lt;nobody&gt;" in admin.get("/status").text


def test_mail_that_waits_and_mail_that_failed_are_counted(client: FlaskClient, database: Database) -> None:
    now = utcnow()
    with database.write() as session:
        for number in (1, 2):
            enqueue(
                session,
                recipient=Recipient(None, "a@b.example", "A", "nl"),
                template="matching/invited",
                params={},
                subject="match",
                subject_id=number,
                seq=1,
                now=now - timedelta(minutes=30),
                channels=("mail",),
            )
        session.query(Outbox).filter_by(subject_id=2).update({"state": NoticeState.DEAD})
    found = client.get("/healthz").get_json()
    assert (found["late_mails"], found["dead_letters"]) == (1, 1)
    assert 1800 <= found["oldest_unsent_seconds"] < 1860


def test_full_disk_is_a_warning(
    client: FlaskClient, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("matcher.disk.LEAST_FREE", 10**18)
    assert client.get("/healthz").get_json()["status"] == "degraded"
    assert "bijna vol" in admin.get("/status").text
    done = CliRunner().invoke(main, ["status"], env={"MATCHER_VAR": str(tmp_path / "new")})
    assert (done.exit_code, "MB is free" in done.output) == (1, True)


def test_queue_that_cannot_be_reached_is_said_and_nothing_breaks(
    make_app: Callable[..., Flask], database: Database, admin: FlaskClient
) -> None:
    away = make_app(str(database.engine.url), queue_url="valkey://127.0.0.1:1/0").test_client()
    assert away.get("/healthz").get_json()["queued_jobs"] is None
    assert away.get("/status").status_code == 200
    assert admin.get("/healthz").get_json()["queued_jobs"] == 0


def test_command_tells_the_last_run_of_each_job(tmp_path: Path) -> None:
    environment = {"MATCHER_VAR": str(tmp_path), "MATCHER_SECRET_KEY": KEY}
    assert CliRunner().invoke(main, ["work", "--once"], env=environment).exit_code == 0
    make_queue(Settings(var=tmp_path, secret_key=KEY)).put("anything", now=utcnow())
    done = CliRunner().invoke(main, ["status", "--json"], env=environment)
    report = json.loads(done.output)
    assert done.exit_code == 0, report["warnings"]
    assert {"matching", "accounts", "notices"} <= set(report["jobs"])
    assert all(job["age_seconds"] < 60 for name, job in report["jobs"].items() if job["outcome"])
    assert (report["queued_jobs"], report["dead_letters"], report["regular_work_lag_seconds"]) == (1, 0, 0)
    database = Database(f"sqlite:///{tmp_path}/matcher.db")
    with database.write() as session:
        row = session.get_one(JobRun, "matching")
        row.next_due_at = utcnow() - timedelta(hours=1)
    database.dispose()
    done = CliRunner().invoke(main, ["status"], env=environment)
    assert (done.exit_code, "matching should have been done long ago" in done.output) == (1, True)
    assert "matching: done" in done.output


@pytest.mark.parametrize("page", ["/how-ranking-works", "/status"])
def test_name_of_the_ranking_is_for_administrators(client: FlaskClient, admin: FlaskClient, page: str) -> None:
    assert ["baseline-" in reader.get(page).text for reader in (client, admin)] == [False, True]


def test_every_piece_of_regular_work_has_a_label_and_a_name_of_its_own(app: Flask) -> None:
    jobs = app.extensions["matcher_periodic"]
    assert len({job.name for job in jobs}) == len(jobs)
    assert [job.name for job in jobs if str(job.label) == job.name] == []
    assert jobs[-1].name == "notices"


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_database_that_answers_before_it_keeps_is_a_warning(database_url: str, tmp_path: Path) -> None:
    """As the server of the tests does, for speed."""
    done = CliRunner().invoke(
        main, ["status"], env={"MATCHER_VAR": str(tmp_path), "MATCHER_DATABASE_URL": database_url}
    )
    assert (done.exit_code, "before a commit is on the disk" in done.output) == (1, True)
