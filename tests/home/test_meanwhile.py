"""Who acts on a page that is out of date hears what happened since, by whom, and what can be done now; nothing is done,
and what was typed is still there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.queries import actor_for
from matcher.accounts.services import open_session
from matcher.availability.states import Kind
from matcher.coordination.services import choose_approval
from matcher.db import Database
from matcher.matching.models import Match
from matcher.matching.request_services import take_back_to_draft, withdraw_request
from matcher.matching.services import decline_match, suggest_moment, withdraw_match
from matcher.matching.states import CancelReason, DeclineReason, MatchState
from matcher.offers.models import Offer
from matcher.offers.services import withdraw_offer
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.organisations.review_services import stop_organisation
from matcher.regions.models import Region
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from tests.factories import NOW
from tests.factories.matching import THURSDAY
from tests.factories.people import make_coordinator
from tests.matching.lives import Life, make_life

LATER = NOW + timedelta(minutes=5)
WORDS = "It does not suit our timetable"


@dataclass
class Place:
    """A life with browsers; `later` lets others act after the pages were opened."""

    database: Database
    app: Flask
    life: Life
    match_id: int

    def browser(self, user: User | int) -> FlaskClient:
        client = self.app.test_client()
        with self.database.write() as session:
            number = user if isinstance(user, int) else user.id
            key = open_session(session, user_id=number, agent="test", now=NOW)
        with client.session_transaction() as cookie:
            cookie["_user_id"] = key
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client

    @property
    def guest_id(self) -> int:
        return self.life.offers[0].person_id or 0

    def later(self, act: Callable[[Session], Any]) -> None:
        with self.database.write() as session:
            act(session)

    def row(self, model: type[Any], row_id: int) -> Any:
        with self.database.read() as session:
            return session.get_one(model, row_id)


@pytest.fixture
def place(sqlite_database: Database, app: Flask) -> Any:
    with sqlite_database.write() as session:
        life = make_life(session, guests=2)
        for user in (life.teacher, life.coordinator, session.get_one(User, life.offers[0].person_id)):
            user.locale = "en"
        match = life.asked()
        found = Place(sqlite_database, app, life, match.id)
    with time_machine.travel(LATER, tick=True):
        yield found


def nonce() -> str:
    """Of a page that was opened before the others acted."""
    return f"key.{int(NOW.timestamp())}"


def told(answer: Any, *parts: str) -> str:
    assert answer.status_code == 409
    text: str = answer.text
    missing = [part for part in ("What happened meanwhile", *parts) if part not in text]
    assert not missing, missing
    return text


def test_answer_to_a_withdrawn_question_says_who_withdrew_it(place: Place) -> None:
    teacher = actor_of(place, place.life.teacher.id)
    place.later(
        lambda session: withdraw_match(
            session, place.match_id, reason=CancelReason.SCHEDULE_CHANGED, actor=teacher, now=LATER
        )
    )
    form = {"reason": "no_time", "note": WORDS, "seq": "1", "nonce": nonce()}
    answer = place.browser(place.guest_id).post(f"/matches/{place.match_id}/decline", data=form)
    text = told(answer, "Withdrew it", place.life.teacher.name, WORDS, f'href="/matches/{place.match_id}"')
    assert text.count("<h1") == 1
    assert place.row(Match, place.match_id).state is MatchState.WITHDRAWN


def test_only_what_came_after_the_page_is_told(place: Place) -> None:
    guest = actor_of(place, place.guest_id)
    place.later(
        lambda session: suggest_moment(
            session, place.match_id, day=THURSDAY, starts="13:00", ends="13:50", actor=guest, now=LATER
        )
    )
    teacher, path = place.browser(place.life.teacher), f"/matches/{place.match_id}/decline"
    text = told(teacher.post(path, data={"reason": "no_time", "seq": "1"}), "Suggested another moment")
    assert "<b>Asked</b>" not in text
    assert teacher.post(path, data={"reason": "no_time", "seq": "2"}).status_code == 302


def test_stranger_hears_nothing_about_a_match(place: Place) -> None:
    """The other guest of the request sends a form of a match that is not theirs."""
    answer = place.browser(place.life.offers[1].person_id or 0).post(
        f"/matches/{place.match_id}/decline", data={"reason": "no_time", "seq": "1"}
    )
    assert answer.status_code == 404
    assert place.life.teacher.name not in answer.text


def test_withdrawing_a_request_ends_no_agreement_nobody_saw(place: Place) -> None:
    page = f"/requests/{place.life.request.id}"
    teacher = place.browser(place.life.teacher)
    mark = mark_in(teacher.get(page).text)
    guest = actor_of(place, place.guest_id)
    place.later(
        lambda session: decline_match(session, place.match_id, reason=DeclineReason.NO_TIME, actor=guest, now=LATER)
    )
    form = {"reason": "other", "version": mark, "nonce": nonce()}
    told(teacher.post(f"{page}/withdraw", data=form), "Said no", f'href="{page}"')
    assert place.row(Request, place.life.request.id).state is RequestState.OPEN
    form["version"] = mark_in(teacher.get(page).text)
    assert teacher.post(f"{page}/withdraw", data=form).status_code == 302


def test_asking_people_for_a_request_that_ended_says_so(place: Place) -> None:
    teacher = actor_of(place, place.life.teacher.id)
    place.later(lambda session: withdraw_request(session, place.life.request.id, actor=teacher, now=LATER))
    form = {"offers": str(place.life.offers[1].id), "version": "7", "nonce": nonce()}
    answer = place.browser(place.life.teacher).post(f"/requests/{place.life.request.id}/invite", data=form)
    told(answer, "The request ended")


def test_offer_that_changed_is_not_put_away_unseen(place: Place) -> None:
    offer = place.life.offers[0]
    guest = actor_of(place, place.guest_id)
    version = str(offer.version)
    place.later(lambda session: withdraw_offer(session, actor=guest, offer_id=offer.id, now=LATER))
    form = {"version": version, "nonce": nonce(), "title": offer.title, "description": WORDS, "materials": WORDS}
    answer = place.browser(place.guest_id).post(f"/offers/{offer.id}/open", data=form)
    text = told(answer, "The offer was changed", f'href="/offers/{offer.id}/edit"', offer.title, WORDS)
    assert text.count("<blockquote") == 1, "what was typed twice, or stands above, is there once"
    assert place.row(Offer, offer.id).state is OfferState.WITHDRAWN


def test_second_coordinator_hears_what_the_first_decided_about_an_organisation(place: Place) -> None:
    with place.database.write() as session:
        other = make_coordinator(session)
        company = session.get_one(Organisation, place.life.offers[0].organisation_id)
        version, company_id = str(company.version), company.id
        stop_organisation(session, actor=actor_for(session, other.id), organisation_id=company_id, now=LATER)
    form = {"version": version, "nonce": nonce()}
    answer = place.browser(place.life.coordinator).post(f"/organisations/{company_id}/stop", data=form)
    told(answer, "Stopped", other.name, 'href="/organisations/verify"')


def test_second_rule_of_a_region_is_not_set_over_an_unseen_one(place: Place) -> None:
    with place.database.write() as session:
        other = make_coordinator(session)
        region_id = session.get_one(Region, place.life.request.region_id).id
        choose_approval(
            session, region_id=region_id, kind=Kind.GUEST_LECTURE, value="known_pairs",
            actor=actor_for(session, other.id), now=LATER,
        )  # fmt: skip
    form = {"kind": "guest_lecture", "value": "by_hand", "version": "0", "nonce": nonce()}
    answer = place.browser(place.life.coordinator).post(f"/coordination/region/{region_id}/rules", data=form)
    told(answer, other.name, f'href="/coordination/region/{region_id}/rules"')


def test_request_that_was_sent_anew_keeps_its_ticks_for_another_look(place: Place) -> None:
    """Its text changed after the page with the candidates was opened."""
    request_id = place.life.request.id
    with place.database.write() as session:
        session.get_one(Request, request_id).revision = 2
    form = {"offers": str(place.life.offers[1].id), "version": "1", "nonce": nonce()}
    assert place.browser(place.life.teacher).post(f"/requests/{request_id}/invite", data=form).status_code == 409
    with place.database.write() as session, pytest.raises(Exception, match="already asked"):
        take_back_to_draft(session, request_id, actor=actor_for(session, place.life.teacher.id), now=LATER)


def actor_of(place: Place, user_id: int) -> Any:
    with place.database.read() as session:
        return actor_for(session, user_id)


def mark_in(text: str) -> str:
    """The mark in the form that withdraws the request."""
    form = text[text.index("/withdraw") :]
    return form.split('name="version" value="')[1].split('"')[0]
