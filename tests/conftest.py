"""Databases on both engines, the application, the clock of the tests, and what a test may need from the machine.

`session` rolls back at the end, `database` is fresh for each test; both run on SQLite and on PostgreSQL. `app` and
`client` run on SQLite; `make_app(url)` builds one on any database.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import Session

import matcher
from matcher import create_app, db
from matcher.config import Settings
from matcher.db import Database
from matcher.migrate import upgrade
from matcher.subjects.services import seed_topics
from matcher.web import once
from tests import quick
from tests.postgres import Cluster

# Two test processes on two cores: threads of their own in each would wait for each other's turn.
os.environ.setdefault("OMP_NUM_THREADS", "1")

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Monday 23 November 2026, nine o'clock on Dutch clocks."""
PATIENCE_S = 120
DEFAULT_REFERENCE_DATA = Path(__file__).parent.parent.parent / "shared" / "data"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_OPTIONS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The same examples in every run, however long they take; --hypothesis-profile=search looks for others.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

SLOW_FIRST = (
    "journeys/test_main_job",
    "accessibility/",
    "matching/test_rush",
    "web/test_access",
    "demo/",
    "journeys/",
    "web/test_odd_input",
    "test_suggest_search",
    "durability/",
    "ranking/test_learned",
    "web/",
    "home/test_accessibility",
)
LANE_FIRST = (
    "matching/test_rush",
    "matching/test_machine",
    "matching/test_capacity",
    "test_planted_faults",
    "test_kills",
)
"""The same for the full figures (-m integrity)."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    named = config.getoption("markexpr")
    for item in items:
        if item.get_closest_marker("long") and "long" not in named:
            item.add_marker(pytest.mark.skip(reason="long: name it with -m long"))
        if item.get_closest_marker("integrity") and "integrity" not in named:
            item.add_marker(pytest.mark.skip(reason="integrity at full length: name it with -m integrity"))
        if item.get_closest_marker("accessibility") and "accessibility" not in named:
            item.add_marker(pytest.mark.skip(reason="every page in every dress: name it with -m accessibility"))
        if "postgresql" in getattr(getattr(item, "callspec", None), "params", {}).values():
            item.add_marker(pytest.mark.postgres)
            if item.get_closest_marker("long_on_postgres") and "long" not in named:
                item.add_marker(pytest.mark.skip(reason="long on PostgreSQL: name it with -m long_on_postgres"))
            continue
        if item.get_closest_marker("long_on_sqlite") and "long" not in named:
            item.add_marker(pytest.mark.skip(reason="long on SQLite: name it with -m long_on_sqlite"))
    # The files that take longest go first, so that the workers end together.
    first = LANE_FIRST if "integrity" in named else SLOW_FIRST
    items.sort(key=lambda item: next((n for n, slow in enumerate(first) if slow in item.nodeid), len(first)))


def pytest_collection_finish(session: pytest.Session) -> None:
    quick.remember_address_builders()
    quick.do_not_wait_for_the_disk()
    quick.leave_what_is_loaded_alone()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What the machine lacks is skipped with its reason, or fails where it must be there."""
    if item.get_closest_marker("real_data") and not reference_folder().is_dir():
        lacking(f"no reference data in {reference_folder()}", "MATCHER_REQUIRE_REAL_DATA")
    if item.get_closest_marker("browser") and CHROMIUM is None:
        lacking("no chromium on this machine", "MATCHER_REQUIRE_BROWSER")


def lacking(what: str, required: str) -> None:
    if os.environ.get(required):
        pytest.fail(f"{what}, and {required} is set")
    pytest.skip(what)


def reference_folder() -> Path:
    return Path(os.environ.get("MATCHER_REFERENCE_DATA") or DEFAULT_REFERENCE_DATA)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def on_the_day() -> Iterator[None]:
    """The clock stands at `now` and goes on, for pages that look at it in a world that was made for that day."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def real_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite keeps every commit on the disk, as it is installed; `usefixtures` puts this before the database."""
    monkeypatch.setattr(db, "_sqlite_connect", quick.sqlite_as_it_is)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For rushes, with `usefixtures`: on a slow machine nobody is sent away because the others were not done yet.

    How long Matcher itself waits is small on purpose, and has tests of its own.
    """
    for name in ("SQLITE_BUSY_MS", "PG_LOCK_TIMEOUT_MS", "PG_STATEMENT_TIMEOUT_MS"):
        monkeypatch.setattr(db, name, PATIENCE_S * 1000)
    monkeypatch.setattr(db, "LONGEST_WAIT_S", PATIENCE_S)
    monkeypatch.setattr(matcher, "SERVING_WAIT_S", PATIENCE_S)
    monkeypatch.setattr(once, "PATIENCE_S", PATIENCE_S)
    monkeypatch.setattr(once, "ANSWERED_WITHIN", timedelta(seconds=PATIENCE_S))


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder with the published tables; for tests marked `real_data`."""
    return reference_folder()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    server = Cluster()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, upgraded database file to copy."""
    file = tmp_path_factory.mktemp("template") / "empty.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(cluster: Cluster) -> str:
    """The name of an empty, upgraded database to copy."""
    name = cluster.create()
    upgrade(cluster.url(name))
    return name


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database, on each engine in turn."""
    if engine_name == "sqlite":
        yield _copied(request.getfixturevalue("sqlite_template"), tmp_path / "fresh.db")
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = cluster.create(request.getfixturevalue("postgres_template"))
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database, on each engine in turn."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def shared_database(
    engine_name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """One database per engine for all tests that roll back."""
    if engine_name == "sqlite":
        file = tmp_path_factory.mktemp("shared") / "shared.db"
        url = _copied(request.getfixturevalue("sqlite_template"), file)
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        url = cluster.url(cluster.create(request.getfixturevalue("postgres_template")))
    opened = Database(url)
    yield opened
    opened.dispose()


@pytest.fixture
def session(shared_database: Database) -> Iterator[Session]:
    """A write session that forgets everything at the end, on each engine in turn."""
    with shared_database.session(write=True) as opened:
        yield opened
        opened.rollback()


@pytest.fixture(scope="session")
def topics_database(
    engine_name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """One database per engine with all topics in it, for tests that roll back."""
    if engine_name == "sqlite":
        file = tmp_path_factory.mktemp("topics") / "topics.db"
        url = _copied(request.getfixturevalue("sqlite_template"), file)
    else:
        cluster = request.getfixturevalue("cluster")
        url = cluster.url(cluster.create(request.getfixturevalue("postgres_template")))
    opened = Database(url)
    with opened.write() as session:
        seed_topics(session)
    yield opened
    opened.dispose()


@pytest.fixture
def seeded(topics_database: Database) -> Iterator[Session]:
    """A write session on a database with all topics, which forgets everything at the end."""
    with topics_database.session(write=True) as session:
        yield session
        session.rollback()


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database, for what does not depend on the engine."""
    opened = Database(_copied(sqlite_template, tmp_path / "only.db"))
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Each application would compile every template again, which takes longer than most tests; workers share them."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "templates"
    folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder))


@pytest.fixture
def make_app(tmp_path: Path, compiled_templates: FileSystemBytecodeCache) -> Callable[..., Flask]:
    """`make_app(url, **settings)`: the application on that database. Forms need no token unless asked."""

    def make(database_url: str, *, csrf: bool = False, **settings: object) -> Flask:
        values = {"var": tmp_path / "var", "database_url": database_url, "testing": True, "limits_url": "", **settings}
        made = create_app(Settings(**values))  # type: ignore[arg-type]
        made.config["WTF_CSRF_ENABLED"] = csrf
        made.jinja_env.bytecode_cache = compiled_templates
        return made

    return make


@pytest.fixture
def app(sqlite_database: Database, make_app: Callable[..., Flask]) -> Flask:
    """The application on a fresh SQLite database, the same one as the fixture `sqlite_database`."""
    return make_app(str(sqlite_database.engine.url))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """The machine's own chromium; nothing is downloaded."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_OPTIONS}


def _copied(template: Path, target: Path) -> str:
    shutil.copyfile(template, target)
    return f"sqlite:///{target}"
