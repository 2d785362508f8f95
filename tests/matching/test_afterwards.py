"""Visits that were arranged elsewhere: a whole legal chain, nobody hears, and the figures count it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.behalf import Heard, How
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.matching.afterwards import PastVisit
from matcher.matching.afterwards_services import register_visit
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.history_queries import chains_of, tallied
from matcher.matching.models import Match, MatchEvent
from matcher.matching.nearby_queries import own_offers
from matcher.matching.states import Action, MatchState
from matcher.matching.view_queries import request_view
from matcher.monitor.queries import figures
from matcher.notices.models import Outbox
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from tests.factories import NOW
from tests.factories.matching import make_topic
from tests.factories.people import make_coordinator, make_region
from tests.matching.lives import Life, make_life

LAST_MONTH = date(2026, 10, 8)


def past(life: Life, **fields: Any) -> PastVisit:
    values: dict[str, Any] = {
        "school_id": life.school.id,
        "teacher_id": life.teacher.id,
        "company_id": life.offers[0].organisation_id,
        "guest_id": life.offers[0].person_id,
        "day": LAST_MONTH,
        "starts": "10:15",
        "ends": "11:05",
        "title": "Hoe werkt een warmtepomp?",
        "topic_ids": (make_topic(life.session).id,),
        "level": "havo",
        "year": 4,
        "pupils": 27,
        "hours": 3.0,
        "heard": Heard(how=How.PHONE, at=NOW),
        **fields,
    }
    return PastVisit(**values)


def registered(life: Life, **fields: Any) -> Match:
    return register_visit(life.session, visit=past(life, **fields), actor=life.actor(life.coordinator), now=NOW)


def test_chain_is_whole_and_nobody_hears(session: Session) -> None:
    life = make_life(session)
    before = session.scalar(select(func.count()).select_from(Outbox))
    match = registered(life)
    events = session.scalars(select(MatchEvent).where(MatchEvent.match_id == match.id).order_by(MatchEvent.seq)).all()
    assert [event.action for event in events] == [Action.PROPOSE, Action.ACCEPT, Action.APPROVE, Action.REPORT_HELD]
    assert (match.state, match.approved_by_id) == (MatchState.HELD, life.coordinator.id)
    assert [(event.actor_id, event.on_behalf_by_id) for event in events[:2]] == [
        (life.teacher.id, life.coordinator.id),
        (life.offers[0].person_id, life.coordinator.id),
    ]
    assert session.scalar(select(func.count()).select_from(Outbox)) == before
    assert broken_promises(session) == []


def test_it_counts_in_the_figures(session: Session) -> None:
    life = make_life(session)
    registered(life)
    found = figures(session, year=2026, region_ids=[life.school.region_id])
    assert (found.visits, found.pupils, found.hours) == (1, 27, 3.0)


def test_lesson_made_for_it_is_asked_of_nobody(session: Session) -> None:
    life = make_life(session)
    match = registered(life)
    offer = session.get_one(Offer, match.offer_id)
    assert (offer.state, offer.details["registered_afterwards"]) == (OfferState.WITHDRAWN, True)
    assert offer.id not in {each.id for each in own_offers(session, life.guest())}
    kept = registered(life, offer_id=life.offers[0].id, starts="13:00", ends="13:50")
    assert kept.offer_id == life.offers[0].id


def test_visit_counts_as_experience_but_not_as_an_answer(session: Session) -> None:
    life = make_life(session)
    registered(life)
    person = life.offers[0].person_id
    chains = chains_of(session, person_ids=[person], offer_ids=[life.offers[0].id], as_of=NOW)
    view = request_view(session, life.request.id, now=NOW)
    history = tallied(chains, view, NOW)["person", person].history
    assert (history.visits_here, history.taken, history.asks_due, history.days_since_ask) == (1, 1, 0, None)


def test_guest_without_a_name_is_somebody_of_the_company(session: Session) -> None:
    life = make_life(session)
    match = registered(life, guest_id=None)
    assert (match.visitor_id, match.name_follows, match.state) == (None, True, MatchState.HELD)
    assert broken_promises(session) == []


def test_same_visit_is_registered_once(session: Session) -> None:
    life = make_life(session)
    registered(life)
    with pytest.raises(Conflict):
        registered(life, starts="10:30", ends="11:00")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"day": NOW.date() + timedelta(days=3)}, "day"),
        ({"starts": "12:00", "ends": "11:00"}, "ends"),
        ({"starts": "07:00", "ends": "21:00"}, "ends"),
        ({"starts": "noon"}, "starts"),
        ({"topic_ids": ()}, "topic_text"),
        ({"guest_id": 1}, "guest"),
        ({"offer_id": 10**6}, "offer"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(session: Session, fields: dict[str, Any], field: str) -> None:
    life = make_life(session)
    with pytest.raises(InvalidInput) as refusal:
        registered(life, **fields)
    assert refusal.value.field == field


def test_other_region_and_foreign_people_are_refused(session: Session) -> None:
    life = make_life(session)
    stranger = make_coordinator(session, region=make_region(session, "drenthe", landsdeel="noord"))
    with pytest.raises(NotFound):
        register_visit(session, visit=past(life), actor=life.actor(stranger), now=NOW)
    with pytest.raises(NotFound):
        register_visit(session, visit=past(life), actor=life.actor(life.teacher), now=NOW)
    with pytest.raises(NotFound):
        registered(life, company_id=life.school.id)
    with pytest.raises(InvalidInput):
        registered(life, teacher_id=life.offers[0].person_id)
    swapped = replace(past(life), school_id=life.offers[0].organisation_id)
    with pytest.raises(NotFound):
        register_visit(session, visit=swapped, actor=life.actor(life.coordinator), now=NOW)
