"""The one door to translation: texts, dates and numbers in the reader's language. Nothing else imports flask_babel.

Texts are looked up here and not by flask_babel, which is mute outside a request: the worker writes mails too. Its part
is to tell WTForms the language. Without a request and without `in_locale` texts stay English, as commands want them.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale, dates, numbers
from babel.messages import mofile, pofile
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, has_request_context
from flask_babel import Babel
from flask_babel.speaklater import LazyString
from markupsafe import escape

from matcher.clock import AMSTERDAM

LOCALES = ("nl", "en")
CATALOGUES = Path(__file__).parent / "translations"
_FORMATS = {"nl": Locale("nl"), "en": Locale("en", "GB")}
_forced: ContextVar[str | None] = ContextVar("forced_locale", default=None)
_of_request: ContextVar[str | None] = ContextVar("locale_of_request", default=None)


def init_app(app: Flask, select_locale: Callable[[], str]) -> None:
    """Give templates and forms their texts; `select_locale` knows whose request it is."""
    app.extensions["matcher_locale"] = select_locale
    app.teardown_request(forget_locale)
    Babel(app, locale_selector=current_locale, timezone_selector=lambda: AMSTERDAM)
    app.jinja_env.globals.update(
        _=gettext, gettext=gettext, ngettext=ngettext, current_locale=current_locale, LOCALES=LOCALES
    )
    for function in (format_date, format_time, format_datetime, format_day_month, format_number, format_weekday):
        app.jinja_env.filters[function.__name__] = function
        app.jinja_env.globals[function.__name__] = function


def current_locale() -> str:
    """`nl` or `en`: what `in_locale` says, else what the request asks, else English. Asked all the time."""
    return _forced.get() or _of_request.get() or _work_out()


def _work_out() -> str:
    if has_request_context() and "matcher_locale" in current_app.extensions:
        found = str(current_app.extensions["matcher_locale"]())
        _of_request.set(found)
        return found
    return "en"


def forget_locale(error: BaseException | None = None) -> None:
    """At the end of a request, and when its reader chose another language."""
    _of_request.set(None)


@contextmanager
def in_locale(locale: str) -> Iterator[None]:
    """Everything inside speaks this language; unknown languages become Dutch."""
    token = _forced.set(locale if locale in LOCALES else LOCALES[0])
    try:
        yield
    finally:
        _forced.reset(token)


def gettext(text: str, **variables: Any) -> str:
    """The text in the current language, `%(name)s` filled in when values are given."""
    found = str(translations(current_locale()).ugettext(text)) if text else ""
    return found % variables if variables else found


def ngettext(singular: str, plural: str, num: int, **variables: Any) -> str:
    """The form that goes with the number; `%(num)s` is the number."""
    found = str(translations(current_locale()).ungettext(singular, plural, num))
    return found % {"num": num, **variables}


class LazyText(LazyString):
    """A text that is looked up when it is shown. Templates escape it: it may hold a name somebody typed."""

    def __html__(self) -> str:
        return str(escape(str(self)))


def lazy_gettext(text: str, **variables: Any) -> LazyText:
    """For labels and messages made before the reader is known."""
    return LazyText(gettext, text, **variables)


_ = gettext
_l = lazy_gettext


@cache
def translations(locale: str) -> NullTranslations:
    """The catalogue of a language, compiled first when its source is newer."""
    folder = CATALOGUES / locale / "LC_MESSAGES"
    source, compiled = folder / "messages.po", folder / "messages.mo"
    if not source.exists() and not compiled.exists():
        return NullTranslations()
    if compiled.exists() and (not source.exists() or compiled.stat().st_mtime >= source.stat().st_mtime):
        return Translations(BytesIO(compiled.read_bytes()))
    content = _compile(source)
    _keep(content, compiled)
    return Translations(BytesIO(content))


def compile_catalogues() -> None:
    """Make every compiled catalogue that is missing or older than its source."""
    for locale in LOCALES:
        translations(locale)


def _compile(source: Path) -> bytes:
    with source.open("rb") as file:
        catalogue = pofile.read_po(file)
    result = BytesIO()
    mofile.write_mo(result, catalogue)
    return result.getvalue()


def _keep(content: bytes, path: Path) -> None:
    """Replace the file in one step; a folder that cannot be written only costs time at each start."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".mo")
    except OSError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(path)


def format_date(day: date | datetime, style: str = "long") -> str:
    """`10 december 2026`; styles are short, medium, long, full or a CLDR pattern."""
    return _day_text(_local(day), style, current_locale())


def format_day_month(day: date | datetime, seen: datetime | None = None) -> str:
    """`do 10 december`; with the year where it is not that in which it is `seen`."""
    shown = _local(day)
    other = seen is not None and shown.year != _local(seen).year
    return _day_text(shown, "EEE d MMMM y" if other else "EEE d MMMM", current_locale())


def format_weekday(day: date | datetime, style: str = "EEEE") -> str:
    """`donderdag`; `EEE` gives the short name."""
    return _day_text(_local(day), style, current_locale())


@lru_cache(maxsize=4096)
def _day_text(day: date, style: str, locale: str) -> str:
    # A page says the same few days again and again.
    return dates.format_date(day, format=style, locale=_FORMATS[locale])


def format_time(moment: datetime | time) -> str:
    """`10.15` in Dutch, `10:15` in English, on Dutch clocks; a bare time is taken as it is."""
    shown = moment.astimezone(AMSTERDAM) if isinstance(moment, datetime) and moment.tzinfo else moment
    return clock_text(f"{shown:%H:%M}")


def clock_text(wall: str) -> str:
    """A stored `10:15` as the reader writes it."""
    return wall.replace(":", ".") if current_locale() == "nl" else wall


def format_datetime(moment: datetime, style: str = "EEE d MMMM y, HH:mm") -> str:
    """`do 10 december 2026, 10.15` on Dutch clocks."""
    return dates.format_datetime(moment, format=clock_text(style), tzinfo=AMSTERDAM, locale=_formats())


def format_number(number: float | Decimal, digits: int | None = None) -> str:
    """`1.234,5`; with `digits` always so many behind the comma."""
    pattern = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return numbers.format_decimal(number, format=pattern, locale=_formats())


def _formats() -> Locale:
    return _FORMATS[current_locale()]


def _local(day: date) -> date:
    if isinstance(day, datetime):
        return (day.astimezone(AMSTERDAM) if day.tzinfo else day).date()
    return day
