"""The machine fails: no room on the disk, a database that is held, read-only or gone, no connection left. People read a
sentence and when to try again, looking goes on, nothing is half done, and when the machine is well all works again."""

import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from time import perf_counter
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, func, select
from sqlalchemy.exc import OperationalError

from matcher import db
from matcher.accounts.services import open_session
from matcher.db import Database
from matcher.faults import SENTENCES, Fault, fault_of
from matcher.i18n import in_locale
from matcher.matching.models import Message
from matcher.subjects.models import Topic, TopicType
from tests.factories import NOW
from tests.machines import small_disk
from tests.matching.lives import make_life
from tests.matching.rushes import asked, form_token, served

pytestmark = pytest.mark.usefixtures("real_disk")
WORDS = "Is there a beamer in the room?"


class Desk:
    """A teacher who reads an invitation and writes a message."""

    def __init__(self, database: Database, app: Flask) -> None:
        self.database = database
        with database.write() as session:
            life = make_life(session, guests=1)
            self.path = f"/matches/{life.asked().id}"
            self.key = open_session(session, user_id=life.teacher.id, agent="test", now=NOW)
        self.client = self.browser(app)

    def browser(self, app: Flask) -> FlaskClient:
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = self.key
        return client

    def send(self, client: FlaskClient | None = None) -> Any:
        return (client or self.client).post(f"{self.path}/messages", data={"body": WORDS})

    @property
    def written(self) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count(Message.id))) or 0


@pytest.fixture
def desk(sqlite_database: Database, app: Flask) -> Iterator[Desk]:
    with time_machine.travel(NOW, tick=True):
        yield Desk(sqlite_database, app)


def refused_kindly(answer: Any, fault: Fault, status: int) -> None:
    with in_locale("nl"):
        sentence = str(SENTENCES[fault])
    assert answer.status_code == status
    assert sentence in answer.text
    assert WORDS in answer.text
    assert int(answer.headers["Retry-After"]) > 0


# --- a full disk ------------------------------------------------------------------------------------------------------


def test_server_without_room_reads_on_and_recovers(desk: Desk, sqlite_database: Database, tmp_path: Path) -> None:
    """The limit on the size of files stands for the full disk; it reaches the server while it runs."""
    with served(str(sqlite_database.engine.url), tmp_path, workers=1) as (port, number):
        token, cookie = form_token(port, desk.client.get_cookie("matcher").value, desk.path)  # type: ignore[union-attr]

        def send() -> tuple[int, str, str]:
            form = {"body": WORDS, "csrf_token": token}
            return asked(port, "POST", f"{desk.path}/messages", cookie, form)

        assert send()[0] == 302
        for process in processes(number):
            resource.prlimit(process, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        for _ in range(3):
            status, body, _cookie = send()
            assert status == 503
            assert WORDS in body
            assert asked(port, "GET", desk.path, cookie)[0] == 200
        for process in processes(number):
            resource.prlimit(process, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert send()[0] == 302
    assert desk.written == 2
    assert not damage(sqlite_database)


def processes(number: int) -> list[int]:
    """The server and its workers."""
    children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    return [number, *map(int, children)]


@pytest.mark.parametrize("steps", [range(0, 24, 6), pytest.param(range(200), marks=pytest.mark.integrity)])
def test_no_room_at_any_write_leaves_all_or_nothing(sqlite_template: Path, tmp_path: Path, steps: range) -> None:
    """A disk on which k more pages fit: the unit fails at another write each time, until it fits."""
    with small_disk(tmp_path / "disk", "16m") as disk:
        (disk / "small.db").write_bytes(sqlite_template.read_bytes())
        database = Database(f"sqlite:///{disk / 'small.db'}")
        outcomes = []
        for step in steps:
            before = _topics(database)
            with _filled_but_for(disk, pages=step):
                outcomes.append(_add_topics(database, step))
                now = _topics(database)
            assert now == before + (60 if outcomes[-1] is None else 0), step
            assert not damage(database), step
            _remove_topics(database)
        assert Fault.FULL in outcomes
        print(f"\n{len(outcomes)} disks, {outcomes.count(Fault.FULL)} too small, 0 half done")
        assert _add_topics(database, 1000) is None
        database.dispose()


@contextmanager
def _filled_but_for(disk: Path, *, pages: int) -> Iterator[None]:
    stuffing = disk / "stuffing"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    stuffing.write_bytes(b"x" * max(0, free - pages * 4096))
    try:
        yield
    finally:
        stuffing.unlink()


def _add_topics(database: Database, step: int) -> Fault | None:
    """Sixty rows of a page each; what went wrong, or None."""
    long = "x" * 150
    try:
        with database.write() as session:
            session.add_all(
                Topic(
                    type=TopicType.THEME, code=f"{step}-{n}", nl=long, en=long, levels=[long] * 20, near=[], details={}
                )
                for n in range(60)
            )
    except OperationalError as error:
        return fault_of(error)
    return None


def _remove_topics(database: Database) -> None:
    with database.write() as session:
        session.execute(delete(Topic))


def _topics(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count(Topic.id))) or 0


def damage(database: Database) -> list[Any]:
    with database.read() as session:
        found = session.connection().exec_driver_sql("PRAGMA integrity_check").fetchall()
        return [row for row in found if row[0] != "ok"]


# --- held by somebody else --------------------------------------------------------------------------------------------


def test_database_held_by_another_program_is_said_and_passes(
    monkeypatch: pytest.MonkeyPatch, sqlite_template: Path, tmp_path: Path, make_app: Callable[..., Flask]
) -> None:
    monkeypatch.setattr(db, "SQLITE_BUSY_MS", 300)
    (tmp_path / "held.db").write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{tmp_path / 'held.db'}"
    with time_machine.travel(NOW, tick=True):
        desk = Desk(Database(url), make_app(url))
        assert desk.send().status_code == 302
        other = sqlite3.connect(tmp_path / "held.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused_kindly(desk.send(), Fault.LOCKED, 503)
        assert desk.client.get(desk.path).status_code == 200
        other.execute("ROLLBACK")
        assert desk.send().status_code == 302
        assert desk.written == 2
        desk.database.dispose()


# --- gone, or not to be written to ------------------------------------------------------------------------------------


def test_database_that_vanishes_is_not_begun_anew(desk: Desk, tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    file = Path(str(desk.database.engine.url.database))
    desk.database.dispose()
    for part in file.parent.glob(f"{file.name}*"):
        part.rename(part.with_name(f"away-{part.name}"))
    app = make_app(f"sqlite:///{file}")
    for answer in (desk.browser(app).get(desk.path), desk.send(desk.browser(app))):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "<h1" in answer.text
    assert not file.exists()


def test_page_is_read_when_no_mark_can_be_made(desk: Desk, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's session is to be marked as seen, in a page, while the database takes no writes."""
    with time_machine.travel(NOW + timedelta(minutes=5), tick=True), sqlite_read_only(desk.database, app):
        assert desk.client.get(desk.path).status_code == 200
        refused_kindly(desk.send(), Fault.READ_ONLY, 503)
    assert desk.send().status_code == 302


@contextmanager
def sqlite_read_only(database: Database, app: Flask) -> Iterator[None]:
    """The file opened for reading only, as the driver would on a disk that is mounted so."""
    kept = app.extensions["matcher_db"]
    file = Path(str(database.engine.url.database))
    database.dispose()
    kept.dispose()
    app.extensions["matcher_db"] = opened = Database(f"sqlite:///{file}")
    event.listen(opened.engine, "do_connect", _for_reading)
    yield
    opened.dispose()
    app.extensions["matcher_db"] = kept


def _for_reading(dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
    arguments[0] = arguments[0].replace("mode=rw", "mode=ro")


# --- no connection left -----------------------------------------------------------------------------------------------


def test_no_connection_left_is_said_soon_and_passes(database: Database, database_url: str, make_app: Any) -> None:
    app = make_app(database_url)
    with time_machine.travel(NOW, tick=True):
        desk = Desk(database, app)
        app.extensions["matcher_db"] = narrow = Database(database_url, pool_size=1, max_overflow=0, pool_timeout=1)
        browsers, barrier = [desk.browser(app) for _ in range(8)], Barrier(8)

        def look(client: FlaskClient) -> tuple[int, bool, float]:
            barrier.wait(timeout=120)
            started = perf_counter()
            answer = client.get(desk.path)
            return answer.status_code, "Retry-After" in answer.headers, perf_counter() - started

        with narrow.read() as holding:
            holding.execute(select(1))
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(look, browsers))
        assert {(status, again) for status, again, _waited in answers} == {(503, True)}
        assert max(waited for _status, _again, waited in answers) < 5
        assert desk.client.get(desk.path).status_code == 200
        assert narrow.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        narrow.dispose()
