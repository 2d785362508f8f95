"""The mail server is away for a while, workers are killed: nothing is lost, and what is doubled has the same name."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from matcher.db import Database
from matcher.notices.models import NoticeState, Outbox
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.notices.tasks import send_due
from tests.factories import NOW
from tests.notices.conftest import MailServer, Sink

AppMaker = Callable[..., Flask]
LATER = NOW + timedelta(seconds=61)
LEASE_AND_MORE = timedelta(minutes=6)
STEPS = 5


def fill(database: Database, count: int) -> None:
    """`count` notices: five steps of each match, to one person per match."""
    with database.write() as session:
        for number in range(count):
            match, seq = divmod(number, STEPS)
            enqueue(
                session,
                recipient=Recipient(match, f"p{match}@x.example", "P", "nl"),
                template="test/hello",
                params={"topic": "T", "words": "w", "path": "/"},
                subject="test",
                subject_id=match,
                seq=seq,
                now=NOW,
                channels=["mail"],
            )


def counted(database: Database) -> Counter[NoticeState]:
    with database.read() as session:
        return Counter(dict(session.execute(select(Outbox.state, func.count()).group_by(Outbox.state)).all()))


def arrived(server: MailServer) -> Counter[str]:
    return Counter(str(message["Message-ID"]) for message in server.sink.messages)


def check_order(database: Database, server: MailServer) -> None:
    with database.read() as session:
        rows = {f"<{row.message_id}@demo.example>": row for row in session.scalars(select(Outbox))}
    seen: dict[int, list[int]] = {}
    for message in server.sink.messages:
        row = rows[message["Message-ID"]]
        seen.setdefault(row.subject_id, []).append(row.seq)
    assert all(steps == sorted(steps) for steps in seen.values())


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("count", [30, pytest.param(500, marks=pytest.mark.integrity)])
def test_three_workers_and_a_server_that_is_away(
    mail_server: MailServer, database: Database, mailing_app: AppMaker, count: int
) -> None:
    fill(database, count)
    apps = [mailing_app(database, mail_url=mail_server.url) for _ in range(3)]

    def together(now: datetime) -> None:
        workers = [Thread(target=send_due, args=(database, app, now)) for app in apps]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    mail_server.stop()
    for minutes in range(0, 12, 4):
        together(LATER + timedelta(minutes=minutes))
    assert counted(database)[NoticeState.SENT] == 0
    mail_server.sink.answers = ["450 4.2.0 greylisted"] * (count // 10)
    mail_server.start()
    for minutes in range(15, 400, 55):
        together(LATER + timedelta(minutes=minutes))
    assert counted(database) == {NoticeState.SENT: count}
    assert sorted(arrived(mail_server).values()) == [1] * count
    check_order(database, mail_server)


class Nursery:
    def __init__(self, database: Database, server: MailServer, folder: Path) -> None:
        url = database.engine.url.render_as_string(hide_password=False)
        command = [sys.executable, "-m", "tests.notices.nursery", url, server.url, str(folder)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."},
            cwd=Path(__file__).parent.parent.parent,
        )  # fmt: skip
        assert self._read() == "ready"

    def bear(self, now: datetime) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(now.isoformat() + "\n")
        self.process.stdin.flush()
        return int(self._read())

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=120)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(pid: int, seconds: float) -> bool:
    """True when it ended by itself."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not is_alive(pid):
            return True
        time.sleep(0.002)
    return not is_alive(pid)


@pytest.fixture
def nursery(database: Database, mail_server: MailServer, tmp_path: Path) -> Iterator[Nursery]:
    born = Nursery(database, mail_server, tmp_path / "var")
    yield born
    born.end()


def killed(nursery: Nursery, sink: Sink, database: Database, kills: int, seed: int) -> tuple[int, datetime]:
    """Workers one after another, each killed: two while the server has not answered a mail of theirs, which they cannot
    miss, the third some time after it took its first mails. How many, and the time then."""
    dice, now, done = random.Random(seed), LATER, 0
    for number in range(kills):
        if number % 3 < 2:
            sink.hold(dice.randint(2, 10), taken=number % 2 == 1)
        pid = nursery.bear(now)
        if number % 3 < 2:
            while is_alive(pid) and not sink.holds.wait(0.01):
                pass
        else:
            while is_alive(pid) and not held_by_somebody(database, now):
                time.sleep(0.002)
            wait_for(pid, dice.uniform(0, 0.1))
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)
            done += 1
            assert wait_for(pid, 60)
        sink.go_on.set()
        now += LEASE_AND_MORE
    return done, now


def held_by_somebody(database: Database, now: datetime) -> bool:
    with database.read() as session:
        held = select(Outbox.id).where(Outbox.state == NoticeState.INFLIGHT, Outbox.lease_until > now)
        return session.scalars(held.limit(1)).first() is not None


@pytest.mark.parametrize(
    ("count", "kills"),
    [
        pytest.param(60, 3, marks=pytest.mark.long_on_postgres),
        pytest.param(1500, 40, marks=pytest.mark.integrity),
    ],
)
def test_killed_workers_lose_nothing(
    nursery: Nursery, mail_server: MailServer, database: Database, count: int, kills: int
) -> None:
    fill(database, count)
    done, now = killed(nursery, mail_server.sink, database, kills, seed=count)
    for _ in range(3):
        assert wait_for(nursery.bear(now), 300)
        now += LEASE_AND_MORE
    found = arrived(mail_server)
    doubles = sum(found.values()) - len(found)
    print(f"{database.engine.dialect.name}: {count} mails, {done} kills, {doubles} doubles")
    assert counted(database) == {NoticeState.SENT: count}
    assert len(found) == count
    assert doubles <= done
    assert done >= min(kills, 2), "nobody was killed: the rig sees nothing"


@pytest.mark.long_on_postgres
def test_control_mail_noted_before_it_is_sent_gets_lost(
    nursery: Nursery, mail_server: MailServer, database: Database
) -> None:
    """The rig sees a loss: were a mail noted as sent when it is claimed, a kill would take it along."""
    fill(database, 60)
    _done, now = killed(nursery, mail_server.sink, database, 1, seed=3)
    with database.write() as session:
        held = update(Outbox).where(Outbox.state == NoticeState.INFLIGHT)
        values: dict[str, Any] = {"state": NoticeState.SENT, "sent_at": now}
        session.execute(held.values(**values).execution_options(synchronize_session=False))
    assert wait_for(nursery.bear(now), 120)
    assert counted(database)[NoticeState.SENT] == 60
    assert len(arrived(mail_server)) < 60
