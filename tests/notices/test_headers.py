"""Names and titles that want to be more than text: what a real server sees of them (WSTG INPV-10)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

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
PART_HEADERS = {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}


PLACES: tuple[Callable[[str], dict[str, Any]], ...] = (
    lambda payload: {"recipient": Recipient(None, "", payload, "nl")},
    lambda payload: {"params": {"topic": payload, "words": "w", "path": "/"}},
    lambda payload: {"params": {"topic": "T", "words": payload, "path": payload}},
    lambda payload: {"calendar": "BEGIN:VCALENDAR", "calendar_method": payload[:20]},
    lambda payload: {"recipient": Recipient(None, "", "A", payload[:8])},
)
"""Where a typed text can get into a mail: name, subject, words, kind of invitation, language."""


@pytest.mark.parametrize("places", [PLACES[:2], pytest.param(PLACES, marks=pytest.mark.integrity)])
def test_no_typed_text_adds_a_header_or_a_recipient(
    mail_server: MailServer, sqlite_database: Database, mailing_app: Callable[..., Flask], places: Any
) -> None:
    tried = [(payload.encode("utf-8", "replace").decode(), place) for payload in PAYLOADS for place in places]
    with sqlite_database.write() as session:
        for number, (payload, place) in enumerate(tried):
            values: dict[str, Any] = {"recipient": Recipient(None, "", "A", "nl"), "subject_id": number}
            values |= {"params": {"topic": "T", "words": "w", "path": "/"}} | place(payload)
            values["recipient"] = replace(values["recipient"], email=f"p{number}@x.example")
            enqueue(session, template="test/hello", subject="test", seq=1, now=NOW, channels=["mail"], **values)
    app = mailing_app(sqlite_database, mail_url=mail_server.url)
    assert send_due(sqlite_database, app, NOW + timedelta(minutes=2)) == {"mails_sent": len(tried)}
    for number, envelope in enumerate(mail_server.sink.envelopes):
        assert envelope.rcpt_tos == [f"p{number}@x.example"]
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert sorted(name.lower() for name, _value in message.items()) == sorted(HEADERS)
        assert [address.addr_spec for address in message["To"].addresses] == [f"p{number}@x.example"]
        head = bytes(envelope.content).split(b"\r\n\r\n", 1)[0]
        assert all(len(line) <= 998 and b"\n" not in line and b"\r" not in line for line in head.split(b"\r\n"))
        assert [part.get_content_type() for part in message.iter_parts()][:2] == ["text/plain", "text/html"]
        assert all(set(part.keys()) <= PART_HEADERS for part in message.iter_parts())
    assert len(mail_server.sink.envelopes) == len(tried)


def test_control_uncleaned_title_adds_a_header() -> None:
    """The rig sees it: handed over as typed, a line end becomes a header of its own, or the library refuses it."""
    head = f"Subject: {PAYLOADS[0]}\r\n\r\nbody".encode()
    assert "Bcc" in message_from_bytes(head, policy=policy.default)
    assert "Bcc" not in message_from_bytes(f"Subject: {clean_header(PAYLOADS[0])}\r\n\r\nb".encode())


@pytest.mark.parametrize("payload", PAYLOADS)
def test_cleaned_header_is_one_harmless_line(payload: str) -> None:
    cleaned = clean_header(payload)
    assert cleaned.isprintable()
    assert "=?" not in cleaned
    assert "?=" not in cleaned
    assert len(cleaned) <= 200


def test_honest_header_stays_as_it_is() -> None:
    assert clean_header("Jürgen O'Brien-de Vries & Zn. (2e uur?)") == "Jürgen O'Brien-de Vries & Zn. (2e uur?)"
