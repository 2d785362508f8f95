"""The letters about an approval that went to somebody else, and about one that nobody gave in time."""

from typing import Any

import pytest
from flask import Flask

from matcher.notices.letters import letters_of
from tests.matching.test_mail_templates import KNOWN

SENT_ON = KNOWN | {
    "action": "accept", "actor_side": "company", "why": "waited", "waited": 3, "region": "Drenthe", "region_id": 4,
    "to_region": "Noord", "stand_in": False, "holders": "Piet Puk", "answers_to": "/coordination/approve?match=7",
}  # fmt: skip


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_letters_say_why_and_where_to_go(app: Flask, locale: str) -> None:
    made: list[tuple[str, dict[str, Any]]] = [
        (name, SENT_ON | more)
        for name in ("sent_on", "sent_on_from_you")
        for more in (
            {},
            {"why": "visit_near"},
            {"why": "away", "stand_in": True},
            {"to_region": "", "holders": "", "answers_to": "/coordination/regions/4"},
        )
    ]
    texts = set()
    for name, params in made:
        found = letters_of(app).letter(f"coordination/{name}", params, locale=locale, name="Anna")
        assert params["answers_to"] in found.text
        assert "None" not in found.text + found.html
        assert found.subject
        texts.add((name, found.text))
    assert len(texts) == len(made)
    assert "3" in letters_of(app).letter("coordination/sent_on", SENT_ON, locale=locale, name="Anna").text


def test_letters_speak_to_whoever_reads_them(app: Flask) -> None:
    stand_in = letters_of(app).letter("coordination/sent_on", SENT_ON | {"stand_in": True}, locale="en", name="A")
    above = letters_of(app).letter("coordination/sent_on", SENT_ON, locale="en", name="A")
    assert "You are stand-in" in stand_in.text
    assert "You serve Noord" in above.text


@pytest.mark.parametrize("kind", ["", "internship_", "placement_"])
def test_both_sides_hear_that_it_was_not_them(app: Flask, kind: str) -> None:
    params = KNOWN | {"action": "expire", "actor_side": "system", "from_state": "accepted"}
    for side in ("school", "company"):
        found = letters_of(app).letter(f"matching/{kind}expired", params | {"side": side}, locale="en", name="Anna")
        assert "not because of either of you" in found.text
        assert "did not answer" not in found.text
        assert "asked less often" not in found.text
