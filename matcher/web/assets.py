"""Static files under names that change with their content, so that browsers may keep them for ever."""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from time import monotonic

from flask import Flask, Response, current_app, request, url_for

from matcher.errors import NotFound

IMMUTABLE = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"
MONTH = "public, max-age=2592000"
"""Fonts: style sheets name them without a version."""
PACKED, WORTH_PACKING = frozenset((".css", ".js", ".svg")), 1_000
"""Fonts are compressed already; of a small file nothing is won."""
LOOK_AGAIN_S = 2.0
"""A page names a dozen files; whether one changed is looked at this often, not for every page."""


def init_app(app: Flask) -> None:
    app.jinja_env.globals["static_url"] = static_url
    app.after_request(_cache_static)


def static_url(name: str) -> str:
    """`/static/css/app.css?v=3f2a…`; a file that is not there keeps its bare address and gives 404."""
    if current_app.testing:
        return _address(name)
    known: dict[str, tuple[float, str]] = current_app.extensions.setdefault("matcher_static", {})
    looked, address = known.get(name, (-LOOK_AGAIN_S, ""))
    if monotonic() - looked > LOOK_AGAIN_S:
        address = _address(name)
        known[name] = monotonic(), address
    return address


def _address(name: str) -> str:
    path = Path(current_app.static_folder or "") / name
    try:
        status = path.stat()
    except OSError:
        return url_for("static", filename=name)
    return url_for("static", filename=name, v=_digest(str(path), status.st_mtime_ns, status.st_size))


def read_static(name: str) -> str:
    """The text of a static file that is drawn into a page (icons, the map)."""
    path = Path(current_app.static_folder or "") / name
    try:
        return _text(str(path), path.stat().st_mtime_ns)
    except OSError as error:
        raise NotFound() from error


@lru_cache(maxsize=512)
def _digest(path: str, changed: int, size: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=64)
def _text(path: str, changed: int) -> str:
    return Path(path).read_text(encoding="utf-8")


def _cache_static(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code in {200, 206, 304}:
        unversioned = MONTH if request.path.endswith(".woff2") else SHORT
        response.headers["Cache-Control"] = IMMUTABLE if request.args.get("v") else unversioned
        return _packed(response)
    return response


def _packed(response: Response) -> Response:
    """Texts of some length leave compressed, for who asks the whole file and can read it so."""
    path = Path(current_app.static_folder or "") / str((request.view_args or {}).get("filename", ""))
    if path.suffix not in PACKED or not path.is_file():
        return response
    response.vary.add("Accept-Encoding")
    status = path.stat()
    if response.status_code != 200 or status.st_size < WORTH_PACKING or not request.accept_encodings["gzip"]:
        return response
    tag, _weak = response.get_etag()
    response.direct_passthrough = False
    response.data = _pack(str(path), status.st_mtime_ns)
    response.headers["Content-Encoding"] = "gzip"
    response.headers.pop("Accept-Ranges", None)
    if tag is not None:
        response.set_etag(tag, weak=True)
    return response


@lru_cache(maxsize=64)
def _pack(path: str, changed: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)
