"""A placement: what a yes books around the holidays, the steps after approval, and the start that needs a proof."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.moments import local
from matcher.errors import Forbidden, IllegalMove, InvalidInput
from matcher.matching.calendar import build_event
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import HybridStepTaken, Match
from matcher.matching.moments import visits_of
from matcher.matching.policy import allowed_actions, allowed_steps
from matcher.matching.queries import chosen_moment, facts_of_match
from matcher.matching.services import cancel_match
from matcher.matching.states import Action, CancelReason, HybridStep, MatchState, Side
from matcher.matching.step_services import take_back, take_step
from matcher.matching.still_true import step_still_true
from matcher.matching.suggestion_services import suggest
from matcher.matching.visit_services import end_stopped, report_visit
from matcher.notices.models import Outbox
from matcher.regions.holidays import public_holidays, school_holidays
from tests.factories import NOW
from tests.matching.terms import FIRST, LAST, THURSDAY, TUESDAY, TUESDAY_LATE, Term, make_term

START = date(2027, 1, 5)
LATER = NOW + timedelta(minutes=5)


def noted(term: Term, match: Match, step: HybridStep, day: date | None = None, **more: object) -> HybridStepTaken:
    return take_step(
        term.session,
        match.id,
        step,
        on_day=day or NOW.date(),
        actor=term.actor(term.lead),
        now=more.pop("now", NOW),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def test_yes_holds_every_half_day_of_the_term_but_no_holiday(session: Session) -> None:
    term = make_term(session)
    match = term.approved(term.asked(term.person(TUESDAY, THURSDAY)))
    assert term.school.holiday_region is not None
    free = {*school_holidays(term.school.holiday_region, FIRST, LAST), *public_holidays(FIRST, LAST)}
    days = [local(start_s).date() for start_s, _end_s in term.plan(match)]
    assert {day.weekday() for day in days} == {1, 3}
    assert not free & set(days)
    weeks = {FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)} - free
    assert days == sorted(day for day in weeks if day.weekday() in {1, 3})
    assert len(term.bookings(match)) == len(days)
    moment = chosen_moment(session, match.id)
    assert moment is not None
    text = build_event(
        uid="m", sequence=1, method="REQUEST", status="CONFIRMED", start=NOW, end=LATER, summary="s", description="",
        location="", organizer="a@example.org", attendees=[], now=NOW, visits=visits_of(moment),
    )  # fmt: skip
    assert "RRULE:FREQ=WEEKLY" in text
    assert "EXDATE" in text
    assert broken_promises(session) == []


def test_half_days_somebody_ticked_and_how_many_they_want_decide(session: Session) -> None:
    term = make_term(session)
    fits, other = term.person(TUESDAY, THURSDAY), term.person(TUESDAY, TUESDAY_LATE)
    few = term.person(TUESDAY, THURSDAY)
    few.details = {**few.details, "half_days": 1}
    session.flush()
    found = suggest(session, request_id=term.request.id, now=NOW)
    assert [each.offer_id for each in found.candidates] == [fits.id]
    assert found.never["days"] == 2
    assert other.id not in {each.offer_id for each in found.candidates}


def test_steps_are_noted_told_and_taken_back(session: Session) -> None:
    term = make_term(session)
    match = term.introduced()
    row = noted(term, match, HybridStep.INTRODUCTION)
    guest = session.get_one(type(term.lead), match.professional_id)
    assert term.notices("step", row.id) == [("matching/placement_step", guest.email, "queued")]
    take_back(session, match.id, HybridStep.INTRODUCTION, actor=term.actor(term.lead), now=NOW)
    assert term.notices("step", row.id) == [("matching/placement_step", guest.email, "withheld")]
    again = noted(term, match, HybridStep.INTRODUCTION, now=LATER)
    assert again.id != row.id
    late = LATER + timedelta(minutes=3)
    take_back(session, match.id, HybridStep.INTRODUCTION, actor=term.guest(match), now=late)
    told = {(template, address) for template, address, _state in term.notices("step", again.id)}
    assert ("matching/placement_step_back", term.lead.email) in told
    assert not step_still_true(session, again.id, 1, "matching/placement_step")
    kept = session.scalars(select(HybridStepTaken).where(HybridStepTaken.match_id == match.id)).all()
    assert all(each.taken_back_at for each in kept)
    assert len(kept) == 2


def test_who_may_note_which_step(session: Session) -> None:
    term = make_term(session)
    match = term.introduced()
    facts = facts_of_match(session, match, NOW)
    before = {HybridStep.INTRODUCTION, HybridStep.TRIAL_LESSON}
    assert allowed_steps(facts, term.guest(match)) == before
    school = before | {HybridStep.OFFER_MADE, HybridStep.STARTED}
    assert allowed_steps(facts, term.actor(term.lead)) == school
    assert allowed_steps(facts, term.actor(term.coordinator)) == school
    assert allowed_steps(facts, term.actor(term.teacher)) == frozenset()
    stranger = term.actor(term.teacher)
    with pytest.raises(Forbidden):
        take_step(session, match.id, HybridStep.INTRODUCTION, on_day=NOW.date(), actor=stranger, now=NOW)
    with pytest.raises(IllegalMove):
        noted(term, match, HybridStep.ENDED)


def test_start_waits_for_the_proof(session: Session) -> None:
    term = make_term(session)
    match = term.introduced()
    with pytest.raises(InvalidInput, match="VOG"):
        noted(term, match, HybridStep.STARTED, START, hours=8.0)
    term.show_proof(match)
    row = noted(term, match, HybridStep.STARTED, START, hours=8.0)
    assert (row.on_day, row.hours, row.side) == (START, 8.0, Side.SCHOOL)
    facts = facts_of_match(session, match, NOW)
    assert Action.CANCEL not in allowed_actions(facts, term.actor(term.lead), NOW)
    assert allowed_steps(facts, term.guest(match)) == {HybridStep.ENDED}


def test_end_frees_what_comes_after_and_then_reports_close_it(session: Session) -> None:
    term = make_term(session)
    match = term.introduced()
    term.show_proof(match)
    noted(term, match, HybridStep.STARTED, START)
    whole = term.plan(match)
    ended = noted(term, match, HybridStep.ENDED, date(2027, 3, 31))
    assert {local(start_s).date() <= date(2027, 3, 31) for start_s, _end_s in term.plan(match)} == {True}
    assert len(term.bookings(match)) == len(term.plan(match)) < len(whole)
    take_back(session, match.id, HybridStep.ENDED, actor=term.actor(term.lead), now=NOW)
    assert term.plan(match) == whole
    assert len(term.bookings(match)) == len(whole)
    noted(term, match, HybridStep.ENDED, date(2027, 3, 31), now=LATER)
    assert ended.taken_back_at is not None
    after = NOW.replace(year=2027, month=4, day=2)
    assert facts_of_match(session, match, after).ends < after  # type: ignore[operator]
    for actor in (term.actor(term.lead), term.guest(match)):
        report_visit(session, match.id, happened=True, again=True, hours=60.0, actor=actor, now=after)
    assert match.state is MatchState.HELD
    assert broken_promises(session) == []


def test_every_change_of_the_plan_raises_the_number_in_calendars(session: Session) -> None:
    term = make_term(session)
    match = term.introduced()
    term.show_proof(match)
    noted(term, match, HybridStep.STARTED, START)
    noted(term, match, HybridStep.ENDED, date(2027, 3, 31))
    take_back(session, match.id, HybridStep.ENDED, actor=term.actor(term.lead), now=LATER)
    noted(term, match, HybridStep.ENDED, date(2027, 2, 26), now=LATER)
    end_stopped(session, match.id, now=LATER)
    sent = select(Outbox.calendar).where(Outbox.calendar.is_not(None), Outbox.address == term.lead.email)
    numbers = [int(text.split("SEQUENCE:")[1].split()[0]) for text in session.scalars(sent.order_by(Outbox.id))]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 6, "yes, approved, ended, taken back, ended, called off"


def test_end_before_the_first_half_day_is_no_end(session: Session) -> None:
    term = make_term(session)
    match = term.introduced()
    term.show_proof(match)
    noted(term, match, HybridStep.STARTED, date(2027, 1, 4))
    with pytest.raises(InvalidInput):
        noted(term, match, HybridStep.ENDED, date(2027, 1, 4))
    with pytest.raises(InvalidInput):
        noted(term, match, HybridStep.ENDED, date(2027, 8, 30))


def test_coming_to_nothing_frees_the_time(session: Session) -> None:
    term = make_term(session)
    match = term.introduced()
    cancel_match(session, match.id, reason=CancelReason.NO_AGREEMENT, actor=term.guest(match), now=NOW)
    assert (match.state, match.reason) == (MatchState.CANCELLED, "no_agreement")
    assert term.bookings(match) == []
