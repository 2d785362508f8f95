"""Fetching a published file: whole or not at all, public or loopback that was asked for, nothing twice."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner

from matcher import download
from matcher.cli import main
from matcher.db import Database
from matcher.download import Fetched, Known, Limits, NotFetched, fetched
from matcher.errors import InvalidInput

BODY = b"gemeente;regio\nBreda;West\n" * 40
SHORT = Limits(most_bytes=100_000, seconds=120, seconds_silent=60)


class Site(BaseHTTPRequestHandler):
    """A published file under many circumstances, by path. `asked` keeps the headers of every request."""

    asked: ClassVar[list[dict[str, str]]] = []
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        type(self).asked.append(dict(self.headers))
        getattr(self, f"on_{self.path.strip('/').replace('-', '_').partition('?')[0]}")()

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        values = {
            "Content-Length": str(len(body)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        for name, value in values.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def on_file(self) -> None:
        if self.headers.get("If-None-Match") == '"one"':
            self.answer(304)
        else:
            self.answer(200, BODY, ETag='"one"')

    def on_plain(self) -> None:
        self.answer(200, BODY)

    def on_half(self) -> None:
        self.answer(200, BODY, Content_Length=str(len(BODY) + 100))

    def on_half_chunks(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"10\r\n0123456789")
        self.close_connection = True

    def on_chunks(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n0\r\n\r\n")
        self.close_connection = True

    def on_endless(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
        except OSError:
            self.close_connection = True

    def on_too_big(self) -> None:
        self.answer(200, b"", Content_Length=str(SHORT.most_bytes + 1))

    def on_no_length(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(BODY)
        self.close_connection = True

    def on_packed(self) -> None:
        self.answer(200, BODY, Content_Encoding="gzip")

    def on_empty(self) -> None:
        self.answer(200)

    def on_silent(self) -> None:
        self.rfile.read()  # until the other side has had enough

    def on_gone(self) -> None:
        self.answer(404, b"gone")

    def on_broken(self) -> None:
        self.wfile.write(b"what?\r\n\r\n")
        self.close_connection = True

    def on_moved(self) -> None:
        self.answer(302, Location="/file")

    def on_round(self) -> None:
        self.answer(302, Location="/round")

    def on_nowhere(self) -> None:
        self.answer(302, Location="http://[::1")

    def on_inside(self) -> None:
        self.answer(302, Location="https://10.0.0.1/secret")

    def on_metadata(self) -> None:
        self.answer(302, Location="http://169.254.169.254/latest/meta-data/")

    def on_local_file(self) -> None:
        self.answer(302, Location="file:///etc/passwd")

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(url: str, known: Known | None = None, limits: Limits = SHORT) -> tuple[bytes, Fetched]:
    with fetched(url, known, limits) as found:
        content = found.content
    assert found.path is None or not found.path.exists()
    return content, found


def test_whole_file_with_its_sum(site: str) -> None:
    content, found = fetch(f"{site}/file")
    assert content == BODY
    assert found.known == Known(hashlib.sha256(BODY).hexdigest(), '"one"', None)
    assert not found.unchanged
    assert fetch(f"{site}/moved")[0] == BODY
    assert fetch(f"{site}/chunks")[0] == b"hello"


def test_same_file_is_unchanged_by_its_tag_or_by_its_sum(site: str) -> None:
    known = fetch(f"{site}/file")[1].known
    content, found = fetch(f"{site}/file", known)
    assert found.unchanged
    assert content == b""
    assert Site.asked[-1]["If-None-Match"] == '"one"'
    assert fetch(f"{site}/plain", Known(known.sha256))[1].unchanged
    assert not fetch(f"{site}/plain", Known("0" * 64))[1].unchanged


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("half", "stopped halfway"),
        ("half-chunks", "stopped halfway"),
        ("endless", "larger than 0.1 MB"),
        ("too-big", "larger than 0.1 MB"),
        ("no-length", "does not say how long"),
        ("packed", "packed in a way"),
        ("empty", "is empty"),
        ("silent", "takes too long"),
        ("gone", "answered 404"),
        ("broken", "does not answer"),
        ("round", "more than 5 times"),
        ("inside", "private network"),
    ],
)
def test_file_that_does_not_come_whole_is_not_used(site: str, path: str, says: str) -> None:
    with pytest.raises(NotFetched, match=says):
        fetch(f"{site}/{path}", limits=replace(SHORT, seconds_silent=0.3) if path == "silent" else SHORT)


@pytest.mark.parametrize("path", ["metadata", "local-file", "nowhere"])
def test_redirect_to_what_is_no_public_address_is_refused(site: str, path: str) -> None:
    with pytest.raises((InvalidInput, NotFetched)):
        fetch(f"{site}/{path}")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/file.csv",
        "file:///etc/passwd",
        "ftp://example.org/file.csv",
        "example.org/file.csv",
        "https://",
        "https://name:word@example.org/file.csv",
        "https://example.org:99999/",
        "https://exam ple.org/",
        "https://example.org/\r\nHost: evil",
        "http://[::1",
    ],
)
def test_address_that_may_not_be_called_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        fetch(url)


@pytest.mark.parametrize(
    "host", ["10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[fe80::1]", "[::]"]
)
def test_address_inside_a_network_is_not_called(host: str) -> None:
    with pytest.raises(NotFetched, match="private network"):
        fetch(f"https://{host}/file.csv")


def test_name_that_leads_inside_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public name may have a private address, now or a moment later: the one that was checked is called."""
    inside = [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(download.socket, "getaddrinfo", lambda *args, **options: inside)
    with pytest.raises(NotFetched, match="private network"):
        fetch("https://looks-public.example/file.csv")


@pytest.fixture
def command(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("MATCHER_DATABASE_URL", str(sqlite_database.engine.url))
    monkeypatch.setenv("MATCHER_VAR", str(tmp_path / "var"))

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["import", *words])

    return run


@pytest.mark.parametrize("kind", ["schools", "postcodes", "regions"])
def test_without_address_there_is_nothing_to_fetch(command: Callable[..., Any], kind: str) -> None:
    done = command(kind, "--download")
    assert done.exit_code == 2
    assert f"MATCHER_SOURCE_{kind.upper()} is not set" in done.output
    assert "Name a file, or say --download" in command(kind).output


def test_downloaded_postcodes_come_in_once(
    site: str, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = b"NL\t4811\tBreda\tNorth Brabant\t06\tBreda\t0758\t\t\t51.5900\t4.7800\t6\n"
    monkeypatch.setattr(Site, "on_nl", lambda self: self.answer(200, line), raising=False)
    monkeypatch.setenv("MATCHER_SOURCE_POSTCODES", f"{site}/nl")
    first, second = (command("postcodes", "--download") for _ in range(2))
    assert "changed: 1" in first.output
    assert f"unchanged since the last time: {site}/nl" in second.output
    monkeypatch.setattr(Site, "on_nl", lambda self: self.answer(200, line + b"NL\tx"), raising=False)
    refused, again = (command("postcodes", "--download") for _ in range(2))
    assert refused.exit_code == 2
    assert "Nothing was written" in refused.output
    assert "Nothing was written" in again.output, "a refused file is not remembered"
