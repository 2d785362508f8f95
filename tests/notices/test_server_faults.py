"""Sixteen ways in which a mail server goes wrong: tried again or dead, for the right reason, and nothing goes twice."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from matcher.db import Database
from matcher.notices.mailer import SmtpMailer
from matcher.notices.models import NoticeState, Outbox
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.notices.states import DeadReason
from matcher.notices.tasks import send_due
from tests.factories import NOW

AppMaker = Callable[..., Flask]
LATER = NOW + timedelta(seconds=61)
PATIENCE, NO_PATIENCE = 120, 0.4
LATER_KINDS = (
    "refuses connections",
    "closes at once",
    "says nothing",
    "says nothing after the greeting",
    "421 as greeting",
    "554 as greeting",
    "speaks something else",
    "421 to the sender",
    "450 to the recipient",
    "451 to the mail",
    "drops the line before the mail",
    "drops the line after the mail",
    "has no encryption",
    "has a wrong certificate",
)
DEAD_KINDS = {
    "550 to the recipient": DeadReason.ADDRESS_REFUSED,
    "552 to the mail": DeadReason.MAIL_REFUSED,
    "554 to the mail": DeadReason.MAIL_REFUSED,
}
GREETINGS = {
    "421 as greeting": "421 4.3.2 closing",
    "554 as greeting": "554 no service",
    "speaks something else": "HTTP/1.1 200 OK",
}
TO_RECIPIENT = {"450 to the recipient": "450 4.2.0 later", "550 to the recipient": "550 5.1.1 unknown"}
TO_MAIL = {"451 to the mail": "451 later", "552 to the mail": "552 too large", "554 to the mail": "554 not wanted"}


class BadServer:
    """One line at a time; `kind` says what goes wrong, none is a good server."""

    def __init__(self, certificate: Path | None) -> None:
        self.kind, self.certificate = "", certificate
        self.taken: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = True
        Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self.open = False
        self.listener.close()

    def _listen(self) -> None:
        while self.open:
            try:
                line, _address = self.listener.accept()
            except OSError:
                return
            Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        line.settimeout(PATIENCE)
        try:
            with line:
                self._converse(line)
        except (OSError, ssl.SSLError):
            return

    def _converse(self, line: socket.socket) -> None:
        if self.kind == "closes at once":
            return
        if self.kind == "has a wrong certificate":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(str(self.certificate))
            line = context.wrap_socket(line, server_side=True)
        file = line.makefile("rwb")
        if self.kind == "says nothing":
            file.readline()
        self._say(file, GREETINGS.get(self.kind, "220 here"))
        while (said := file.readline()) and self._answer(file, said.decode("latin-1").strip()):
            pass

    def _answer(self, file: Any, said: str) -> bool:
        word = said[:4].upper()
        if self.kind == "says nothing after the greeting":
            return True
        if word == "DATA":
            return self._take(file)
        answers = {
            "MAIL": "421 4.3.2 closing" if self.kind == "421 to the sender" else "250 OK",
            "RCPT": TO_RECIPIENT.get(self.kind, "250 OK"),
            "QUIT": "221 bye",
        }
        self._say(file, answers.get(word, "250 OK"))
        return word != "QUIT"

    def _take(self, file: Any) -> bool:
        if self.kind == "drops the line before the mail":
            return False
        self._say(file, "354 go on")
        words = []
        while (said := file.readline()) not in {b".\r\n", b""}:
            words.append(said.decode("latin-1"))
        name = next(each for each in words if each.startswith("Message-ID")).strip()
        if self.kind not in TO_MAIL:
            self.taken.append(name)
        if self.kind == "drops the line after the mail":
            return False
        self._say(file, TO_MAIL.get(self.kind, "250 OK"))
        return True

    def _say(self, file: Any, words: str) -> None:
        file.write(words.encode() + b"\r\n")
        file.flush()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of nobody anybody trusts."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl on this machine")
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=wrong.example"
    subprocess.run([program, *make.split(), "-keyout", file, "-out", f"{file}.crt"], check=True, capture_output=True)
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


@pytest.fixture
def bad_server(certificate: Path) -> Iterator[BadServer]:
    server = BadServer(certificate)
    yield server
    server.close()


def fill(database: Database, count: int) -> None:
    with database.write() as session:
        for number in range(count):
            enqueue(
                session,
                recipient=Recipient(number, f"p{number}@x.example", "P", "nl"),
                template="test/hello",
                params={"topic": "T", "words": "w", "path": "/"},
                subject="test",
                subject_id=number,
                seq=1,
                now=NOW,
                channels=["mail"],
            )


def rows(database: Database) -> list[Outbox]:
    with database.read() as session:
        return list(session.scalars(select(Outbox).order_by(Outbox.id)))


def way_to(server: BadServer) -> SmtpMailer:
    scheme = {"has no encryption": "smtp+starttls", "has a wrong certificate": "smtps"}.get(server.kind, "smtp")
    port = 1 if server.kind == "refuses connections" else server.port
    # Only who will never hear anything stops waiting soon.
    patience = NO_PATIENCE if server.kind.startswith("says nothing") else PATIENCE
    return SmtpMailer(urlsplit(f"{scheme}://127.0.0.1:{port}"), patience=patience)


@pytest.mark.parametrize("count", [1, pytest.param(20, marks=pytest.mark.integrity)])
@pytest.mark.parametrize("kind", [*LATER_KINDS, *DEAD_KINDS])
def test_fault_is_taken_for_what_it_is(
    bad_server: BadServer, sqlite_database: Database, mailing_app: AppMaker, kind: str, count: int
) -> None:
    fill(sqlite_database, count)
    app = mailing_app(sqlite_database)
    bad_server.kind = kind
    app.extensions["matcher_mailer"] = way_to(bad_server)
    send_due(sqlite_database, app, LATER)
    found = rows(sqlite_database)
    dead = DEAD_KINDS.get(kind)
    assert {row.state for row in found} == {NoticeState.DEAD if dead else NoticeState.RETRY}
    assert {row.dead_reason for row in found} == {dead}
    assert all(row.last_error for row in found)
    if dead is None:
        waits = [(row.not_before - LATER).total_seconds() for row in found]
        assert all(47 < seconds < 120 for seconds in waits)
        bad_server.kind = ""
        app.extensions["matcher_mailer"] = way_to(bad_server)
        send_due(sqlite_database, app, LATER + timedelta(minutes=5))
        assert {row.state for row in rows(sqlite_database)} == {NoticeState.SENT}
    doubled = 2 if kind == "drops the line after the mail" else 1
    assert len(bad_server.taken) == (0 if dead else count * doubled)
    assert len(set(bad_server.taken)) == (0 if dead else count), "a second copy has the name of the first"


def test_jitter_spreads_what_failed_together(sqlite_database: Database, mailing_app: AppMaker) -> None:
    fill(sqlite_database, 20)
    app = mailing_app(sqlite_database, mail_url="smtp://127.0.0.1:1")
    send_due(sqlite_database, app, LATER)
    waits = {row.not_before for row in rows(sqlite_database)}
    assert len(waits) > 15
    assert max(waits) - min(waits) > timedelta(seconds=3)
    assert max(waits) <= LATER + timedelta(seconds=63)


def test_control_good_server_takes_everything(
    bad_server: BadServer, sqlite_database: Database, mailing_app: AppMaker
) -> None:
    fill(sqlite_database, 3)
    app = mailing_app(sqlite_database)
    app.extensions["matcher_mailer"] = way_to(bad_server)
    assert send_due(sqlite_database, app, LATER) == {"mails_sent": 3}
    assert len(bad_server.taken) == 3
