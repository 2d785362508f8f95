"""Undoing, second clicks, refusals, moving, cancelling and expiring, on both engines."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.states import Role
from matcher.availability.models import Booking
from matcher.availability.states import Party
from matcher.errors import Conflict, Forbidden, IllegalMove
from matcher.matching import change_services, request_services, services, visit_services
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match, MatchEvent
from matcher.matching.proposal_services import hand_over
from matcher.matching.states import CancelReason, DeclineReason, MatchState, RejectReason, Side
from matcher.notices.models import NoticeState, Outbox
from matcher.organisations.models import Organisation
from tests.factories import NOW
from tests.factories.people import make_coordinator, make_grant, make_professional, make_region
from tests.matching.lives import Life, another_offer, make_life

MINUTE = timedelta(minutes=1)


def test_undo_takes_a_yes_back_and_nothing_is_sent(session: Session) -> None:
    life = make_life(session)
    match = life.accepted()
    yes = match.seq
    services.undo(session, match.id, actor=life.guest(), now=NOW + timedelta(seconds=50))
    assert (match.state, match.place_no, match.visitor_id) == (MatchState.PROPOSED, None, None)
    assert not session.scalars(select(Booking).where(Booking.match_id == match.id, Booking.live)).all()
    states = session.scalars(select(Outbox.state).where(Outbox.subject_id == match.id, Outbox.seq == yes)).all()
    assert set(states) == {NoticeState.WITHHELD}
    services.accept_match(session, match.id, moment_id=life.moments(match)[1].id, actor=life.guest(), now=NOW + MINUTE)
    assert match.state is MatchState.ACCEPTED


def test_undo_of_approval_rejection_and_no(session: Session) -> None:
    life = make_life(session)
    coordinator = life.actor(life.coordinator)
    match = life.approved()
    services.undo(session, match.id, actor=coordinator, now=NOW + timedelta(seconds=30))
    assert (match.state, match.approved_by_id) == (MatchState.ACCEPTED, None)
    services.reject_match(session, match.id, reason=RejectReason.DUPLICATE, actor=coordinator, now=NOW)
    services.undo(session, match.id, actor=coordinator, now=NOW)
    assert (match.state, match.place_no) == (MatchState.ACCEPTED, 1)
    assert session.scalar(select(func.count()).where(Booking.match_id == match.id, Booking.live)) == 2


def test_undo_of_a_no(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    services.decline_match(session, match.id, reason=DeclineReason.NONE_GIVEN, actor=life.guest(), now=NOW)
    services.undo(session, match.id, actor=life.guest(), now=NOW + timedelta(seconds=10))
    assert match.state is MatchState.PROPOSED


def _passed_on_to_the_first(life: Life) -> Match:
    """A colleague who was asked for the same request hands it over to whoever is out."""
    at = life.session.get_one(Organisation, life.offers[0].organisation_id)
    life.offers.append(another_offer(life.session, company=at))
    asked, colleague = life.asked(len(life.offers) - 1), life.guest(len(life.offers) - 1)
    return hand_over(life.session, asked.id, colleague_id=life.offers[0].person_id, actor=colleague, now=NOW)


def test_no_cannot_be_undone_once_the_same_person_was_asked_again(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    services.decline_match(session, match.id, reason=DeclineReason.NONE_GIVEN, actor=life.guest(), now=NOW)
    again = _passed_on_to_the_first(life)
    with pytest.raises(Conflict, match="already asked"):
        services.undo(session, match.id, actor=life.guest(), now=NOW + timedelta(seconds=10))
    assert (match.state, again.state) == (MatchState.DECLINED, MatchState.PROPOSED)


def test_rejection_cannot_be_undone_once_the_same_person_was_asked_again(session: Session) -> None:
    life = make_life(session)
    match, coordinator = life.accepted(), life.actor(life.coordinator)
    services.reject_match(session, match.id, reason=RejectReason.DUPLICATE, actor=coordinator, now=NOW)
    _passed_on_to_the_first(life)
    with pytest.raises(Conflict, match="already asked"):
        services.undo(session, match.id, actor=coordinator, now=NOW)
    assert (match.state, match.place_no) == (MatchState.REJECTED, None)


def test_no_cannot_be_undone_once_the_request_was_withdrawn(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    services.decline_match(session, match.id, reason=DeclineReason.NONE_GIVEN, actor=life.guest(), now=NOW)
    request_services.withdraw_request(session, life.request.id, actor=life.actor(life.teacher), now=NOW)
    with pytest.raises(Conflict, match="not open any more"):
        services.undo(session, match.id, actor=life.guest(), now=NOW + timedelta(seconds=10))
    assert broken_promises(session) == []


def test_undo_too_late_or_by_somebody_else_is_refused(session: Session) -> None:
    life = make_life(session)
    match = life.accepted()
    with pytest.raises(IllegalMove):
        services.undo(session, match.id, actor=life.guest(), now=NOW + timedelta(seconds=61))
    with pytest.raises(IllegalMove):
        services.undo(session, match.id, actor=life.actor(life.teacher), now=NOW)


def test_second_click_gives_the_same_answer_once(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    moment = life.moments(match)[0].id
    services.accept_match(session, match.id, moment_id=moment, actor=life.guest(), now=NOW, seq=1)
    services.accept_match(session, match.id, moment_id=moment, actor=life.guest(), now=NOW, seq=1)
    assert match.seq == 2
    assert session.scalar(select(func.count()).where(MatchEvent.match_id == match.id)) == 2


def test_stale_page_is_a_conflict(session: Session) -> None:
    life = make_life(session)
    match = life.accepted()
    with pytest.raises(Conflict):
        services.approve_match(session, match.id, actor=life.actor(life.coordinator), now=NOW, seq=1)


@pytest.mark.parametrize("who", ["other_region", "teacher", "guest", "stranger"])
def test_approval_by_somebody_who_may_not_is_refused(session: Session, who: str) -> None:
    life = make_life(session)
    match = life.accepted()
    elsewhere = make_coordinator(session, region=make_region(session, "fryslan", name="Fryslân", landsdeel="noord"))
    actor = {
        "other_region": life.actor(elsewhere),
        "teacher": life.actor(life.teacher),
        "guest": life.guest(),
        "stranger": life.guest(1),
    }[who]
    with pytest.raises((Forbidden, IllegalMove)):
        services.approve_match(session, match.id, actor=actor, now=NOW)
    assert match.state is MatchState.ACCEPTED


def test_coordinator_who_teaches_there_is_no_coordinator_of_that_match(session: Session) -> None:
    life = make_life(session)
    match = life.accepted()
    make_grant(session, life.coordinator, Role.TEACHER, organisation=life.school)
    with pytest.raises((Forbidden, IllegalMove)):
        services.approve_match(session, match.id, actor=life.actor(life.coordinator), now=NOW)


def test_proposal_by_the_coordinator_needs_both_yeses_to_one_moment(session: Session) -> None:
    life = make_life(session)
    match = life.asked(side=Side.COORDINATOR)
    moments = life.moments(match)
    services.accept_match(session, match.id, moment_id=moments[0].id, actor=life.guest(), now=NOW)
    assert match.state is MatchState.PROPOSED
    with pytest.raises(Conflict):
        services.accept_match(session, match.id, moment_id=moments[1].id, actor=life.actor(life.teacher), now=NOW)
    services.accept_match(session, match.id, moment_id=moments[0].id, actor=life.actor(life.teacher), now=NOW)
    assert match.state is MatchState.ACCEPTED
    services.approve_match(session, match.id, actor=life.actor(life.coordinator), now=NOW)


def test_move_needs_the_other_side_and_keeps_the_approval(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    teacher, guest = life.actor(life.teacher), life.guest()
    change_services.ask_move(
        session, match.id, day=date(2026, 12, 14), starts="09:00", ends="09:50", actor=teacher, now=NOW
    )
    with pytest.raises(IllegalMove):
        change_services.move_match(session, match.id, actor=teacher, now=NOW)
    change_services.move_match(session, match.id, actor=guest, now=NOW)
    chosen = next(moment for moment in life.moments(match) if moment.chosen)
    assert (match.state, chosen.day) == (MatchState.APPROVED, date(2026, 12, 14))
    held = session.scalars(select(Booking).where(Booking.match_id == match.id, Booking.live)).all()
    assert {row.start_s + row.pad_before_s for row in held} == {chosen.start_s}
    calendars = session.scalars(
        select(Outbox.calendar).where(Outbox.subject_id == match.id, Outbox.seq == match.seq, Outbox.channel == "mail")
    ).all()
    assert len(calendars) == 2
    assert all(f"SEQUENCE:{match.seq}" in (text or "") for text in calendars)


def test_another_visitor_of_the_company_keeps_the_approval(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    colleague = make_professional(session, company=_company(life))
    change_services.change_visitor(session, match.id, visitor_id=colleague.id, actor=life.guest(), now=NOW)
    assert (match.state, match.visitor_id) == (MatchState.APPROVED, colleague.id)
    people = session.scalars(
        select(Booking.party_id).where(Booking.match_id == match.id, Booking.live, Booking.party == Party.PERSON)
    ).all()
    assert people == [colleague.id]


def test_who_stands_before_the_class_is_who_came(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    colleague = make_professional(session, company=_company(life))
    begun = datetime.fromtimestamp(next(each for each in life.moments(match) if each.chosen).start_s, NOW.tzinfo)
    with pytest.raises(IllegalMove):
        change_services.change_visitor(session, match.id, visitor_id=colleague.id, actor=life.guest(), now=begun)
    change_services.change_visitor(session, match.id, visitor_id=colleague.id, actor=life.guest(), now=begun - MINUTE)
    assert match.visitor_id == colleague.id


def test_visit_that_is_over_is_not_moved_to_another_day(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    later = date(2027, 1, 14)
    change_services.ask_move(
        session, match.id, day=later, starts="09:00", ends="09:50", actor=life.actor(life.teacher), now=NOW
    )
    over = datetime.fromtimestamp(next(each for each in life.moments(match) if each.chosen).end_s, NOW.tzinfo)
    visit_services.report_visit(session, match.id, happened=True, again=True, actor=life.actor(life.teacher), now=over)
    with pytest.raises(IllegalMove):
        change_services.move_match(session, match.id, actor=life.guest(), now=over)
    assert next(moment for moment in life.moments(match) if moment.chosen).day < later


def test_cancelling_frees_the_place_and_clears_calendars(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    services.cancel_match(session, match.id, reason=CancelReason.ILL, actor=life.guest(), now=NOW)
    assert (match.state, match.place_no, match.reason) == (MatchState.CANCELLED, None, "ill")
    mails = session.scalars(
        select(Outbox).where(Outbox.subject_id == match.id, Outbox.seq == match.seq, Outbox.channel == "mail")
    ).all()
    assert len(mails) == 2
    assert all(row.calendar_method == "CANCEL" for row in mails)
    assert life.accepted(1).state is MatchState.ACCEPTED


def test_expiry_of_an_invitation_and_of_a_visit_without_approval(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    assert match.expires_at is not None
    assert not visit_services.expire_match(session, match.id, now=match.expires_at - MINUTE)
    assert visit_services.expire_match(session, match.id, now=match.expires_at)
    assert match.state is MatchState.EXPIRED
    second = life.accepted(1)
    begun = NOW + timedelta(seconds=life.moments(second)[0].start_s - NOW.timestamp())
    assert visit_services.expire_match(session, second.id, now=begun)
    assert second.state is MatchState.EXPIRED


def test_invitation_waits_five_working_days_and_not_in_the_holidays(session: Session) -> None:
    life = make_life(session)
    assert life.asked().expires_at is not None
    match = life.asked(1)
    assert match.expires_at is not None
    assert match.expires_at.date() == date(2026, 11, 30)


def test_same_offer_is_not_asked_twice(session: Session) -> None:
    life = make_life(session)
    life.asked()
    with pytest.raises(Conflict):
        life.asked()


def _company(life: Life) -> Organisation:
    return life.session.get_one(Organisation, life.offers[0].organisation_id)
