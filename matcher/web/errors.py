"""Kind pages for everything that can go wrong, in the reader's language, also when the templates themselves fail."""

import secrets
from time import monotonic
from typing import Any

from flask import Flask, current_app, g, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from sqlalchemy.exc import DatabaseError, DataError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from matcher.clock import utcnow
from matcher.errors import Conflict, MatcherError
from matcher.faults import SENTENCES as SENTENCES_OF_FAULTS
from matcher.faults import STATUS, Fault, fault_of
from matcher.i18n import _, _l, current_locale
from matcher.web.forms import TEXT_LENGTH, clean_text, number_in
from matcher.web.guards import actor
from matcher.web.once import shown_at
from matcher.web.transaction import close_reading, reading

SENTENCES = {
    400: _l("We could not read what your browser sent."),
    403: _l("You may not see or do this."),
    404: _l("This page does not exist, or it is not for you."),
    405: _l("This page cannot be used that way."),
    409: _l("Somebody changed this just before you. Look at the page again and try once more."),
    413: _l("That is too much to send at once."),
    422: _l("Something in what you sent does not fit."),
    429: _l("That was too often in a short time. Wait a moment and try again."),
    500: _l("Something went wrong on our side. What you sent may not have been saved."),
    503: _l("Matcher is too busy at the moment. Try again in a minute."),
}
PAGE_EXPIRED = _l("Nothing was sent. Go back, load the page again and send once more.")
WORDS = frozenset({"body", "note", "title", "own_words", "description"})
"""Fields that hold what somebody wrote, even when it is one word."""
PAGES = frozenset({400, 403, 404, 409, 413, 422, 429, 500, 503, 507})
AGAIN_AFTER_S = {429: 60, 503: 10, 507: 120}
"""When it is worth trying again; a header says so to programs."""
ALERT_EVERY_S = 60.0
NO_DATABASE = _l("Matcher cannot reach its database at the moment. Try again in a minute.")
NOT_READ = frozenset({None, Fault.UNREACHABLE, Fault.MISSING, Fault.DAMAGED, Fault.TOO_MANY})
"""What also keeps looking from working."""

Answer = tuple[str, int, dict[str, str]]


def init_app(app: Flask) -> None:
    app.register_error_handler(MatcherError, refused)
    app.register_error_handler(CSRFError, stale_token)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(DataError, unstorable)
    app.register_error_handler(OverflowError, too_big)
    app.register_error_handler(DatabaseError, unavailable)
    app.register_error_handler(OSError, unavailable)
    app.register_error_handler(PoolTimeout, unavailable)
    app.register_error_handler(Exception, broken)


def refused(error: MatcherError) -> Answer:
    """A rule of the application said no; its own sentence is shown."""
    meanwhile = _meanwhile() if isinstance(error, Conflict) else None
    return error_page(error.status, str(error) or None, meanwhile=meanwhile)


def stale_token(error: CSRFError) -> Answer:
    current_app.logger.info("token refused at %s: %s", request.path, error.description)
    return error_page(403, str(PAGE_EXPIRED), expired=True)


def http_error(error: HTTPException) -> Any:
    """Redirects pass as they are, everything else gets a page of ours and keeps its headers."""
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    body, status, headers = error_page(error.code)
    kept = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return body, status, {**headers, **kept}


def unstorable(error: DataError) -> Answer:
    """The database cannot hold this value (a number out of range, a half character): the sender's to change."""
    current_app.logger.warning("value refused by the database at %s: %s", request.path, error.orig)
    return error_page(422)


def too_big(error: OverflowError) -> Answer:
    """SQLite's driver says so in its own way; any other overflow is a fault of ours."""
    if "SQLite" not in str(error):
        return broken(error)
    current_app.logger.warning("number refused by the database at %s", request.path)
    return error_page(422)


def unavailable(error: Exception) -> Answer:
    """The machine and not the sender: said plainly, with when to try again. Looking goes on where it can."""
    fault = fault_of(error)
    if fault is None and not isinstance(error, OperationalError | PoolTimeout):
        return broken(error)
    _alert(fault or Fault.UNREACHABLE, error)
    if fault in NOT_READ:
        # The page is drawn as for a visitor: who is signed in stands in the database.
        g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    sentence = SENTENCES_OF_FAULTS.get(fault, NO_DATABASE) if fault else NO_DATABASE
    return error_page(STATUS.get(fault, 503) if fault else 503, str(sentence))


def _alert(fault: Fault, error: Exception) -> None:
    """Once a minute for each kind: a full disk is not made fuller by its own log."""
    told: dict[Fault, float] = current_app.extensions.setdefault("matcher_alerts", {})
    if monotonic() - told.get(fault, -ALERT_EVERY_S) >= ALERT_EVERY_S:
        told[fault] = monotonic()
        current_app.logger.error("database not available (%s) at %s: %s", fault.value, request.path, error)


def broken(error: Exception) -> Answer:
    """A fault of ours: logged with a number the reader can quote, no details on the page."""
    if current_app.testing and current_app.config["PROPAGATE_EXCEPTIONS"]:
        raise error
    number = secrets.token_hex(4)
    current_app.logger.error("fault %s at %s %s", number, request.method, request.path, exc_info=error)
    return error_page(500, number=number)


def error_page(
    status: int, sentence: str | None = None, number: str | None = None, meanwhile: Any = None, expired: bool = False
) -> Answer:
    """The page for this status, plain when its template cannot be drawn."""
    close_reading()
    # Two steps: other 4xx and 5xx share the page of the nearest kind.
    page = status if status in PAGES else (500 if status >= 500 else 404 if status == 410 else 422)
    text = sentence or str(SENTENCES.get(status) or SENTENCES[page])
    headers = {"Content-Type": "text/html; charset=utf-8"}
    if status in AGAIN_AFTER_S:
        headers["Retry-After"] = str(AGAIN_AFTER_S[status])
    try:
        file = f"errors/{503 if page == 507 else page}.html"
        shown = {
            "status": status,
            "sentence": text,
            "number": number,
            "typed": _typed(meanwhile),
            "meanwhile": meanwhile,
            "expired": expired,
        }
        body = render_template(file, **shown)
    except Exception as error:
        # Whatever is broken (a template, the database, an address that cannot be built): a plain page can be shown.
        current_app.logger.error("error page %s could not be drawn: %s", page, error)
        body = _plain(status, text, number)
    return body, status, headers


def _meanwhile() -> Any:
    """What happened to the thing this form was about since its page was made, as far as this person may see it."""
    tell, about = current_app.extensions.get("matcher_meanwhile"), request.view_args
    if tell is None or not about or not current_user.is_authenticated:
        return None
    close_reading()
    try:
        return tell(reading(), actor(), about, shown=number_in(request.form.get("seq")), since=shown_at(), now=utcnow())
    except (MatcherError, SQLAlchemyError):
        # The thing is gone, or not for this person's eyes any more: the sentence says enough.
        return None


def _typed(meanwhile: Any) -> list[str]:
    """What somebody wrote in a form that came too late, to copy from; passwords and values of buttons are not that.
    Each text once, and not what stands on the page already."""
    if request.method != "POST":
        return []
    sent = [(name, clean_text(text)) for name, text in request.form.items(multi=True) if "password" not in name]
    said = [text[:TEXT_LENGTH] for name, text in sent if text and (" " in text or "\n" in text or name in WORDS)]
    above = {meanwhile.title, *(entry.get("note") for entry in meanwhile.happened)} if meanwhile else set()
    return [text for text in dict.fromkeys(said) if text not in above]


def _plain(status: int, sentence: str, number: str | None) -> str:
    label = _("Number")
    shown = f"<p>{escape(label)}: {escape(number)}</p>" if number else ""
    return (
        f'<!doctype html><html lang="{current_locale()}"><meta charset="utf-8"><title>{status} · Matcher</title>'
        f'<h1>{escape(sentence)}</h1>{shown}<p><a href="/">Matcher</a></p></html>'
    )
