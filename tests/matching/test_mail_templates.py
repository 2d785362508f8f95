"""Every letter of this room: both languages, every reader, with little known and with hostile values."""

import re
from typing import Any

import pytest
from flask import Flask

from matcher.availability.states import Kind
from matcher.matching.due_queries import HOW_WAS_IT
from matcher.matching.letters import letter_for
from matcher.matching.notice_services import AUDIENCES
from matcher.notices.letters import Letter, letters_of

HOSTILE = "<b>Piet</b> & {{ 7*7 }} %(name)s\n"
LONG = "Een heel lange naam " * 12
STEPS = sorted(
    {
        (letter_for(kind, audience.template), action.value, side.value)
        for kind in Kind
        for (action, _to), audiences in AUDIENCES.items()
        for audience in audiences
        for side in audience.sides
    }
    | {(letter_for(kind, HOW_WAS_IT), "approve", side) for kind in Kind for side in ("school", "company")}
)
KNOWN: dict[str, Any] = {
    "match_id": 7,
    "request_id": 3,
    "kind": "guest_lecture",
    "title": "Robotica, 2 vmbo-kb",
    "school": "CSG De Meander",
    "place": "Heerenveen",
    "company": "Frisomat",
    "guest": "Cas Bakker",
    "asker": "Femke Dijk",
    "actor": "Femke Dijk",
    "from_state": "proposed",
    "level": "vmbo_kb",
    "group_size": 24,
    "own_words": "Wat doe jij op een gewone dag?",
    "reason": "schedule_changed",
    "note": "Tot de volgende keer.",
    "day": "2026-12-09",
    "starts": "09:20",
    "ends": "10:10",
    "periods": [2],
    "expires": "2026-12-04T16:00:00+00:00",
    "answers_to": "/matches/7",
    "is_shared": True,
}
MAY_MISS = (
    "place",
    "guest",
    "actor",
    "from_state",
    "level",
    "group_size",
    "reason",
    "day",
    "starts",
    "ends",
    "expires",
)
UNKNOWN = KNOWN | dict.fromkeys(MAY_MISS) | {"own_words": "", "note": "", "periods": []}
TYPED = ("title", "school", "place", "company", "guest", "asker", "actor", "own_words", "note")
ACTORS = ("school", "company", "employer", "coordinator", "system")
VALUES = {
    "known": KNOWN,
    "unknown": UNKNOWN,
    "hostile": KNOWN | dict.fromkeys(TYPED, HOSTILE),
    "long": KNOWN | dict.fromkeys(TYPED, LONG),
}


def letter(app: Flask, template: str, params: dict[str, Any], locale: str = "nl") -> Letter:
    return letters_of(app).letter(template, params, locale=locale, name="Anna de Vries")


@pytest.mark.parametrize("locale", ["nl", "en"])
@pytest.mark.parametrize("values", VALUES)
def test_letter_of_every_step_is_whole(app: Flask, values: str, locale: str) -> None:
    for template, action, side in STEPS:
        for actor_side in ACTORS if values == "known" else ("system",):
            params = VALUES[values] | {"action": action, "side": side, "actor_side": actor_side}
            check(letter(app, template, params, locale), app, hostile=values == "hostile")


def check(found: Letter, app: Flask, *, hostile: bool) -> None:
    base_url = app.extensions["matcher_settings"].base_url
    link = f"{base_url}/matches/7"
    assert found.subject
    assert link in found.text
    assert f'href="{link}"' in found.html
    assert not re.findall(r"https?://(?!127\.0\.0\.1)", found.html + found.text)
    assert "None" not in found.subject + found.text + found.html
    if hostile:
        assert "<b>Piet" not in found.html
        assert "&lt;b&gt;Piet" in found.html
        assert "\n" not in found.subject
    else:
        assert not re.search(r"\{[{%]|%\(|[%}]\}", found.subject + found.text + found.html)


@pytest.mark.parametrize("template", sorted({template for template, *_rest in STEPS if HOW_WAS_IT not in template}))
def test_two_readers_are_told_what_happened_to_them(app: Flask, template: str) -> None:
    sides = {side for name, _action, side in STEPS if name == template}
    told = {
        side: letter(app, template, KNOWN | {"action": "x", "side": side, "actor_side": "system"}).text
        for side in sides
    }
    assert all(len(text.split()) > 25 for text in told.values())


def test_reason_is_said_in_words_of_the_reader(app: Flask) -> None:
    params = KNOWN | {"action": "cancel", "side": "company", "actor_side": "school", "reason": "ill"}
    assert "The reason: ill." in letter(app, "matching/cancelled", params, "en").text
    often = letter(app, "matching/declined", params | {"reason": "asked_too_often"}, "en").text
    assert "The reason: I am asked too often." in often
    assert "none_given" not in letter(app, "matching/declined", params | {"reason": "none_given"}, "en").text


def test_company_that_names_nobody_yet_is_named_itself(app: Flask) -> None:
    params = KNOWN | {"action": "approve", "side": "school", "actor_side": "coordinator", "guest": None}
    text = letter(app, "matching/approved", params, "en").text
    assert "somebody of Frisomat" in text
    assert "The visit of Frisomat is approved." in text


def test_message_is_quoted_whole_and_escaped(app: Flask) -> None:
    params = {"match_id": 7, "title": "Robotica", "from": HOSTILE, "body": "Waar parkeer ik?\n<i>achter</i>",
              "answers_to": "/matches/7#messages"}  # fmt: skip
    for locale in ("nl", "en"):
        found = letter(app, "matching/message", params, locale)
        assert "Waar parkeer ik?<br>&lt;i&gt;achter&lt;/i&gt;" in found.html
        assert "Waar parkeer ik?\n<i>achter</i>" in found.text
        assert "<b>Piet" not in found.html
