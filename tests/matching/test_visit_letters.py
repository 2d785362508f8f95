"""The letters around a visit are whole for every kind, reader and language, also with hostile words in them."""

import pytest
from flask import Flask

from matcher.availability.states import Delivery, Kind
from matcher.matching.letters import letter_for
from matcher.matching.reminders import Reminder
from matcher.matching.runbooks import items_of
from matcher.matching.states import Side
from tests.matching.test_mail_templates import HOSTILE, KNOWN, VALUES, check, letter

OTHER = {Side.SCHOOL: Side.COMPANY, Side.COMPANY: Side.SCHOOL}
LETTERS = [*Reminder, "runbook_changed", "how_was_it_again", "thanks_company", "answers_differ", "held"]
SOME = {"address": "Schoolstraat 1", "other_said": True, "visits": 2, "pupils": 54, "hours": 7, "thanks": HOSTILE}


@pytest.mark.parametrize("values", ["known", "hostile", "long"])
@pytest.mark.parametrize("kind", Kind)
def test_letter_around_a_visit_is_whole(app: Flask, kind: Kind, values: str) -> None:
    for name in LETTERS:
        for side, other in OTHER.items():
            mine, theirs = (items_of(kind, Delivery.ON_SITE, each) for each in (side, other))
            runbook = {
                "known": [[other.value, item.value, VALUES[values]["own_words"]] for item in theirs],
                "missing": [item.value for item in mine],
                "awaited": [item.value for item in theirs],
                "other_side": other.value,
            }
            params = VALUES[values] | SOME | runbook | {"kind": kind.value, "side": side.value}
            params |= {"thanks": VALUES[values]["note"]}
            for locale in ("nl", "en"):
                check(letter(app, letter_for(kind, name), params, locale), app, hostile=values == "hostile")


def test_reminder_without_anything_missing_asks_nothing(app: Flask) -> None:
    whole = {"known": [["school", "room", "B12"]], "missing": [], "awaited": [], "other_side": "company"}
    found = letter(app, "matching/reminder_soon", KNOWN | SOME | whole | {"side": "school"}, "en")
    assert "Room: B12" in found.text
    assert "missing" not in found.text
    asked = letter(app, "matching/reminder_soon", KNOWN | SOME | whole | {"side": "school", "missing": ["room"]}, "en")
    assert "Still missing from you: Room." in asked.text
    assert "Fill in what is missing" in asked.text
