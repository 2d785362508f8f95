"""A real SMTP server that remembers what it got, and an application with a few letters of its own."""

import asyncio
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from matcher.db import Database

LETTERS = {
    "mail/test/hello.subject.txt": "{{ topic }}",
    "mail/test/hello.txt": "{{ _('Hello %(name)s,', name=name) }}\n\n{{ words }}\n\n{{ base_url }}{{ path }}",
    "mail/test/hello.html": '<!doctype html><html><body><p class="muted">{{ name }}: {{ words }}</p></body></html>',
    "mail/test/dated.subject.txt": "{{ day|format_day_month }}",
    "mail/test/dated.txt": "{{ starts_at|format_datetime }}",
    "mail/test/dated.html": "<p>{{ seen_on|format_date }}</p>",
    "mail/test/broken.subject.txt": "{{ nobody_gave_this }}",
    "mail/test/broken.txt": "x",
    "mail/test/broken.html": "x",
}


class Sink:
    """Answers as told: `answers` is used up first, one per message; then everything is accepted but for `refused`."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.holds, self.go_on = Event(), Event()
        self._hold_in, self._hold_taken = 0, False
        self.answers: list[str] = []
        self.refused: set[str] = set()
        self.asked = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked += 1
        if address in self.refused:
            return "550 5.1.1 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._hold_in -= 1
        if self._hold_in == 0 and not self._hold_taken:
            await self._hold()
        if self.answers:
            answer = self.answers.pop(0)
            if not answer.startswith("2"):
                return answer
        self.envelopes.append(envelope)
        if self._hold_in == 0:
            await self._hold()
        return "250 OK"

    def hold(self, after: int, *, taken: bool) -> None:
        """Whoever sends the mail with this number from now on gets no answer until `go_on`, before or after it counts
        as taken; `holds` is set then."""
        self.holds.clear()
        self.go_on.clear()
        self._hold_in, self._hold_taken = after, taken

    async def _hold(self) -> None:
        self.holds.set()
        while not self.go_on.is_set():
            await asyncio.sleep(0.005)

    @property
    def messages(self) -> list[EmailMessage]:
        parsed = (message_from_bytes(envelope.content, policy=policy.default) for envelope in self.envelopes)
        return [message for message in parsed if isinstance(message, EmailMessage)]


class Server(Controller):
    """Finds out its own port, which the library's controller cannot."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class MailServer:
    """A sink that can go away and come back at the same address."""

    def __init__(self) -> None:
        self.sink = Sink()
        self.port = 0
        self._server: Server | None = None

    def start(self) -> None:
        self._server = Server(self.sink, hostname="127.0.0.1", port=self.port)
        self._server.start()
        self.port = self._server.port

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mailing_app(make_app: Callable[..., Flask]) -> Callable[..., Flask]:
    """`mailing_app(database, **settings)`: the application with the letters above."""

    def make(database: Database, **settings: Any) -> Flask:
        made = make_app(str(database.engine.url.render_as_string(hide_password=False)), **settings)
        made.jinja_env.loader = ChoiceLoader([DictLoader(LETTERS), made.jinja_env.loader])  # type: ignore[list-item]
        return made

    return make
