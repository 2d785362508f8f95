"""A teacher's internship: half-days are booked, places are counted, days are moved, and hours are stated."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.models import Booking
from matcher.availability.states import Party
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.matching.change_services import ask_move, move_match
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.hours_queries import hours_statement
from matcher.matching.models import VisitReport
from matcher.matching.moments import parts_of
from matcher.matching.queries import chosen_moment, facts_of_match
from matcher.matching.services import accept_match, approve_match, cancel_match, suggest_moment, withdraw_match
from matcher.matching.states import CancelReason, MatchState, Side
from matcher.matching.suggestion_queries import verdicts
from matcher.matching.suggestion_services import store_run, suggest
from matcher.matching.visit_services import count_reports, report_visit
from matcher.notices.models import Outbox
from matcher.offers.place_services import change_place
from matcher.offers.queries import input_of
from matcher.organisations.models import Organisation
from matcher.requests.internship_services import copy_internship, give_leave, save_internship, update_internship
from matcher.requests.services import require_complete
from tests.factories import NOW
from tests.factories.people import make_professional, make_teacher
from tests.matching.stays import AFTER, FIRST, Stay, later, make_stay, wish


@pytest.fixture
def stay(session: Session) -> Stay:
    return make_stay(session)


def test_yes_books_teacher_and_place_for_every_half_day(stay: Stay) -> None:
    stay.place()
    match = stay.accepted(stay.request())
    held = stay.bookings(match)
    assert held.keys() == {Party.PERSON, Party.PLACE}
    assert held[Party.PERSON] == held[Party.PLACE]
    assert len(held[Party.PLACE]) == 6
    assert match.state is MatchState.ACCEPTED


def test_request_finds_the_place_and_a_place_of_mondays_alone_holds_too_little(stay: Stay, session: Session) -> None:
    whole, mondays = stay.place(), stay.place(half_day_mask=0b11)
    request = stay.request(amount=5)
    found = suggest(session, request_id=request.id, now=NOW, limit=20)
    assert [one.offer_id for one in found.candidates] == [whole.id]
    assert store_run(session, found)
    assert [code.value for code in verdicts(session, request.id, [mondays.id], now=NOW)[mondays.id].never] == ["days"]


def test_place_is_free_for_as_many_teachers_as_it_has_places(stay: Stay, session: Session) -> None:
    offer = stay.place(places=2)
    window = {"first": FIRST, "last": later(2)}
    others = [make_teacher(session, school=stay.school) for _ in range(3)]
    first, second, third = (stay.request(one, **window) for one in others)
    waiting = stay.asked(third)
    stay.accepted(first)
    stay.accepted(second)
    plan = stay.plans(waiting)[0].id
    with pytest.raises(Conflict, match="places are taken"):
        accept_match(session, waiting.id, moment_id=plan, actor=stay.actor(stay.contacts[0]), now=NOW)
    fourth = stay.request(**window)
    assert [code.value for code in verdicts(session, fourth.id, [offer.id], now=NOW)[offer.id].never] == ["moments"]


def test_teacher_is_at_one_company_at_a_time(stay: Stay, session: Session) -> None:
    stay.place()
    stay.place()
    window = {"first": FIRST, "last": later(2)}
    one, other = stay.request(**window), stay.request(**window)
    waiting = stay.asked(other, 1)
    stay.accepted(one)
    with pytest.raises(Conflict, match="something else"):
        accept_match(
            session, waiting.id, moment_id=stay.plans(waiting)[0].id, actor=stay.actor(stay.contacts[1]), now=NOW
        )


def test_named_supervisor_is_booked_with_the_only_place(stay: Stay, session: Session) -> None:
    offer = stay.place()
    guide = make_professional(session, company=None)
    with pytest.raises(InvalidInput, match="your own company"):
        change_place(
            session,
            actor=stay.actor(stay.contacts[0]),
            offer_id=offer.id,
            given=replace(input_of(session, offer), details={**offer.details, "supervisor_id": guide.id}),
            now=NOW,
        )
    offer.details = {**offer.details, "supervisor_id": stay.contacts[0].id}
    held = stay.bookings(stay.accepted(stay.request()))
    assert len(held[Party.PERSON]) == 2 * len(held[Party.PLACE])


def test_supervisor_of_two_teachers_is_held_once_and_handed_on(stay: Stay, session: Session) -> None:
    offer = stay.place(places=2)
    guide = make_professional(session, company=session.get_one(Organisation, offer.organisation_id))
    offer.details = {**offer.details, "supervisor_id": guide.id}
    other = make_teacher(session, school=stay.school)
    window = {"first": FIRST, "last": later(2)}
    first, second = stay.accepted(stay.request(**window)), stay.accepted(stay.request(other, **window))

    def guided() -> dict[int, list[int]]:
        query = select(Booking).where(Booking.party_id == guide.id, Booking.party == Party.PERSON, Booking.live)
        found: dict[int, list[int]] = {}
        for row in session.scalars(query.order_by(Booking.start_s)):
            found.setdefault(row.match_id, []).append(row.start_s)
        return found

    days = stay.bookings(first)[Party.PLACE]
    assert guided() == {first.id: days}
    withdraw_match(
        session, first.id, reason=CancelReason.ILL, actor=stay.actor(stay.teacher), now=NOW + timedelta(hours=1)
    )
    assert guided() == {second.id: days}
    assert broken_promises(session) == []
    withdraw_match(session, second.id, reason=CancelReason.ILL, actor=stay.actor(other), now=NOW + timedelta(hours=2))
    assert guided() == {}


def test_supervisor_who_is_away_guides_nobody_else(stay: Stay, session: Session) -> None:
    """Of two places as of one: what the supervisor does elsewhere stands in the way."""
    one, two = stay.place(), stay.place(places=2)
    guide = stay.contacts[0].id
    for offer in (one, two):
        offer.details = {**offer.details, "supervisor_id": guide}
    other = make_teacher(session, school=stay.school)
    window = {"first": FIRST, "last": later(2)}
    stay.accepted(stay.request(**window), 0)
    with pytest.raises(Conflict, match="supervisor"):
        stay.accepted(stay.request(other, **window), 1)


def test_company_suggests_other_days_and_the_teacher_agrees(stay: Stay, session: Session) -> None:
    stay.place()
    request = stay.request()
    match = stay.asked(request)
    contact = stay.actor(stay.contacts[0])
    wanted = stay.half_days(request, later(1), later(8), later(15))
    with pytest.raises(InvalidInput, match="exactly 6"):
        suggest_moment(session, match.id, half_days=wanted[:4], actor=contact, now=NOW)
    suggest_moment(session, match.id, half_days=wanted, actor=contact, now=NOW)
    chosen = chosen_moment(session, match.id)
    assert chosen is not None
    accept_match(session, match.id, moment_id=chosen.id, actor=stay.actor(stay.teacher), now=NOW)
    assert {part[0] for part in parts_of(chosen)} == set(stay.bookings(match)[Party.PLACE])


def test_days_are_moved_and_cancelling_frees_them(stay: Stay, session: Session) -> None:
    stay.place()
    request = stay.request()
    match = stay.approved(request)
    before = stay.bookings(match)[Party.PLACE]
    wanted = stay.half_days(request, later(14), later(15), later(16))
    ask_move(session, match.id, half_days=wanted, actor=stay.actor(stay.teacher), now=NOW)
    assert stay.bookings(match)[Party.PLACE] == before
    move_match(session, match.id, actor=stay.actor(stay.contacts[0]), now=NOW)
    after = stay.bookings(match)[Party.PLACE]
    assert len(after) == 6
    assert not set(after) & set(before)
    cancel_match(session, match.id, reason=CancelReason.ILL, actor=stay.actor(stay.teacher), now=NOW)
    assert stay.bookings(match) == {}


def test_approval_asks_for_the_leave_which_a_school_leader_gives_with_one_click(stay: Stay, session: Session) -> None:
    stay.place()
    request = stay.request(leave_given=False, leader="")
    match = stay.accepted(request)
    coordinator = stay.actor(stay.coordinator)
    with pytest.raises(Conflict, match="leave is missing"):
        approve_match(session, match.id, actor=coordinator, now=NOW)
    with pytest.raises(NotFound):
        give_leave(session, actor=stay.actor(stay.contacts[0]), now=NOW, request_id=request.id)
    with pytest.raises(InvalidInput):
        give_leave(session, actor=stay.actor(stay.teacher), now=NOW, request_id=request.id)
    give_leave(session, actor=stay.actor(stay.lead), now=NOW, request_id=request.id)
    assert request.details["leader"] == stay.lead.name
    assert request.details["leave_by"] == stay.lead.id
    assert approve_match(session, match.id, actor=coordinator, now=NOW).state is MatchState.APPROVED


def test_letters_have_their_own_words_and_all_days_in_the_calendar(stay: Stay, session: Session) -> None:
    stay.place()
    match = stay.approved(stay.request(order="spread"))
    query = select(Outbox).where(Outbox.subject == "match", Outbox.subject_id == match.id, Outbox.seq == match.seq)
    found = [row for row in session.scalars(query) if row.channel.value == "mail"]
    assert {row.template for row in found} == {"matching/internship_approved"}
    assert {row.address for row in found} == {stay.teacher.email, stay.contacts[0].email}
    assert all("RRULE" in (row.calendar or "") for row in found)


def test_partly_held_days_become_the_statement_of_hours(stay: Stay, session: Session) -> None:
    stay.place()
    match = stay.approved(stay.request())
    moment = chosen_moment(session, match.id)
    assert moment is not None
    starts = [part[0] for part in parts_of(moment)]
    teacher, contact = stay.actor(stay.teacher), stay.actor(stay.contacts[0])
    with pytest.raises(NotFound):
        hours_statement(session, match, facts_of_match(session, match, AFTER), teacher, AFTER)
    with pytest.raises(InvalidInput, match="at least one"):
        report_visit(session, match.id, happened=True, again=True, days=[], actor=teacher, now=AFTER)
    for who in (teacher, contact):
        report_visit(session, match.id, happened=True, again=True, days=starts[:4], actor=who, now=AFTER)
    assert match.state is MatchState.HELD
    report = session.get_one(VisitReport, (match.id, Side.COMPANY))
    assert (report.hours, round(report.part or 0, 2), len(report.parts)) == (16, 0.67, 4)
    assert broken_promises(session) == []
    found = hours_statement(session, match, facts_of_match(session, match, AFTER), teacher, AFTER)
    assert [hours for _day, hours in found.visits] == ["8 hours", "8 hours"]
    assert found.hours == [("Hours in all", "16 hours")]
    stranger = stay.actor(make_teacher(session))
    with pytest.raises(NotFound):
        hours_statement(session, match, facts_of_match(session, match, AFTER), stranger, AFTER)


def test_different_hours_stand_beside_each_other(stay: Stay, session: Session) -> None:
    stay.place()
    match = stay.approved(stay.request())
    moment = chosen_moment(session, match.id)
    assert moment is not None
    starts = [part[0] for part in parts_of(moment)]
    for who, hours in ((stay.teacher, None), (stay.contacts[0], 20.0)):
        report_visit(
            session, match.id, happened=True, again=None, days=starts, hours=hours, actor=stay.actor(who), now=AFTER
        )
    found = hours_statement(session, match, facts_of_match(session, match, AFTER), stay.actor(stay.coordinator), AFTER)
    assert sorted(hours for _who, hours in found.hours) == ["20 hours", "24 hours"]


def test_nobody_reported_is_not_held(stay: Stay, session: Session) -> None:
    stay.place()
    match = stay.approved(stay.request())
    assert count_reports(session, match.id, now=AFTER + timedelta(days=30))
    assert match.state is MatchState.MISSED
    assert stay.bookings(match) == {}


def test_draft_keeps_what_is_there_and_names_what_is_missing(stay: Stay, session: Session) -> None:
    teacher = stay.actor(stay.teacher)
    half = wish(session, first=None, last=None, learning_goal="", topic_ids=())
    draft = save_internship(session, actor=teacher, now=NOW, organisation_id=stay.school.id, data=half)
    complete = wish(session)
    for data, name in (
        (half, "topic_text"),
        (replace(complete, learning_goal=" "), "learning_goal"),
        (replace(complete, amount=2), "amount"),
        (replace(complete, amount=81, unit="hours"), "amount"),
        (replace(complete, last=later(1)), "last"),
        (replace(complete, last=None), "last"),
    ):
        update_internship(session, actor=teacher, now=NOW, request_id=draft.id, data=data)
        with pytest.raises(InvalidInput) as refused:
            require_complete(session, draft, now=NOW)
        assert refused.value.field == name
    update_internship(session, actor=teacher, now=NOW, request_id=draft.id, data=complete)
    require_complete(session, draft, now=NOW)
    with pytest.raises(Conflict):
        update_internship(session, actor=teacher, now=NOW, request_id=draft.id, data=complete, version=1)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"last": FIRST - timedelta(days=1)}, "last"),
        ({"last": FIRST + timedelta(weeks=27)}, "last"),
        ({"first": NOW.date() - timedelta(days=1)}, "first"),
        ({"first": later(500), "last": later(501)}, "first"),
        ({"topic_ids": (999_999,)}, "topic_text"),
    ],
)
def test_window_that_cannot_be_is_refused_at_its_field(stay: Stay, session: Session, changes, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        save_internship(
            session,
            actor=stay.actor(stay.teacher),
            now=NOW,
            organisation_id=stay.school.id,
            data=wish(session, **changes),
        )
    assert refused.value.field == name


def test_copy_keeps_the_wish_and_asks_the_leave_again(stay: Stay, session: Session) -> None:
    request = stay.request()
    teacher = stay.actor(stay.teacher)
    copied = copy_internship(session, actor=teacher, now=NOW, request_id=request.id)
    assert (copied.title, copied.hours, copied.window_from) == (request.title, request.hours, FIRST)
    assert not copied.details["leave_given"]
    old = copy_internship(session, actor=teacher, now=AFTER, request_id=request.id)
    assert old.window_from is None
