"""The crowd of tests/web behind a real port, and every page of it kept, to be shown to a browser as it came."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import time_machine
from jinja2 import BytecodeCache
from werkzeug.serving import make_server

from matcher import create_app
from matcher.config import Settings
from matcher.db import Database
from tests.accessibility.more import More, make_more
from tests.accessibility.pages import Page, add_failures
from tests.web.crowd import LATER, Crowd, make_crowd


@dataclass
class Shop:
    """The crowd, its application on a port, and answers kept by number to be opened again."""

    crowd: Crowd
    more: More
    base: str = ""
    kept: list[Page] = field(default_factory=list)

    def address(self, page: Page) -> str:
        self.kept.append(page)
        return f"{self.base}/kept/{len(self.kept) - 1}"

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        number = environ["PATH_INFO"].removeprefix("/kept/")
        if number == environ["PATH_INFO"]:
            return self.crowd.app(environ, start)
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [self.kept[int(number)].body.encode()]


@contextmanager
def open_shop(database_file: Path, compiled: BytecodeCache | None = None) -> Iterator[Shop]:
    """On an upgraded, empty database of its own."""
    url = f"sqlite:///{database_file}"
    settings: Any = {
        "var": database_file.parent,
        "database_url": url,
        "testing": True,
        "limits_url": "",
        "demo": True,
    }
    app = create_app(Settings(**settings))
    app.config["WTF_CSRF_ENABLED"] = False
    if compiled:
        app.jinja_env.bytecode_cache = compiled
    add_failures(app)
    database = Database(url)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with time_machine.travel(LATER, tick=True):
        crowd = make_crowd(app, database)
        shop = Shop(crowd, make_more(crowd))
        server = make_server("127.0.0.1", 0, shop, threaded=True)
        shop.base = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield shop
        server.shutdown()
        thread.join()
    database.dispose()
    app.extensions["matcher_db"].dispose()
