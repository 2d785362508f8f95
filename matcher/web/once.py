"""A second click, a reload, a browser that tries again: the same form is done once and leads to the same page.

Forms carry a random `nonce`. The first write unit of a POST begins by storing it with a hash of what was sent; a
refused unit forgets it again, and a form that was changed after going back is another command. Parts of pages that stay
in place while they are sent (htmx) may send the same thing twice on purpose and are left alone.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, request
from flask_login import current_user
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from matcher.clock import utcnow
from matcher.errors import Busy, MatcherError

UNHASHED = ("csrf_token", "nonce")
LONGEST = 64


@dataclass(frozen=True)
class Command:
    """One sending of a form by a person."""

    user_id: int
    nonce: str
    request_hash: str


class Repeated(MatcherError):
    """This very command was done before; `location` is where it led."""

    status = 303

    def __init__(self, location: str) -> None:
        super().__init__("")
        self.location = location


def init_app(app: Flask) -> None:
    app.jinja_env.globals["form_nonce"] = lambda: secrets.token_urlsafe(16)
    app.register_error_handler(Repeated, lambda error: redirect(error.location or _back(), 303))
    app.after_request(_keep_answer)


def begin_once(session: Session) -> None:
    """Called by each write unit; only the first one of a request counts. Raises Repeated."""
    command = _command()
    if command is None or "command" in g:
        return
    # Not at the top: web knows no feature, and this is one of its two keys to accounts.
    from matcher.accounts.repeat_services import first_answer, remember_command

    values: dict[str, Any] = {
        "user_id": command.user_id,
        "nonce": command.nonce,
        "request_hash": command.request_hash,
    }
    before = first_answer(session, **values)
    if before is not None:
        raise Repeated(before)
    try:
        remember_command(session, **values, now=utcnow())
    except IntegrityError as error:
        raise Repeated("") from error
    g.command = command


def _command() -> Command | None:
    nonce = request.form.get("nonce", "")[:LONGEST] if request.method == "POST" else ""
    if not nonce or request.headers.get("HX-Request") or not current_user.is_authenticated:
        return None
    sent = hashlib.sha256(request.full_path.encode())
    for name, values in sorted(request.form.lists()):
        if name not in UNHASHED:
            sent.update(repr((name, values)).encode())
    for name, file in sorted(request.files.items(multi=True)):
        sent.update(repr((name, file.filename)).encode())
    # The key itself holds what was sent: the same form changed after going back is another command.
    key = hashlib.sha256(f"{nonce}:{sent.hexdigest()}".encode()).hexdigest()
    return Command(int(current_user.get_user_id()), key, sent.hexdigest())


def _keep_answer(response: Response) -> Response:
    command: Command | None = g.pop("command", None)
    if command is None or not 300 <= response.status_code < 400:
        return response
    from matcher.accounts.repeat_services import keep_answer

    try:
        with current_app.extensions["matcher_db"].write() as session:
            keep_answer(session, user_id=command.user_id, nonce=command.nonce, location=_local(response.location))
    except (SQLAlchemyError, Busy) as error:
        # What was sent is saved; a second sending is led back to the page of the form instead.
        current_app.logger.error("the answer at %s could not be kept: %s", request.path, error)
    return response


def _back() -> str:
    """The answer is not known yet: the page the form was on."""
    return _local(request.referrer) if request.referrer else "/"


def _local(address: Any) -> str:
    try:
        parts = urlsplit(str(address or "/"))
    except ValueError:
        return "/"
    # One slash in front: two would name another site.
    return parts._replace(scheme="", netloc="", path="/" + parts.path.lstrip("/")).geturl()
