"""The part of the subject picker that follows the typing."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.db import Database
from matcher.subjects.models import Topic
from matcher.subjects.queries import topics_by_type, topics_with_ids
from matcher.subjects.services import seed_topics

PICKER = '{% import "components/topics.html" as topics with context %}{{ topics.topic_picker(chosen, groups) }}'


@pytest.fixture(scope="module")
def filled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Nothing here writes, so all tests look at one database."""
    file = tmp_path_factory.mktemp("topics") / "filled.db"
    shutil.copyfile(sqlite_template, file)
    opened = Database(f"sqlite:///{file}")
    with opened.write() as session:
        seed_topics(session)
    yield opened
    opened.dispose()


@pytest.fixture
def app(filled: Database, make_app: Callable[..., Flask]) -> Flask:
    return make_app(str(filled.engine.url))


@pytest.fixture
def ids(filled: Database) -> dict[str, int]:
    with filled.read() as session:
        return dict(session.execute(select(Topic.code, Topic.id)).all())


def boxes(html: str) -> dict[int, bool]:
    """Topic id → ticked."""
    found = re.findall(r'name="topics" value="(\d+)"( checked)?', html)
    return {int(number): bool(ticked) for number, ticked in found}


def test_recognised_topics_come_ticked_and_implied_ones_unticked(client: FlaskClient, ids: dict[str, int]):
    found = boxes(client.get("/subjects/suggest", query_string={"q": "4 havo warmtepomp "}).text)
    assert found[ids["heating"]] is True
    assert found[ids["physics"]] is False


def test_field_of_a_form_may_be_called_topic_text(client: FlaskClient, ids: dict[str, int]):
    assert ids["home_care"] in boxes(client.get("/subjects/suggest", query_string={"topic_text": "thuiszorg"}).text)


def test_suggestion_that_was_unticked_stays_unticked(client: FlaskClient, ids: dict[str, int]):
    asked = {"q": "thuiszorg en warmtepomp", "seen": [ids["home_care"], ids["heating"]], "topics": [ids["home_care"]]}
    found = boxes(client.get("/subjects/suggest", query_string=asked).text)
    assert found[ids["home_care"]] is True
    assert found[ids["heating"]] is False


def test_own_choice_stays_when_the_text_changes_and_ours_goes(client: FlaskClient, ids: dict[str, int]):
    asked = {"q": "warmtepomp ", "seen": [ids["home_care"]], "topics": [ids["home_care"], ids["baking"]]}
    found = boxes(client.get("/subjects/suggest", query_string=asked).text)
    assert found == {ids["heating"]: True, ids["baking"]: True}


def test_topics_settled_above_are_not_offered_again(client: FlaskClient, ids: dict[str, int]):
    asked = {"q": "warmtepomp ", "settled": [ids["heating"]], "topics": [ids["heating"]]}
    assert boxes(client.get("/subjects/suggest", query_string=asked).text) == {}


def test_beginning_of_a_word_offers_what_starts_so(client: FlaskClient, ids: dict[str, int]):
    found = boxes(client.get("/subjects/suggest", query_string={"q": "natuurk"}).text)
    assert found[ids["physics"]] is False


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"q": ""},
        {"q": "zzzz "},
        {"q": "x" * 9000},
        {"q": "<script>alert(1)</script>"},
        {"topics": ["-1", "a", "9" * 30], "seen": "²", "for_level": "mavo"},
    ],
)
def test_odd_questions_get_a_calm_answer(client: FlaskClient, ids: dict[str, int], asked: dict[str, object]):
    answer = client.get("/subjects/suggest", query_string=asked)
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_picker_lists_every_topic_once_without_javascript(app: Flask, filled: Database, ids: dict[str, int]):
    with app.test_request_context(), filled.read() as session:
        html = render_template_string(
            PICKER, chosen=topics_with_ids(session, [ids["water"]], "nl"), groups=topics_by_type(session, "nl")
        )
    found = re.findall(r'name="topics" value="(\d+)"', html)
    assert len(found) == len(set(found)) == len(ids)
    assert [number for number, ticked in boxes(html).items() if ticked] == [ids["water"]]
    assert "style=" not in html
