"""The words of a notice, from templates/mail/<room>/<name>.{subject.txt,txt,html}, in the reader's language."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, StrictUndefined, TemplateError

from matcher.i18n import in_locale

CONTENT_BLOCK = "content"
LONGEST_SUMMARY = 400
_NAME = re.compile(r"[a-z0-9_-]+/[a-z0-9_-]+")


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
        return Letter(_one_line(subject), text.strip() + "\n", self._inliner.inline(html))

    def summary(self, template: str, params: dict[str, Any], *, locale: str, name: str) -> Summary:
        """Subject and the short text: the first paragraphs of the text's own block. Raises Unreadable."""
        values = self._values(params, locale, name)
        with in_locale(locale):
            subject = self._render(template, "subject.txt", values)
            text = self._render(template, "txt", values, block=CONTENT_BLOCK)
        return Summary(_one_line(subject), _shortened(text), local_path(params.get("path")))

    def _render(self, template: str, kind: str, values: dict[str, Any], block: str | None = None) -> str:
        if not _NAME.fullmatch(template):
            raise Unreadable(f"no template is called {template[:100]!r}")
        try:
            found = self._environment.get_template(f"mail/{template}.{kind}")
            if block and block in found.blocks:
                return "".join(found.blocks[block](found.new_context(values)))
            return found.render(values)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise Unreadable(f"{template}.{kind}: {type(error).__name__}: {error}") from error

    def _values(self, params: dict[str, Any], locale: str, name: str) -> dict[str, Any]:
        return {"recipient_name": name, "recipient_locale": locale, **revived(params)}


def revived(values: dict[str, Any]) -> dict[str, Any]:
    """Names that end in `_at` and `_on` hold ISO text in the row; templates get datetimes and dates."""
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
    if not isinstance(value, str) or not key.endswith(("_at", "_on")):
        return value
    try:
        return datetime.fromisoformat(value) if key.endswith("_at") else date.fromisoformat(value)
    except ValueError as error:
        raise Unreadable(f"{key} is no date") from error


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _shortened(text: str) -> str:
    """Without greeting or signature; cut at a word."""
    words = " ".join(text.split())
    if len(words) <= LONGEST_SUMMARY:
        return words
    return words[:LONGEST_SUMMARY].rsplit(" ", 1)[0] + "…"
