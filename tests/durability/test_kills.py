"""kill -9 of web and worker while eight people write over HTTP: nothing acknowledged is lost, doubled or half there."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from matcher.db import Database
from matcher.jobs.queries import runs
from matcher.matching.models import Message
from tests.durability.rig import Service, Writing, Zygote, compared, kills, make_people, promises

SIZES = [
    pytest.param((3, 40), id="3 kills"),
    pytest.param((50, 1_000), id="50 kills", marks=pytest.mark.integrity),
]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the processes to kill in /proc, which is Linux")


@pytest.fixture
def service(zygote: Zygote, database: Database, database_url: str, tmp_path: Path) -> Iterator[Service]:
    made = Service(zygote, tmp_path, database_url)
    yield made
    made.stop()


def written(
    service: Service, database: Database, size: tuple[int, int], *, whole: bool = False, worker: bool = True
) -> tuple[Any, Writing, int]:
    """Kills until there were enough of them and of what was acknowledged."""
    people = make_people(database, service.folder, service.database_url)
    with database.read() as session:
        before = promises(session)
    service.start(worker=worker)
    writing, chance = Writing(service, people, most_seconds=600), random.Random(20)
    wanted, acknowledged = size
    kill, done = kills(service, chance, whole=whole), 0
    with writing.going_on():
        writing.until(8)
        while done < wanted:
            # Each kill meets a service that had come back.
            writing.until(len(writing.acknowledged) + 4, seconds=30)
            done = kill()
        writing.until(acknowledged, seconds=300)
    return compared(database, writing, before), writing, done


@pytest.mark.parametrize("size", SIZES)
def test_kill_9_loses_nothing_that_was_acknowledged(
    service: Service, database: Database, size: tuple[int, int]
) -> None:
    found, writing, killed = written(service, database, size, whole=size[0] > 5)
    print(f"{killed} kills, {found}, {len(writing.unanswered)} without an answer, longest gap {writing.gap():.2f} s")
    assert found.is_whole
    assert killed >= size[0]
    assert len(writing.acknowledged) >= size[1]
    assert set(writing.statuses) <= {302, 303, 409, 503}


@pytest.mark.integrity
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_rig_finds_what_a_server_loses_that_answers_before_it_saves(service: Service, database: Database) -> None:
    service.application = "tests.durability.hasty:create_app()"
    found, writing, _killed = written(service, database, (1, 20), worker=False)
    assert writing.acknowledged
    assert found.lost


ROUNDS = [
    pytest.param(1, id="1 round"),
    pytest.param(8, id="8 rounds", marks=pytest.mark.integrity),
]


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_sigterm_under_load_breaks_off_nothing(service: Service, database: Database, rounds: int) -> None:
    """Whoever got as far as the server is answered; whoever came as it closed left nothing behind."""
    people = make_people(database, service.folder, service.database_url)
    seconds, closed = [], 0
    for number in range(rounds):
        writing = Writing(service, people, retries=False, named=f"round {number}")
        service.start(worker=number == 0)
        with writing.going_on():
            writing.until(16)
            seconds.append(service.end(service.web))
        with database.read() as session:
            begun = set(session.scalars(select(Message.body))) & set(writing.unanswered)
        assert begun == set()
        assert set(writing.statuses) == {302}
        assert compared(database, writing, []).is_whole
        closed += len(writing.unanswered)
    seconds.append(service.end(service.worker))
    with database.read() as session:
        assert [row.lease_token for row in runs(session).values() if row.lease_token] == []
    print(f"{rounds} rounds, {closed} came as the socket closed, ended within {max(seconds):.1f} s")
    assert max(seconds) <= 30
