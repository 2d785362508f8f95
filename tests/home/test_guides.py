"""The guides: one for each role, the same parts in both languages, whole on their page."""

import re
from pathlib import Path

import pytest
from babel.messages import pofile
from flask.testing import FlaskClient

from matcher.home.guides import ROLES, guide_of

FOLDER = Path(__file__).parents[2] / "docs" / "guides"


@pytest.mark.parametrize("role", sorted(ROLES))
def test_both_languages_say_the_same_things_in_the_same_order(role: str) -> None:
    dutch, english = (guide_of((FOLDER / f"{role}.{language}.md").read_text("utf-8")) for language in ("nl", "en"))
    assert [(part.kind, len(part.lines)) for part in dutch.parts] == [
        (part.kind, len(part.lines)) for part in english.parts
    ]
    assert dutch.title != english.title
    assert dutch.intro
    assert len(dutch.parts) > 5


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_a_guide_quotes_stands_on_a_page(language: str) -> None:
    with (FOLDER.parents[1] / f"matcher/translations/{language}/LC_MESSAGES/messages.po").open("rb") as file:
        found = [entry.string for entry in pofile.read_po(file, locale=language) if entry.id]
    texts = [text for entry in found for text in ([entry] if isinstance(entry, str) else entry)]
    for role in sorted(ROLES):
        quoted = re.findall(r'"([^"]+)"', (FOLDER / f"{role}.{language}.md").read_text("utf-8"))
        assert [words for words in quoted if not any(text.startswith(words) for text in texts)] == []


def test_help_leads_to_every_guide_and_nothing_of_it_is_lost(client: FlaskClient) -> None:
    shown = client.get("/help").text
    for role in ROLES:
        assert f'href="/help/{role}"' in shown
        answer = client.get(f"/help/{role}")
        assert answer.status_code == 200
        guide = guide_of((FOLDER / f"{role}.nl.md").read_text("utf-8"))
        assert guide.title in answer.text
        assert answer.text.count("<h2") >= sum(part.kind == "h2" for part in guide.parts)
    assert client.get("/help/nobody").status_code == 404


def test_parts_of_a_document() -> None:
    guide = guide_of("# Titel\n\nBegin\nhier.\n\n## Kop\n\n![x](y.png)\n\nKies:\n- een\n- twee\n\n1. eerst\n2. dan")
    assert (guide.title, guide.intro) == ("Titel", "Begin hier.")
    assert [(part.kind, part.lines) for part in guide.parts] == [
        ("h2", ["Kop"]), ("p", ["Kies:"]), ("ul", ["een", "twee"]), ("ol", ["eerst", "dan"]),
    ]  # fmt: skip
