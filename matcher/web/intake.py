"""What may come in at all: sizes, ids that fit a column, no NUL bytes in addresses."""

from typing import Any

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter, Map

from matcher.db import BIGGEST_ID

MOST_BYTES = 12 * 1024 * 1024
MOST_FORM_BYTES = 1024 * 1024
MOST_FORM_PARTS = 2_000


class IdConverter(IntegerConverter):
    """Every `<int:…>` in an address is an id: one that cannot exist is not found instead of an error below."""

    def __init__(self, map: Map, *args: Any, **options: Any) -> None:  # noqa: A002 - the base calls it so
        super().__init__(map, *args, **({"max": BIGGEST_ID} | options))


def configure(app: Flask) -> None:
    """Must run before the first route is registered."""
    app.url_map.converters["int"] = IdConverter
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MOST_FORM_BYTES
    app.config["MAX_FORM_PARTS"] = MOST_FORM_PARTS
    app.before_request(shorten_forms)
    app.before_request(refuse_nul)


def shorten_forms() -> None:
    """The library holds only uploads to the limit of forms; ordinary ones are read whole, so the body is held to it."""
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = MOST_FORM_BYTES


def refuse_nul() -> None:
    """PostgreSQL cannot hold a NUL and SQLite cuts text at it; no honest address has one."""
    if "\x00" in request.path or b"\x00" in request.query_string or b"%00" in request.query_string:
        abort(400)
