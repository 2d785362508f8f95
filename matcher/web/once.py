"""A second click, a reload, a browser that tries again: the same form is done once and leads to the same page.

Forms carry a random `nonce`. The first write unit of a POST begins by storing it with a hash of what was sent, in the
same transaction as what it does; a refused unit forgets it again, and a form that was changed after going back is
another command. A unit that makes something says where its answer leads (`leads_to`), which is stored with it; of any
other the address is kept once it is known. A twin that comes before that waits a moment, and when the answer never came
(the machine stopped in between) it is led to the page the form was on, which shows what was done.

Parts of pages that stay in place while they are sent (htmx) may send the same thing twice on purpose, and are left
alone.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, request
from flask_login import current_user
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from matcher.clock import utcnow
from matcher.errors import Busy, MatcherError
from matcher.i18n import _l
from matcher.web.toasts import toast

UNHASHED = ("csrf_token", "nonce")
LONGEST = 64
ANSWERED_WITHIN = timedelta(seconds=10)
"""Of a command that is older, nobody is making the answer any more."""
PATIENCE_S, PAUSE_S = 2.0, 0.05
SENT_BEFORE = _l("You sent this before, so it was done once. This is how it stands now.")


@dataclass(frozen=True)
class Command:
    """One sending of a form by a person."""

    user_id: int
    nonce: str
    request_hash: str


class Repeated(MatcherError):
    """This very command was done before; `location` is where it led, empty when that is not known yet."""

    status = 303

    def __init__(self, location: str, command: Command | None = None) -> None:
        super().__init__("")
        self.location = location
        self.command = command


def init_app(app: Flask) -> None:
    app.jinja_env.globals["form_nonce"] = form_nonce
    app.register_error_handler(Repeated, _lead_back)
    app.after_request(_keep_answer)


def form_nonce() -> str:
    """A random key, and when the page was made: a form that comes too late hears what happened since then."""
    return f"{secrets.token_urlsafe(16)}.{int(utcnow().timestamp())}"


def shown_at() -> datetime | None:
    """When the page with this form was made, as the form says itself: to choose what to tell, never to decide."""
    seconds = request.form.get("nonce", "").rpartition(".")[2]
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 11):
        return None
    return datetime.fromtimestamp(int(seconds), UTC)


def begin_once(session: Session) -> None:
    """Called by each write unit; only the first one of a request counts. Raises Repeated."""
    command = _command()
    if command is None or "command" in g:
        return
    # Not at the top: web knows no feature, and this is one of its two keys to accounts.
    from matcher.accounts.repeat_services import first_answer, remember_command

    before = first_answer(session, user_id=command.user_id, nonce=command.nonce)
    if before is not None:
        raise Repeated(before.location, command)
    try:
        remember_command(
            session, user_id=command.user_id, nonce=command.nonce, request_hash=command.request_hash, now=utcnow()
        )
    except IntegrityError as error:
        raise Repeated("", command) from error
    g.command = command


def leads_to(location: str) -> None:
    """Said inside a unit that makes something: the answer's address is stored with what was made."""
    g.leads_to = _local(location)


def end_once(session: Session) -> None:
    """The last thing in a unit: its answer, where it is known by now."""
    if "command" in g and "leads_to" in g:
        _keep(session, g.command, g.leads_to)


def forget_once() -> None:
    """The unit was refused and its command with it; another unit of the same request may do the work."""
    g.pop("command", None)
    g.pop("leads_to", None)


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
    """What was done is done: an answer that cannot be kept must not make it look otherwise."""
    command: Command | None = g.pop("command", None)
    if command is None or not 300 <= response.status_code < 400:
        return response
    location = _local(response.location)
    if location == g.pop("leads_to", None):
        return response
    try:
        with current_app.extensions["matcher_db"].write() as session:
            _keep(session, command, location)
    except (SQLAlchemyError, Busy) as error:
        current_app.logger.warning("the answer of a form is not kept at %s: %s", request.path, error)
    return response


def _keep(session: Session, command: Command, location: str) -> None:
    from matcher.accounts.repeat_services import keep_answer

    keep_answer(session, user_id=command.user_id, nonce=command.nonce, location=location)


def _lead_back(error: Repeated) -> BaseResponse:
    location = error.location or _awaited(error.command) or _back()
    toast(SENT_BEFORE)
    return redirect(location, 303)


def _awaited(command: Command | None) -> str:
    """The answer of the first of two clicks, which is being made at this moment; empty when it does not come."""
    from matcher.accounts.repeat_services import first_answer

    until = time.monotonic() + PATIENCE_S
    while command is not None:
        with current_app.extensions["matcher_db"].read() as session:
            found = first_answer(session, user_id=command.user_id, nonce=command.nonce)
        if found is None or found.location or found.created_at < utcnow() - ANSWERED_WITHIN:
            return found.location if found else ""
        if time.monotonic() > until:
            break
        time.sleep(PAUSE_S)
    return ""


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
