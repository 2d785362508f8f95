"""Measure 14: the CPU of a list page of 20 rows next to a bare Flask page, and its statements for 5 and 50 rows."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from benchmarks._bare import bare_app
from benchmarks._output import in_turns, line, not_run
from benchmarks._servers import postgres, sqlite_folder
from matcher import create_app
from matcher.accounts.models import User
from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.offers.search_services import refresh_all
from matcher.reference import prepare
from tests.factories.matching import make_offer, make_request
from tests.factories.people import make_school, make_teacher

ROWS = 20
ROUNDS = 25
BARE_AT_ONCE = 20  # so short that the clock must see several of them
PAGES = {"my requests": "/requests", "offers": "/offers/browse"}
MOST = {"SQLite": 15, "PostgreSQL": 20}


def list_pages() -> None:
    with sqlite_folder() as folder:
        _measure("SQLite", f"sqlite:///{folder / 'lists.db'}", folder)
        with postgres() as server:
            if server is None:
                not_run("pages: a list of 20 rows on PostgreSQL", goal="≤ 20", why="no PostgreSQL on this machine")
            else:
                _measure("PostgreSQL", server.url(server.create()), folder)


def _measure(engine: str, url: str, folder: Path) -> None:
    prepare(url)
    database = Database(url)
    app = create_app(Settings(var=folder, database_url=url, secret_key="b" * 48, limits_url=""))
    try:
        teacher_id = 0
        statements: dict[str, list[int]] = {name: [] for name in PAGES}
        for rows, before in ((5, 0), (ROWS, 5), (50, ROWS)):
            teacher_id = add_rows(database, rows - before, teacher_id)
            client = signed_in(app, database, teacher_id)
            for name, path in PAGES.items():
                get(client, path)
                with counted(app) as sent:
                    get(client, path)
                statements[name].append(len(sent))
            if rows == ROWS:
                _say_cpu(engine, client)
        for name, found in statements.items():
            few, _twenty, many = found
            line(
                f"pages: statements for {name}, 50 rows against 5, {engine}",
                many - few,
                "more",
                goal="= 0",
                holds=many == few,
                detail=f"{few} and {many} statements",
            )
    finally:
        app.extensions["matcher_db"].dispose()
        database.dispose()


def _say_cpu(engine: str, client: FlaskClient) -> None:
    bare = bare_app().test_client()
    ways: list[Callable[[], Any]] = [lambda: [get(bare, "/bare") for _ in range(BARE_AT_ONCE)]]
    # A page for the same reader without a list: what session, header, language and layout cost by themselves.
    paths = [*PAGES.values(), "/how-it-works"]
    ways += [partial(get, client, path) for path in paths]
    spent, *pages = in_turns(ways, rounds=ROUNDS, clock=time.process_time)
    one, frame, most = spent / BARE_AT_ONCE, pages[-1], MOST[engine]
    for name, seconds in zip(PAGES, pages, strict=False):
        times = seconds / one
        line(
            f"pages: CPU of {name}, 20 rows, against a bare Flask page, {engine}",
            times,
            "times",
            goal=f"≤ {most}",
            holds=times <= most,
            detail=f"{seconds * 1000:.1f} and {one * 1000:.2f} ms;"
            f" {frame / one:.0f} times for a page of this reader without a list",
        )


def add_rows(database: Database, count: int, teacher_id: int) -> int:
    """So many requests of one teacher, and offers of as many people; the teacher."""
    with database.write() as session:
        teacher = session.get(User, teacher_id) or make_teacher(session, school=make_school(session))
        for _number in range(count):
            make_request(session, teacher=teacher)
            make_offer(session)
        refresh_all(session, now=utcnow())
        return teacher.id


def signed_in(app: Flask, database: Database, user_id: int) -> FlaskClient:
    client = app.test_client()
    with database.write() as session:
        token = open_session(session, user_id=user_id, agent="benchmark", now=utcnow())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client


def get(client: FlaskClient, path: str) -> bytes:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return answer.data


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that a page sends meanwhile."""
    sent: list[str] = []
    engine = app.extensions["matcher_db"].engine

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
