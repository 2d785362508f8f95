"""What several rushes need: a server of its own, a browser's form over a socket, and how long was waited."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select, text

from matcher.accounts.queries import actor_for
from matcher.db import Database
from matcher.matching import services
from matcher.matching.models import Match, MatchEvent
from matcher.matching.states import MatchState
from tests.house.code import ROOT
from tests.ports import free_port

SECRET = "only-for-tests"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
STARTS_WITHIN_S = 180
END_ALL_OTHERS = text(
    "select pg_terminate_backend(pid, 60000) from pg_stat_activity"
    " where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()"
)


def percentile(seconds: Sequence[float], share: float = 0.99) -> float:
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))]


def circles(database: Database, *, settled: bool = False) -> int:
    """How often PostgreSQL had to break a circle of waiting transactions; SQLite has one writer and no circles."""
    if database.is_sqlite:
        return 0
    if settled:
        # A connection counts for itself and tells it when it has the time, or when it ends.
        with database.write() as session:
            session.execute(END_ALL_OTHERS)
    with database.read() as session:
        query = text("select deadlocks from pg_stat_database where datname = current_database()")
        return int(session.execute(query).scalar_one())


def all_at_once(many: int, act: Callable[[int], Any], waited: list[float] | None = None) -> list[Any]:
    """Everybody waits for the last one and then acts; `waited` gets the seconds each of them took."""
    barrier = Barrier(many)

    def one(number: int) -> Any:
        barrier.wait(timeout=120)
        started = time.perf_counter()
        answer = act(number)
        if waited is not None:
            waited.append(time.perf_counter() - started)
        return answer

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(one, range(many)))


def take_all_back(database: Database) -> None:
    """Whoever said yes undoes it, so that the next round begins as the first did."""
    with database.write() as session:
        for match in session.scalars(select(Match).where(Match.state == MatchState.ACCEPTED).order_by(Match.id)):
            last = session.get_one(MatchEvent, (match.id, match.seq))
            services.undo(session, match.id, actor=actor_for(session, last.actor_id or 0), now=last.at)


@contextmanager
def served(
    database_url: str, folder: Path, *, workers: int = 2, threads: int = 4, **settings: str
) -> Iterator[tuple[int, int]]:
    """The application in processes of its own, at the hour of the tests: a port of this machine and its process."""
    port = free_port()
    (folder / "served").mkdir(exist_ok=True)
    environment = os.environ | {
        "MATCHER_TEST_DATABASE": database_url, "MATCHER_TEST_VAR": str(folder / "served"), "PYTHONPATH": str(ROOT),
        **settings,
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-b",
        f"127.0.0.1:{port}",
        "-w",
        str(workers),
        "--threads",
        str(threads),
    ]
    command += ["--backlog", "256", "--log-level", "warning", "tests.matching.served:app"]
    log = (folder / "served" / "log").open("wb")
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait(port, server, folder / "served" / "log")
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(120)
        log.close()


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and server.poll() is None:
        try:
            answer, _body, _cookie = asked(port, "GET", "/", "")
        except OSError:
            time.sleep(0.2)
        else:
            assert answer == 200
            return
    raise RuntimeError(f"the server does not start: {log.read_text()}")


def asked(port: int, method: str, path: str, cookie: str, form: dict[str, Any] | None = None) -> tuple[int, str, str]:
    """Status, text and the cookie that holds from now on."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Cookie": f"matcher={cookie}", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, path, urlencode(form) if form else None, headers)
    answer = connection.getresponse()
    body, fresh = answer.read().decode(), answer.getheader("Set-Cookie") or ""
    connection.close()
    return answer.status, body, fresh.split("matcher=")[1].split(";")[0] if "matcher=" in fresh else cookie


def form_token(port: int, cookie: str, path: str) -> tuple[str, str]:
    """The token in the forms of a page, and the cookie it belongs to."""
    status, body, cookie = asked(port, "GET", path, cookie)
    assert status == 200, status
    found = TOKEN.search(body)
    assert found
    return found[1], cookie


def sent(port: int, path: str, cookie: str, form: dict[str, Any]) -> tuple[int, str]:
    status, body, _cookie = asked(port, "POST", path, cookie, form)
    return status, body
