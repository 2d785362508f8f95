"""Measure 16: how long a page takes for the slowest in a hundred while 16 connections ask at once, next to a bare page.

One gunicorn serves both, on the loopback address, with as many processes as cores and one thread each.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import numpy as np

from benchmarks._output import line
from benchmarks._page_lists import add_rows, signed_in
from benchmarks._servers import sqlite_folder
from matcher import create_app
from matcher.config import Settings
from matcher.db import Database
from matcher.reference import prepare

CONNECTIONS = 16
ROUNDS = 3
BARE_EACH, PAGE_EACH = 40, 8
STARTS_WITHIN_S = 60.0
ANSWERS_WITHIN_S = 30.0
KEY = "b" * 48
PATH = "/requests"
GOAL = 8


def under_load() -> None:
    with sqlite_folder() as folder:
        url = f"sqlite:///{folder / 'load.db'}"
        cookie = _world(url, folder)
        with _server(url, folder) as port:
            _ask(port, PATH, cookie, 3)
            _ask(port, "/bare", "", 3)
            bare: list[float] = []
            page: list[float] = []
            for _round in range(ROUNDS):
                bare += _ask(port, "/bare", "", BARE_EACH)
                page += _ask(port, PATH, cookie, PAGE_EACH)
    slow_bare, slow_page = float(np.percentile(bare, 99)), float(np.percentile(page, 99))
    times = slow_page / slow_bare
    line(
        "pages: p99 of my requests with 16 connections, against a bare page",
        times,
        "times",
        goal=f"≤ {GOAL}",
        holds=times <= GOAL,
        detail=f"{slow_page * 1000:.0f} and {slow_bare * 1000:.0f} ms, {len(page)} and {len(bare)} answers,"
        f" medians {np.median(page) * 1000:.0f} and {np.median(bare) * 1000:.0f} ms, {os.cpu_count()} processes",
    )


def _world(url: str, folder: Path) -> str:
    """A teacher with 20 requests; the cookie that signs them in."""
    prepare(url)
    database = Database(url)
    app = create_app(Settings(var=folder, database_url=url, secret_key=KEY, limits_url=""))
    try:
        client = signed_in(app, database, add_rows(database, 20, 0))
        kept = client.get_cookie("matcher")
        if kept is None:
            raise RuntimeError("the sign-in left no cookie")
        return f"matcher={kept.value}"
    finally:
        app.extensions["matcher_db"].dispose()
        database.dispose()


@contextmanager
def _server(url: str, folder: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(os.cpu_count())]
    command += ["--worker-class", "gthread", "--threads", "1", "--log-level", "error", "--no-control-socket"]
    settings = {"MATCHER_VAR": str(folder), "MATCHER_DATABASE_URL": url, "MATCHER_SECRET_KEY": KEY}
    environment = {**os.environ, **settings, "MATCHER_LIMITS_URL": "", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen([*command, "benchmarks._bare:both()"], env=environment, stdout=sys.stderr) as running:
        try:
            _wait_for(port, running)
            yield port
        finally:
            running.terminate()
            running.wait(timeout=ANSWERS_WITHIN_S)


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and running.poll() is None:
        try:
            _ask(port, "/bare", "", 1, connections=1)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the server did not start")


def _ask(port: int, path: str, cookie: str, each: int, *, connections: int = CONNECTIONS) -> list[float]:
    """Seconds of each answer: every connection asks `each` times, one after the other."""
    with ThreadPoolExecutor(connections) as pool:
        asked = [pool.submit(_one_connection, port, path, cookie, each) for _number in range(connections)]
        return [seconds for one in asked for seconds in one.result()]


def _one_connection(port: int, path: str, cookie: str, each: int) -> list[float]:
    taken = []
    connection = HTTPConnection("127.0.0.1", port, timeout=ANSWERS_WITHIN_S)
    try:
        for _number in range(each):
            began = time.perf_counter()
            connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - began)
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
    finally:
        connection.close()
    return taken
