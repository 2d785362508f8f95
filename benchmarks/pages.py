"""What pages cost, through the whole application: CPU time of one thread, in turns; and how long they take under load.

Measure 14: a list page of 20 rows next to a bare Flask page (`_page_lists`). Measure 15: a whole match request
(retrieve, judge, facts, score, store, show) next to the same page from a stored list. Measure 16: the slowest answers
while 16 connections ask at once (`_page_load`).
"""

import statistics
import time
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks._output import arguments, in_turns, line
from benchmarks._page_lists import list_pages, signed_in
from benchmarks._page_load import under_load
from benchmarks._servers import sqlite_folder
from matcher import create_app
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.demo.bulk.services import Plan, generate_large
from matcher.demo.queries import open_request_ids
from matcher.demo.services import generate
from matcher.demo.sizes import BULK_SIZES, SIZES
from matcher.matching.suggestion_models import SuggestionRun
from matcher.reference import prepare
from matcher.requests.models import Request

REQUESTS = 10
ROUNDS = 5
AGO = timedelta(hours=2)  # the world is made a little earlier, so that nothing in it lies ahead of the clock


def main() -> None:
    asked = arguments("What pages cost")
    list_pages()
    under_load()
    with sqlite_folder() as folder:
        url = f"sqlite:///{folder / 'world.db'}"
        make_world(url, full=asked.size == "full")
        app = create_app(Settings(var=folder, database_url=url, testing=True, limits_url=""))
        app.config["WTF_CSRF_ENABLED"] = False
        database = Database(url)
        try:
            whole_request(app, database)
        finally:
            database.dispose()


def make_world(url: str, *, full: bool) -> None:
    """A region of 2,000 people and 4,000 requests, or a town."""
    prepare(url)
    database, now = Database(url), utcnow() - AGO
    with database.write() as session:
        if full:
            generate_large(session, Plan(BULK_SIZES["region"], now, "no password"))
        else:
            generate(session, size=SIZES["town"], now=now, password_hash="no password")
    database.dispose()


def whole_request(app: Flask, database: Database) -> None:
    with database.read() as session:
        ids = open_request_ids(session, now=utcnow())
        rows = session.scalars(select(Request).where(Request.id.in_(ids)).order_by(Request.id))
        asked = [(row.id, row.asked_by_id) for row in rows]
    shares, fresh_s, stored_s, seen = [], [], [], 0
    for request_id, user_id in asked:
        client = signed_in(app, database, user_id)
        if whole(client, request_id) == 0:
            continue
        stored, fresh = in_turns(
            [lambda c=client, r=request_id: page(c, r), lambda c=client, r=request_id: whole(c, r)],
            rounds=ROUNDS,
            clock=time.process_time,
        )
        shares.append(fresh / stored)
        fresh_s.append(fresh)
        stored_s.append(stored)
        seen += eligible(database, request_id)
        if len(shares) == REQUESTS:
            break
    share = statistics.median(shares)
    line(
        "pages: a whole match request, against the page from a stored list",
        share,
        "times",
        goal="≤ 3",
        holds=share <= 3,
        detail=f"SQLite, {len(shares)} requests with {seen / len(shares):.0f} people who fit,"
        f" {ms(fresh_s)} and {ms(stored_s)} of CPU",
    )


def whole(client: FlaskClient, request_id: int) -> int:
    """Look anew and see the page; how many people are on it."""
    answer = client.post(f"/requests/{request_id}/search")
    if answer.status_code != 302:
        raise RuntimeError(f"searching answered {answer.status_code}")
    return page(client, request_id)


def page(client: FlaskClient, request_id: int) -> int:
    answer = client.get(f"/requests/{request_id}")
    if answer.status_code != 200:
        raise RuntimeError(f"the page answered {answer.status_code}")
    return answer.get_data(as_text=True).count('name="offers"')


def eligible(database: Database, request_id: int) -> int:
    query = select(SuggestionRun.eligible).where(SuggestionRun.request_id == request_id)
    with database.read() as session:
        return session.scalars(query.order_by(SuggestionRun.id.desc()).limit(1)).one()


def ms(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.0f} ms"


if __name__ == "__main__":
    main()
