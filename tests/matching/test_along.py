"""A guest lecture while it is typed: one page makes one draft, nothing is lost or undone, people fit beside it."""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.db import Database
from matcher.matching.models import Match
from matcher.offers.services import refresh_search_key
from matcher.requests.models import Request, RequestMoment, SchoolClass
from matcher.requests.states import RequestState
from matcher.subjects.models import Topic
from matcher.subjects.queries import topics_matching
from matcher.subjects.services import seed_topics
from tests.factories.matching import make_class, make_offer, seed_transitions
from tests.factories.people import make_company, make_professional, make_school, make_teacher

NEW, ALONG = "/requests/new/guest-lecture", "/requests/along"
PART = re.compile(r'data-part="people">(.*)', re.S)


@pytest.fixture(scope="module")
def place() -> dict[str, int]:
    """Ids of a school, its teacher and class, another teacher, and two people with a lesson on heat pumps."""
    return {}


@pytest.fixture(scope="module")
def sqlite_template(sqlite_template: Path, place: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("along") / "seeded.db"
    shutil.copyfile(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    with database.write() as session:
        seed_transitions(session)
        seed_topics(session)
        school = make_school(session, name="Het Vaartcollege")
        topic = session.get_one(Topic, topics_matching(session, "warmtepomp", "nl", 1)[0].id)
        place |= {
            "school": school.id,
            "teacher": make_teacher(session, school=school).id,
            "class": make_class(session, school=school, name="4H2").id,
            "stranger": make_teacher(session).id,
        }
        for number, name in enumerate(("Anna Warm", "Bram Pomp")):
            company = make_company(session)
            guest = make_professional(session, company=company, name=name)
            offer = make_offer(
                session, company=company, person=guest, topics=[topic], notice_days=1, travel_km=80, open_cap=5
            )
            refresh_search_key(session, offer.id, now=utcnow())
            place[f"offer{number}"] = offer.id
    database.dispose()
    return file


@dataclass
class Typing:
    """One page of one person: it counts what it sends and takes over what comes back, as the script does."""

    client: FlaskClient
    school: int
    key: str = "page-one"
    turn: int = 0
    draft: str = ""
    version: str = ""
    said: dict[str, Any] = field(default_factory=dict)

    def type(self, **said: Any) -> TestResponse:
        self.said |= said
        return self.send()

    def send(self, *, turn: int | None = None, **more: Any) -> TestResponse:
        self.turn += 1
        answer = self.client.post(ALONG, data=self.form(turn) | more)
        found = re.search(r'data-draft="(\d+)" data-version="(\d+)"', answer.text)
        if found is not None and turn is None:
            self.draft, self.version = found[1], found[2]
        return answer

    def form(self, turn: int | None = None) -> dict[str, Any]:
        own = {"school": self.school, "page_key": self.key, "turn": self.turn if turn is None else turn}
        return own | {"draft": self.draft, "version": self.version, "delivery": "on_site", "block": 1,
                      "language": "nl"} | self.said  # fmt: skip


@pytest.fixture
def typing(sqlite_database: Database, client: FlaskClient, place: dict[str, int]) -> Typing:
    return Typing(signed_in(sqlite_database, client, place["teacher"]), place["school"])


def signed_in(database: Database, client: FlaskClient, user_id: int) -> FlaskClient:
    with database.write() as session:
        token = open_session(session, user_id=user_id, agent="test", now=utcnow())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return client


def drafts(database: Database) -> list[Request]:
    with database.read() as session:
        return list(session.scalars(select(Request).order_by(Request.id)))


def weeks_of(typing: Typing, count: int = 2) -> list[str]:
    """Weeks the page offers, from the third on: two have passed before anybody can be asked."""
    html = typing.client.get(NEW).text
    boxes = re.findall(r'<input type="checkbox" name="weeks" value="([^"]+)"([^>]*)>', html)
    return [value for value, rest in boxes if "disabled" not in rest][2 : 2 + count]


def filled(typing: Typing, place: dict[str, int]) -> str:
    answer = typing.type(
        school_class=place["class"], topic_text="warmtepomp", weeks=weeks_of(typing), own_words="Wie rekent mee?"
    )
    assert answer.status_code == 200
    return answer.text


def test_a_page_that_was_only_opened_makes_no_draft(typing: Typing, sqlite_database: Database) -> None:
    assert typing.send().status_code == 200
    assert drafts(sqlite_database) == []


def test_typing_keeps_one_draft_that_is_found_again(typing: Typing, sqlite_database: Database) -> None:
    for text in ("W", "Wie", "Wie laat mijn klas rekenen?"):
        assert typing.type(own_words=text).status_code == 200
    found = drafts(sqlite_database)
    assert [(each.state, each.own_words) for each in found] == [(RequestState.DRAFT, "Wie laat mijn klas rekenen?")]
    assert f"/requests/{found[0].id}" in typing.client.get("/requests").text
    assert "Wie laat mijn klas rekenen?" in typing.client.get(f"/requests/{found[0].id}/edit").text


def test_answer_that_never_came_makes_no_second_draft(typing: Typing, sqlite_database: Database) -> None:
    typing.type(own_words="eerst")
    typing.draft = typing.version = ""
    typing.type(own_words="daarna")
    assert [each.own_words for each in drafts(sqlite_database)] == ["daarna"]


def test_what_arrives_late_undoes_nothing(typing: Typing, sqlite_database: Database) -> None:
    typing.type(own_words="begin")
    typing.type(own_words="begin en eind")
    late = typing.said | {"own_words": "beg"}
    assert typing.client.post(ALONG, data=typing.form(turn=1) | late).status_code == 200
    assert [each.own_words for each in drafts(sqlite_database)] == ["begin en eind"]


def test_what_arrives_after_the_button_makes_no_second_draft(
    typing: Typing, sqlite_database: Database, place: dict[str, int]
) -> None:
    filled(typing, place)
    late = typing.form() | {"draft": "", "version": ""}
    typing.turn += 1
    sent = typing.form() | {"go": "1"}
    saved = typing.client.post(f"/requests/{typing.draft}/edit", data=sent)
    assert typing.client.post(saved.location, data=sent).status_code == 302
    assert typing.client.post(ALONG, data=late).status_code == 409
    assert [each.state for each in drafts(sqlite_database)] == [RequestState.OPEN]


def test_button_after_keeping_is_no_conflict_with_itself(typing: Typing, sqlite_database: Database) -> None:
    typing.type(own_words="een")
    before = typing.version
    typing.type(own_words="twee")
    typing.turn += 1
    sent = typing.form() | {"version": before, "own_words": "drie", "keep": "1"}
    assert typing.client.post(f"/requests/{typing.draft}/edit", data=sent).status_code == 302
    assert [each.own_words for each in drafts(sqlite_database)] == ["drie"]


def test_second_page_overwrites_nothing_it_did_not_see(typing: Typing, sqlite_database: Database) -> None:
    typing.type(own_words="van de eerste")
    other = Typing(typing.client, typing.school, key="page-two", draft=typing.draft, version=typing.version)
    typing.type(own_words="van de eerste, later")
    refused = other.type(own_words="van de tweede")
    assert refused.status_code == 409
    assert "data-part" in refused.text
    assert [each.own_words for each in drafts(sqlite_database)] == ["van de eerste, later"]


def test_what_does_not_fit_is_said_and_keeps_what_was_there(typing: Typing, sqlite_database: Database) -> None:
    typing.type(own_words="goed")
    assert typing.type(own_words="beter", group_size="heel veel").status_code == 422
    assert [each.own_words for each in drafts(sqlite_database)] == ["goed"]


def test_other_school_keeps_nothing_here(
    typing: Typing, sqlite_database: Database, client: FlaskClient, place: dict[str, int]
) -> None:
    typing.type(own_words="van ons")
    stranger = Typing(signed_in(sqlite_database, client, place["stranger"]), place["school"], key="vreemd")
    assert stranger.type(own_words="van een ander").status_code == 404
    stranger.draft = typing.draft
    assert stranger.type(own_words="van een ander").status_code == 404
    assert [each.own_words for each in drafts(sqlite_database)] == ["van ons"]


def test_class_that_is_still_typed_is_kept_and_not_made(typing: Typing, sqlite_database: Database) -> None:
    typing.type(school_class="new", new_name="3V1", new_size="24", **{"p-1-2": "1"})
    with sqlite_database.read() as session:
        names = set(session.scalars(select(SchoolClass.name)))
    assert names == {"4H2"}
    page = typing.client.get(f"/requests/{typing.draft}/edit").text
    assert 'value="3V1"' in page
    assert re.search(r'name="p-1-2" value="1" checked', page)


def test_moments_follow_and_one_that_does_not_suit_is_left_out(
    typing: Typing, sqlite_database: Database, place: dict[str, int]
) -> None:
    marks = re.findall(r'name="planned" value="([^"]+)"', filled(typing, place))
    assert len(marks) > 2
    typing.type(planned=marks, suits=marks[1:])
    with sqlite_database.read() as session:
        days = [f"{row.day}:{row.periods[0]}" for row in session.scalars(select(RequestMoment))]
    assert sorted(days) == sorted(marks[1:])
    page = typing.client.get(f"/requests/{typing.draft}/edit").text
    assert re.search(rf'name="suits" value="{marks[0]}">', page)
    assert re.search(rf'name="suits" value="{marks[1]}" checked', page)


def test_people_beside_the_form_become_invitations_with_one_button(
    typing: Typing, sqlite_database: Database, place: dict[str, int]
) -> None:
    people = PART.search(filled(typing, place))
    assert people is not None
    assert {"Anna Warm", "Bram Pomp"} <= set(re.findall(r"<b>([^<]+)</b>", people[1]))
    typing.turn += 1
    sent = typing.form() | {"go": "1", "offers": [place["offer1"]]}
    saved = typing.client.post(f"/requests/{typing.draft}/edit", data=sent)
    assert saved.status_code == 307, "the browser sends the same form on to be published"
    assert typing.client.post(saved.location, data=sent).status_code == 302
    with sqlite_database.read() as session:
        assert session.scalar(select(Request.state)) is RequestState.OPEN
        assert list(session.scalars(select(Match.offer_id))) == [place["offer1"]]


def test_looking_at_a_draft_changes_nothing(typing: Typing, sqlite_database: Database, place: dict[str, int]) -> None:
    filled(typing, place)
    before = drafts(sqlite_database)[0].version
    assert "Anna Warm" in typing.send(look="1").text
    with sqlite_database.read() as session:
        assert session.scalar(select(func.max(Request.version))) == before
