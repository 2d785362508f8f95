"""Which language this visitor reads: their account says it, else what they chose, else what their browser asks."""

from flask import current_app, g, request, session
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from matcher.i18n import LOCALES, forget_locale


def select_locale() -> str:
    """`nl` or `en`, worked out once per request."""
    if "locale" not in g:
        g.locale = _select()
    return str(g.locale)


def choose_locale(locale: str) -> None:
    """Remember the visitor's choice; unknown languages are ignored."""
    if locale in LOCALES:
        session["lang"] = locale
        g.locale = locale
        forget_locale()


def _account_locale() -> str | None:
    try:
        return getattr(current_user, "locale", None)
    except SQLAlchemyError:
        # The page that says the database is away must still be drawn.
        return None


def _select() -> str:
    for chosen in (_account_locale(), session.get("lang")):
        if chosen in LOCALES:
            return str(chosen)
    default = str(current_app.config["DEFAULT_LOCALE"])
    return request.accept_languages.best_match(LOCALES, default=default) or default
