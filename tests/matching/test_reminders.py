"""Reminders of a visit that comes: once each, on time or not at all, to who comes now, with what is still missing."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.db import Database
from matcher.matching.change_services import ask_move, change_visitor, move_match
from matcher.matching.letters import common
from matcher.matching.models import Match
from matcher.matching.reminder_queries import to_remind
from matcher.matching.reminder_services import remind
from matcher.matching.reminders import Reminder, reminder_due
from matcher.matching.runbook_services import fill_in
from matcher.matching.runbooks import Item
from matcher.matching.services import cancel_match
from matcher.matching.states import CancelReason, HybridStep
from matcher.matching.step_services import take_step
from matcher.matching.still_true import match_still_true
from matcher.matching.tasks import due_work
from matcher.notices.models import Outbox
from matcher.notices.services import claim_due, finish
from matcher.organisations.models import Organisation
from tests.factories import NOW
from tests.factories.people import make_professional
from tests.matching.lives import make_life
from tests.matching.stays import make_stay
from tests.matching.terms import make_term

VISIT = date(2026, 12, 10)
"""Thursday; NOW is Monday 23 November."""


def at(day: int, hour: int = 9, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour - 1, tzinfo=UTC)


def reminders(session: Session, match: Match, *, channel: str = "mail") -> list[tuple[str, str]]:
    """(which, address) in the order in which they were written."""
    query = select(Outbox).where(Outbox.subject == "match", Outbox.subject_id == match.id, Outbox.channel == channel)
    return [
        (common(row.template).removeprefix("matching/reminder_"), row.address)
        for row in session.scalars(query.order_by(Outbox.id))
        if "reminder_" in row.template
    ]


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        (2, 23, None),
        (3, 6, None),
        (3, 7, Reminder.WEEK),
        (5, 9, Reminder.WEEK),
        (6, 9, None),
        (7, 23, None),
        (8, 9, Reminder.SOON),
        (9, 23, Reminder.SOON),
        (10, 8, None),
    ],
)
def test_reminder_has_its_days_and_a_late_one_is_left_out(day: int, hour: int, expected: Reminder | None) -> None:
    assert reminder_due(VISIT, at(day, hour)) is expected


def test_weekend_and_christmas_are_no_working_days() -> None:
    assert reminder_due(date(2026, 12, 14), at(9)) is not Reminder.SOON
    assert reminder_due(date(2026, 12, 14), at(10)) is Reminder.SOON
    assert reminder_due(date(2026, 12, 28), at(22)) is Reminder.WEEK
    assert reminder_due(date(2026, 12, 28), at(23)) is Reminder.SOON


def test_both_sides_are_reminded_twice_and_never_more(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    both = {life.teacher.email, life.guest().email}
    assert [remind(session, match.id, now=at(day)) for day in (1, 3, 3, 4, 7, 8, 9, 10)] == [
        False, True, False, False, False, True, False, False,
    ]  # fmt: skip
    found = reminders(session, match)
    assert [which for which, _address in found] == ["week", "week", "soon", "soon"]
    assert {address for _which, address in found[:2]} == both
    assert {address for _which, address in found[2:]} == both


def test_clock_finds_what_is_due_and_nothing_twice(database: Database) -> None:
    with database.write() as session:
        life = make_life(session)
        match = life.approved()
    assert to_remind(database, at(2)) == []
    assert to_remind(database, at(3)) == [match.id]
    first = due_work(database, None, at(4))
    assert first["reminded"] == 1
    assert "reminded" not in due_work(database, None, at(4))
    assert to_remind(database, at(8)) == [match.id]
    assert due_work(database, None, at(9))["reminded"] == 1
    assert to_remind(database, at(9)) == []


def test_visit_agreed_today_is_not_announced_by_a_reminder_today(database: Database) -> None:
    with database.write() as session:
        match = make_life(session).approved(now=at(2, 12))
    assert to_remind(database, at(3)) == []
    assert to_remind(database, at(3, 13)) == [match.id]


def test_moved_visit_is_reminded_of_again_and_keeps_its_runbook(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    teacher = life.actor(life.teacher)
    fill_in(session, match.id, {Item.ROOM: "B12"}, version=0, actor=teacher, now=NOW)
    remind(session, match.id, now=at(3))
    stale = match.seq
    ask_move(session, match.id, day=date(2026, 12, 17), starts="10:15", ends="11:05", actor=life.guest(), now=at(4))
    move_match(session, match.id, actor=teacher, now=at(4))
    assert not remind(session, match.id, now=at(8))
    assert remind(session, match.id, now=at(11))
    assert [which for which, _address in reminders(session, match)] == ["week"] * 4
    query = select(Outbox).where(Outbox.template == "matching/reminder_week").order_by(Outbox.id.desc())
    row = session.scalars(query).first()
    assert row is not None
    assert ["school", "room", "B12"] in row.params["known"]
    with time_machine.travel(at(11)):
        assert match_still_true(session, match.id, row.seq, row.template)
        assert not match_still_true(session, match.id, stale, row.template)


def test_reminder_that_waited_too_long_is_not_sent(session: Session) -> None:
    match = make_life(session).approved()
    remind(session, match.id, now=at(8))
    row = session.scalars(select(Outbox).where(Outbox.template == "matching/reminder_soon")).first()
    assert row is not None
    for day, holds in ((9, True), (11, False)):
        with time_machine.travel(at(day)):
            assert match_still_true(session, match.id, row.seq, row.template) is holds


def test_somebody_else_comes_and_only_they_are_told_again(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    remind(session, match.id, now=at(3))
    while rows := claim_due(session, at(3, 10), 50):
        for row in rows:
            finish(session, row, now=at(3, 10))
    company = session.get_one(Organisation, life.offers[0].organisation_id)
    other = make_professional(session, company=company)
    change_visitor(session, match.id, visitor_id=other.id, actor=life.guest(), now=at(3, 12))
    assert remind(session, match.id, now=at(4, 13))
    assert [address for _which, address in reminders(session, match)[2:]] == [other.email]


def test_cancelled_visit_is_not_reminded_of(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    remind(session, match.id, now=at(3))
    row = session.scalars(select(Outbox).where(Outbox.template == "matching/reminder_week")).first()
    assert row is not None
    cancel_match(session, match.id, reason=CancelReason.ILL, actor=life.guest(), now=at(3))
    assert not remind(session, match.id, now=at(8))
    with time_machine.travel(at(3)):
        assert not match_still_true(session, match.id, row.seq, row.template)


def told(session: Session, match: Match, address: str) -> dict[str, Any]:
    query = select(Outbox.params).where(
        Outbox.subject_id == match.id, Outbox.address == address, Outbox.template.contains("reminder_")
    )
    params: dict[str, Any] = session.scalars(query.order_by(Outbox.id.desc())).first() or {}
    return params


def test_reminder_nudges_the_side_where_something_is_missing(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    whole = {Item.BRINGS: "Een drone", Item.PUPILS: "Niets"}
    fill_in(session, match.id, whole, version=0, actor=life.guest(), now=NOW)
    remind(session, match.id, now=at(8))
    school, guest = (told(session, match, one) for one in (life.teacher.email, life.guest().email))
    assert school["missing"] == ["receives", "room", "equipment", "way_in"]
    assert school["awaited"] == []
    assert guest["missing"] == []
    assert guest["awaited"] == school["missing"]
    assert ["company", "brings", "Een drone"] in school["known"]
    assert ["school", "adult", life.teacher.name] in guest["known"]
    assert school["answers_to"] == f"/matches/{match.id}/runbook"


def test_internship_is_reminded_of_before_its_first_day(session: Session) -> None:
    stay = make_stay(session)
    stay.place()
    match = stay.approved(stay.request())
    first = datetime(2027, 1, 11, 8, tzinfo=UTC)
    assert not remind(session, match.id, now=first - timedelta(days=8))
    assert remind(session, match.id, now=first - timedelta(days=6))
    assert remind(session, match.id, now=first - timedelta(days=3))
    assert not remind(session, match.id, now=first + timedelta(days=1))
    assert {address for _which, address in reminders(session, match)} == {stay.teacher.email, stay.contacts[0].email}
    params = told(session, match, stay.teacher.email)
    assert ["company", "receives", "Sam Begeleider"] in params["known"]
    assert params["missing"] == ["brings"]


def test_placement_is_reminded_of_until_it_started(session: Session) -> None:
    term = make_term(session)
    match = term.introduced()
    start = datetime(2027, 1, 5, 8, tzinfo=UTC)
    term.show_proof(match)
    assert remind(session, match.id, now=start - timedelta(days=6))
    params = told(session, match, term.guest(match).email)
    assert (params["kind"], params["missing"]) == ("hybrid_placement", ["brings"])
    lead, eve = term.actor(term.lead), start - timedelta(days=1)
    take_step(session, match.id, HybridStep.STARTED, on_day=eve.date(), actor=lead, now=start - timedelta(days=2))
    assert not remind(session, match.id, now=eve)


def test_start_that_was_noted_ahead_is_still_reminded_of(session: Session) -> None:
    term = make_term(session)
    match = term.introduced()
    term.show_proof(match)
    start = datetime(2027, 1, 5, 8, tzinfo=UTC)
    take_step(session, match.id, HybridStep.STARTED, on_day=start.date(), actor=term.actor(term.lead), now=NOW)
    assert remind(session, match.id, now=start - timedelta(days=1))
