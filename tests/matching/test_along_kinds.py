"""An internship and a vacancy while they are typed, as a lesson is: one draft, who fits, one change filled in."""

import re
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.services import open_session
from matcher.availability.states import Kind
from matcher.clock import local_date, utcnow
from matcher.db import Database
from matcher.i18n import in_locale
from matcher.matching.kind_words import words_of
from matcher.matching.models import Match
from matcher.offers.services import refresh_search_key
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from tests.factories.kinds import make_hybrid_offer, make_place
from tests.factories.matching import make_topic, seed_transitions
from tests.factories.people import make_company, make_grant, make_school, make_teacher, make_user

ALONG = "/requests/along"
STAY, VACANCY = Kind.TEACHER_INTERNSHIP, Kind.HYBRID_PLACEMENT
NEW = {STAY: "/requests/new/internship", VACANCY: "/requests/new/vacancy"}
PEOPLE = re.compile(r'data-part="people">(.*)', re.S)
KINDS = pytest.mark.parametrize("kind", [STAY, VACANCY])


@pytest.fixture(scope="module")
def place() -> dict[str, Any]:
    """Ids of a school with a teacher and a leader, and of a place and a person about heat pumps."""
    return {}


@pytest.fixture(scope="module")
def sqlite_template(sqlite_template: Path, place: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("kinds") / "seeded.db"
    shutil.copyfile(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    with database.write() as session:
        seed_transitions(session)
        topic = make_topic(session, "warmtepomp")
        school = make_school(session, name="Het Vaartcollege")
        lead = make_user(session, name="Lea Leider")
        make_grant(session, lead, "school_lead", organisation=school)
        stay = make_place(session, company=make_company(session, name="Labora Bedacht"), topics=[topic])
        person = make_hybrid_offer(session, topics=[topic], title="Warmte in de klas")
        for offer in (stay, person):
            refresh_search_key(session, offer.id, now=utcnow())
        place |= {
            "school": school.id,
            "topic": topic.id,
            STAY: make_teacher(session, school=school).id,
            VACANCY: lead.id,
            "offers": {STAY: stay.id, VACANCY: person.id},
        }
    database.dispose()
    return file


@dataclass
class Typing:
    """One page of one person, sent along as the script does."""

    client: FlaskClient
    kind: Kind
    place: dict[str, Any]
    turn: int = 0
    draft: str = ""
    version: str = ""
    said: dict[str, Any] = field(default_factory=dict)

    def type(self, **said: Any) -> str:
        self.turn += 1
        self.said |= said
        answer = self.client.post(ALONG, data=self.form())
        assert answer.status_code == 200, answer.text
        found = re.search(r'data-draft="(\d*)" data-version="(\d*)"', answer.text)
        assert found is not None
        self.draft, self.version = found.groups()
        return answer.text

    def form(self, **more: Any) -> dict[str, Any]:
        own = {"kind": self.kind.value, "school": self.place["school"], "page_key": "a-page", "turn": self.turn}
        return own | {"draft": self.draft, "version": self.version} | START[self.kind] | self.said | more

    def about(self) -> dict[str, Any]:
        """All that is needed to send it."""
        first = local_date(utcnow()) + timedelta(weeks=8)
        days = {"first": first.isoformat(), "topic_text": "warmtepomp", "topics": [self.place["topic"]]}
        if self.kind is STAY:
            last = first + timedelta(weeks=8)
            return days | {"last": last.isoformat(), "learning_goal": "Zien hoe het gaat."}
        last = first + timedelta(weeks=40)
        return days | {"last": last.isoformat(), "level": "havo", "half_days_possible": [1, 4, 64], "own_words": "Wie?"}


START: dict[Kind, dict[str, Any]] = {
    STAY: {"unit": "days", "amount": "3", "order": "either", "language": "nl", "holidays": "y",
           "half_days": [1 << number for number in range(10)]},
    VACANCY: {"half_days": "2", "language": "nl", "licence": "none", "shared": "y"},
}  # fmt: skip


@pytest.fixture
def typing(sqlite_database: Database, client: FlaskClient, place: dict[str, Any], kind: Kind) -> Typing:
    with sqlite_database.write() as session:
        token = open_session(session, user_id=place[kind], agent="test", now=utcnow())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return Typing(client, kind, place)


def the_requests(database: Database) -> list[Request]:
    with database.read() as session:
        return list(session.scalars(select(Request).order_by(Request.id)))


@KINDS
def test_a_page_that_was_only_opened_makes_no_draft(typing: Typing, sqlite_database: Database) -> None:
    page = typing.client.get(NEW[typing.kind]).text
    assert f'data-along="{ALONG}"' in page
    assert f'name="kind" value="{typing.kind.value}"' in page
    typing.type()
    assert the_requests(sqlite_database) == []


@KINDS
def test_typing_keeps_one_draft_that_says_what_is_missing_and_goes_on(
    typing: Typing, sqlite_database: Database
) -> None:
    for text in ("w", "warm", "warmtepomp"):
        people = PEOPLE.search(typing.type(topic_text=text))
        assert people is not None
        with in_locale("nl"):
            assert str(words_of(typing.kind).needed) in people[1]
    (draft,) = the_requests(sqlite_database)
    assert (draft.kind, draft.state, draft.details["topic_text"]) == (typing.kind, RequestState.DRAFT, "warmtepomp")
    assert f"/requests/{draft.id}" in typing.client.get("/requests").text
    assert 'value="warmtepomp"' in typing.client.get(f"/requests/{draft.id}/edit").text


@KINDS
def test_who_fits_stands_beside_it_and_is_invited_with_one_button(typing: Typing, sqlite_database: Database) -> None:
    people = PEOPLE.search(typing.type(**typing.about()))
    assert people is not None
    offer_id = typing.place["offers"][typing.kind]
    assert f'name="offers" value="{offer_id}"' in people[1]
    typing.turn += 1
    sent = typing.form(go="1", offers=[offer_id])
    saved = typing.client.post(f"/requests/{typing.draft}/edit", data=sent)
    assert saved.status_code == 307, "the browser sends the same form on to be published"
    assert typing.client.post(saved.location, data=sent).status_code == 302
    (request,) = the_requests(sqlite_database)
    assert request.state is RequestState.OPEN
    with sqlite_database.read() as session:
        assert list(session.scalars(select(Match.offer_id))) == [offer_id]


@KINDS
def test_first_page_whose_answer_was_lost_is_sent_as_the_same_draft(typing: Typing, sqlite_database: Database) -> None:
    typing.type(topic_text="warmte")
    typing.turn += 1
    lost = typing.form(draft="", version="", keep="1", **typing.about())
    assert typing.client.post(f"{NEW[typing.kind]}?school={typing.place['school']}", data=lost).status_code == 302
    assert [each.details["topic_text"] for each in the_requests(sqlite_database)] == ["warmtepomp"]


@KINDS
def test_draft_of_another_kind_is_not_written_over(typing: Typing, sqlite_database: Database) -> None:
    typing.type(topic_text="warmtepomp")
    other = VACANCY if typing.kind is STAY else STAY
    answer = typing.client.post(ALONG, data=typing.form(kind=other.value, topic_text="anders"))
    assert answer.status_code == 200
    assert [(each.kind, each.title) for each in the_requests(sqlite_database)] == [(typing.kind, "Anders")]


@pytest.mark.parametrize("kind", [STAY])
def test_teacher_makes_no_vacancy_by_typing(typing: Typing, sqlite_database: Database) -> None:
    typing.kind = VACANCY
    assert typing.client.post(ALONG, data=typing.form(topic_text="warmtepomp")).status_code == 404
    assert the_requests(sqlite_database) == []


@pytest.mark.parametrize(
    ("kind", "mark", "column", "value"),
    [
        (VACANCY, "half_days:1", "days", 1),
        (VACANCY, "level:vwo", "level", "vwo"),
        (VACANCY, "language:en", "language", "en"),
        (STAY, "wider:45", "max_km", 45),
        (STAY, "language:fy", "language", "fy"),
    ],
)
def test_change_is_filled_in_by_its_button_and_keeps_what_was_typed(
    typing: Typing, sqlite_database: Database, mark: str, column: str, value: object
) -> None:
    typing.type(**typing.about())
    typing.turn += 1
    last_word = "Wat er het laatst stond."
    sent = typing.client.post(f"/requests/{typing.draft}/edit", data=typing.form(change=mark, own_words=last_word))
    assert (sent.status_code, sent.location) == (302, f"/requests/{typing.draft}/edit")
    assert last_word in typing.client.get(sent.location).text
    (draft,) = the_requests(sqlite_database)
    assert (draft.state, getattr(draft, column), draft.own_words) == (RequestState.DRAFT, value, last_word)


@pytest.mark.parametrize("kind", [STAY])
def test_change_that_is_none_fills_in_nothing(typing: Typing, sqlite_database: Database) -> None:
    typing.type(**typing.about())
    (before,) = the_requests(sqlite_database)
    for mark in ("half_days:1", "wider:-3", "wider:x", "weekday:9", "later:", "nonsense", ":", "x" * 5000):
        typing.turn += 1
        assert typing.client.post(f"/requests/{typing.draft}/edit", data=typing.form(change=mark)).status_code == 302
    (after,) = the_requests(sqlite_database)
    assert (after.max_km, after.half_day_mask, after.window_to) == (
        before.max_km,
        before.half_day_mask,
        before.window_to,
    )
