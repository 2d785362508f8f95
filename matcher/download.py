"""Fetches a published file over https, for whoever brings it in. Knows no rooms.

Only public addresses, also after a redirect: the name is looked up once and that very address is called, so that it
cannot turn into one inside the operator's network. Loopback is for trying out, and only when it was asked for by name.
What does not arrive whole is not used.
"""

import hashlib
import http.client
import ipaddress
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import SplitResult, urljoin, urlsplit

from matcher.errors import InvalidInput, MatcherError

MOST_BYTES = 64_000_000
MOST_REDIRECTS = 5
SECONDS_SILENT = 20.0
SECONDS = 300.0
CHUNK = 1 << 16
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class NotFetched(MatcherError):
    """The file did not come, or not whole. The message says why."""


@dataclass(frozen=True)
class Known:
    """What was fetched from this address before."""

    sha256: str = ""
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Fetched:
    """A whole file. `path` is gone when the block that fetched it ends; `unchanged`: the same as before."""

    url: str
    path: Path | None
    known: Known
    unchanged: bool = False

    @property
    def content(self) -> bytes:
        return self.path.read_bytes() if self.path else b""


@dataclass(frozen=True)
class Limits:
    most_bytes: int = MOST_BYTES
    seconds: float = SECONDS
    seconds_silent: float = SECONDS_SILENT


class _Answer:
    """One answer with its connection, which it closes."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self.connection, self.response = connection, response

    def header(self, name: str) -> str:
        return self.response.headers.get(name, "").strip()


@contextmanager
def fetched(url: str, known: Known | None = None, limits: Limits | None = None) -> Iterator[Fetched]:
    """The file at this address while the block lasts. Raises InvalidInput for the address, NotFetched for the rest."""
    limits, known = limits or Limits(), known or Known()
    first = _checked(url, first=None)
    deadline = time.monotonic() + limits.seconds
    with tempfile.TemporaryDirectory(prefix="matcher-") as folder:
        answer = _follow(first, known, limits, deadline)
        try:
            if answer.response.status == 304 and known.sha256:
                yield Fetched(url, None, known, unchanged=True)
                return
            path = Path(folder) / "file"
            with path.open("wb") as file:
                digest = _copy(answer, file, limits, deadline)
        finally:
            answer.connection.close()
        told = Known(digest, _short(answer.header("ETag")), _short(answer.header("Last-Modified")))
        yield Fetched(url, path, told, unchanged=digest == known.sha256)


def _follow(at: SplitResult, known: Known, limits: Limits, deadline: float) -> _Answer:
    first = at
    for _hop in range(MOST_REDIRECTS + 1):
        answer = _ask(at, known, limits, deadline)
        status = answer.response.status
        if status in {200, 304}:
            return answer
        target = answer.header("Location")
        answer.connection.close()
        if status not in REDIRECTS or not target:
            raise NotFetched(f"{at.hostname} answered {status}. Nothing was changed.")
        at = _checked(target, first=first, here=at.geturl())
    raise NotFetched(f"{first.hostname} sends us on more than {MOST_REDIRECTS} times. Nothing was changed.")


def _checked(url: str, *, first: SplitResult | None, here: str = "") -> SplitResult:
    """An address we may call, seen from `here`. http only for loopback, which nobody outside may send us to."""
    try:
        url = urljoin(here, url)
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidInput(f"“{url[:80]}” is no address of a file.") from error
    if not host or parts.scheme not in {"http", "https"} or any(ord(sign) < 33 or ord(sign) > 126 for sign in url):
        raise InvalidInput(f"“{url[:80]}” is no address of a file: it begins with https://.")
    if parts.username is not None:
        raise InvalidInput("The address holds a name or password. Leave it out.")
    is_loopback = _is_loopback(host)
    if parts.scheme == "http" and not is_loopback:
        raise InvalidInput(f"{host} would be called without encryption. The address must begin with https://.")
    if is_loopback and first is not None and not _is_loopback(first.hostname or ""):
        raise NotFetched(f"{first.hostname} sends us to this machine itself. Nothing was changed.")
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ask(at: SplitResult, known: Known, limits: Limits, deadline: float) -> _Answer:
    host = at.hostname or ""
    connection = _connection(at, _address(host, at.port or (443 if at.scheme == "https" else 80)), limits)
    headers = {"User-Agent": "Matcher", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
    if known.sha256 and known.etag:
        headers["If-None-Match"] = known.etag
    elif known.sha256 and known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    path = (at.path or "/") + (f"?{at.query}" if at.query else "")
    try:
        _in_time(deadline)
        connection.request("GET", path, headers=headers)
        return _Answer(connection, connection.getresponse())
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise NotFetched(f"{host} does not answer ({_why(error)}). Nothing was changed.") from error


def _address(host: str, port: int) -> tuple[Any, ...]:
    """(family, socket address) of the host: every address it has must be public, or loopback when asked by name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFetched(f"There is no {host}. Nothing was changed.") from error
    for _family, _type, _protocol, _name, address in found:
        ip = ipaddress.ip_address(str(address[0]).partition("%")[0])
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        if not (ip.is_loopback if _is_loopback(host) else ip.is_global and not ip.is_multicast):
            raise NotFetched(f"{host} lies inside a private network. Nothing was changed.")
    family, _type, _protocol, _name, address = found[0]
    return family, address


def _connection(at: SplitResult, address: tuple[Any, ...], limits: Limits) -> http.client.HTTPConnection:
    host = at.hostname or ""
    secure = at.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(host, at.port, timeout=limits.seconds_silent)
    family, where = address

    def connect() -> None:
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(limits.seconds_silent)
            plain.connect(where)
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
        except BaseException:
            plain.close()
            raise

    # The address that was checked is the one that is called: looked up again, the name could mean another.
    connection.connect = connect  # type: ignore[method-assign]
    return connection


def _copy(answer: _Answer, file: IO[bytes], limits: Limits, deadline: float) -> str:
    """Write the whole answer and return its sum. Raises NotFetched for one that is too big, or not whole."""
    response, told = answer.response, answer.header("Content-Length")
    if answer.header("Content-Encoding") not in {"", "identity"}:
        raise NotFetched("The file comes packed in a way we did not ask for. Nothing was changed.")
    expected = int(told) if told.isascii() and told.isdigit() and len(told) < 16 else None
    if expected is None and not response.chunked:
        raise NotFetched("The server does not say how long the file is, so a half one would look whole.")
    digest, size = hashlib.sha256(), 0
    if expected is not None and expected > limits.most_bytes:
        raise _too_big(limits)
    try:
        while chunk := response.read1(CHUNK):
            _in_time(deadline)
            size += len(chunk)
            if size > limits.most_bytes:
                raise _too_big(limits)
            digest.update(chunk)
            file.write(chunk)
    except (OSError, http.client.HTTPException) as error:
        raise NotFetched(f"The file stopped halfway ({_why(error)}). Nothing was changed.") from error
    if expected is not None and size != expected:
        raise NotFetched(f"The file stopped halfway: {size} of {expected} bytes. Nothing was changed.")
    if not size:
        raise NotFetched("The file is empty. Nothing was changed.")
    return digest.hexdigest()


def _too_big(limits: Limits) -> NotFetched:
    return NotFetched(f"The file is larger than {limits.most_bytes / 1_000_000:g} MB. Nothing was changed.")


def _in_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError("it takes too long")


def _why(error: Exception) -> str:
    return "it takes too long" if isinstance(error, TimeoutError) else str(error)[:120] or type(error).__name__


def _short(header: str) -> str | None:
    """A header worth keeping: printable, and not longer than its column."""
    return header if header and len(header) <= 200 and header.isascii() and header.isprintable() else None
