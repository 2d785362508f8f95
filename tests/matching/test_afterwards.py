"""Visits that were arranged elsewhere: a whole legal chain, nobody hears, and the figures count it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.behalf import Heard, How
from matcher.availability.halfdays import FULL_WEEK, WEEK, mask_of_half_days
from matcher.availability.states import Kind
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.matching.afterwards import PastVisit, Span
from matcher.matching.afterwards_services import register_visit
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.history_queries import chains_of, tallied
from matcher.matching.hours_queries import hours_statement
from matcher.matching.models import Match, MatchEvent
from matcher.matching.moments import visits_of
from matcher.matching.nearby_queries import own_offers
from matcher.matching.queries import chosen_moment, facts_of_match, reports_of, standing_steps
from matcher.matching.states import Action, HybridStep, MatchState, Side
from matcher.matching.view_queries import request_view
from matcher.monitor.queries import figures
from matcher.notices.models import Outbox
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.regions.holidays import school_holidays
from tests.factories import NOW
from tests.factories.matching import make_topic
from tests.factories.people import make_coordinator, make_region
from tests.matching.lives import Life, make_life
from tests.matching.terms import THURSDAY, TUESDAY

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


MORNINGS = mask_of_half_days(each for each in WEEK if each.half == 0)


def a_stay(life: Life, **fields: Any) -> Match:
    """Monday to Wednesday of a week of last month, whole days."""
    values: dict[str, Any] = {
        "guest_id": None,
        "kind": Kind.TEACHER_INTERNSHIP,
        "day": date(2026, 10, 5),
        "pupils": None,
    }
    span = Span(date(2026, 10, 7), fields.pop("mask", FULL_WEEK))
    return registered(life, **values | {"hours": None, "span": span, **fields})


def a_term(life: Life, **fields: Any) -> Match:
    """Two mornings a week from September until the autumn holiday is over."""
    steps = fields.pop("steps", {HybridStep.TRIAL_LESSON: date(2026, 8, 27)})
    span = Span(fields.pop("last", date(2026, 11, 13)), fields.pop("mask", TUESDAY.bit | THURSDAY.bit), steps=steps)
    return registered(life, kind=Kind.HYBRID_PLACEMENT, day=date(2026, 9, 1), span=span, hours=None, **fields)


def test_internship_is_a_whole_chain_with_its_half_days(session: Session) -> None:
    life = make_life(session)
    before = session.scalar(select(func.count()).select_from(Outbox))
    match = a_stay(life)
    assert (match.state, match.kind, match.visitor_id) == (MatchState.HELD, Kind.TEACHER_INTERNSHIP, None)
    reports = reports_of(session, match.id)
    assert {side: (report.part, len(report.parts)) for side, report in reports.items()} == {
        Side.SCHOOL: (1.0, 6),
        Side.COMPANY: (1.0, 6),
    }
    assert reports[Side.COMPANY].hours == 24
    coordinator = life.actor(life.coordinator)
    statement = hours_statement(session, match, facts_of_match(session, match, NOW), coordinator, NOW)
    assert len(statement.visits) == 3
    assert session.scalar(select(func.count()).select_from(Outbox)) == before
    assert broken_promises(session) == []


def test_placement_is_a_whole_chain_with_its_steps(session: Session) -> None:
    life = make_life(session)
    match = a_term(life)
    assert (match.state, match.visitor_id) == (MatchState.HELD, life.offers[0].person_id)
    moment = chosen_moment(session, match.id)
    assert moment is not None
    days = {start.date() for start, _end in visits_of(moment)}
    closed = set(school_holidays(life.school.holiday_region, date(2026, 9, 1), date(2026, 11, 13)))
    assert {day.weekday() for day in days} == {1, 3}
    assert closed
    assert not closed & days
    steps = {step: row.on_day for step, row in standing_steps(session, [match.id])[match.id].items()}
    assert steps == {
        HybridStep.TRIAL_LESSON: date(2026, 8, 27),
        HybridStep.STARTED: date(2026, 9, 1),
        HybridStep.ENDED: date(2026, 11, 12),
    }
    assert broken_promises(session) == []


def test_what_is_registered_holds_its_time(session: Session) -> None:
    """A teacher was at one company at a time, and who taught was at one school."""
    life = make_life(session)
    a_stay(life)
    with pytest.raises(Conflict), session.begin_nested():
        a_stay(life)
    with pytest.raises(Conflict), session.begin_nested():
        a_stay(life, company_id=life.offers[1].organisation_id)
    assert a_stay(life, day=date(2026, 9, 28), span=Span(date(2026, 9, 28), MORNINGS)).state is MatchState.HELD
    a_term(life)
    with pytest.raises(Conflict), session.begin_nested():
        a_term(life, teacher_id=life.teacher.id, title="Nog een keer")
    assert broken_promises(session) == []


@pytest.mark.parametrize(
    ("make", "fields", "field"),
    [
        (a_stay, {"mask": 0}, "half_days"),
        (a_stay, {"day": date(1, 1, 1)}, "day"),
        (a_stay, {"day": date(2026, 10, 9)}, "last"),
        (a_stay, {"day": date(2026, 8, 31)}, "last"),
        (a_stay, {"span": Span(NOW.date() + timedelta(days=1), FULL_WEEK), "day": NOW.date()}, "last"),
        (a_stay, {"day": date(2026, 10, 3), "span": Span(date(2026, 10, 4), FULL_WEEK)}, "half_days"),
        (a_term, {"guest_id": None}, "guest"),
        (a_term, {"last": NOW.date() + timedelta(days=40)}, "last"),
        (a_term, {"steps": {HybridStep.OFFER_MADE: date(2026, 11, 20)}}, "offer_made"),
        (a_term, {"steps": {HybridStep.OFFER_MADE: date(2020, 11, 20)}}, "offer_made"),
        (a_term, {"last": date(9999, 12, 31)}, "last"),
    ],
)
def test_what_cannot_be_a_span_is_refused_at_its_field(session: Session, make: Any, fields: Any, field: str) -> None:
    life = make_life(session)
    with pytest.raises(InvalidInput) as refusal:
        make(life, **fields)
    assert refusal.value.field == field


def test_lesson_is_no_place_for_an_internship(session: Session) -> None:
    life = make_life(session)
    with pytest.raises(InvalidInput) as refusal:
        a_term(life, offer_id=life.offers[0].id)
    assert refusal.value.field == "offer"


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
        ({"day": date(1, 1, 1)}, "day"),
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
