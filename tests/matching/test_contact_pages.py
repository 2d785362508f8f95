"""Pages about threads, absence, asking again and partners, as people use them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.behalf import KEY
from matcher.accounts.queries import actor_for
from matcher.accounts.services import open_session
from matcher.availability.models import AvailabilityException
from matcher.clock import local_date, utcnow
from matcher.db import Database
from matcher.matching.models import Message
from matcher.matching.services import post_message
from matcher.matching.states import Side
from matcher.matching.visit_services import report_visit
from matcher.notices.letters import letters_of
from matcher.notices.models import Outbox
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.organisations.models import Partnership
from matcher.requests.models import Request, RequestTopic
from tests.factories import NOW
from tests.factories.people import make_grant, make_teacher
from tests.matching.lives import AFTER, make_life

Browse = Callable[[int], FlaskClient]


@pytest.fixture
def browse(app: Flask, sqlite_database: Database) -> Browse:
    def signed_in(user_id: int) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=user_id, agent="test", now=utcnow())
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return signed_in


@pytest.fixture
def fixed_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def world(sqlite_database: Database) -> dict[str, Any]:
    with sqlite_database.write() as session:
        life = make_life(session)
        make_grant(session, life.teacher, "school_lead", organisation=life.school)
        match = life.approved()
        return {
            "match": match.id,
            "request": life.request.id,
            "school": life.school.id,
            "company": life.offers[0].organisation_id,
            "offer": life.offers[0].id,
            "teacher": life.teacher.id,
            "guest": life.offers[0].person_id,
            "colleague": make_teacher(session, school=life.school, name="Noor Stand").id,
            "coordinator": life.coordinator.id,
        }


@pytest.mark.usefixtures("fixed_clock")
def test_message_is_mailed_with_a_way_to_the_answer_box_and_answered_there(
    app: Flask, browse: Browse, world: dict[str, Any], sqlite_database: Database
) -> None:
    guest, teacher = browse(world["guest"]), browse(world["teacher"])
    sent = guest.post(f"/matches/{world['match']}/messages", data={"body": "Waar parkeer ik?"})
    assert sent.headers["Location"].endswith(f"/matches/{world['match']}#messages")
    with sqlite_database.read() as session:
        mail = session.scalars(
            select(Outbox).where(Outbox.template == "matching/message", Outbox.channel == "mail")
        ).one()
        assert mail.recipient_user_id == world["teacher"]
        letter = letters_of(app).letter(mail.template, mail.params, locale="nl", name="Tess")
    way = f"/matches/{world['match']}/answer"
    assert way in letter.text
    assert way in letter.html

    assert "/accounts/sign-in" in app.test_client().get(way).headers["Location"]
    assert teacher.get(way).headers["Location"].endswith("#answer")
    page = teacher.get(f"/matches/{world['match']}").text
    assert 'id="answer"' in page
    assert "Waar parkeer ik?" in page
    assert teacher.post(f"/matches/{world['match']}/messages", data={"body": " "}).status_code == 422
    teacher.post(f"/matches/{world['match']}/messages", data={"body": "Achter de school."})
    with sqlite_database.read() as session:
        assert list(session.scalars(select(Message.side).order_by(Message.id))) == ["company", "school"]


@pytest.mark.usefixtures("fixed_clock")
def test_absence_and_second_contact_are_named_once_and_shown_to_the_other_side(
    browse: Browse, world: dict[str, Any], sqlite_database: Database
) -> None:
    teacher, today = browse(world["teacher"]), local_date(NOW)
    assert "Noor Stand" in teacher.get("/availability/away").text
    days = {"first": today.isoformat(), "last": (today + timedelta(days=4)).isoformat()}
    assert teacher.post("/availability/away", data=days | {"last": "2020-01-01"}).status_code == 422
    assert teacher.post("/availability/away", data=days).status_code == 302
    named = {"organisation": str(world["school"]), "colleague": str(world["colleague"])}
    wrong = teacher.post("/availability/away/contact", data=named | {"colleague": str(world["guest"])})
    assert wrong.status_code == 422
    assert teacher.post("/availability/away/contact", data=named).status_code == 302

    seen = browse(world["guest"]).get(f"/matches/{world['match']}").text
    assert "Afwezig tot en met vr 27 november. Noor Stand antwoordt zolang." in seen
    assert browse(world["colleague"]).get(f"/matches/{world['match']}").status_code == 200
    with sqlite_database.read() as session:
        row = session.scalars(select(AvailabilityException.id)).one()
    assert browse(world["guest"]).post(f"/availability/away/{row}/remove").status_code == 404
    teacher.post(f"/availability/away/{row}/remove")
    assert browse(world["colleague"]).get(f"/matches/{world['match']}").status_code == 404


def test_same_guest_goes_first_in_a_new_request_or_it_says_why_not(
    browse: Browse, world: dict[str, Any], sqlite_database: Database
) -> None:
    match_url = f"/matches/{world['match']}"
    with time_machine.travel(AFTER, tick=False):
        with sqlite_database.write() as session:
            for who in (world["teacher"], world["guest"]):
                report_visit(
                    session, world["match"], happened=True, again=True, actor=actor_for(session, who), now=AFTER
                )
        teacher = browse(world["teacher"])
        assert "ask-again" not in browse(world["guest"]).get(match_url).text
        assert "ask-again" in teacher.get(match_url).text
        edit = teacher.post(f"{match_url}/ask-again").headers["Location"]
        draft_id = int(edit.rstrip("/").split("/")[-2])
        with sqlite_database.read() as session:
            draft = session.get_one(Request, draft_id)
            assert (draft.first_offer_id, draft.details["weeks"]) == (world["offer"], [])
        form = {
            "school_class": str(draft.class_id), "topic_text": "natuurkunde", "weeks": ["2027-W02", "2027-W03"],
            "group_size": "28", "delivery": "on_site", "own_words": "Nog een keer.", "block": "1", "language": "nl",
            "needed": "1", "lessons": "1", "version": str(draft.version), "go": "1",
            "topics": [str(number) for number in topics_of(sqlite_database, world["request"])],
        }  # fmt: skip
        sent = teacher.post(edit, data=form, follow_redirects=True)
        page = teacher.get(f"/requests/{draft_id}").text
        assert sent.status_code == 200
        first = page.index('name="offers"')
        assert f'value="{world["offer"]}"' in page[first : first + 200]
        assert "checked" in page[first : first + 200]
        with sqlite_database.write() as session:
            session.get_one(Offer, world["offer"]).state = OfferState.WITHDRAWN
        teacher.post(f"/requests/{draft_id}/search")
        assert "kan deze keer niet gevraagd worden" in teacher.get(f"/requests/{draft_id}").text


@pytest.mark.usefixtures("fixed_clock")
def test_partnership_is_proposed_on_the_page_and_confirmed_by_the_coordinator(
    browse: Browse, world: dict[str, Any], sqlite_database: Database
) -> None:
    lead, page = browse(world["teacher"]), f"/organisations/{world['school']}"
    assert lead.post(f"{page}/partners", data={"other": "x"}).status_code == 404
    assert lead.post(f"{page}/partners", data={"other": str(world["company"])}).status_code == 302
    assert "Wacht op de andere kant" in lead.get(page).text
    coordinator = browse(world["coordinator"])
    assert "partners/1/confirm" in coordinator.get("/organisations/verify").text
    assert lead.post(f"{page}/partners/1/confirm").status_code == 404
    assert coordinator.post(f"{page}/partners/1/confirm").status_code == 302
    with sqlite_database.read() as session:
        assert session.get_one(Partnership, 1).confirmed_by_id == world["coordinator"]


def test_who_wants_no_mail_finds_the_message_on_the_site(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life = make_life(session, details={KEY: {"tell": False}})
        match = life.asked(side=Side.COMPANY)
        post_message(session, match.id, body="Tot dan.", actor=life.guest(), now=NOW)
        rows = session.scalars(select(Outbox.channel).where(Outbox.template == "matching/message")).all()
        assert [row.value for row in rows] == ["inbox"]


def topics_of(database: Database, request_id: int) -> list[int]:
    with database.read() as session:
        query = select(RequestTopic.topic_id).where(RequestTopic.request_id == request_id)
        return list(session.scalars(query))
