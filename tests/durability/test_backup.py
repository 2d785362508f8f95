"""Backups taken while people write, put back on an empty machine, checked; and what is refused in a sentence."""

import gzip
import shutil
import sqlite3
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, text

from matcher import backup as backup_module
from matcher import db
from matcher.accounts.models import Audit
from matcher.cli import main
from matcher.config import Settings
from matcher.damage import damage_of
from matcher.db import Database
from matcher.migrate import upgrade
from tests.factories import NOW
from tests.matching.damages import healthy_world

Run = Callable[..., Result]


@pytest.fixture
def place(database: Database, database_url: str, tmp_path: Path) -> SimpleNamespace:
    """A world with a fitted model and a secret, the commands on it, and an empty place to restore into."""
    with database.write() as session:
        healthy_world(session)
    var, other = tmp_path / "var", tmp_path / "other"
    (var / "models" / "20261101-0300").mkdir(parents=True)
    (var / "models" / "20261101-0300" / "model.skops").write_bytes(b"fitted")
    (var / "secret-key").write_text("never in a backup, whatever happens")

    def run(*arguments: str, var: Path = var, url: str = database_url) -> Result:
        return CliRunner().invoke(main, arguments, env={"MATCHER_VAR": str(var), "MATCHER_DATABASE_URL": url})

    return SimpleNamespace(
        database=database, url=database_url, var=var, other=other, run=run, file=tmp_path / "b.backup"
    )


@pytest.fixture
def empty_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Nothing yet, on the engine of the test."""
    if engine_name == "sqlite":
        yield f"sqlite:///{tmp_path / 'other' / 'matcher.db'}"
        return
    cluster = request.getfixturevalue("cluster")
    name = cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


@contextmanager
def writing(database: Database) -> Iterator[list[int]]:
    """Somebody who writes all the time: pairs of lines in one unit each; the list counts the acknowledged ones."""
    stop, done = threading.Event(), [0]

    def write() -> None:
        while not stop.is_set():
            with database.write() as session:
                session.add(Audit(at=NOW, action="first", object_type="pair"))
                session.flush()
                session.add(Audit(at=NOW, action="second", object_type="pair"))
            done[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield done
    finally:
        stop.set()
        writer.join()


def at_least(count: int, done: list[int]) -> int:
    """Waits for so many acknowledged writes; how many there are then."""
    until = time.monotonic() + 120
    while done[0] < count:
        assert time.monotonic() < until, "nobody writes"
        time.sleep(0.005)
    return done[0]


def lines(url: str) -> dict[str, int]:
    database = Database(url)
    try:
        with database.read() as session:
            query = select(Audit.action, func.count()).where(Audit.object_type == "pair").group_by(Audit.action)
            return dict(session.execute(query).all())
    finally:
        database.dispose()


@pytest.mark.parametrize("times", [1, pytest.param(30, marks=pytest.mark.integrity)])
def test_backup_taken_while_writing_restores_clean(place: Any, empty_url: str, times: int) -> None:
    good = 0
    for number in range(times):
        with writing(place.database) as done:
            before = at_least(3 * (number + 1), done)
            made = place.run("backup", str(place.file), "--force")
        assert made.exit_code == 0, made.output
        back = place.run("restore", str(place.file), "--force", var=place.other, url=empty_url)
        assert back.exit_code == 0, back.output
        assert "every promise is kept" in back.output
        found = lines(empty_url)
        good += found["first"] == found["second"] >= before
        assert found["second"] <= lines(place.url)["second"]
    print(f"{good} of {times} backups good")
    assert good == times
    assert (place.other / "models" / "20261101-0300" / "model.skops").read_bytes() == b"fitted"


def test_backup_and_start_do_not_wait_for_who_writes(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "SQLITE_BUSY_MS", 200)
    with place.database.write() as session:
        session.add(Audit(at=NOW, action="first", object_type="pair"))
        session.flush()
        made = place.run("backup", str(place.file))
        assert made.exit_code == 0, made.exception
        assert not upgrade(place.url), "there was nothing to do"


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_restores_within_a_second_keep_what_each_put_aside(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = count()
    monkeypatch.setattr("matcher.cli.utcnow", lambda: NOW + timedelta(microseconds=next(clock)))
    assert place.run("backup", str(place.file)).exit_code == 0
    place.database.dispose()
    for _time in range(3):
        back = place.run("restore", str(place.file), "--force")
        assert back.exit_code == 0, back.output
    aside = [path.name for path in Path(place.database.engine.url.database).parent.glob("*.db.before-*")]
    models = [path.name for path in place.var.glob("models.before-*")]
    assert (len(aside), len(models)) == (3, 3)


def test_control_plain_copy_while_writing_is_behind_or_broken(place: Any, engine_name: str, tmp_path: Path) -> None:
    if engine_name != "sqlite":
        pytest.skip("a plain copy is something people do with one file")
    copy = tmp_path / "copy.db"
    with place.database.read() as looking:
        # Whoever began to look before keeps what is written now out of the file itself.
        looking.execute(text("select 1 from users")).all()
        with writing(place.database) as done:
            before = at_least(20, done)
            shutil.copyfile(place.database.engine.url.database, copy)
    usable = not damage_of(copy)
    assert not usable or lines(f"sqlite:///{copy}").get("second", 0) < before


def test_secret_is_not_in_it_and_the_file_is_ones_own(place: Any) -> None:
    assert place.run("backup", str(place.file)).exit_code == 0
    assert place.file.stat().st_mode & 0o077 == 0
    with tarfile.open(place.file) as archive:
        assert archive.getnames() == ["matcher-backup.json", "database", "models/20261101-0300/model.skops"]
    assert b"never in a backup" not in gzip.decompress(place.file.read_bytes())


def test_trying_a_backup_changes_nothing(place: Any) -> None:
    place.run("backup", str(place.file))
    before = sorted(str(path) for path in place.var.rglob("*"))
    tried = place.run("backup", "--check", str(place.file))
    assert (tried.exit_code, "every promise is kept" in tried.output) == (0, True), tried.output
    assert sorted(str(path) for path in place.var.rglob("*")) == before


def test_existing_file_and_database_are_not_overwritten_unasked(place: Any) -> None:
    place.file.write_text("mine")
    refused = place.run("backup", str(place.file))
    assert (refused.exit_code, place.file.read_text()) == (2, "mine")
    assert "--force" in refused.stderr
    assert place.run("backup", str(place.file), "--force").exit_code == 0
    with place.database.write() as session:
        session.add(Audit(at=NOW, action="second", object_type="pair"))
    place.database.dispose()
    refused = place.run("restore", str(place.file))
    assert (refused.exit_code, "--force" in refused.stderr) == (2, True)
    assert lines(place.url) == {"second": 1}
    done = place.run("restore", str(place.file), "--force")
    assert (done.exit_code, "put aside: " in done.output) == (0, True), done.output
    assert lines(place.url) == {}


def test_database_in_use_is_not_replaced(place: Any, engine_name: str) -> None:
    if engine_name != "sqlite":
        pytest.skip("PostgreSQL keeps the old tables beside the new ones")
    place.run("backup", str(place.file))
    with place.database.read() as session:
        session.execute(text("select 1 from users")).all()
        refused = place.run("restore", str(place.file), "--force")
    assert (refused.exit_code, "stop web and worker" in refused.stderr) == (2, True), refused.output


def _flipped(whole: bytes, at: int) -> bytes:
    return whole[:at] + bytes([whole[at] ^ 8]) + whole[at + 1 :]


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda whole: whole[: len(whole) // 2],
    "cut at the end": lambda whole: whole[:-30],
    "empty": lambda whole: b"",
    "another file": lambda whole: b"Dear reader, " * 500,
    "a byte is another": lambda whole: _flipped(whole, len(whole) // 2),
    "another tar": lambda whole: gzip.compress(b"\0" * 10_240),
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_broken_backup_is_a_sentence_and_changes_nothing(place: Any, how: str) -> None:
    place.run("backup", str(place.file))
    place.file.write_bytes(BROKEN[how](place.file.read_bytes()))
    place.database.dispose()
    before = sorted(str(path) for path in place.var.rglob("*"))
    for refused in (place.run("restore", str(place.file), "--force"), place.run("backup", "--check", str(place.file))):
        assert refused.exit_code == 2
        assert "no whole backup" in refused.stderr
        assert "Traceback" not in refused.output
    assert sorted(str(path) for path in place.var.rglob("*")) == before
    assert place.run("fsck").exit_code == 0


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_full_disk_and_missing_folder_are_sentences(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = place.run("backup", str(place.file.parent / "nowhere" / "b"))
    assert (missing.exit_code, "is not there" in missing.stderr) == (2, True)
    assert place.run("restore", str(place.file.parent / "nothing")).exit_code == 2
    monkeypatch.setattr(backup_module, "SPARE", 1 << 60)
    full = place.run("backup", str(place.file))
    assert (full.exit_code, "Nothing was written" in full.stderr, place.file.exists()) == (2, True, False)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_backup_of_another_engine_or_an_older_shape(place: Any, empty_url: str) -> None:
    place.run("backup", str(place.file))
    other = place.run("restore", str(place.file), var=place.other, url="postgresql+psycopg://nobody@localhost/none")
    assert (other.exit_code, "backup of sqlite" in other.stderr) == (2, True)
    with closing(sqlite3.connect(place.database.engine.url.database)) as raw:
        raw.execute("update alembic_version set version_num = 'from-the-future'")
        raw.commit()
    newer = place.run("backup", str(place.file), "--force")
    assert newer.exit_code == 0
    refused = place.run("restore", str(place.file), var=place.other, url=empty_url)
    assert (refused.exit_code, "from-the-future" in refused.stderr) == (2, True)
    assert not Path(Settings(var=place.other, testing=True).var / "matcher.db").exists()


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_damaged_database_is_not_backed_up(place: Any) -> None:
    place.database.dispose()
    file = Path(place.database.engine.url.database)
    whole = bytearray(file.read_bytes())
    whole[4096 * 3 : 4096 * 9] = bytes(4096 * 6)
    file.write_bytes(whole)
    refused = place.run("backup", str(place.file))
    assert (refused.exit_code, "damaged" in refused.stderr, place.file.exists()) == (2, True, False)
