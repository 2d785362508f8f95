"""The life of an invitation in fifty ways, as the mails carry it: one id, a rising number, the right method, every hour
right, read back by two readers; and nobody keeps a visit in their calendar that is not theirs any more."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import recurring_ical_events
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.availability.busy import merged, read_busy
from matcher.availability.states import Kind
from matcher.errors import InvalidInput
from matcher.matching import notice_services
from matcher.matching.change_services import ask_move, change_visitor, lapse_match, move_match
from matcher.matching.feed_queries import entries_of
from matcher.matching.models import Match
from matcher.matching.moments import visits_of
from matcher.matching.queries import chosen_moment
from matcher.matching.services import approve_match, cancel_match, reject_match, withdraw_match
from matcher.matching.states import CancelReason, HybridStep, MatchState, RejectReason
from matcher.matching.step_services import take_back, take_step
from matcher.matching.still_true import STILL_TRUE
from matcher.matching.uninvite_services import TEMPLATE
from matcher.matching.visit_services import end_stopped, expire_match
from matcher.notices.models import Channel, NoticeState, Outbox
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from tests.factories import NOW
from tests.factories.people import make_professional
from tests.matching.lives import make_life
from tests.matching.stays import make_stay
from tests.matching.terms import THURSDAY, TUESDAY, make_term
from tests.matching.test_mail_templates import VALUES, letter

DAYS = [date(2026, 12, 14), date(2026, 12, 15), date(2027, 1, 12), date(2027, 1, 14), date(2027, 3, 24),
        date(2027, 3, 30), date(2027, 4, 1), date(2027, 10, 12), date(2027, 11, 2)]  # fmt: skip
HOST = "matcher.invalid"
STATUS = {MatchState.ACCEPTED: "TENTATIVE", MatchState.APPROVED: "CONFIRMED"}
Spans = tuple[tuple[int, int], ...]


@dataclass
class Program:
    """A calendar as mail programs keep it: the newest number of an id counts, older ones are thrown away."""

    number: int = 0
    text: str = ""
    status: str = ""
    spans: Spans = ()
    faults: list[str] = field(default_factory=list)

    def take(self, text: str, method: str, uid: str) -> None:
        calendar = Calendar.from_ical(text)
        events = calendar.walk("VEVENT")
        self._check(events[0]["uid"] == uid and len({each["uid"] for each in events}) == 1, "another id")
        self._check(calendar["method"] == method, "method differs from the mail's")
        self._check(int(events[0]["sequence"]) > self.number, "the number does not rise")
        self._check((method == "CANCEL") == (events[0]["status"] == "CANCELLED"), "method and status differ")
        self.number, self.status = int(events[0]["sequence"]), str(events[0]["status"])
        self.text = "" if method == "CANCEL" else text
        self.spans = by_library(text) if self.text else ()
        if self.text:
            found = read_busy(text.encode(), now=NOW).blocks
            self._check(found == merged(self.spans), "two readers differ")

    def _check(self, holds: bool, fault: str) -> None:
        self.faults += [] if holds else [fault]


def by_library(text: str) -> Spans:
    found = recurring_ical_events.of(Calendar.from_ical(text)).between(
        datetime(2026, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
    )
    return tuple(sorted((int(e["DTSTART"].dt.timestamp()), int(e["DTEND"].dt.timestamp())) for e in found))


@dataclass
class Play:
    """One match with everybody around it, and the clock."""

    session: Session
    match: Match
    actor: Callable[[Any], Any]
    school: Any
    company: Any
    coordinator: Any
    colleagues: Sequence[int] = ()
    now: datetime = NOW
    programs: dict[str, Program] = field(default_factory=dict)
    sent: int = 0

    def mail(self) -> None:
        """Two minutes later everything that is still true is sent; each program takes its calendar part."""
        self.now += timedelta(minutes=2)
        query = select(Outbox).where(Outbox.channel == Channel.MAIL, Outbox.state == NoticeState.QUEUED)
        for row in self.session.scalars(query.order_by(Outbox.id)).all():
            true = STILL_TRUE[row.subject](self.session, row.subject_id, row.seq, row.template)
            row.state, row.sent_at = (NoticeState.SENT, self.now) if true else (NoticeState.WITHHELD, None)
            if true and row.calendar:
                program = self.programs.setdefault(row.address, Program())
                program.take(row.calendar, row.calendar_method or "", f"match-{self.match.id}@{HOST}")
                self.sent += 1
        self.session.flush()

    def people(self) -> set[str]:
        """Who should have it in their calendar now."""
        request, offer = (
            self.session.get_one(Request, self.match.request_id),
            self.session.get_one(Offer, self.match.offer_id),
        )
        sides = [notice_services.Side.SCHOOL, notice_services.Side.COMPANY]
        found = [
            notice_services.people_of(self.session, side, self.match, request, offer, now=self.now) for side in sides
        ]
        return {person.email for side in found for person in side}

    def faults(self) -> list[str]:
        found = [fault for program in self.programs.values() for fault in program.faults]
        moment, status = chosen_moment(self.session, self.match.id), STATUS.get(self.match.state)
        truth = (
            tuple((int(s.timestamp()), int(e.timestamp())) for s, e in visits_of(moment)) if moment and status else ()
        )
        for address in self.people() if truth else ():
            program = self.programs.get(address, Program())
            found += [] if (program.spans, program.status) == (truth, status) else ["a calendar differs from the match"]
        here = self.people() if truth else set()
        found += [
            "somebody else keeps it" for address, each in self.programs.items() if each.spans and address not in here
        ]
        return found + self._feed_faults(truth, status)

    def _feed_faults(self, truth: Spans, status: str | None) -> list[str]:
        """What a person's link says is what their mails say."""
        found = []
        for address in self.people():
            user_id = self.session.scalars(select(User.id).where(User.email == address)).one()
            entries = [
                each
                for each in entries_of(self.session, user_id, now=self.now, host=HOST, base_url="https://x")
                if each.uid == f"match-{self.match.id}@{HOST}" and each.status != "CANCELLED"
            ]
            spans = tuple((int(s.timestamp()), int(e.timestamp())) for each in entries for s, e in each.visits)
            if (spans, {each.status for each in entries}) != (truth, {status} if truth else set()):
                found.append("the feed differs from the match")
            if truth and entries and entries[0].sequence < self.programs[address].number:
                found.append("the feed is older than the mail")
        return found


def lesson(session: Session) -> Play:
    life = make_life(session, guests=1)
    match = life.accepted()
    company = session.get_one(Organisation, life.offers[0].organisation_id)
    colleagues = [make_professional(session, company=company).id for _ in range(2)]
    return Play(session, match, life.actor, life.teacher, match.professional_id, life.coordinator, colleagues)


def stay(session: Session) -> Play:
    found = make_stay(session)
    found.place()
    match = found.accepted(found.request())
    return Play(session, match, found.actor, found.teacher, found.contacts[0], found.coordinator)


def term(session: Session) -> Play:
    found = make_term(session)
    match = found.yes(found.asked(found.person(TUESDAY, THURSDAY)))
    found.show_proof(match)
    return Play(session, match, found.actor, found.lead, match.professional_id, found.coordinator)


def approve(play: Play, chance: random.Random) -> None:
    approve_match(play.session, play.match.id, actor=play.actor(play.coordinator), now=play.now)


def move(play: Play, chance: random.Random) -> None:
    asker, other = chance.choice([(play.school, play.company), (play.company, play.school)])
    if play.match.visitor_id and asker is play.company:
        asker = play.match.visitor_id
    elif play.match.visitor_id:
        other = play.match.visitor_id
    starts = chance.choice(["09:15", "13:30", "10:15"])
    ask_move(play.session, play.match.id, day=chance.choice(DAYS), starts=starts, ends=f"{int(starts[:2]) + 1}:20",
             actor=play.actor(asker), now=play.now)  # fmt: skip
    move_match(play.session, play.match.id, actor=play.actor(other), now=play.now)


def somebody_else(play: Play, chance: random.Random) -> None:
    visitor = chance.choice([each for each in play.colleagues if each != play.match.visitor_id])
    actor = play.actor(play.match.visitor_id)
    change_visitor(play.session, play.match.id, visitor_id=visitor, actor=actor, now=play.now)


def lapse(play: Play, chance: random.Random) -> None:
    lapse_match(play.session, play.match.id, now=play.now)


def cancel(play: Play, chance: random.Random) -> None:
    actor = play.actor(chance.choice([play.school, play.match.visitor_id or play.company]))
    cancel_match(play.session, play.match.id, reason=CancelReason.ILL, actor=actor, now=play.now)


def withdraw(play: Play, chance: random.Random) -> None:
    actor = play.actor(chance.choice([play.school, play.match.visitor_id or play.company]))
    withdraw_match(play.session, play.match.id, reason=CancelReason.ILL, actor=actor, now=play.now)


def reject(play: Play, chance: random.Random) -> None:
    reject_match(
        play.session, play.match.id, reason=RejectReason.DUPLICATE, actor=play.actor(play.coordinator), now=play.now
    )


def expire(play: Play, chance: random.Random) -> None:
    moment = chosen_moment(play.session, play.match.id)
    assert moment is not None
    play.now = datetime.fromtimestamp(moment.start_s, UTC)
    assert expire_match(play.session, play.match.id, now=play.now)


def stop(play: Play, chance: random.Random) -> None:
    end_stopped(play.session, play.match.id, now=play.now)


def end_early(play: Play, chance: random.Random) -> None:
    """The placement begins, ends in March, and half of the time that is taken back again."""
    lead = play.actor(play.school)
    take_step(play.session, play.match.id, HybridStep.STARTED, on_day=date(2027, 1, 5), actor=lead, now=play.now)
    take_step(play.session, play.match.id, HybridStep.ENDED, on_day=date(2027, 3, 31), actor=lead, now=play.now)
    if chance.random() < 0.5:
        play.mail()
        take_back(play.session, play.match.id, HybridStep.ENDED, actor=lead, now=play.now)


Verb = Callable[[Play, random.Random], None]
LESSON: dict[MatchState, list[Verb]] = {
    MatchState.ACCEPTED: [approve, approve, approve, withdraw, reject, expire, stop],
    MatchState.APPROVED: [move, move, somebody_else, somebody_else, lapse, cancel, stop],
}
STAY: dict[MatchState, list[Verb]] = {
    MatchState.ACCEPTED: [approve, approve, withdraw, reject, expire],
    MatchState.APPROVED: [lapse, cancel, stop],
}
TERM: dict[MatchState, list[Verb]] = {
    MatchState.ACCEPTED: [approve, approve, withdraw, reject],
    MatchState.APPROVED: [end_early, end_early, lapse, cancel, stop],
}
KINDS: list[tuple[Callable[[Session], Play], dict[MatchState, list[Verb]]]] = [
    (lesson, LESSON), (lesson, LESSON), (stay, STAY), (lesson, LESSON), (term, TERM)
]  # fmt: skip


def played(session: Session, number: int) -> tuple[Play, list[str]]:
    """One life: after every step the mails go out and everything is compared."""
    chance = random.Random(number)
    make, verbs = KINDS[number % len(KINDS)]
    play, found = make(session), []
    play.mail()
    found += play.faults()
    for _step in range(7):
        possible = verbs.get(play.match.state)
        if not possible:
            break
        verb = chance.choice(possible)
        verb(play, chance)
        # Some steps follow each other before a mail could leave.
        if verb is not end_early and chance.random() < 0.15 and play.match.state is MatchState.APPROVED:
            continue
        play.mail()
        found += play.faults()
        if verb is end_early:
            break
    play.mail()
    return play, found + play.faults()


@pytest.fixture
def scenario(session: Session) -> Callable[[int], tuple[Play, list[str]]]:
    def one(number: int) -> tuple[Play, list[str]]:
        nested = session.begin_nested()
        try:
            return played(session, number)
        finally:
            nested.rollback()
            session.expire_all()

    return one


@pytest.mark.parametrize("scenarios", [5, pytest.param(50, marks=pytest.mark.integrity)])
def test_calendars_follow_the_match_through_its_life(scenario: Any, scenarios: int) -> None:
    found = {number: faults for number in range(scenarios) for faults in [scenario(number)[1]] if faults}
    assert found == {}


def test_three_moves_and_a_cancellation(session: Session) -> None:
    play, chance = lesson(session), random.Random(3)
    for verb in (approve, move, move, move, somebody_else, cancel):
        play.mail()
        assert play.faults() == []
        verb(play, chance)
    play.mail()
    assert play.faults() == []
    assert [program.text for program in play.programs.values()] == ["", "", ""]


@pytest.mark.parametrize(
    ("day", "starts", "ends"), [(date(2027, 3, 28), "02:30", "03:00"), (date(2027, 10, 31), "02:30", "04:00")]
)
def test_visit_is_not_moved_into_an_hour_that_is_none_or_two(
    session: Session, day: date, starts: str, ends: str
) -> None:
    play = lesson(session)
    approve(play, random.Random(1))
    with pytest.raises(InvalidInput) as refused:
        ask_move(session, play.match.id, day=day, starts=starts, ends=ends, actor=play.actor(play.school), now=play.now)
    assert refused.value.field == "starts"


@pytest.mark.parametrize("locale", ["nl", "en"])
@pytest.mark.parametrize("values", VALUES)
def test_letter_for_who_no_longer_comes_is_whole(app: Flask, values: str, locale: str) -> None:
    for kind in Kind:
        params = VALUES[values] | {"kind": kind.value, "action": "change_visitor", "answers_to": "/dashboard"}
        found = letter(app, TEMPLATE, params, locale)
        assert found.subject.startswith("Uit je agenda" if locale == "nl" else "Out of your calendar")
        assert "/dashboard" in found.text
        assert "None" not in found.text + found.html
        assert "<b>Piet" not in found.html


def test_rig_notices_a_number_that_stands_still(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_services, "calendar_number", lambda session, match, seq: 1)
    play, chance = lesson(session), random.Random(3)
    play.mail()
    approve(play, chance)
    play.mail()
    assert "the number does not rise" in play.faults()


def test_rig_notices_a_visitor_who_keeps_it(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_services, "uninvite", lambda *_, **__: None)
    play, chance = lesson(session), random.Random(3)
    for verb in (approve, somebody_else):
        play.mail()
        verb(play, chance)
    play.mail()
    assert play.faults() == ["somebody else keeps it"]
