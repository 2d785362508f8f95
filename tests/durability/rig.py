"""The whole service as processes, and eight people who write to it over HTTP and remember what was acknowledged."""

import http.client
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from flask import session as cookie
from flask_wtf.csrf import generate_csrf
from sqlalchemy import func, select, text

from matcher import create_app
from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.matching.fsck_queries import broken_promises, file_damage
from matcher.matching.models import Message
from matcher.notices.models import Outbox
from tests.factories.matching import seed_transitions
from tests.matching.lives import make_life
from tests.ports import free_port

ROOT = Path(__file__).parent.parent.parent
KEY = "k" * 40
CLIENTS = 8


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, with the thread they write in."""

    match_id: int
    cookie: str
    token: str


class Zygote:
    """Where processes come from; see `zygote`."""

    def __init__(self) -> None:
        command, environment = [sys.executable, "-m", "tests.durability.zygote"], os.environ | {"PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def make(self, what: str, environment: dict[str, str], arguments: list[str]) -> int:
        assert self._process.stdin
        assert self._process.stdout
        wanted = {"what": what, "environment": environment, "arguments": arguments}
        print(json.dumps(wanted), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate()


@dataclass
class Service:
    """The web under gunicorn and the worker under a supervisor."""

    zygote: Zygote
    folder: Path
    database_url: str
    application: str = "matcher:create_app()"
    port: int = 0
    web: int = 0
    worker: int = 0

    def start(self, *, worker: bool = True) -> None:
        self.port = free_port()
        self.start_web()
        if worker:
            self.worker = self.zygote.make("work", self._environment(), [])
        self.wait()

    def start_web(self) -> None:
        server = ["--worker-class", "gthread", "--workers", "1", "--threads", "8", "--graceful-timeout", "30"]
        address = ["--bind", f"127.0.0.1:{self.port}", "--log-level", "critical"]
        self.web = self.zygote.make("web", self._environment(), [*server, *address, self.application])

    def wait(self, seconds: float = 180) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if self.status_of("/help") == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the service does not answer: {(self.folder / 'log').read_text()[-2000:]}")

    def status_of(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def serving(self) -> list[int]:
        """The processes that answer, below the one that divides."""
        return _children(self.web)

    def working(self) -> list[int]:
        return _children(self.worker)

    def kill(self, pids: list[int]) -> int:
        killed = 0
        for pid in pids:
            with suppress(ProcessLookupError):  # it went by itself since it was seen
                os.kill(pid, signal.SIGKILL)
                killed = 1
        return killed

    def kill_all_of_web(self) -> int:
        os.killpg(self.web, signal.SIGKILL)
        _gone(self.web, 10)
        self.start_web()
        return 1

    def end(self, pid: int, seconds: float = 40) -> float:
        """SIGTERM, and how long the process took to end."""
        began = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        assert _gone(pid, seconds), f"did not end within {seconds} s"
        return time.monotonic() - began

    def stop(self) -> None:
        for pid in (self.web, self.worker):
            if pid and not _gone(pid, 0):
                os.killpg(pid, signal.SIGKILL)
                _gone(pid, 1)

    def _environment(self) -> dict[str, str]:
        values = {"VAR": str(self.folder), "DATABASE_URL": self.database_url, "SECRET_KEY": KEY, "LIMITS_URL": ""}
        return {f"MATCHER_{name}": value for name, value in values.items()}


@dataclass
class Writing:
    """What the people sent, what was acknowledged, and when."""

    service: Service
    people: list[Person]
    retries: bool = True
    named: str = "first"
    acknowledged: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    retry_after: set[str | None] = field(default_factory=set)
    times: list[float] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    most_seconds: float = 120

    @contextmanager
    def going_on(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._write, args=(n, who)) for n, who in enumerate(self.people)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.ended.set()
            for thread in threads:
                thread.join(240)

    def gap(self) -> float:
        """The longest time in which nothing was acknowledged."""
        return max((b - a for a, b in zip(self.times, self.times[1:], strict=False)), default=0.0)

    def until(self, acknowledged: int, seconds: float = 180) -> None:
        deadline = time.monotonic() + seconds
        while len(self.acknowledged) < acknowledged and time.monotonic() < deadline:
            time.sleep(0.02)

    def until_refused(self) -> None:
        """Until somebody was told to come back later, which they cannot have been before."""
        deadline, before = time.monotonic() + 120, self.statuses[503]
        while self.statuses[503] == before and time.monotonic() < deadline:
            time.sleep(0.02)

    def _write(self, number: int, who: Person) -> None:
        count, deadline = 0, time.monotonic() + self.most_seconds
        while not self.ended.is_set() and time.monotonic() < deadline:
            count += 1
            body, nonce = f"{self.named} person {number} message {count}", secrets.token_urlsafe(16)
            # The same form again until it is answered, as a browser does: the nonce keeps it from being two.
            while not self._sent(who, body, nonce):
                if not self.retries or time.monotonic() > deadline + 20:
                    break
                time.sleep(0.05)

    def _sent(self, who: Person, body: str, nonce: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=30)
        form = urlencode({"body": body, "nonce": nonce, "csrf_token": who.token})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"matcher={who.cookie}"}
        try:
            connection.connect()
        except OSError:
            return False
        try:
            connection.request("POST", f"/matches/{who.match_id}/messages", form, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.unanswered.append(body)
            return False
        finally:
            connection.close()
        self.statuses[answer.status] += 1
        if answer.status == 503:
            self.retry_after.add(answer.getheader("Retry-After"))
        if answer.status not in {302, 303}:
            return False
        self.acknowledged.append(body)
        self.times.append(time.monotonic())
        return True


@dataclass(frozen=True)
class Found:
    """What the database holds next to what was acknowledged."""

    acknowledged: int
    lost: list[str]
    doubled: list[str]
    halves: int
    damage: list[str]

    @property
    def is_whole(self) -> bool:
        return not (self.lost or self.doubled or self.halves or self.damage)

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {len(self.lost)} lost, {len(self.doubled)} double, "
            f"{self.halves} half, {len(self.damage)} damaged"
        )


def make_people(database: Database, folder: Path, database_url: str) -> list[Person]:
    """Eight teachers, each with an invitation to write about, each signed in."""
    app = create_app(Settings(var=folder, database_url=database_url, secret_key=KEY, limits_url=""))
    people, now = [], utcnow()
    for _number in range(CLIENTS):
        with database.write() as session:
            seed_transitions(session)
            life = make_life(session, guests=1)
            match_id = life.asked().id
            token = open_session(session, user_id=life.teacher.id, agent="test", now=now)
        with app.test_request_context():
            cookie["_user_id"] = token
            csrf = generate_csrf()
            serializer = app.session_interface.get_signing_serializer(app)
            people.append(Person(match_id, serializer.dumps(dict(cookie)), csrf))
    app.extensions["matcher_db"].dispose()
    return people


def compared(database: Database, writing: Writing, before: list[str]) -> Found:
    """Every acknowledged message is there once, with the notices that were written with it, and nothing is broken."""
    with database.read() as session:
        bodies = Counter(session.scalars(select(Message.body)))
        told = select(func.count()).where(Outbox.subject == "message", Outbox.subject_id == Message.id)
        counts = Counter(session.scalars(select(told.scalar_subquery()).select_from(Message)))
        strays = select(func.count()).where(Outbox.subject == "message", Outbox.subject_id.not_in(select(Message.id)))
        # Each message tells one person, by mail and in the inbox.
        halves = sum(count for rows, count in counts.items() if rows != 2) + (session.scalar(strays) or 0)
        damage = [finding for finding in promises(session) if finding not in before]
        if database.is_sqlite and (words := session.execute(text("pragma integrity_check")).scalar_one()) != "ok":
            damage.append(words)
    return Found(
        acknowledged=len(writing.acknowledged),
        lost=[body for body in writing.acknowledged if not bodies[body]],
        doubled=[body for body, count in bodies.items() if count > 1],
        halves=halves,
        damage=damage,
    )


def promises(session: object) -> list[str]:
    return [finding.name for finding in (*file_damage(session), *broken_promises(session))]  # type: ignore[arg-type]


def kills(service: Service, chance: random.Random, *, whole: bool) -> Callable[[], int]:
    """One kill -9 at a random moment: mostly of what serves, often of the worker, at times of the whole web."""
    done = 0

    def one() -> int:
        nonlocal done
        time.sleep(chance.uniform(0.1, 0.7))
        kind = done % 5
        if kind == 4 and whole:
            done += service.kill_all_of_web()
        elif kind in {1, 3}:
            done += service.kill(service.working())
        else:
            done += service.kill(service.serving())
        return done

    return one


def _gone(pid: int, seconds: float) -> bool:
    """Whether the whole group of processes is gone within that time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            os.killpg(pid, 0)
        except ProcessLookupError:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
