"""A mail as bytes and the three ways to hand it over: SMTP, files, memory. What it says comes from `letters`.

The standard library lets a name add header lines (CVE-2024-6923), so every header value is cleaned here first.
"""

import re
import smtplib
import ssl
import tempfile
from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from email_validator import EmailNotValidError, validate_email

from matcher.config import Settings
from matcher.errors import ConfigurationError
from matcher.notices.letters import Letter
from matcher.notices.models import Outbox
from matcher.notices.states import DeadReason

SECONDS_PATIENCE = 30
LONGEST_HEADER = 200
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_BROKEN_LINES = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)


UNKNOWN_MAILBOX = frozenset({550, 551, 553})
"""Answers to a recipient that are about the address and not about this mail (RFC 5321, 4.2.3)."""


class Refused(Exception):
    """This mail will never be accepted; `reason` says whether it is the address or the mail."""

    def __init__(self, words: str, reason: DeadReason = DeadReason.MAIL_REFUSED) -> None:
        super().__init__(words)
        self.reason = reason


class TryLater(Exception):
    """Not now: the server is busy or greylists, or the line broke."""


class ServerAway(TryLater):
    """Nobody there, or nobody who lets us in: no other mail will fare better this round."""


class Mailer(Protocol):
    """Takes one mail at a time; `close` ends the conversation."""

    def send(self, message: EmailMessage, *, now: datetime) -> None: ...

    def close(self) -> None: ...


def clean_header(value: str, longest: int = LONGEST_HEADER) -> str:
    """One line that no parser can take for more than a value: no control or direction characters, no encoded word."""
    line = " ".join(_BROKEN_LINES.sub(" ", value).split())
    return line.replace("=?", "= ?").replace("?=", "? =")[:longest].strip()


def clean_address(address: str) -> str:
    """The address as it goes over the wire. Raises Refused when it is none."""
    try:
        # Reserved names such as demo.example pass: whether a name exists is for the mail server to find out.
        found = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise Refused("the address is not an e-mail address", DeadReason.NO_ADDRESS) from error
    if not found.ascii_email:
        raise Refused("the address has letters before the @ that most mail servers refuse", DeadReason.NO_ADDRESS)
    return found.ascii_email


def build_message(
    row: Outbox, letter: Letter, *, sender: str, now: datetime, stop_url: str | None = None
) -> EmailMessage:
    """The whole mail. The Message-ID is the row's, so a second try is recognised as the same mail. `stop_url` is where
    a POST ends letters of this kind, for mail programs with a button (RFC 8058). Raises Refused."""
    from_name, from_address = parseaddr(sender)
    recipient = clean_address(row.address)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(clean_header(from_name), addr_spec=clean_address(from_address))
    message["To"] = Address(clean_header(row.recipient_name), addr_spec=recipient)
    message["Subject"] = clean_header(letter.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{row.message_id}@{from_address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if stop_url:
        message["List-Unsubscribe"] = f"<{stop_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if row.calendar:
        method = row.calendar_method or "REQUEST"
        message.add_alternative(row.calendar, subtype="calendar", params={"method": clean_header(method)})
    # Set last: a Content header set before would move into the first part.
    message["Content-Language"] = "en" if row.locale == "en" else "nl"
    return message


def make_mailer(settings: Settings) -> Mailer:
    """What `MATCHER_MAIL_URL` asks for. Raises ConfigurationError."""
    url = urlsplit(settings.mail_url)
    if url.scheme == "file":
        return FileMailer(settings.mail_folder)
    if url.scheme == "memory":
        return MemoryMailer()
    if url.scheme in PORTS and url.hostname:
        return SmtpMailer(url)
    raise ConfigurationError("MATCHER_MAIL_URL must begin with file:, smtp://, smtp+starttls:// or smtps://.")


class MemoryMailer:
    """For tests: the mails as a mail program would read them."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    def send(self, message: EmailMessage, *, now: datetime) -> None:
        message.as_bytes()
        self.messages.append(message)

    def close(self) -> None:
        pass


class FileMailer:
    """One .eml per mail, named by time and recipient: what the demonstration shows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage, *, now: datetime) -> None:
        recipient = re.sub(r"[^A-Za-z0-9.@_+-]", "_", message["To"].addresses[0].addr_spec)[:80]
        name = f"{now:%Y%m%dT%H%M%S}-{recipient}-{message['Message-ID'][1:9]}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as file:
                file.write(message.as_bytes())
            Path(file.name).replace(self.folder / name)
        except OSError as error:
            raise ServerAway(f"cannot write mails: {error.strerror}") from error

    def close(self) -> None:
        pass


class SmtpMailer:
    """One conversation for many mails, opened at the first and again after a broken line."""

    def __init__(self, url: SplitResult, *, patience: float = SECONDS_PATIENCE) -> None:
        self._url = url
        self._patience = patience
        self._server: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, *, now: datetime) -> None:
        if self._server is None:
            self._server = self._open()
        try:
            _hand_over(self._server, message)
        except TryLater:
            self._drop()
            raise

    def close(self) -> None:
        if self._server is not None:
            try:
                self._server.quit()
            except (smtplib.SMTPException, OSError):
                self._server.close()
            self._server = None

    def _open(self) -> smtplib.SMTP:
        server: smtplib.SMTP | None = None
        try:
            server = self._connect()
            if self._url.username:
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
        except (smtplib.SMTPException, OSError) as error:
            if server is not None:
                server.close()
            raise ServerAway(_words(error)) from error
        return server

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "", self._url.port or PORTS[self._url.scheme]
        if self._url.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port, timeout=self._patience, context=ssl.create_default_context())
        server = smtplib.SMTP(host, port, timeout=self._patience)
        if self._url.scheme == "smtp+starttls":
            try:
                server.starttls(context=ssl.create_default_context())
            except BaseException:
                server.close()
                raise
        return server

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> None:
    sender, recipient = message["From"].addresses[0].addr_spec, message["To"].addresses[0].addr_spec
    try:
        server.sendmail(sender, [recipient], message.as_bytes())
    except smtplib.SMTPRecipientsRefused as error:
        code, reply = next(iter(error.recipients.values()))
        if code in UNKNOWN_MAILBOX:
            raise Refused(_reply(code, reply), DeadReason.ADDRESS_REFUSED) from error
        raise _kind(code)(_reply(code, reply)) from error
    except smtplib.SMTPSenderRefused as error:
        # Not this mail's fault but our set-up's, unless the mail is too large for the server.
        kind = Refused if error.smtp_code == 552 else ServerAway
        raise kind(_reply(error.smtp_code, error.smtp_error)) from error
    except smtplib.SMTPResponseException as error:
        raise _kind(error.smtp_code)(_reply(error.smtp_code, error.smtp_error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise TryLater(_words(error)) from error


def _kind(code: int) -> Callable[[str], Exception]:
    return Refused if code >= 500 else TryLater


def _reply(code: int, reply: bytes | str) -> str:
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return clean_header(f"{code} {words}")


def _words(error: Exception) -> str:
    return clean_header(f"{type(error).__name__}: {error}")
