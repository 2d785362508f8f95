"""The upgraded database and the one the models describe are the same on both engines, down to checks and triggers.

Alembic's own comparison sees neither the text of checks nor the condition of partial indexes nor triggers.
"""

import re

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from matcher.db import Database, make_engine
from matcher.errors import ConfigurationError
from matcher.migrate import alembic_config, upgrade
from matcher.tables import metadata

POSTGRES_QUERIES = {
    "column": """
        select table_name || '.' || column_name, concat_ws(' ', data_type, character_maximum_length, is_nullable,
               column_default, identity_generation)
        from information_schema.columns where table_schema = 'public'""",
    "constraint": """
        select conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) || ' ' || condeferred
        from pg_constraint where connamespace = 'public'::regnamespace""",
    "index": "select schemaname || '.' || indexname, indexdef from pg_indexes where schemaname = 'public'",
    "trigger": """
        select tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal""",
    "function": """
        select proname, prosrc from pg_proc where pronamespace = 'public'::regnamespace""",
}


def shape(connection: Connection) -> dict[str, str]:
    """Every part of the database under its name, in a text that can be compared."""
    if connection.dialect.name == "sqlite":
        return _sqlite_shape(connection)
    found = {}
    for kind, query in POSTGRES_QUERIES.items():
        for name, definition in connection.execute(text(query)):
            if "alembic_version" not in name:
                found[f"{kind} {name}"] = _plain(str(definition))
    return found


def _sqlite_shape(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("select type, name, sql from sqlite_master where sql is not null"))
    return {
        f"{kind} {name}": "\n".join(sorted(_clauses(sql))) if kind == "table" else _plain(sql)
        for kind, name, sql in rows
        if name not in {"alembic_version", "sqlite_sequence"}
    }


def _clauses(create_table: str) -> list[str]:
    """Columns and constraints of a table: batch migrations write them in another order."""
    body = create_table[create_table.index("(") + 1 : create_table.rindex(")")]
    clauses, depth, start = [], 0, 0
    for at, sign in enumerate(body):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            clauses.append(body[start:at])
            start = at + 1
    return [_plain(clause) for clause in [*clauses, body[start:], create_table[create_table.rindex(")") + 1 :]]]


def _plain(definition: str) -> str:
    """Without the differences that mean nothing: white space, quotes around names, case of keywords."""
    definition = re.sub(r"\s+", " ", definition.replace('"', "").replace("`", "")).strip()
    return re.sub(r"\s*([(),])\s*", r"\1", definition).lower()


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return [
        f"{name}:\n  {one.get(name, 'missing')}\n  {other.get(name, 'missing')}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]


@pytest.fixture
def described(engine_name: str, request: pytest.FixtureRequest, tmp_path):
    """A database made from the models alone."""
    if engine_name == "sqlite":
        url = f"sqlite:///{tmp_path / 'models.db'}"
    else:
        cluster = request.getfixturevalue("cluster")
        url = cluster.url(cluster.create())
    engine = make_engine(url)
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_upgraded_database_is_what_the_models_describe(database: Database, described) -> None:
    with database.engine.connect() as upgraded, described.connect() as made:
        found = differences(shape(upgraded), shape(made))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE users ADD COLUMN planted integer",
        "CREATE UNIQUE INDEX ix_planted ON users (email) WHERE stopped_at IS NULL",
        "CREATE TABLE planted (id integer CHECK (id > 0))",
    ],
)
def test_planted_difference_is_found(database: Database, described, change: str) -> None:
    with described.begin() as made:
        made.execute(text(change))
    with database.engine.connect() as upgraded, described.connect() as made:
        assert differences(shape(upgraded), shape(made))


def test_changed_trigger_is_found(tmp_path) -> None:
    with create_engine(f"sqlite:///{tmp_path / 't.db'}").begin() as connection:
        connection.execute(text("CREATE TABLE t (id integer)"))
        before = shape(connection)
        connection.execute(text("CREATE TRIGGER x BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'no'); END"))
        assert differences(before, shape(connection))


def test_migrations_are_one_line() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_upgrade_of_upgraded_database_does_nothing(database_url: str) -> None:
    assert upgrade(database_url) is False


def test_upgrade_of_newer_database_is_refused(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
    with pytest.raises(ConfigurationError, match="from-the-future"):
        upgrade(str(database.engine.url.render_as_string(hide_password=False)))
