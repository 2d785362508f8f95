"""`fsck` finds every kind of damage, one planted at a time in a copy whose own guards are switched off, and mends what
can be made anew."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from matcher.db import Database
from matcher.matching.cli import fsck_command
from matcher.matching.fsck_cli import PROMISED
from matcher.matching.fsck_queries import ADVICE, CHECKS, broken_promises, file_damage, rows_breaking
from matcher.matching.fsck_services import MENDS, mend, planned
from tests.factories import NOW
from tests.matching.damages import DAMAGE, UNGUARDED, guards_off, healthy_world, plant

Unguarded = tuple[Connection, dict[str, object]]
HISTORY = ("match_events", "consents", "request_revisions", "offer_revisions", "match_moments")


@pytest.fixture(scope="module")
def unguarded(
    engine_name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Unguarded]:
    """One healthy world per engine on one connection, its guards off; each test rolls its damage back."""
    if engine_name == "sqlite":
        file = tmp_path_factory.mktemp("fsck") / "copy.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        url = f"sqlite:///{file}"
    else:
        cluster = request.getfixturevalue("cluster")
        url = cluster.url(cluster.create(request.getfixturevalue("postgres_template")))
    database = Database(url)
    with database.write() as session:
        values = healthy_world(session)
        assert [*file_damage(session), *broken_promises(session)] == []
    with database.engine.connect() as connection:
        guards_off(connection, database)
        yield connection, values
    database.dispose()


@pytest.fixture
def broken(unguarded: Unguarded) -> Iterator[Unguarded]:
    """For one damage, rolled back afterwards."""
    yield unguarded
    unguarded[0].rollback()


def test_every_check_has_its_damage() -> None:
    assert set(DAMAGE) == set(CHECKS)
    assert set(MENDS) | set(ADVICE) <= set(DAMAGE) | set(UNGUARDED) | {"file"}
    assert len(DAMAGE) + len(UNGUARDED) >= 30


@pytest.mark.parametrize("check", DAMAGE)
def test_planted_damage_is_found(broken: Unguarded, check: str) -> None:
    connection, values = broken
    assert rows_breaking(Session(connection), check) == []
    plant(connection, DAMAGE[check], values)
    assert rows_breaking(Session(connection), check)


@pytest.mark.parametrize("check", UNGUARDED)
def test_damage_around_the_promises_is_found(broken: Unguarded, check: str) -> None:
    connection, values = broken
    plant(connection, UNGUARDED[check], values)
    session = Session(connection)
    if check == "keys" and connection.dialect.name == "sqlite":
        session.execute(text("pragma foreign_keys = on"))
    assert check in [finding.name for finding in [*file_damage(session), *broken_promises(session)]]


@pytest.mark.parametrize("check", MENDS)
def test_mend_makes_whole_again_and_leaves_history_alone(broken: Unguarded, check: str) -> None:
    connection, values = broken
    statements = DAMAGE.get(check) or UNGUARDED[check]
    if check == "bookings belong to an agreement":
        statements = ["update matches set state = 'withdrawn' where id = :m"]
    plant(connection, statements, values)
    session = Session(connection)
    before = _history(session)
    plans = planned(broken_promises(session))
    assert check in [plan.name for plan in plans]
    done = mend(session, now=NOW)
    assert [plan.name for plan in done] == [plan.name for plan in plans]
    assert check not in [finding.name for finding in broken_promises(session)]
    assert mend(session, now=NOW) == []
    assert _history(session) == before
    noted = session.execute(text("select details from audit where action = 'fsck_mended'")).all()
    assert any(check in str(row[0]) for row in noted)


def test_what_no_command_may_mend_stays(broken: Unguarded) -> None:
    connection, values = broken
    left = {name for name in DAMAGE if name not in MENDS}
    for name in ("INV-10 version counts events", "INV-11 both sides said yes", "INV-4 approval has its event"):
        assert name in left
        plant(connection, DAMAGE[name], values)
    session = Session(connection)
    found = {finding.name for finding in broken_promises(session)}
    mend(session, now=NOW)
    assert {finding.name for finding in broken_promises(session)} >= found & left


def _history(session: Session) -> str:
    rows = [str(session.execute(text(f"select * from {table} order by 1, 2")).all()) for table in HISTORY]
    return hashlib.sha256("".join(rows).encode()).hexdigest()


@pytest.fixture
def command(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database the command looks at."""
    monkeypatch.setenv("MATCHER_DATABASE_URL", str(sqlite_database.engine.url))
    monkeypatch.setenv("MATCHER_VAR", str(tmp_path / "var"))
    return sqlite_database


def test_command_names_the_damage_of_a_copy(command: Database) -> None:
    with command.write() as session:
        values = healthy_world(session)
    whole = CliRunner().invoke(fsck_command)
    assert (whole.exit_code, whole.output.strip()) == (0, f"All {PROMISED} promises are kept.")

    with command.engine.connect() as connection:
        guards_off(connection, command)
        plant(connection, ["update matches set state = 'declined' where id = :m"], values)
        connection.commit()
    damaged = CliRunner().invoke(fsck_command)
    assert damaged.exit_code == 1
    assert "INV-5 state is the last event: A match stands where its last event led" in damaged.output
    assert "History is never mended" in damaged.output
    assert str(values["m"]) in damaged.output


def test_command_says_first_and_then_mends(command: Database) -> None:
    with command.write() as session:
        values = healthy_world(session)
        session.execute(text("delete from offer_search where offer_id = :o"), {"o": values["o"]})
    said = CliRunner().invoke(fsck_command, ["--mend", "--dry-run"])
    assert f"would write the search rows of these offers anew: offer {values['o']}" in said.output
    assert CliRunner().invoke(fsck_command).exit_code == 1
    done = CliRunner().invoke(fsck_command, ["--mend"])
    assert f"did write the search rows of these offers anew: offer {values['o']}" in done.output
    assert done.exit_code == 0
    assert CliRunner().invoke(fsck_command, ["--dry-run"]).exit_code == 2
