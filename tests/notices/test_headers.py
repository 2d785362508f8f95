"""Names and titles that want to be more than text: what a real server sees of them (WSTG INPV-10)."""

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from flask import Flask

from matcher.db import Database
from matcher.notices.mailer import clean_header
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.notices.tasks import send_due
from tests.factories import NOW
from tests.notices.conftest import MailServer

PAYLOADS = [
    "A\r\nBcc: evil@x.nl",
    "A\nBcc: evil@x.nl",
    "A\rBcc: evil@x.nl",
    "A\r\n\r\n<h1>body</h1>",
    "A\x0bBcc: evil@x.nl",
    "A\x0cBcc: evil@x.nl",
    "A\x85Bcc: evil@x.nl",
    "A\u2028Bcc: evil@x.nl",
    "A\u2029Bcc: evil@x.nl",
    "A\x00Bcc: evil@x.nl",
    "A\x1b[31m\u202eevil",
    "=?utf-8?q?Hello=0ABcc=3A_evil=40x=2Enl?= é",
    "=?utf-8?q?Hello=0D=0ABcc=3A_evil=40x=2Enl?=",
    "=?utf-8?b?SGVsbG8KQmNjOiBldmlsQHgubmw=?= é",
    "=?iso-8859-1?Q?=0AX-Evil:_1?=",
    "==??utf-8?q?=0ABcc=3A_evil=40x=2Enl??==",
    "a@x.nl, evil@x.nl, b@y.nl",
    'A" <evil@x.nl>, "B',
    "<evil@x.nl>",
    "A (comment) ; evil@x.nl:",
    "A\r\n Bcc: evil@x.nl",
    "lang " * 60 + "\r\nBcc: evil@x.nl",
    "é" * 300 + "\nBcc: evil@x.nl",
    "A\ud800\nB",
]
HEADERS = {
    "from", "to", "subject", "date", "message-id", "auto-submitted", "content-language", "mime-version", "content-type",
}  # fmt: skip


def test_no_name_or_title_adds_a_header_or_a_recipient(
    mail_server: MailServer, sqlite_database: Database, mailing_app: Callable[..., Flask]
) -> None:
    with sqlite_database.write() as session:
        for number, payload in enumerate(PAYLOADS * 2):
            in_name = number < len(PAYLOADS)
            storable = payload.encode("utf-8", "replace").decode()
            enqueue(
                session,
                recipient=Recipient(number + 1, f"p{number}@x.example", storable if in_name else "A", "nl"),
                template="test/hello",
                params={"topic": "T" if in_name else payload, "words": "w", "path": "/"},
                subject="test",
                subject_id=number,
                seq=1,
                now=NOW,
                channels=["mail"],
            )
    app = mailing_app(sqlite_database, mail_url=mail_server.url)
    assert send_due(sqlite_database, app, NOW + timedelta(minutes=2)) == {"mails_sent": 2 * len(PAYLOADS)}
    for number, envelope in enumerate(mail_server.sink.envelopes):
        assert envelope.rcpt_tos == [f"p{number}@x.example"]
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert sorted(name.lower() for name, _value in message.items()) == sorted(HEADERS)
        assert [address.addr_spec for address in message["To"].addresses] == [f"p{number}@x.example"]
        head = bytes(envelope.content).split(b"\r\n\r\n", 1)[0]
        assert all(len(line) <= 998 and b"\n" not in line and b"\r" not in line for line in head.split(b"\r\n"))
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_cleaned_header_is_one_harmless_line(payload: str) -> None:
    cleaned = clean_header(payload)
    assert cleaned.isprintable()
    assert "=?" not in cleaned
    assert "?=" not in cleaned
    assert len(cleaned) <= 200


def test_honest_header_stays_as_it_is() -> None:
    assert clean_header("Jürgen O'Brien-de Vries & Zn. (2e uur?)") == "Jürgen O'Brien-de Vries & Zn. (2e uur?)"
