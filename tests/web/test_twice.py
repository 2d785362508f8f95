"""The same form sent two to thirty-two times at once, after a restart, and after an answer that never came: one effect,
one mail, and everybody is led to the same page. Without its key the same clicks do the thing as often as they come."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from matcher.accounts.models import CommandResult
from matcher.accounts.services import open_session
from matcher.db import Database
from matcher.i18n import in_locale
from matcher.matching.models import MatchEvent, Message
from matcher.notices.models import Channel, Outbox
from matcher.requests.models import Request
from matcher.web import once
from tests.factories import NOW
from tests.matching.lives import make_life

TIMES = (2, 4, 8, 16, 32)
WORDS = "Where do I park my car?"


@dataclass
class Desk:
    """A teacher's browser at an invitation that the guest may answer and both may write at."""

    database: Database
    app: Flask
    key: str
    match_id: int
    request_id: int

    def client(self, app: Flask | None = None) -> FlaskClient:
        client = (app or self.app).test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = self.key
        return client

    def send(self, app: Flask | None = None, **form: str) -> Any:
        return self.client(app).post(f"/matches/{self.match_id}/messages", data={"body": WORDS, **form})

    def at_once(self, times: int, send: Callable[[], Any]) -> list[Any]:
        barrier = Barrier(times)

        def one(_number: int) -> Any:
            barrier.wait(timeout=60)
            return send()

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(one, range(times)))

    def effects(self) -> tuple[int, int]:
        """Messages, and mails about them."""
        with self.database.read() as session:
            mails = select(func.count()).where(Outbox.template == "matching/message", Outbox.channel == Channel.MAIL)
            return session.scalar(select(func.count(Message.id))) or 0, session.scalar(mails) or 0


@pytest.fixture
def desk(database: Database, database_url: str, make_app: Callable[..., Flask]) -> Any:
    with database.write() as session:
        life = make_life(session, guests=1)
        match = life.asked()
        key = open_session(session, user_id=life.teacher.id, agent="test", now=NOW)
        found = Desk(database, make_app(database_url), key, match.id, match.request_id)
    with time_machine.travel(NOW, tick=True):
        yield found


@pytest.mark.usefixtures("patient")
def test_clicks_at_once_are_one_message_and_one_mail(desk: Desk) -> None:
    for number, times in enumerate(TIMES, start=1):
        answers = desk.at_once(times, lambda: desk.send(nonce=f"key-{number}", body=f"{WORDS} {number}"))  # noqa: B023
        assert Counter(answer.status_code for answer in answers) == {302: 1, 303: times - 1}
        assert {answer.location for answer in answers} == {f"/matches/{desk.match_id}#messages"}
        assert desk.effects() == (number, number)
    desk.at_once(8, desk.send)
    assert desk.effects() == (len(TIMES) + 8, len(TIMES) + 8), (
        "the rig cannot double, so the rounds above prove nothing"
    )


def test_click_after_a_restart_is_the_same_click(desk: Desk, database_url: str, make_app: Callable[..., Flask]) -> None:
    first = desk.send(nonce="n")
    second = desk.send(make_app(database_url), nonce="n")
    assert (first.status_code, second.status_code) == (302, 303)
    assert second.location == first.location
    assert desk.effects() == (1, 1)


def test_answer_of_what_is_made_stands_with_it(desk: Desk) -> None:
    """The machine stops right after the commit: nothing that comes later is needed for the same answer."""
    copies = select(func.count(Request.id))
    desk.app.after_request_funcs[None] = []
    path = f"/requests/{desk.request_id}/copy"
    first = desk.client().post(path, data={"nonce": "n"})
    again = desk.client().post(path, data={"nonce": "n"})
    assert (again.status_code, again.location) == (303, first.location)
    with desk.database.read() as session:
        assert session.scalar(copies) == 2


def test_unknown_outcome_leads_to_the_page_that_shows_it(desk: Desk) -> None:
    """Of a form whose answer was never known the row stands alone: the page it was on shows what was done."""
    desk.send(nonce="n")
    with desk.database.write() as session:
        session.execute(text("update command_results set location = ''"))
        row = session.scalars(select(CommandResult)).one()
        row.created_at = NOW - once.ANSWERED_WITHIN * 2
    page, client = f"/matches/{desk.match_id}", desk.client()
    again = client.post(f"{page}/messages", data={"body": WORDS, "nonce": "n"}, headers={"Referer": page})
    assert (again.status_code, again.location) == (303, page)
    with in_locale("nl"):
        assert str(once.SENT_BEFORE) in client.get(page).text
    assert desk.effects() == (1, 1)


def test_refused_form_may_be_sent_again_at_once(desk: Desk) -> None:
    """Nothing was done, so nothing is remembered; the eight of them are all told why."""
    answers = desk.at_once(8, lambda: desk.send(nonce="n", body=" "))
    assert {answer.status_code for answer in answers} == {422}
    assert desk.effects() == (0, 0)
    assert desk.send(nonce="n").status_code == 302
    with desk.database.read() as session:
        assert session.scalar(select(func.count()).select_from(MatchEvent)) == 1
