"""Mails that did not arrive: why, marked addresses, the page of the administrator, sending again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.services import open_session
from matcher.accounts.states import Role
from matcher.clock import utcnow
from matcher.db import Database
from matcher.notices import queries, services
from matcher.notices.models import NoticeState, Outbox, RefusedAddress
from matcher.notices.recipients import Recipient
from matcher.notices.states import DeadReason, Manner
from matcher.notices.tasks import send_due
from tests.factories import NOW
from tests.factories.people import make_grant, make_user
from tests.notices.conftest import MailServer

AppMaker = Callable[..., Flask]
LATER = NOW + timedelta(minutes=2)


def put(database: Database, number: int = 1, **changes: Any) -> None:
    values: dict[str, Any] = {
        "recipient": Recipient(None, f"p{number}@x.example", f"Person {number}", "nl"),
        "template": "test/hello",
        "params": {"topic": f"Topic {number}", "words": "w", "path": "/help"},
        "subject": "test",
        "subject_id": number,
        "seq": 1,
        "now": NOW,
        "channels": ["mail"],
    }
    with database.write() as session:
        services.enqueue(session, **{**values, **changes})


def rows(database: Database) -> list[Outbox]:
    with database.read() as session:
        return list(session.scalars(select(Outbox).order_by(Outbox.id)))


def marks(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(RefusedAddress.address)))


def enter(app: Flask, database: Database, role: Role | None) -> FlaskClient:
    client = app.test_client()
    with database.write() as session:
        user = make_user(session, email=f"{role or 'nobody'}@x.example")
        if role is not None:
            make_grant(session, user, role)
        token = open_session(session, user_id=user.id, agent="test", now=utcnow())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client


@pytest.fixture
def dead(sqlite_database: Database, mailing_app: AppMaker) -> Flask:
    """Three dead mails of one cause and one of another."""
    for number in range(1, 5):
        put(sqlite_database, number)
    with sqlite_database.write() as session:
        for row in services.claim_due(session, LATER, 10):
            reason = DeadReason.GAVE_UP if row.subject_id < 4 else DeadReason.MAIL_REFUSED
            services.fail(session, row, error="552 too large", now=LATER, final=True, reason=reason)
    return mailing_app(sqlite_database, mail_url="memory:")


def test_refused_recipient_is_marked_and_left_alone_for_a_week(
    mail_server: MailServer, sqlite_database: Database, mailing_app: AppMaker
) -> None:
    mail_server.sink.refused = {"p1@x.example"}
    app = mailing_app(sqlite_database, mail_url=mail_server.url)
    put(sqlite_database)
    send_due(sqlite_database, app, LATER)
    put(sqlite_database, subject_id=2)
    put(sqlite_database, subject_id=3, manner=Manner.SECURITY)
    send_due(sqlite_database, app, LATER)
    first, second, third = rows(sqlite_database)
    assert (first.dead_reason, second.dead_reason) == (DeadReason.ADDRESS_REFUSED, DeadReason.REFUSED_BEFORE)
    assert third.dead_reason == DeadReason.ADDRESS_REFUSED, "who wants to sign in is always tried"
    assert mail_server.sink.asked == 2
    mail_server.sink.refused = set()
    put(sqlite_database, subject_id=4, now=NOW + timedelta(days=8))
    send_due(sqlite_database, app, LATER + timedelta(days=8))
    assert rows(sqlite_database)[-1].state is NoticeState.SENT
    assert marks(sqlite_database) == [], "a mail that arrives takes the mark away"


def test_mail_that_is_refused_marks_no_address(
    mail_server: MailServer, sqlite_database: Database, mailing_app: AppMaker
) -> None:
    mail_server.sink.answers = ["554 5.7.1 not wanted"]
    put(sqlite_database)
    send_due(sqlite_database, mailing_app(sqlite_database, mail_url=mail_server.url), LATER)
    assert (rows(sqlite_database)[0].dead_reason, marks(sqlite_database)) == (DeadReason.MAIL_REFUSED, [])


def test_page_says_why_whom_and_what(dead: Flask, sqlite_database: Database) -> None:
    client = enter(dead, sqlite_database, Role.ADMINISTRATOR)
    page = client.get("/notices/dead")
    assert page.status_code == 200
    for part in ("Topic 1", "Person 3", "p4@x.example", "552 too large", "Drie dagen geprobeerd", "Mail geweigerd"):
        assert part in page.text
    only = client.get("/notices/dead?reason=mail_refused").text
    assert ("Topic 4" in only, "Topic 1" in only) == (True, False)
    assert client.get("/notices/dead?reason=nonsense").status_code == 200
    assert "4 mails" in client.get("/dashboard").text


def test_secret_in_a_letter_is_not_on_the_page(sqlite_database: Database, mailing_app: AppMaker) -> None:
    put(sqlite_database, params={"topic": "Sign in", "words": "w", "path": "/accounts/link/very-secret"})
    with sqlite_database.write() as session:
        (row,) = services.claim_due(session, LATER, 10)
        services.fail(session, row, error="no", now=LATER, final=True)
    client = enter(mailing_app(sqlite_database, mail_url="memory:"), sqlite_database, Role.ADMINISTRATOR)
    assert "very-secret" not in client.get("/notices/dead").text


def test_send_again_one_and_all_of_a_cause(dead: Flask, sqlite_database: Database) -> None:
    client = enter(dead, sqlite_database, Role.ADMINISTRATOR)
    first = rows(sqlite_database)[0].id
    assert client.post(f"/notices/dead/{first}/resend").status_code == 302
    assert client.post(f"/notices/dead/{first}/resend").status_code == 404, "done already"
    assert client.post("/notices/dead/resend", data={"reason": "gave_up"}).status_code == 302
    assert client.post("/notices/dead/resend", data={"reason": "nonsense"}).status_code == 404
    states = [row.state for row in rows(sqlite_database)]
    assert states == [NoticeState.QUEUED] * 3 + [NoticeState.DEAD]
    sent = send_due(sqlite_database, dead, utcnow() + timedelta(seconds=1))
    assert sent["mails_sent"] == 3


def test_withheld_is_never_sent(dead: Flask, sqlite_database: Database) -> None:
    client = enter(dead, sqlite_database, Role.ADMINISTRATOR)
    last = rows(sqlite_database)[-1].id
    assert client.post(f"/notices/dead/{last}/withhold").status_code == 302
    assert client.post(f"/notices/dead/{last}/resend").status_code == 404
    assert rows(sqlite_database)[-1].state is NoticeState.WITHHELD


def test_nothing_dead_says_so_and_others_stay_out(sqlite_database: Database, mailing_app: AppMaker) -> None:
    app = mailing_app(sqlite_database, mail_url="memory:")
    assert 'class="empty' in enter(app, sqlite_database, Role.ADMINISTRATOR).get("/notices/dead").text
    nobody = enter(app, sqlite_database, None)
    assert nobody.get("/notices/dead").status_code == 403
    for path in ("/notices/dead/1/resend", "/notices/dead/resend", "/notices/dead/1/withhold"):
        assert nobody.post(path).status_code == 403


def test_page_looks_up_as_much_for_many_as_for_one(sqlite_database: Database) -> None:
    """The inbox of all of them is asked for at once."""
    put(sqlite_database, recipient=Recipient(7, "p7@x.example", "P", "nl"), channels=["mail", "inbox"])
    with sqlite_database.read() as session:
        mail, inbox = session.scalars(select(Outbox).order_by(Outbox.id))
        assert queries.in_inbox(session, [mail]) == {queries.same_notice(inbox)}


def test_own_mark_is_shown_and_taken_away(sqlite_database: Database, mailing_app: AppMaker) -> None:
    app = mailing_app(sqlite_database, mail_url="memory:")
    client = enter(app, sqlite_database, None)
    with sqlite_database.write() as session:
        session.add(RefusedAddress(address="nobody@x.example", reply="550 no", refused_at=utcnow()))
    assert 'class="ball stop"' in client.get("/notices/").text
    assert "/notices/mail/works" in client.get("/notices/mail").text
    assert client.post("/notices/mail/works").status_code == 302
    assert marks(sqlite_database) == []
    assert 'class="ball stop"' not in client.get("/notices/").text
