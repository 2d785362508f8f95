"""Where pieces meet: an undone yes, a stopped organisation, a pair and a third person, a lesson before a vacancy."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from matcher.accounts.behalf import Heard, How
from matcher.accounts.models import User
from matcher.accounts.states import Role
from matcher.availability.moments import Week
from matcher.availability.states import Party
from matcher.coordination.agreed_services import note_agreement
from matcher.db import Database
from matcher.errors import Conflict, Forbidden, IllegalMove, NotFound
from matcher.matching.bridge_queries import asked_bridge
from matcher.matching.bridge_services import ask_fewer, ask_pair, look_again
from matcher.matching.change_services import ask_move, move_match
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match
from matcher.matching.moments import parts_of
from matcher.matching.nearby_services import come_forward
from matcher.matching.proposal_services import propose
from matcher.matching.queries import chosen_moment
from matcher.matching.request_services import publish_request, withdraw_request
from matcher.matching.services import accept_match, decline_match, suggest_moment, undo, withdraw_match
from matcher.matching.states import CancelReason, DeclineReason, HybridStep, MatchState, Side
from matcher.matching.step_services import take_step
from matcher.matching.trial_services import arrange_trial
from matcher.matching.visit_services import end_stopped
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, RequestMoment
from matcher.requests.vacancy_services import save_vacancy
from tests.factories import NOW
from tests.factories.matching import make_booking, make_class, make_match, make_topic
from tests.factories.people import make_grant, make_teacher, make_user
from tests.matching.lives import another_offer, make_life
from tests.matching.stays import FIRST, later, make_stay
from tests.matching.terms import THURSDAY, TUESDAY, Term, a_wish, make_term

START = date(2027, 1, 5)
UNDERWAY = datetime(2027, 2, 1, 12, tzinfo=UTC)


def busy_on(session: Session, match: Match, *spans: tuple[int, int]) -> None:
    """Other visits the guest agreed to before, at these hours."""
    assert match.professional_id is not None
    for start_s, end_s in spans:
        other = make_match(session, state=MatchState.APPROVED)
        times = {"start_s": start_s, "minutes": (end_s - start_s) // 60, "live": True}
        make_booking(session, other, party=Party.PERSON, party_id=match.professional_id, **times)


def test_visits_given_up_by_a_yes_come_back_when_it_is_undone(session: Session) -> None:
    term = make_term(session)
    match = term.asked(term.person(TUESDAY, THURSDAY))
    whole = term.plan(match)
    busy_on(session, match, whole[0], whole[3])
    term.yes(match)
    assert len(term.plan(match)) == len(whole) - 2
    undo(session, match.id, actor=term.guest(match), now=NOW)
    assert term.plan(match) == whole
    again = term.yes(match)
    assert (again.state, len(term.plan(match))) == (MatchState.ACCEPTED, len(whole) - 2)


def started(term: Term) -> Match:
    match = term.introduced()
    term.show_proof(match)
    take_step(session=term.session, match_id=match.id, step=HybridStep.STARTED, on_day=START,
              actor=term.actor(term.lead), now=NOW)  # fmt: skip
    return match


def test_started_placement_ends_when_a_side_is_stopped_but_not_with_its_vacancy(session: Session) -> None:
    term = make_term(session)
    match = started(term)
    with pytest.raises(IllegalMove):
        withdraw_request(session, term.request.id, actor=term.actor(term.lead), now=UNDERWAY)
    assert match.state is MatchState.APPROVED
    assert end_stopped(session, match.id, now=UNDERWAY)
    assert (match.state, term.bookings(match)) == (MatchState.CANCELLED, [])


def pair_asked(term: Term) -> tuple[Match, Match]:
    offers = [term.person(TUESDAY), term.person(THURSDAY)]
    first, second = ask_pair(
        term.session, term.request.id, offer_ids=[each.id for each in offers], actor=term.actor(term.lead), now=NOW
    )
    return first, second


def test_nobody_takes_the_whole_vacancy_while_two_are_asked_together(session: Session) -> None:
    term = make_term(session)
    first, second = pair_asked(term)
    third = term.person(TUESDAY, THURSDAY)
    with pytest.raises(Conflict):
        propose(session, request_id=term.request.id, offer_id=third.id, side=Side.COMPANY,
                actor=term.actor(third.person_id or 0), now=NOW)  # fmt: skip
    for match in (first, second):
        decline_match(session, match.id, reason=DeclineReason.NO_TIME, actor=term.guest(match), now=NOW)
    term.approved(term.asked(third))
    assert (term.request.needed, asked_bridge(session, term.request)) == (1, None)
    assert broken_promises(session) == []


def test_one_in_fewer_half_days_after_a_pair_leaves_no_place_open(session: Session) -> None:
    term = make_term(session)
    first, second = pair_asked(term)
    for match in (first, second):
        decline_match(session, match.id, reason=DeclineReason.NO_TIME, actor=term.guest(match), now=NOW)
    ask_fewer(session, term.request.id, offer_id=term.person(TUESDAY).id, actor=term.actor(term.lead), now=NOW)
    assert term.request.needed == 1


def test_school_that_ends_it_itself_is_not_told_to_choose(session: Session) -> None:
    ends: tuple[Callable[..., Any], ...] = (look_again, withdraw_request)
    for end in ends:
        term = make_term(session)
        first, second = pair_asked(term)
        if end is look_again:
            decline_match(session, first.id, reason=DeclineReason.NO_TIME, actor=term.guest(first), now=NOW)
        end(session, term.request.id, actor=term.actor(term.lead), now=NOW)
        told = {template for template, address, _state in term.notices("match", second.id)}
        assert "matching/placement_bridge_broken" not in told
        assert second.state is MatchState.WITHDRAWN


def a_trial(term: Term, offer_id: int, asker: User, request: Request | None = None) -> Match:
    group = make_class(term.session, school=term.school)
    return arrange_trial(
        term.session,
        vacancy_id=(request or term.request).id,
        offer_id=offer_id,
        class_id=group.id,
        weeks=[Week(2026, 50), Week(2027, 2)],
        own_words="Over krachten.",
        side=Side.SCHOOL,
        actor=term.actor(asker),
        now=NOW,
    )


@pytest.mark.parametrize("change", [{"state": OfferState.DRAFT}, {"paused_until": date(2027, 6, 1)}])
def test_no_first_lesson_is_asked_of_who_is_not_to_be_asked(session: Session, change: dict[str, object]) -> None:
    term = make_term(session)
    offer = term.person(TUESDAY, **change)
    with pytest.raises((Conflict, NotFound)):
        a_trial(term, offer.id, term.lead)


def test_no_first_lesson_past_the_contact_of_the_company(session: Session) -> None:
    term = make_term(session)
    offer = term.person(TUESDAY)
    session.get_one(Organisation, offer.organisation_id).via_contact = True
    session.flush()
    with pytest.raises(Conflict):
        a_trial(term, offer.id, term.lead)


def test_who_is_not_confirmed_has_nobody_asked(session: Session) -> None:
    term = make_term(session)
    offer, newcomer = term.person(TUESDAY), make_user(session)
    make_grant(session, newcomer, Role.SCHOOL_LEAD, organisation=term.school, confirmed=False)
    draft = save_vacancy(session, actor=term.actor(newcomer), now=NOW, organisation_id=term.school.id,
                         data=a_wish(make_topic(session).id))  # fmt: skip
    with pytest.raises(Forbidden):
        a_trial(term, offer.id, newcomer, draft)
    publish_request(session, draft.id, actor=term.actor(term.coordinator), now=NOW)
    with pytest.raises(Forbidden):
        ask_fewer(session, draft.id, offer_id=offer.id, actor=term.actor(newcomer), now=NOW)


def test_internship_that_began_is_not_moved_over_days_that_took_place(session: Session) -> None:
    stay = make_stay(session)
    stay.place()
    request = stay.request(amount=3, unit="days")
    match = stay.approved(request)
    contact, teacher = stay.actor(stay.contacts[0]), stay.actor(stay.teacher)
    moment = chosen_moment(session, match.id)
    assert moment is not None
    before, between = parts_of(moment), datetime.fromtimestamp(moment.start_s, UTC) + timedelta(hours=6)
    wanted = stay.half_days(request, later(7), later(8), later(9))
    ask_move(session, match.id, half_days=wanted, actor=teacher, now=NOW)
    with pytest.raises(IllegalMove):
        move_match(session, match.id, actor=contact, now=between)
    with pytest.raises(IllegalMove):
        ask_move(session, match.id, half_days=wanted, actor=contact, now=between)
    moment = chosen_moment(session, match.id)
    assert moment is not None
    assert parts_of(moment) == before


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_withdrawing_and_agreeing_lock_person_company_and_class_before_the_request(database: Database) -> None:
    with database.write() as session:
        life = make_life(session)
        match, actor = life.accepted(), life.actor(life.coordinator)
        request_id, offer_id = life.request.id, match.offer_id
        moment_id = session.scalars(select(RequestMoment.id).where(RequestMoment.request_id == request_id)).first() or 0
    heard = Heard(how=How.PHONE, at=NOW, tell=False)
    for verb in (
        lambda s: withdraw_request(s, request_id, actor=actor, now=NOW),
        lambda s: note_agreement(
            s, request_id=request_id, offer_id=offer_id, moment_id=moment_id, actor=actor, now=NOW, heard=heard
        ),
    ):
        order = locks_of(database, verb)
        assert list(dict.fromkeys(order))[:4] == ["users", "organisations", "classes", "requests"]


def locks_of(database: Database, verb: Callable[[Session], object]) -> list[str]:
    """The tables whose rows a unit locks, in that order; nothing of it is kept."""
    found: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "FOR NO KEY UPDATE" in statement:
            found.append(statement.split("FROM ")[1].split()[0])

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with suppress(Conflict), database.write() as session:
            verb(session)
            session.rollback()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return found


def test_places_are_counted_for_each_half_day(session: Session) -> None:
    """A place that is full never takes one more, also when it became smaller; one with room never says it is full."""
    stay = make_stay(session)
    offer = stay.place(places=2)
    early, late = {"first": FIRST, "last": later(2)}, {"first": later(7), "last": later(9)}
    teachers = [make_teacher(session, school=stay.school) for _ in range(5)]
    first = stay.accepted(stay.request(teachers[0], **early))
    stay.accepted(stay.request(teachers[1], **early))
    waits = stay.asked(stay.request(teachers[2]))
    withdraw_match(session, first.id, reason=CancelReason.ILL, actor=stay.actor(teachers[0]), now=NOW)
    stay.accepted(stay.request(teachers[3], **late))
    across = stay.request(teachers[4])
    match = stay.asked(across)
    days = stay.half_days(across, later(2), later(7), later(8))
    suggest_moment(session, match.id, half_days=days, actor=stay.actor(stay.contacts[0]), now=NOW)
    moment = chosen_moment(session, match.id)
    assert moment is not None
    accept_match(session, match.id, moment_id=moment.id, actor=stay.actor(teachers[4]), now=NOW)
    assert match.state is MatchState.ACCEPTED
    offer.places = 1
    with pytest.raises(Conflict):
        accept_match(session, waits.id, moment_id=stay.plans(waits)[0].id, actor=stay.actor(stay.contacts[0]), now=NOW)
    assert broken_promises(session) == []


def test_trial_lesson_is_one_persons(session: Session) -> None:
    term = make_term(session)
    match = a_trial(term, term.person(TUESDAY, THURSDAY).id, term.lead)
    other = another_offer(session)
    with pytest.raises(Conflict):
        come_forward(session, request_id=match.request_id, offer_id=other.id,
                     actor=term.actor(other.person_id or 0), now=NOW)  # fmt: skip
