"""Moments of several visits hold the right time, whatever the order of steps, nobody is in two places."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.availability.halfdays import HalfDay, days_of, half_day_at
from matcher.availability.models import Booking
from matcher.availability.moments import local
from matcher.availability.states import Kind, Party
from matcher.errors import Conflict, IllegalMove, InvalidInput
from matcher.matching.change_services import ask_move, move_match
from matcher.matching.eligibility import NeverCode
from matcher.matching.fsck_queries import CHECKS
from matcher.matching.models import Match, MatchMoment
from matcher.matching.moments import parts_of
from matcher.matching.proposal_services import propose
from matcher.matching.queries import chosen_moment
from matcher.matching.services import accept_match, approve_match, cancel_match, suggest_moment, withdraw_match
from matcher.matching.states import CancelReason, MatchState, Side
from matcher.matching.stay_queries import PLACES
from matcher.matching.suggestion_queries import verdicts
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from tests.factories import NOW
from tests.factories.kinds import (
    MONDAY,
    half_days_asked,
    make_hybrid_offer,
    make_internship,
    make_place,
    make_vacancy,
)
from tests.factories.matching import make_offer, make_request, seed_transitions
from tests.factories.people import (
    make_company,
    make_coordinator,
    make_grant,
    make_professional,
    make_school,
    make_teacher,
    make_user,
)

TUESDAY, THURSDAY = HalfDay(1, 0).bit | HalfDay(1, 1).bit, HalfDay(3, 0).bit | HalfDay(3, 1).bit


@pytest.fixture
def coordinator(session: Session) -> User:
    seed_transitions(session)
    return make_coordinator(session)


@pytest.fixture
def contact(session: Session) -> Callable[[Offer], Actor]:
    """Who answers for a company's place."""

    def made(offer: Offer) -> Actor:
        user = make_user(session)
        make_grant(
            session,
            user=user,
            role=Role.COMPANY_CONTACT,
            organisation=session.get_one(Organisation, offer.organisation_id),
        )
        return actor_for(session, user.id)

    return made


def asked(session: Session, request: Request, offer: Offer) -> Match:
    actor = actor_for(session, request.asked_by_id)
    return propose(session, request_id=request.id, offer_id=offer.id, side=Side.SCHOOL, actor=actor, now=NOW)


def laid_out(session: Session, match: Match) -> list[MatchMoment]:
    query = select(MatchMoment).where(MatchMoment.match_id == match.id).order_by(MatchMoment.id)
    return list(session.scalars(query))


def held(session: Session, match: Match) -> Counter[tuple[Party, int]]:
    rows = session.scalars(select(Booking).where(Booking.match_id == match.id, Booking.live))
    return Counter((row.party, row.party_id) for row in rows)


def test_internship_holds_teacher_and_place_on_every_half_day(
    session: Session, coordinator: User, contact: Callable[[Offer], Actor]
) -> None:
    request, offer = make_internship(session, mask=TUESDAY | THURSDAY), make_place(session)
    match = asked(session, request, offer)
    plan = laid_out(session, match)[0]
    assert [len(days_of(parts_of(each))) for each in laid_out(session, match)] == [3]
    accept_match(session, match.id, moment_id=plan.id, actor=contact(offer), now=NOW)
    assert match.state is MatchState.ACCEPTED
    teacher = request.teacher_id or 0
    assert held(session, match) == {(Party.PERSON, teacher): 6, (Party.PLACE, offer.id * PLACES + 1): 6}
    approve_match(session, match.id, actor=actor_for(session, coordinator.id), now=NOW)
    cancel_match(session, match.id, reason=CancelReason.ILL, actor=contact(offer), now=NOW)
    assert not held(session, match)


def test_second_teacher_needs_a_second_place(
    session: Session, coordinator: User, contact: Callable[[Offer], Actor]
) -> None:
    offer = make_place(session)
    one, other, third = (make_internship(session, weeks=1, hours=40) for _ in range(3))
    matches = [asked(session, request, offer) for request in (one, other)]
    answers = contact(offer)
    accept_match(session, matches[0].id, moment_id=laid_out(session, matches[0])[0].id, actor=answers, now=NOW)
    with pytest.raises(Conflict, match="places are taken"):
        accept_match(session, matches[1].id, moment_id=laid_out(session, matches[1])[0].id, actor=answers, now=NOW)
    never = verdicts(session, third.id, [offer.id], now=NOW)[offer.id].never
    assert never == (NeverCode.MOMENTS,)
    offer.places = 2
    session.flush()
    accept_match(session, matches[1].id, moment_id=laid_out(session, matches[1])[0].id, actor=answers, now=NOW)
    assert held(session, matches[1])[Party.PLACE, offer.id * PLACES + 2] == 10


def test_too_few_common_half_days_are_never(session: Session, coordinator: User) -> None:
    request, offer = make_internship(session, weeks=1, mask=TUESDAY, hours=24), make_place(session)
    assert verdicts(session, request.id, [offer.id], now=NOW)[offer.id].never == (NeverCode.DAYS,)


def test_other_days_ask_the_teacher_again(
    session: Session, coordinator: User, contact: Callable[[Offer], Actor]
) -> None:
    request, offer = make_internship(session, weeks=1), make_place(session)
    match = asked(session, request, offer)
    listed = half_days_asked(session, request)
    some = [moment.id for moment in listed if local(moment.start_s).weekday() in {0, 2, 4}]
    answers = contact(offer)
    for wrong, sentence in ((some[:4], "exactly 6"), ([*some[1:], listed[2].id], "whole days"), ([0], "on this list")):
        with pytest.raises(InvalidInput, match=sentence):
            suggest_moment(session, match.id, half_days=wrong, actor=answers, now=NOW)
    suggest_moment(session, match.id, half_days=some, actor=answers, now=NOW)
    chosen = chosen_moment(session, match.id)
    assert chosen is not None
    accept_match(session, match.id, moment_id=chosen.id, actor=actor_for(session, request.asked_by_id), now=NOW)
    assert match.state is MatchState.ACCEPTED
    days = [local(start_s).weekday() for start_s, _end_s in days_of(parts_of(chosen))]
    assert days == [0, 2, 4]


def test_placement_holds_every_week_of_the_term_but_the_holidays(session: Session, coordinator: User) -> None:
    closed = frozenset(MONDAY + timedelta(weeks=3, days=number) for number in range(7))
    request = make_vacancy(session, weeks=14, mask=TUESDAY, closed=closed)
    offer = make_hybrid_offer(session)
    match = asked(session, request, offer)
    plan = laid_out(session, match)[0]
    assert len(parts_of(plan)) == 26
    accept_match(session, match.id, moment_id=plan.id, actor=actor_for(session, offer.person_id or 0), now=NOW)
    rows = session.scalars(select(Booking).where(Booking.match_id == match.id, Booking.live)).all()
    assert {row.party_id for row in rows} == {offer.person_id}
    starts = sorted(row.start_s + row.pad_before_s for row in rows)
    assert len(rows) == 13, "morning and afternoon of one day are one visit with one journey"
    assert {half_day_at(start) for start in starts} == {HalfDay(1, 0)}
    assert not {local(start).date() for start in starts} & closed
    assert {f"{local(start):%H:%M}" for start in starts} == {"08:30"}, "also after the clock changes"


def test_placement_gives_up_the_days_that_were_agreed_before(session: Session, coordinator: User) -> None:
    person = make_professional(session, company=make_company(session))
    guide = actor_for(session, person.id)
    lesson = make_offer(session, person=person, travel_km=80, notice_days=5, open_cap=20)
    day = MONDAY + timedelta(weeks=2, days=1)
    visit = asked(session, make_request(session, moments=[(day, "10:15", "11:05")]), lesson)
    accept_match(session, visit.id, moment_id=laid_out(session, visit)[0].id, actor=guide, now=NOW)
    match = asked(session, make_vacancy(session, mask=TUESDAY), make_hybrid_offer(session, person=person))
    plan = laid_out(session, match)[0]
    accept_match(session, match.id, moment_id=plan.id, actor=guide, now=NOW)
    assert match.state is MatchState.ACCEPTED
    assert day not in {local(start_s).date() for start_s, _end_s in parts_of(plan)}
    assert len(parts_of(plan)) == 18
    assert held(session, match) == {(Party.PERSON, person.id): 9}


@dataclass
class World:
    session: Session
    coordinator: Actor
    matches: list[int]


@pytest.fixture
def world(session: Session, coordinator: User) -> World:
    """One teacher, one guide and two places; internships, a vacancy and lessons that all want the same weeks."""
    school, company = make_school(session), make_company(session)
    teacher, guide = make_teacher(session, school=school), make_professional(session, company=company)
    make_grant(session, user=guide, role=Role.COMPANY_CONTACT, organisation=company)
    place = make_place(session, company=company, details={"supervisor_id": guide.id})
    roomy = make_place(session, company=company, places=2, details={"supervisor_id": guide.id})
    hybrid = make_hybrid_offer(session, person=guide)
    lesson = make_offer(session, person=guide, company=company, travel_km=80, notice_days=5, open_cap=20)
    common = {"school": school, "teacher": teacher}
    stays = [make_internship(session, weeks=2, hours=hours, **common) for hours in (24, 32, 40)]
    pairs = [(stay, offer) for stay in stays for offer in (place, roomy)]
    pairs += [(make_vacancy(session, weeks=8, mask=TUESDAY | THURSDAY, **common), hybrid)]
    days = [MONDAY + timedelta(days=number) for number in (1, 3, 8)]
    lessons = [
        make_request(session, moments=[(day, "10:15", "11:05"), (day, "13:10", "14:00")], **common) for day in days
    ]
    pairs += [(request, lesson) for request in lessons]
    matches = [asked(session, request, offer).id for request, offer in pairs]
    return World(session, actor_for(session, coordinator.id), matches)


STEPS = ("accept", "accept", "other", "approve", "move", "cancel", "withdraw")


def take(world: World, number: int, what: str, pick: int) -> None:
    """One step by whoever could take it."""
    session = world.session
    match = session.get_one(Match, world.matches[number % len(world.matches)])
    request, offer = session.get_one(Request, match.request_id), session.get_one(Offer, match.offer_id)
    school = actor_for(session, request.asked_by_id)
    company = actor_for(session, session.scalars(select(User.id).where(User.id == _guide(session, offer))).one())
    moments = laid_out(session, match)
    listed = half_days_asked(session, request)
    some = [moment.id for moment in listed[pick % 3 :: 3]][: 6 if request.kind is Kind.TEACHER_INTERNSHIP else 2]
    day = date(2027, 1, 18) + timedelta(days=pick % 12)
    other = (
        {"half_days": some}
        if request.kind is not Kind.GUEST_LECTURE
        else {"day": day, "starts": "10:00", "ends": "12:00"}
    )
    if what == "accept":
        for side in (company, school):
            if match.state is MatchState.PROPOSED:
                _try(accept_match, session, match.id, moment_id=moments[pick % len(moments)].id, actor=side, now=NOW)
    elif what == "other":
        _try(suggest_moment, session, match.id, actor=company, now=NOW, **other)
    elif what == "approve":
        _try(approve_match, session, match.id, actor=world.coordinator, now=NOW)
    elif what == "move":
        _try(ask_move, session, match.id, actor=school, now=NOW, **other)
        _try(move_match, session, match.id, actor=company, now=NOW)
    elif what == "cancel":
        _try(cancel_match, session, match.id, reason=CancelReason.OTHER, actor=company, now=NOW)
    else:
        _try(withdraw_match, session, match.id, reason=CancelReason.OTHER, actor=school, now=NOW)


def _guide(session: Session, offer: Offer) -> int:
    return offer.person_id or int(
        session.scalar(
            text("select user_id from grants where organisation_id = :id limit 1"), {"id": offer.organisation_id}
        )
    )


def _try(verb: Callable[..., Match], session: Session, *args: object, **kwargs: object) -> None:
    """A refusal takes its half-done work back, as the web's write unit does."""
    unit = session.begin_nested()
    try:
        verb(session, *args, **kwargs)
        unit.commit()
    except (Conflict, IllegalMove, InvalidInput):
        unit.rollback()
    session.expire_all()


PROMISES = ("INV-2 no crossing bookings", "INV-14 times", "bookings belong to an agreement", "INV-6 places")


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(STEPS), st.integers(0, 40)), min_size=4, max_size=14))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_order_nobody_is_in_two_places(world: World, steps: list[tuple[int, str, int]]) -> None:
    session = world.session
    example = session.begin_nested()
    for number, what, pick in steps:
        take(world, number, what, pick)
    for promise in PROMISES:
        assert not session.execute(text(CHECKS[promise][1])).all(), promise
    for match_id in world.matches:
        _holds_its_plan(session, session.get_one(Match, match_id))
    example.rollback()
    session.expire_all()


def _holds_its_plan(session: Session, match: Match) -> None:
    """What is held is what was chosen: every visit, for every party alike."""
    rows = session.scalars(select(Booking).where(Booking.match_id == match.id, Booking.live)).all()
    moment = chosen_moment(session, match.id)
    if match.state not in {MatchState.ACCEPTED, MatchState.APPROVED}:
        assert not rows
        return
    assert moment is not None
    parts = parts_of(moment)
    visits = parts if match.kind is Kind.TEACHER_INTERNSHIP else days_of(parts)
    by_party: dict[tuple[Party, int], list[tuple[int, int]]] = {}
    for row in rows:
        span = (row.start_s + row.pad_before_s, row.end_s - row.pad_after_s)
        by_party.setdefault((row.party, row.party_id), []).append(span)
    assert by_party
    assert all(sorted(spans) == visits for spans in by_party.values())
