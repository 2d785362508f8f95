"""The life of a match through the services, from asking to counting, on both engines."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.states import Role
from matcher.availability.models import Booking
from matcher.availability.states import Party
from matcher.errors import Conflict, IllegalMove, InvalidInput
from matcher.matching import change_services, proposal_services, services, visit_services
from matcher.matching.models import Consent
from matcher.matching.states import CancelReason, DeclineReason, MatchState, MissedReason, Side
from matcher.notices.models import Outbox
from matcher.organisations.models import Organisation
from tests.factories import NOW
from tests.factories.people import make_grant, make_professional
from tests.matching.lives import AFTER, Life, another_offer, make_life

MINUTE = timedelta(minutes=1)


def test_asked_person_gets_an_invitation_and_the_ball(session: Session) -> None:
    life = make_life(session)
    match = life.asked()

    assert match.state is MatchState.PROPOSED
    assert [(moment.starts, moment.chosen) for moment in life.moments(match)] == [("10:15", False), ("10:15", False)]
    given = dict(session.execute(select(Consent.party, Consent.given_at).where(Consent.match_id == match.id)).all())
    assert given[Side.SCHOOL] is not None
    assert given[Side.COMPANY] is None
    assert {(template, channel) for template, _, channel in life.notices(match)} == {
        ("matching/proposed", "mail"),
        ("matching/proposed", "inbox"),
    }
    assert {address for _, address, _ in life.notices(match)} == {life.guest().email}
    held = session.scalars(select(Outbox.not_before).where(Outbox.subject_id == match.id)).all()
    assert all(at == NOW + MINUTE for at in held)


def test_yes_holds_place_person_and_class(session: Session) -> None:
    life = make_life(session)
    match = life.accepted()

    assert (match.state, match.place_no, match.visitor_id) == (MatchState.ACCEPTED, 1, life.offers[0].person_id)
    rows = session.execute(
        select(Booking.party, Booking.party_id, Booking.pad_before_s).where(Booking.match_id == match.id, Booking.live)
    ).all()
    assert {(row.party, row.party_id) for row in rows} == {
        (Party.PERSON, life.offers[0].person_id),
        (Party.CLASS, life.request.class_id),
    }
    assert next(row.pad_before_s for row in rows if row.party is Party.PERSON) > 0
    assert {template for template, *_ in life.notices(match, match.seq)} == {"matching/both_yes", "matching/to_approve"}


def test_approval_sends_both_a_definite_calendar_entry(session: Session) -> None:
    life = make_life(session)
    match = life.approved()

    assert (match.state, match.approved_by_id) == (MatchState.APPROVED, life.coordinator.id)
    rows = session.scalars(select(Outbox).where(Outbox.subject_id == match.id, Outbox.seq == match.seq)).all()
    mails = [row for row in rows if row.channel == "mail"]
    assert {row.address for row in mails} == {life.teacher.email, life.guest().email}
    for row in mails:
        assert row.calendar_method == "REQUEST"
        assert "STATUS:CONFIRMED" in (row.calendar or "")
        assert f"SEQUENCE:{match.seq}" in (row.calendar or "")


def test_both_reports_close_the_visit(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    visit_services.report_visit(
        session, match.id, happened=True, again=True, pupils=27, actor=life.actor(life.teacher), now=AFTER
    )
    assert match.state is MatchState.APPROVED
    visit_services.report_visit(session, match.id, happened=True, again=True, hours=3.5, actor=life.guest(), now=AFTER)
    assert match.state is MatchState.HELD
    assert match.place_no == 1


def test_different_reports_wait_for_the_coordinator(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    visit_services.report_visit(session, match.id, happened=True, again=None, actor=life.actor(life.teacher), now=AFTER)
    visit_services.report_visit(
        session, match.id, happened=False, again=None, reason=MissedReason.CLASS_ABSENT, actor=life.guest(), now=AFTER
    )
    assert match.state is MatchState.APPROVED
    coordinator = life.actor(life.coordinator)
    visit_services.report_visit(
        session, match.id, happened=False, again=None, reason=MissedReason.CLASS_ABSENT, actor=coordinator, now=AFTER
    )
    assert (match.state, match.reason) == (MatchState.MISSED, "class_absent")


def test_report_before_the_date_is_refused(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    with pytest.raises(IllegalMove):
        visit_services.report_visit(session, match.id, happened=True, again=True, actor=life.guest(), now=NOW)


@pytest.mark.parametrize(
    ("days", "answered", "expected"),
    [(6, True, "approved"), (8, True, "held"), (8, False, "approved"), (22, False, "missed")],
)
def test_silence_after_the_visit_counts_as_the_rules_say(
    session: Session, days: int, answered: bool, expected: str
) -> None:
    life = make_life(session)
    match = life.approved()
    ended = life.moments(match)[0].end_s
    later = NOW + timedelta(seconds=ended - NOW.timestamp()) + timedelta(days=days)
    if answered:
        visit_services.report_visit(session, match.id, happened=True, again=True, actor=life.guest(), now=later)
    visit_services.count_reports(session, match.id, now=later)
    assert match.state == expected
    if expected == "missed":
        assert match.reason == "not_reported"


def test_another_moment_resets_the_consents_and_passes_the_ball(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    services.suggest_moment(
        session, match.id, day=date(2026, 12, 11), starts="13:00", ends="13:50", actor=life.guest(), now=NOW
    )
    assert match.state is MatchState.PROPOSED
    consents = {row.party: row.given_at for row in session.scalars(select(Consent).where(Consent.match_id == match.id))}
    assert consents[Side.COMPANY] == NOW
    assert consents[Side.SCHOOL] is None
    wanted = next(moment for moment in life.moments(match) if moment.chosen)
    assert (wanted.day, wanted.starts) == (date(2026, 12, 11), "13:00")
    other = next(moment for moment in life.moments(match) if not moment.chosen)
    teacher = life.actor(life.teacher)
    with pytest.raises(Conflict):
        services.accept_match(session, match.id, moment_id=other.id, actor=teacher, now=NOW)
    services.accept_match(session, match.id, moment_id=wanted.id, actor=teacher, now=NOW)
    assert match.state is MatchState.ACCEPTED


@pytest.mark.parametrize(
    ("day", "starts", "ends", "field"),
    [
        (date(2026, 11, 20), "10:00", "11:00", "day"),
        (date(2026, 12, 11), "11:00", "10:00", "ends"),
        (date(2026, 12, 11), "25:00", "26:00", "starts"),
        (date(2026, 12, 25), "10:00", "11:00", "day"),
        (date(2031, 1, 8), "10:00", "11:00", "day"),
        (date(2026, 12, 11), "08:00", "17:30", "ends"),
    ],
)
def test_moment_that_cannot_be_is_refused_with_its_field(
    session: Session, day: date, starts: str, ends: str, field: str
) -> None:
    life = make_life(session)
    match = life.asked()
    with pytest.raises(InvalidInput) as refusal:
        services.suggest_moment(session, match.id, day=day, starts=starts, ends=ends, actor=life.guest(), now=NOW)
    assert refusal.value.field == field
    assert str(refusal.value)


def test_colleague_takes_over(session: Session) -> None:
    life = make_life(session)
    colleague = make_professional(session, company=None)
    make_grant(session, colleague, Role.PROFESSIONAL, organisation=_company(life))
    match = life.asked()
    new = proposal_services.hand_over(session, match.id, colleague_id=colleague.id, actor=life.guest(), now=NOW)
    assert match.state is MatchState.DECLINED
    assert (new.state, new.professional_id, new.offer_id) == (MatchState.PROPOSED, colleague.id, match.offer_id)
    assert ("matching/proposed", colleague.email, "mail") in life.notices(new)
    services.accept_match(session, new.id, moment_id=life.moments(new)[0].id, actor=life.actor(colleague), now=NOW)
    assert (new.state, new.visitor_id) == (MatchState.ACCEPTED, colleague.id)


def test_handing_over_to_a_stranger_is_refused(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    stranger = make_professional(session)
    with pytest.raises(InvalidInput):
        proposal_services.hand_over(session, match.id, colleague_id=stranger.id, actor=life.guest(), now=NOW)


def test_no_asks_the_next_person_after_the_undo_window(session: Session) -> None:
    life = make_life(session, guests=5)
    teacher = life.actor(life.teacher)
    proposal_services.tick(
        session, request_id=life.request.id, offer_ids=[offer.id for offer in life.offers], actor=teacher, now=NOW
    )
    first = proposal_services.ask_next(session, life.request.id, now=NOW)
    assert [match.offer_id for match in first] == [offer.id for offer in life.offers[:3]]
    assert proposal_services.ask_next(session, life.request.id, now=NOW) == []
    services.decline_match(session, first[1].id, reason=DeclineReason.NO_TIME, actor=life.guest(1), now=NOW)
    second = proposal_services.ask_next(session, life.request.id, now=NOW + 2 * MINUTE)
    assert [match.offer_id for match in second] == [life.offers[3].id]


def test_second_yes_for_one_place_is_a_kind_conflict(session: Session) -> None:
    life = make_life(session)
    first, second = life.asked(0), life.asked(1)
    services.accept_match(session, first.id, moment_id=life.moments(first)[0].id, actor=life.guest(0), now=NOW)
    with pytest.raises(Conflict, match="already coming"):
        services.accept_match(session, second.id, moment_id=life.moments(second)[0].id, actor=life.guest(1), now=NOW)
    assert visit_services.supersede_match(session, second.id, now=NOW + 2 * MINUTE)
    assert second.state is MatchState.SUPERSEDED


def test_two_guests_who_come_together_share_the_moment_and_the_class(session: Session) -> None:
    life = make_life(session, needed=2)
    first, second = life.asked(0), life.asked(1)
    services.accept_match(session, first.id, moment_id=life.moments(first)[0].id, actor=life.guest(0), now=NOW)
    with pytest.raises(Conflict, match="together"):
        services.accept_match(session, second.id, moment_id=life.moments(second)[1].id, actor=life.guest(1), now=NOW)
    services.accept_match(session, second.id, moment_id=life.moments(second)[0].id, actor=life.guest(1), now=NOW)
    assert {first.place_no, second.place_no} == {1, 2}
    services.withdraw_match(session, first.id, reason=CancelReason.ILL, actor=life.guest(0), now=NOW)
    class_hours = session.scalars(
        select(Booking.match_id).where(
            Booking.party == Party.CLASS, Booking.live, Booking.party_id == life.request.class_id
        )
    ).all()
    assert class_hours == [second.id]


def test_person_is_not_booked_twice(session: Session) -> None:
    life, other = make_life(session), make_life(session, guests=0)
    other.offers = life.offers
    first, again = life.asked(0), other.asked(0)
    services.accept_match(session, first.id, moment_id=life.moments(first)[0].id, actor=life.guest(0), now=NOW)
    same = other.moments(again)[0]
    with pytest.raises(Conflict, match="taken"):
        services.accept_match(session, again.id, moment_id=same.id, actor=life.guest(0), now=NOW)


def _company(life: Life) -> Organisation:
    return life.session.get_one(Organisation, life.offers[0].organisation_id)


def test_colleague_who_was_asked_already_is_not_asked_twice(session: Session) -> None:
    life = make_life(session, guests=1)
    colleague = make_professional(session, company=_company(life))
    life.offers.append(another_offer(session, person=colleague, company=_company(life)))
    match, other = life.asked(0), life.asked(1)
    with pytest.raises(Conflict, match="already asked"):
        proposal_services.hand_over(session, match.id, colleague_id=colleague.id, actor=life.guest(0), now=NOW)
    assert (match.state, other.state) == (MatchState.PROPOSED, MatchState.PROPOSED)


def test_proof_that_ran_out_undoes_no_visit_that_began(session: Session) -> None:
    """The round that found it due may come a minute too late."""
    life = make_life(session)
    match = life.approved()
    starts = datetime.fromtimestamp(life.moments(match)[0].start_s, UTC)
    with pytest.raises(IllegalMove):
        change_services.lapse_match(session, match.id, now=starts)
    assert match.state is MatchState.APPROVED
    change_services.lapse_match(session, match.id, now=starts - MINUTE)
    assert match.state is MatchState.ACCEPTED
