"""`fsck` finds every kind of damage, one planted at a time in a copy whose own guards are switched off."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from matcher.db import Database
from matcher.matching.cli import fsck_command
from matcher.matching.fsck_queries import CHECKS, broken_promises
from tests.factories.matching import make_match
from tests.matching.lives import make_life

# check → statements that break it, for the approved match :m of request :r
DAMAGE: dict[str, list[str]] = {
    "INV-1 one live match of a pair": ["update matches set request_id = :r, offer_id = :o where id = :other"],
    "INV-2 no crossing bookings": [
        "insert into bookings (match_id, party, party_id, start_s, end_s, pad_before_s, pad_after_s, live)"
        " select match_id, party, party_id, start_s + 60, end_s + 60, 0, 0, live from bookings where match_id = :m"
    ],
    "INV-3 approved visit has its people": ["update matches set teacher_id = null where id = :m"],
    "INV-4 approver is no party": ["update matches set approved_by_id = teacher_id where id = :m"],
    "INV-5 state is the last event": ["update matches set state = 'declined' where id = :m"],
    "INV-5 chain is unbroken": ["update match_events set from_state = 'approved' where match_id = :m and seq = 2"],
    "INV-5 events have a match": ["update match_events set match_id = 999999 where match_id = :other"],
    "INV-6 places": [
        "update matches set request_id = :r, state = 'accepted', place_no = 2 where id = :other",
    ],
    "INV-6 place numbers": ["update matches set place_no = 7 where id = :m"],
    "INV-6 ask budgets": ["update ask_counters set taken = taken + 1 where owner = 'person'"],
    "INV-6 who counts": ["update matches set counted_year = null, counts_for_company = :no where id = :m"],
    "INV-7 notices of a step": ["delete from outbox where subject_id = :m and subject = 'match'"],
    "INV-9 final states": [
        "insert into match_events (match_id, seq, prev_seq, from_state, action, to_state, role, note, details, at)"
        " values (:m, 4, 3, 'held', 'cancel', 'cancelled', 'system', '', '{}', '2026-11-23 08:00:00')"
    ],
    "INV-10 version counts events": ["delete from match_events where match_id = :m and seq = 2"],
    "INV-11 consents": ["update consents set given_at = null, seq = null where match_id = :m and party = 'school'"],
    "INV-13 closed request": ["update requests set state = 'withdrawn' where id = :r"],
    "INV-14 times": ["update match_moments set chosen = :no where match_id = :m"],
    "INV-15 erased people": ["update users set erased_at = '2026-11-23 08:00:00' where id = :guest"],
    "bookings belong to an agreement": ["delete from bookings where match_id = :m"],
    "half-days of an internship": ["update matches set kind = 'teacher_internship' where id = :m"],
    "half-days of a placement": ["update matches set kind = 'hybrid_placement' where id = :m"],
    "revisions": ["update matches set request_revision = 99 where id = :m"],
}


@pytest.fixture(scope="module")
def unguarded(
    engine_name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Connection, dict[str, object]]]:
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
        values = _world(session)
        assert broken_promises(session) == []
    with database.engine.connect() as connection:
        _guards_off(connection, database)
        yield connection, values
    database.dispose()


@pytest.fixture
def broken(unguarded: tuple[Connection, dict[str, object]]) -> Iterator[Callable[[str], list[str]]]:
    """`broken(check)` plants the damage of a check and names the checks that find something."""
    connection, values = unguarded

    def plant(check: str) -> list[str]:
        for statement in DAMAGE[check]:
            connection.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
        return [finding.name for finding in broken_promises(Session(connection))]

    yield plant
    connection.rollback()


def _world(session: Session) -> dict[str, object]:
    life = make_life(session)
    match = life.approved()
    other = make_match(session)
    return {
        "m": match.id,
        "r": match.request_id,
        "o": match.offer_id,
        "other": other.id,
        "guest": match.visitor_id,
        "no": False,
    }


def _guards_off(connection: Connection, database: Database) -> None:
    """A damaged file knows no constraint: what may refuse the damage goes first."""
    if not database.is_sqlite:
        for table in ("matches", "match_events", "bookings", "consents", "match_moments", "ask_counters"):
            names = connection.execute(
                text(
                    "select conname from pg_constraint where conrelid = to_regclass(:t)"
                    " and contype in ('c','f','x','u')"
                ),
                {"t": table},
            )
            for (name,) in names.all():
                connection.execute(text(f'alter table {table} drop constraint if exists "{name}" cascade'))
        for index in ("uq_matches_live_offer", "uq_matches_live_professional", "uq_matches_place"):
            connection.execute(text(f"drop index if exists {index}"))
        connection.execute(text("drop trigger tr_match_events_append_only on match_events"))
        connection.commit()
        return
    connection.commit()
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.executescript(
        "PRAGMA query_only=OFF; PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON;"
        "DROP INDEX uq_matches_live_offer; DROP INDEX uq_matches_live_professional; DROP INDEX uq_matches_place;"
        "DROP TRIGGER tr_match_events_no_update; DROP TRIGGER tr_match_events_no_delete;"
        "DROP TRIGGER tr_bookings_insert; DROP TRIGGER tr_bookings_update;"
    )


def test_every_check_has_its_damage() -> None:
    assert set(DAMAGE) == set(CHECKS)


@pytest.mark.parametrize("check", DAMAGE)
def test_planted_damage_is_found(broken: Callable[[str], list[str]], check: str) -> None:
    assert check in broken(check)


def test_command_names_the_damage_of_a_copy(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_database.write() as session:
        values = _world(session)
    monkeypatch.setenv("MATCHER_DATABASE_URL", str(sqlite_database.engine.url))
    monkeypatch.setenv("MATCHER_VAR", str(tmp_path / "var"))
    whole = CliRunner().invoke(fsck_command)
    assert (whole.exit_code, whole.output.strip()) == (0, f"All {len(CHECKS) + 1} promises are kept.")

    with sqlite_database.engine.connect() as connection:
        _guards_off(connection, sqlite_database)
        connection.execute(text("update matches set state = 'declined' where id = :m"), {"m": values["m"]})
        connection.commit()
    damaged = CliRunner().invoke(fsck_command)
    assert damaged.exit_code == 1
    assert "INV-5 state is the last event: A match stands where its last event led" in damaged.output
    assert str(values["m"]) in damaged.output
