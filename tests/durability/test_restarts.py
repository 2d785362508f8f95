"""PostgreSQL is restarted while eight people write: a short pause with a page that says so, and nothing is lost."""

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from matcher.db import Database
from matcher.jobs.models import JobRun
from tests.durability.rig import Found, Service, Writing, Zygote, compared, make_people, promises
from tests.postgres import Cluster

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc, which is Linux"),
    pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True),
]
TIMES = [
    pytest.param(1, id="each once"),
    pytest.param(5, id="each five times", marks=pytest.mark.integrity),
]
MOST_GAP = 5.0
"""Seconds in which nobody gets through."""
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT


@pytest.fixture
def service(zygote: Zygote, database: Database, database_url: str, tmp_path: Path) -> Iterator[Service]:
    made = Service(zygote, tmp_path, database_url)
    yield made
    made.stop()


def worker_has_begun(database: Database) -> None:
    """A worker that cannot reach its database at its very start ends; this is about one that runs."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        with database.read() as session:
            if session.scalar(select(JobRun.name).where(JobRun.finished_at.is_not(None)).limit(1)):
                return
        time.sleep(0.1)
    raise RuntimeError("the worker did nothing in four minutes")


def restarted(
    service: Service, cluster: Cluster, database: Database, how: list[signal.Signals]
) -> tuple[Found, Writing]:
    people = make_people(database, service.folder, service.database_url)
    with database.read() as session:
        before = promises(session)
    service.start()
    worker_has_begun(database)
    processes = service.serving() + service.working()
    writing = Writing(service, people, most_seconds=200)
    with writing.going_on():
        writing.until(16)
        for each in how:
            cluster.restart(each, writing.until_refused)
            writing.until(len(writing.acknowledged) + 16)
    assert service.serving() + service.working() == processes, "a process ended"
    return compared(database, writing, before), writing


@pytest.mark.parametrize("times", TIMES)
def test_restart_under_load_loses_nothing(service: Service, cluster: Cluster, database: Database, times: int) -> None:
    keep_commits(cluster, database, "on")
    how = [FAST, IMMEDIATE] * times
    found, writing = restarted(service, cluster, database, how)
    print(f"{len(how)} restarts, {found}, longest gap {writing.gap():.2f} s, answers {dict(writing.statuses)}")
    assert found.is_whole
    assert writing.gap() <= MOST_GAP
    assert set(writing.statuses) - {303} == {302, 503}
    assert (writing.unanswered, writing.retry_after) == ([], {"10"})
    assert service.status_of("/healthz") == 200


@pytest.mark.integrity
def test_rig_finds_what_is_lost_when_commits_are_not_kept(
    service: Service, cluster: Cluster, database: Database
) -> None:
    keep_commits(cluster, database, "off")
    cluster.ask("ALTER SYSTEM SET wal_writer_delay = '10s'")
    cluster.ask("SELECT pg_reload_conf()")
    try:
        found, _writing = restarted(service, cluster, database, [IMMEDIATE])
    finally:
        cluster.ask("ALTER SYSTEM RESET wal_writer_delay")
        cluster.ask("SELECT pg_reload_conf()")
    assert found.lost


def keep_commits(cluster: Cluster, database: Database, how: str) -> None:
    """The test server answers before it keeps, which is quicker; this database does as an installation would."""
    cluster.ask(f"ALTER DATABASE {database.engine.url.database} SET synchronous_commit = {how}")
    database.dispose()
