"""From outbox to a real SMTP server: whole mails, bad days of servers and workers, poison, what is no longer true."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from matcher.config import Settings
from matcher.db import Database
from matcher.errors import ConfigurationError
from matcher.matching.calendar import build_event
from matcher.notices.mailer import FileMailer, SmtpMailer, make_mailer
from matcher.notices.models import NoticeState, Outbox
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.notices.tasks import due_work, send_due
from tests.factories import NOW
from tests.notices.conftest import MailServer

AppMaker = Callable[..., Flask]
ANNA = Recipient(7, "anna@school.example", "Anna de Vries", "nl")
LATER = NOW + timedelta(seconds=61)


def put(database: Database, count: int = 1, **changes: Any) -> None:
    values: dict[str, Any] = {
        "recipient": ANNA,
        "template": "test/hello",
        "params": {"topic": "Gastles over warmtepompen", "words": "Ja & <graag>!", "path": "/matches/1"},
        "subject": "test",
        "subject_id": 1,
        "now": NOW,
        "channels": ["mail"],
    }
    with database.write() as session:
        for number in range(count):
            enqueue(session, **{"seq": number + 1, **values, **changes})


def states(database: Database) -> list[NoticeState]:
    with database.read() as session:
        return list(session.scalars(select(Outbox.state).order_by(Outbox.id)))


def only_row(database: Database) -> Outbox:
    with database.read() as session:
        return session.scalars(select(Outbox)).one()


def test_whole_mail_arrives_with_calendar(mail_server: MailServer, database: Database, mailing_app: AppMaker) -> None:
    entry = build_event(
        uid="match-1@demo.example", sequence=2, method="REQUEST", status="TENTATIVE", summary="Gastles",
        start=datetime(2026, 12, 10, 9, 15, tzinfo=UTC), end=datetime(2026, 12, 10, 10, 5, tzinfo=UTC),
        description="Zaal één", location="Den Bosch", organizer="noreply@demo.example",
        attendees=["anna@school.example"], now=NOW,
    )  # fmt: skip
    put(database, calendar=entry, calendar_method="REQUEST")
    counts = send_due(database, mailing_app(database, mail_url=mail_server.url), LATER)
    assert counts == {"mails_sent": 1}
    (envelope,) = mail_server.sink.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("noreply@demo.example", ["anna@school.example"])
    (message,) = mail_server.sink.messages
    assert message["Subject"] == "Gastles over warmtepompen"
    assert message["To"] == "Anna de Vries <anna@school.example>"
    assert message["From"] == "Matcher <noreply@demo.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{only_row(database).message_id}@demo.example>"
    assert message["Date"].datetime.replace(microsecond=0) >= LATER.replace(microsecond=0)
    text, html, calendar = message.iter_parts()
    assert "Ja & <graag>!" in text.get_content()
    assert "http://127.0.0.1:8000/matches/1" in text.get_content()
    assert "Ja &amp; &lt;graag&gt;!" in html.get_content()
    assert 'style="' in html.get_content()
    assert (calendar.get_content_type(), calendar.get_param("method")) == ("text/calendar", "REQUEST")
    assert calendar.get_content().replace("\r\n", "\n").strip() == entry.replace("\r\n", "\n").strip()
    assert only_row(database).state is NoticeState.SENT


def test_words_follow_the_reader(mail_server: MailServer, sqlite_database: Database, mailing_app: AppMaker) -> None:
    values = {"day": "2026-12-10", "starts_at": "2026-12-10T09:15:00+00:00", "seen_on": "2026-03-01"}
    for number, locale in enumerate(("nl", "en")):
        reader = Recipient(number + 1, f"{locale}@school.example", "A", locale)
        put(sqlite_database, recipient=reader, template="test/dated", params=values, subject_id=number)
    send_due(sqlite_database, mailing_app(sqlite_database, mail_url=mail_server.url), LATER)
    dutch, english = mail_server.sink.messages
    assert (dutch["Subject"], english["Subject"]) == ("do 10 december", "Thu 10 December")
    assert "do 10 december 2026, 10.15" in _text(dutch)
    assert (dutch["Content-Language"], english["Content-Language"]) == ("nl", "en")


def test_greylisted_mail_arrives_at_the_second_try(
    mail_server: MailServer, sqlite_database: Database, mailing_app: AppMaker
) -> None:
    mail_server.sink.answers = ["451 4.7.1 come back later"]
    put(sqlite_database)
    app = mailing_app(sqlite_database, mail_url=mail_server.url)
    assert send_due(sqlite_database, app, LATER) == {"mails_postponed": 1}
    row = only_row(sqlite_database)
    assert row.state is NoticeState.RETRY
    assert row.last_error == "451 4.7.1 come back later"
    assert send_due(sqlite_database, app, LATER + timedelta(seconds=30)) == {}
    assert send_due(sqlite_database, app, LATER + timedelta(seconds=90)) == {"mails_sent": 1}
    assert len(mail_server.sink.messages) == 1


@pytest.mark.parametrize("answer", ["550 5.1.1 no such person", "552 5.3.4 too large", "554 no"])
def test_refused_mail_is_dead_at_once(
    mail_server: MailServer, sqlite_database: Database, mailing_app: AppMaker, answer: str
) -> None:
    mail_server.sink.answers = [answer]
    put(sqlite_database)
    put(sqlite_database, subject_id=2)
    counts = send_due(sqlite_database, mailing_app(sqlite_database, mail_url=mail_server.url), LATER)
    assert counts == {"mails_dead": 1, "mails_sent": 1}
    assert states(sqlite_database) == [NoticeState.DEAD, NoticeState.SENT]


@pytest.mark.parametrize("address", ["nobody", "a@b@c.nl", "a b@c.nl", "é@school.nl", "x@y.nl\r\nBcc: evil@x.nl"])
def test_impossible_address_is_dead_and_the_rest_goes_on(
    mail_server: MailServer, sqlite_database: Database, mailing_app: AppMaker, address: str
) -> None:
    put(sqlite_database, recipient=Recipient(1, address, "A", "nl"))
    put(sqlite_database, subject_id=2)
    send_due(sqlite_database, mailing_app(sqlite_database, mail_url=mail_server.url), LATER)
    assert states(sqlite_database) == [NoticeState.DEAD, NoticeState.SENT]
    assert [envelope.rcpt_tos for envelope in mail_server.sink.envelopes] == [["anna@school.example"]]


def test_server_away_and_back_loses_and_doubles_nothing(
    mail_server: MailServer, database: Database, mailing_app: AppMaker
) -> None:
    for match in range(10):
        put(database, 5, subject_id=match, recipient=Recipient(match, f"p{match}@x.example", "P", "nl"))
    app = mailing_app(database, mail_url=mail_server.url)
    mail_server.stop()
    began = time.monotonic()
    now = LATER
    for _ in range(3):
        assert "mails_sent" not in send_due(database, app, now)
        now += timedelta(minutes=4)
    assert time.monotonic() - began < 60
    mail_server.sink.answers = ["450 greylisted"] * 7
    mail_server.start()
    for _ in range(8):
        now += timedelta(minutes=20)
        send_due(database, app, now)
    assert states(database) == [NoticeState.SENT] * 50
    received = mail_server.sink.messages
    assert len(received) == len({message["Message-ID"] for message in received}) == 50
    with database.read() as session:
        order = {f"<{row.message_id}@demo.example>": row for row in session.scalars(select(Outbox))}
    for match in range(10):
        steps = [order[message["Message-ID"]].seq for message in received if f"p{match}@" in message["To"]]
        assert steps == [1, 2, 3, 4, 5]


class DyingMailer(SmtpMailer):
    """The worker is killed after the server took the mail and before that was noted."""

    def send(self, message: EmailMessage, *, now: datetime) -> None:
        super().send(message, now=now)
        raise SystemExit("killed")


def test_worker_that_dies_leaves_a_lease_and_the_same_message_id(
    mail_server: MailServer, database: Database, mailing_app: AppMaker
) -> None:
    put(database)
    app = mailing_app(database, mail_url=mail_server.url)
    app.extensions["matcher_mailer"] = DyingMailer(urlsplit(mail_server.url))
    with pytest.raises(SystemExit):
        send_due(database, app, LATER)
    del app.extensions["matcher_mailer"]
    assert states(database) == [NoticeState.INFLIGHT]
    assert send_due(database, app, LATER + timedelta(minutes=2)) == {}
    assert send_due(database, app, LATER + timedelta(minutes=6)) == {"mails_sent": 1}
    first, second = mail_server.sink.messages
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize("template", ["test/gone", "test/broken", "../../etc/passwd"])
def test_poison_is_parked_after_five_tries_while_others_go_on(
    mail_server: MailServer, sqlite_database: Database, mailing_app: AppMaker, template: str
) -> None:
    put(sqlite_database, template=template)
    put(sqlite_database, subject_id=2)
    app = mailing_app(sqlite_database, mail_url=mail_server.url)
    now, rounds = LATER, []
    for _ in range(6):
        rounds.append(send_due(sqlite_database, app, now))
        now += timedelta(hours=4)
    assert rounds[0] == {"mails_postponed": 1, "mails_sent": 1}
    assert rounds[1:] == [{"mails_postponed": 1}] * 3 + [{"mails_dead": 1}, {}]
    assert template in (_rows(sqlite_database)[0].last_error or "")


def test_what_is_no_longer_true_is_withheld(
    mail_server: MailServer, sqlite_database: Database, mailing_app: AppMaker
) -> None:
    asked: list[tuple[int, int, str]] = []

    def still_true(session: Any, subject_id: int, seq: int, template: str) -> bool:
        asked.append((subject_id, seq, template))
        return seq != 1

    put(sqlite_database, 2, subject="match", channels=["mail", "inbox"])
    put(sqlite_database, subject="offer")
    app = mailing_app(sqlite_database, mail_url=mail_server.url)
    app.extensions["matcher_still_true"] = {"match": still_true}
    counts = send_due(sqlite_database, app, LATER)
    assert counts == {"mails_sent": 2, "mails_withheld": 1, "inbox_shown": 1, "inbox_withheld": 1}
    assert (1, 1, "test/hello") in asked


def test_limit_of_a_round_holds(mail_server: MailServer, sqlite_database: Database, mailing_app: AppMaker) -> None:
    for number in range(30):
        put(sqlite_database, subject_id=number)
    app = mailing_app(sqlite_database, mail_url=mail_server.url)
    assert send_due(sqlite_database, app, LATER, limit=25) == {"mails_sent": 25}
    assert due_work(sqlite_database, app, LATER) == {"mails_sent": 5}


def test_demonstration_writes_files(sqlite_database: Database, mailing_app: AppMaker) -> None:
    put(sqlite_database)
    app = mailing_app(sqlite_database)
    settings: Settings = app.extensions["matcher_settings"]
    assert send_due(sqlite_database, app, LATER) == {"mails_sent": 1}
    (file,) = settings.mail_folder.iterdir()
    assert file.name.startswith("20261123T080101-anna@school.example-")
    assert file.suffix == ".eml"
    assert b"Subject: Gastles over warmtepompen" in file.read_bytes()


def test_memory_keeps_mails_for_tests(sqlite_database: Database, mailing_app: AppMaker) -> None:
    put(sqlite_database)
    app = mailing_app(sqlite_database, mail_url="memory:")
    send_due(sqlite_database, app, LATER)
    assert [message["To"] for message in app.extensions["matcher_mailer"].messages] == [
        "Anna de Vries <anna@school.example>"
    ]


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("file:", FileMailer),
        ("smtp://mail.example:2525", SmtpMailer),
        ("smtp+starttls://user:p%40ss@mail.example:587", SmtpMailer),
        ("smtps://user:pass@mail.example", SmtpMailer),
    ],
)
def test_mail_url_chooses_the_way_out(url: str, kind: type) -> None:
    assert isinstance(make_mailer(Settings(mail_url=url, testing=True)), kind)


@pytest.mark.parametrize("url", ["", "http://mail.example", "smtp:", "smtp://", "nonsense"])
def test_wrong_mail_url_is_a_sentence(url: str) -> None:
    with pytest.raises(ConfigurationError, match="MATCHER_MAIL_URL"):
        make_mailer(Settings(mail_url=url, testing=True))


def test_server_without_encryption_gets_nothing_when_asked_for_it(
    mail_server: MailServer, sqlite_database: Database, mailing_app: AppMaker
) -> None:
    put(sqlite_database)
    app = mailing_app(sqlite_database, mail_url=f"smtp+starttls://127.0.0.1:{mail_server.port}")
    assert send_due(sqlite_database, app, LATER) == {"mails_postponed": 1}
    assert mail_server.sink.envelopes == []


def _text(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain",))
    assert part is not None
    return str(part.get_content())


def _rows(database: Database) -> list[Outbox]:
    with database.read() as session:
        return list(session.scalars(select(Outbox).order_by(Outbox.id)))
