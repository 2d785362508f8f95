"""The words of a notice, from templates/mail/<room>/<name>.{subject.txt,txt,html}, in the reader's language."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, StrictUndefined, TemplateError

from matcher.db import PersonName, Typed
from matcher.i18n import LOCALES, in_locale

LONGEST_SUMMARY = 240
_NAME = re.compile(r"[a-z0-9_-]+/[a-z0-9_-]+")
_FACT = re.compile(r"\s*[^.?!:]{1,40}: ")


class Unreadable(Exception):
    """The template is missing, or does not go with its values: a fault of ours, not of the mail server."""


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Summary:
    """A notice as the inbox shows it; `path` is a page of this site or empty."""

    subject: str
    text: str
    path: str


class Letters:
    """Renders notices with the application's templates. `css` is written into the tags, as mail programs want it."""

    def __init__(self, environment: Environment, css: str = "") -> None:
        # A value that is missing must not become a hole in somebody's mail.
        self._environment = environment.overlay(undefined=StrictUndefined)
        self._inliner = CSSInliner(extra_css=css, load_remote_stylesheets=False)

    def letter(self, template: str, params: dict[str, Any], *, locale: str, name: str) -> Letter:
        """Subject, text and HTML. Raises Unreadable."""
        values = self._values(params, locale, name)
        with in_locale(locale):
            subject = self._render(template, "subject.txt", values)
            text = self._render(template, "txt", values)
            html = self._render(template, "html", values)
        return Letter(_one_line(subject), _paragraphs(text), self._inliner.inline(html))

    def summary(self, template: str, params: dict[str, Any], *, locale: str, name: str) -> Summary:
        """Subject and the beginning of the text. Raises Unreadable."""
        values = self._values(params, locale, name)
        with in_locale(locale):
            subject = self._render(template, "subject.txt", values)
            text = self._render(template, "txt", values)
        path = local_path(params.get("path") or params.get("answers_to"))
        return Summary(_one_line(subject), _shortened(text, str(self._environment.globals.get("base_url", ""))), path)

    def _render(self, template: str, kind: str, values: dict[str, Any]) -> str:
        if not _NAME.fullmatch(template):
            raise Unreadable(f"no template is called {template[:100]!r}")
        try:
            return self._environment.get_template(f"mail/{template}.{kind}").render(values)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise Unreadable(f"{template}.{kind}: {type(error).__name__}: {error}") from error

    def _values(self, params: dict[str, Any], locale: str, name: str) -> dict[str, Any]:
        with in_locale(locale):
            params = _erased(params)
        ours = {"name": name, "recipient_name": name, "recipient_locale": locale, "visitor": _visitor(params)}
        return {**ours, **(_with_dots(revived(params)) if locale == "nl" else revived(params))}


def letters_of(app: Any) -> Letters:
    """The application's templates as letters, with the style sheet for mails."""
    if "matcher_letters" not in app.extensions:
        style = Path(app.static_folder or "") / "css" / "mail.css"
        css = style.read_text(encoding="utf-8") if style.exists() else ""
        app.extensions["matcher_letters"] = Letters(app.jinja_env, css)
    letters: Letters = app.extensions["matcher_letters"]
    return letters


@cache
def _words_for_erased() -> dict[str, Any]:
    """Stands for an erased name or title in every language: a row may be written in another than its reader's."""
    found: dict[str, Any] = {}
    for locale in LOCALES:
        with in_locale(locale):
            found |= {str(kind.word): kind.word for kind in (PersonName, Typed)}
    return found


def _erased(value: Any) -> Any:
    """The same value, the word for what was erased in the reader's language."""
    if isinstance(value, dict):
        return {key: _erased(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_erased(each) for each in value]
    return str(_words_for_erased().get(value, value)) if isinstance(value, str) else value


def _with_dots(value: Any, key: str = "") -> Any:
    """Hours as Dutch pages write them: `09.20`."""
    if isinstance(value, dict):
        return {name: _with_dots(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_dots(each, key) for each in value]
    return value.replace(":", ".") if key in {"starts", "ends"} and isinstance(value, str) else value


def _visitor(params: dict[str, Any]) -> str:
    """Who comes and from where, as a sentence names them; who works for themselves is one name, not two."""
    guest, company = params.get("guest"), params.get("company") or ""
    return str(company if guest in (None, "", company) else f"{guest} ({company})")


def revived(values: dict[str, Any]) -> dict[str, Any]:
    """Names like `sent_at`, `expires`, `seen_on`, `day` hold ISO text in the row; templates get datetimes and dates."""
    return {key: _revive(key, value) for key, value in values.items()}


def local_path(path: Any) -> str:
    """The path when it stays on this site, else nothing."""
    if not isinstance(path, str) or not re.match(r"/(?![/\\])", path):
        return ""
    return "" if re.search(r"[\x00-\x20\\]", path) else path


def _revive(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return revived(value)
    if isinstance(value, list):
        return [_revive(key, item) for item in value]
    is_moment, is_day = key.endswith("_at") or key == "expires", key.endswith("_on") or key == "day"
    if not isinstance(value, str) or not (is_moment or is_day):
        return value
    try:
        return datetime.fromisoformat(value) if is_moment else date.fromisoformat(value)
    except ValueError:
        return value


def _paragraphs(text: str) -> str:
    """One empty line between paragraphs, however many parts of a template stayed empty."""
    return re.sub(r"\n\s*\n", "\n\n", text.strip()) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _is_aside(part: str) -> bool:
    """A quote, or lines that each say `what: value`; the page the notice leads to shows both. A value may be a title
    that ends as a sentence does, so among several lines the word before the colon tells."""
    lines = part.strip().splitlines()
    if part.lstrip().startswith(">"):
        return True
    if len(lines) > 1:
        return all(_FACT.match(line) for line in lines)
    return all(": " in line and line.rstrip()[-1] not in ".?!…" for line in lines)


def _shortened(text: str, base_url: str) -> str:
    """Without greeting, quotes, lists of facts, addresses of pages and signature; cut at a word."""
    text = re.split(r"\n-- ?\n", text, maxsplit=1)[0]
    # What leads to a quote goes with it.
    told = (part for part in re.split(r"\n\s*\n", text.strip()) if not _is_aside(part) and not part.endswith(":"))
    parts = [" ".join(part.split()) for part in told]
    if len(parts) > 1 and parts[0].endswith(","):
        parts = parts[1:]
    words = " ".join(part for part in parts if part and not (base_url and base_url in part))
    if len(words) <= LONGEST_SUMMARY:
        return words
    return words[:LONGEST_SUMMARY].rsplit(" ", 1)[0].rstrip(".,:;?!") + "…"
