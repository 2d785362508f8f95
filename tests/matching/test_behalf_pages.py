"""Noting somebody's word on the page of a match, and posting a request for somebody who phoned."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matcher.accounts.behalf import KEY
from matcher.accounts.queries import actor_for
from matcher.accounts.services import open_session
from matcher.availability.states import Kind
from matcher.clock import utcnow
from matcher.db import Database
from matcher.matching.models import Match, MatchEvent
from matcher.matching.states import MatchState
from matcher.organisations.models import Organisation
from matcher.requests.asking import Wish
from matcher.requests.models import Request
from matcher.requests.services import save_draft
from tests.factories.people import make_grant, make_teacher
from tests.matching.lives import make_life

pytestmark = pytest.mark.usefixtures("on_the_day")

PAGES: dict[Kind, dict[str, Any]] = {
    Kind.GUEST_LECTURE: {"delivery": "on_site", "block": 1, "language": "nl"},
    Kind.TEACHER_INTERNSHIP: {"unit": "days", "amount": 3, "order": "either", "language": "nl"},
    Kind.HYBRID_PLACEMENT: {"half_days": 2, "language": "nl", "licence": "none"},
}
CHECKED = re.compile('value="in_person"[^>]* checked')


@pytest.fixture
def browse(app: Flask, sqlite_database: Database) -> Callable[[int], FlaskClient]:
    def signed_in(user_id: int) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=user_id, agent="test", now=utcnow())
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return signed_in


@pytest.fixture
def world(sqlite_database: Database) -> dict[str, Any]:
    with sqlite_database.write() as session:
        life = make_life(session)
        match = life.asked(now=utcnow())
        return {
            "match": match.id,
            "moment": life.moments(match)[0].id,
            "coordinator": life.coordinator.id,
            "teacher": life.teacher.id,
            "guest": life.offers[0].person_id,
            "guest_name": life.guest().name,
            "school": life.school.id,
            "request": life.request.id,
        }


def last(database: Database, match_id: int) -> tuple[MatchState, MatchEvent]:
    with database.read() as session:
        match = session.get_one(Match, match_id)
        return match.state, session.get_one(MatchEvent, (match_id, match.seq))


def test_coordinator_notes_a_yes_and_the_history_says_so(
    browse: Any, world: dict[str, Any], sqlite_database: Database
) -> None:
    client = browse(world["coordinator"])
    page = client.get(f"/matches/{world['match']}")
    assert f"{world['guest_name']}" in page.text
    assert 'name="behalf" value="company"' in page.text
    answer = client.post(
        f"/matches/{world['match']}/accept",
        data={"behalf": "company", "moment": str(world["moment"]), "how": "mail", "seq": "1"},
    )
    assert answer.status_code == 302
    state, event = last(sqlite_database, world["match"])
    assert (state, event.actor_id, event.on_behalf_by_id) == (
        MatchState.ACCEPTED,
        world["guest"],
        world["coordinator"],
    )
    assert event.details["how"] == "mail"
    assert client.get(f"/matches/{world['match']}").status_code == 200
    assert 'name="behalf"' not in browse(world["teacher"]).get(f"/matches/{world['match']}").text


def test_incomplete_note_comes_back_open(browse: Any, world: dict[str, Any], sqlite_database: Database) -> None:
    client = browse(world["coordinator"])
    refused = client.post(f"/matches/{world['match']}/accept", data={"behalf": "company", "seq": "1"})
    assert refused.status_code == 422
    assert '<details class="more" open>' in refused.text
    assert refused.text.count(" data-confirm open") == refused.text.count('class="error-summary"') == 1
    later = {"behalf": "company", "reason": "no_time", "heard_on": "2999-01-01", "seq": "1"}
    assert client.post(f"/matches/{world['match']}/decline", data=later).status_code == 422
    assert last(sqlite_database, world["match"])[0] is MatchState.PROPOSED


def test_party_cannot_speak_for_the_other_side(browse: Any, world: dict[str, Any], sqlite_database: Database) -> None:
    note = {"behalf": "company", "moment": str(world["moment"]), "seq": "1"}
    assert browse(world["teacher"]).post(f"/matches/{world['match']}/accept", data=note).status_code == 403
    assert last(sqlite_database, world["match"])[0] is MatchState.PROPOSED


def test_every_verb_can_be_noted(browse: Any, world: dict[str, Any], sqlite_database: Database) -> None:
    client, match = browse(world["coordinator"]), f"/matches/{world['match']}"
    other = {"day": "2026-12-10", "starts": "13.00", "ends": "13.50", "seq": "1"}
    assert client.post(f"{match}/suggest-moment", data={"behalf": "company", **other}).status_code == 302
    assert last(sqlite_database, world["match"])[1].on_behalf_by_id == world["coordinator"]
    assert client.post(f"{match}/withdraw", data={"behalf": "company", "reason": "ill", "seq": "2"}).status_code == 302
    state, event = last(sqlite_database, world["match"])
    assert (state, event.actor_id) == (MatchState.WITHDRAWN, world["guest"])


def test_request_keeps_who_asked_and_how(browse: Any, world: dict[str, Any], sqlite_database: Database) -> None:
    client = browse(world["coordinator"])
    address = f"/requests/new/guest-lecture?school={world['school']}"
    page = client.get(address).text
    assert 'name="how"' in page
    assert 'name="how"' not in browse(world["teacher"]).get(address).text
    assert str(world["school"]) in client.get("/requests/new/guest-lecture?q=school").text
    answer = client.post(address, data={"asked_by": str(world["teacher"]), "how": "in_person", "topic_text": "water"})
    assert answer.status_code == 302
    with sqlite_database.read() as session:
        draft = session.get_one(Request, int(answer.location.split("/")[2]))
    assert (draft.asked_by_id, draft.on_behalf_by_id) == (world["teacher"], world["coordinator"])
    assert (draft.details[KEY]["how"], draft.details[KEY]["tell"]) == ("in_person", False)


@pytest.mark.parametrize("kind", list(Kind))
def test_who_asks_and_how_may_change_after_the_page_kept_itself(
    browse: Any, world: dict[str, Any], sqlite_database: Database, kind: Kind
) -> None:
    with sqlite_database.write() as session:
        school = session.get_one(Organisation, world["school"])
        first, second = (make_teacher(session, school=school) for _ in range(2))
        for person in (first, second):
            make_grant(session, person, "school_lead", organisation=school)
        ids = first.id, second.id
    client = browse(world["coordinator"])
    page = {"kind": kind.value, "school": world["school"], "page_key": "one", "topic_text": "water", **PAGES[kind]}
    kept = client.post("/requests/along", data=page | {"turn": 1, "asked_by": ids[0], "how": "mail"}).text
    draft, version = re.findall(r'data-draft="(\d+)" data-version="(\d+)"', kept)[0]
    told = {"turn": 2, "draft": draft, "version": version, "asked_by": ids[1], "how": "in_person", "tell": "y"}
    edit = f"/requests/{draft}/edit"
    assert client.post(edit, data=page | told | {"asked_by": world["guest"]}).status_code == 422
    assert client.post(edit, data=page | told).status_code == 302
    with sqlite_database.read() as session:
        request = session.get_one(Request, int(draft))
        assert (request.asked_by_id, request.teacher_id) == (ids[1], ids[1])
        assert (request.details[KEY]["how"], request.details[KEY]["tell"]) == ("in_person", True)
    html = client.get(edit).text
    assert re.search(rf'<option selected value="{ids[1]}"', html)
    assert CHECKED.search(html)
    assert 'name="tell" value="y" checked' in html
    assert client.post(edit, data=page | {"turn": 3, "draft": draft, "version": "0"}).status_code == 302
    with sqlite_database.read() as session:
        assert session.get_one(Request, int(draft)).asked_by_id == ids[1], "who says nothing of it changes nothing"
    if kind is Kind.GUEST_LECTURE:
        assert CHECKED.search(client.get(f"/requests/new/guest-lecture?school={world['school']}").text)


def test_teachers_own_request_says_nothing_of_it(sqlite_database: Database, world: dict[str, Any]) -> None:
    with sqlite_database.write() as session:
        teacher = actor_for(session, world["teacher"])
        saved = save_draft(session, actor=teacher, now=utcnow(), organisation_id=world["school"], data=Wish())
        assert KEY not in saved.details
