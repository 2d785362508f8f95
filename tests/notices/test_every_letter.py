"""Every letter there is, in both languages, with usual, missing, long and hostile values: whole and safe."""

import re
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from flask import Flask
from jinja2 import meta

from matcher.notices.letters import Letter, letters_of
from matcher.notices.mailer import build_message
from matcher.notices.models import Outbox
from tests.notices.test_templates import FOLDER, NAMES

HOSTILE = "<b>Piet</b> & {{ 7*7 }} {% raw %} %(name)s\r\nBcc: x@y.example"
LONG = "Een heel lange naam zonder eind " * 60
GIVEN = {
    "base_url", "is_demo", "current_locale", "name", "recipient_name", "recipient_locale", "stop_path", "answer_path",
    "moments", "further", "loop", "button", "visitor",
}  # fmt: skip
NUMBERS = {"count", "days", "group_size", "match_id", "request_id", "hours", "waited",
           "requests", "helps", "from_km", "to_km", "cap",
           "asked", "found", "visits", "pupils"}  # fmt: skip
SHAPES: dict[str, Any] = {
    "day": "2026-12-09",
    "expires": "2026-12-04T16:00:00+00:00",
    "starts": "09:20",
    "ends": "10:10",
    "periods": [2, 3],
    "parts": [],
    "classes": [],
    "kind": "guest_lecture",
    "side": "company",
    "actor_side": "school",
    "action": "cancel",
    "level": "havo",
    "reason": "ill",
    "stand_in": True,
    "is_new": True,
    "is_shared": True,
    "groups": [
        {"title": "Robots", "lines": [{"subject": "S", "path": "/matches/7", "told_at": "2026-12-04T16:00:00Z"}]}
    ],
    "step": "introduction",
    "role": "teacher",
}
STANDING = {"asked": 4, "waiting": 1, "no_answer": 1, "said_no": 1, "ended": 1, "ticked": 2, "fits": 3}
OWN: dict[str, dict[str, Any]] = {
    "organisations/refused": {"reason": "other"},
    **{
        f"matching/{which}": {
            "known": [["school", "room", "Lokaal 12"]],
            "missing": ["room"],
            "awaited": [],
            "other_side": "school",
        }
        for which in ("reminder_week", "reminder_soon", "runbook_changed")
    },
    "matching/half_year_note": {"reasons": [["far", 2], ["topic", 1]], "change": "far"},
    "matching/weekly_note": STANDING | {"reasons": [["Geen tijd", 1]], "obstacles": [["Te ver", 2]], "changes": ["X"]},
}
"""Codes that only this letter knows."""
TYPED = {
    "title", "school", "place", "company", "guest", "asker", "actor", "own_words", "note", "body", "from", "person",
    "organisation", "partner", "coordinator", "region",
}  # fmt: skip
MAY_MISS = {"place", "guest", "actor", "day", "starts", "ends", "expires", "reason", "note", "own_words", "level"}
OPTIONAL_ONES = {"notices/digest", "matching/hybrid_route", "matching/weekly_note", "matching/half_year_note"}


def names_in(app: Flask, template: str, seen: set[str]) -> set[str]:
    """The values a template and those it builds on ask for."""
    if template in seen:
        return set()
    seen.add(template)
    source = (FOLDER.parent / template).read_text(encoding="utf-8")
    tree = app.jinja_env.parse(source)
    found = meta.find_undeclared_variables(tree) - set(app.jinja_env.globals)
    for other in meta.find_referenced_templates(tree):
        if other:
            found |= names_in(app, other, seen)
    return found


def usual(name: str) -> Any:
    if name in SHAPES:
        return SHAPES[name]
    if name in NUMBERS or name.endswith("_id"):
        return 7
    if name.endswith("_on"):
        return "2026-12-09"
    if name.endswith("_at"):
        return "2026-12-09T09:00:00+00:00"
    return "/matches/7" if name in {"path", "answers_to"} else f"Some {name}"


def params_of(app: Flask, name: str, values: str) -> dict[str, Any]:
    asked = {each for kind in ("subject.txt", "txt", "html") for each in names_in(app, f"mail/{name}.{kind}", set())}
    found = {each: usual(each) for each in sorted(asked - GIVEN)} | OWN.get(name, {})
    if values == "missing":
        return {each: None if each in MAY_MISS - set(OWN.get(name, ())) else value for each, value in found.items()}
    if values in {"hostile", "long"}:
        return {
            each: {"hostile": HOSTILE, "long": LONG}[values] if each in TYPED else value
            for each, value in found.items()
        }
    return found


def check(letter: Letter, app: Flask, values: str) -> None:
    text = letter.subject + letter.text + letter.html
    assert letter.subject.strip()
    assert "\n" not in letter.subject
    assert len(letter.text.split()) > 10
    assert not re.findall(r"https?://(?!127\.0\.0\.1)", text)
    assert "style=" in letter.html
    assert not re.search(r"<(script|img|link|iframe)", letter.html)
    if values == "hostile":
        assert "<b>Piet" not in letter.html
        assert "49" not in letter.text
    else:
        assert not re.search(r"\{[{%]|%\(|[%}]\}", text)
        assert "None" not in text
        assert "Undefined" not in text


SOME = (("missing", "en"), ("hostile", "nl"))
ALL = tuple(product(("usual", "missing", "hostile", "long"), ("nl", "en")))


@pytest.mark.parametrize("cases", [SOME, pytest.param(ALL, marks=pytest.mark.integrity)])
def test_letters_are_whole_with_any_values(app: Flask, cases: tuple[tuple[str, str], ...]) -> None:
    for name, (values, locale) in product(NAMES, cases):
        who = {"hostile": HOSTILE, "long": LONG}.get(values, "Anna")
        letter = letters_of(app).letter(name, params_of(app, name, values), locale=locale, name=who)
        check(letter, app, values)
        row = Outbox(address="a@x.example", recipient_name=who, locale=locale, message_id="x", template=name)
        message = build_message(row, letter, sender="Matcher <n@demo.example>", now=datetime(2026, 11, 23, tzinfo=UTC))
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
        assert b"\r\nBcc:" not in message.as_bytes().split(b"\r\n\r\n", 1)[0]


def test_link_to_stop_is_shown_where_it_is_given_and_nowhere_else(app: Flask) -> None:
    for name in sorted({*OPTIONAL_ONES, *NAMES[::9]}):
        params = params_of(app, name, "usual")
        without = letters_of(app).letter(name, params, locale="nl", name="Anna")
        assert "/notices/stop/" not in without.text + without.html
        if name in OPTIONAL_ONES:
            given = letters_of(app).letter(name, params | {"stop_path": "/notices/stop/x"}, locale="nl", name="Anna")
            assert "/notices/stop/x" in given.text
            assert "/notices/stop/x" in given.html


def test_control_careless_letter_is_found(app: Flask) -> None:
    """The rig sees what it looks for: a hole, a foreign address, a tag that somebody typed."""
    for words in ("None", "https://evil.example", "{{ title }}"):
        letter = Letter("S", "word " * 20 + words, '<p style="">x</p>')
        with pytest.raises(AssertionError):
            check(letter, app, "usual")
    with pytest.raises(AssertionError):
        check(Letter("S", "word " * 20, '<p style=""><b>Piet</b></p>'), app, "hostile")
