"""Half a year of asking, answering, approving, visiting and reporting, through the same verbs as people use.

Everything is planned in a diary and done in order of time. What has not come to an end at `now` is the living present.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.demo.asking_services import ask, fitting_lessons, is_school_day
from matcher.demo.catalogue import Lesson
from matcher.demo.diary import Diary
from matcher.demo.trying_services import tried
from matcher.demo.world import HISTORY_DAYS, Teacher, World, waking
from matcher.matching.due_services import ask_how_it_was
from matcher.matching.models import Match, MatchMoment
from matcher.matching.proposal_services import ask_next
from matcher.matching.queries import chosen_moment
from matcher.matching.request_services import close_request, invite, withdraw_request
from matcher.matching.services import (
    accept_match,
    approve_match,
    cancel_match,
    decline_match,
    post_message,
    reject_match,
    withdraw_match,
)
from matcher.matching.states import CancelReason, DeclineReason, MatchState, MissedReason, RejectReason
from matcher.matching.suggestion_models import Suggestion
from matcher.matching.suggestion_services import mark_opened, mark_shown, store_run, suggest
from matcher.matching.visit_services import count_reports, expire_match, report_visit, supersede_match
from matcher.offers.models import Offer
from matcher.requests.models import Request, SchoolClass
from matcher.requests.states import RequestState
from matcher.subjects.levels import Level

QUEUE_DAYS = 3
"""What was agreed in the last days still waits for the coordinator of the home region."""
TOLD_VISITS, TOLD_FIRST_DAYS = 6, 40
SLIPS_THROUGH, REJECTED, TAKEN_BACK, CANCELLED = 23, 9, 5, 4
"""What seldom happens has its turn instead of dice, so that it does happen in every world."""
DISAGREE_DAYS = 14
ASKED_DAYS = 25
"""How it was is asked for real in the last weeks; of longer ago nobody sees the question any more."""
DECLINES = [DeclineReason.NO_TIME] * 5 + [DeclineReason.NONE_GIVEN] * 2 + [DeclineReason.TOO_FAR, DeclineReason.LEVEL]
CANCELS = [CancelReason.ILL, CancelReason.SCHEDULE_CHANGED, CancelReason.COMPANY_NEEDS_ME, CancelReason.GROUP_CHANGED]
NOTES = [
    "De klas was er stil van. Ze vragen nu al wanneer er weer iemand komt.",
    "Fijn dat er iets te doen was. Volgende keer graag een blokuur.",
    "Goed voorbereid, leuke vragen van de leerlingen.",
    "De beamer deed het niet, maar het verhaal was goed.",
    "",
    "",
    "",
]
THANKS = "Bedankt voor je komst! De klas heeft het er nog steeds over."
QUESTIONS = [
    "Waar kan ik parkeren, en bij wie meld ik me?",
    "Is er een stopcontact bij de tafel vooraan?",
    "Hoeveel weten ze al van het onderwerp?",
]
ANSWERS = [
    "Achter het gebouw is plek. Ik sta bij de ingang.",
    "Ja, dat regelen we. Fijn dat je komt!",
    "Nog niet veel, begin gerust bij het begin.",
]


def live_through_history(session: Session, world: World) -> None:
    history = History(session, world)
    history.plan_requests()
    history.diary.live_until(world.now)


class History:
    """The diary with everything that can be planned in it."""

    def __init__(self, session: Session, world: World) -> None:
        self.session, self.world, self.diary = session, world, Diary()
        self.disagreements = 0
        self.decisions, self.approvals = count(), count()
        told = world.accounts["professional"].user_id
        self.told_offers = set(session.scalars(select(Offer.id).where(Offer.person_id == told)))

    def plan_requests(self) -> None:
        """Spread over the half year, on school days; teachers in turn, so that nobody asks all the time."""
        world, asked = self.world, 0
        self._plan_told()
        while asked < world.size.past:
            teacher = world.teachers[asked % len(world.teachers)]
            day = world.now - timedelta(days=world.chance.uniform(4, HISTORY_DAYS))
            if is_school_day(teacher, day):
                self._plan_request(teacher, waking(day))
                asked += 1

    def _plan_told(self) -> None:
        """The told teacher and some colleagues ask for what the told professional gives."""
        lesson = self.world.guests[0].lessons[0]
        ready = [t for t in self.world.teachers if any(Level(c.level) in lesson.levels for c in t.classes)]
        near = [t for t in ready if t.school.region_id == self.world.home_region][:TOLD_VISITS]
        for number, teacher in enumerate(near):
            at = self.world.now - timedelta(days=TOLD_FIRST_DAYS + 19 * number)
            while not is_school_day(teacher, at):
                at -= timedelta(days=1)
            self._plan_request(teacher, waking(at), lesson)

    def _plan_request(self, teacher: Teacher, at: datetime, lesson: Lesson | None = None) -> None:
        fits = [each for each in teacher.classes if lesson is None or Level(each.level) in lesson.levels]
        school_class = self.world.chance.choice(fits)
        lesson = lesson or self.world.chance.choice(fitting_lessons(school_class))
        self.diary.plan(at, lambda now: self.ask(teacher, school_class, lesson, now))

    def ask(self, teacher: Teacher, school_class: SchoolClass, lesson: Lesson, now: datetime) -> None:
        request = ask(self.session, self.world, teacher, school_class, lesson, now=now)
        if request is None:
            return
        suggested = suggest(self.session, request_id=request.id, now=now)
        run_id = store_run(self.session, suggested, generated=True)
        if not suggested.candidates:
            self.diary.plan(waking(now + timedelta(days=20)), lambda at: self.give_up(teacher, request, at))
            return
        ids = list(
            self.session.scalars(select(Suggestion).where(Suggestion.run_id == run_id).order_by(Suggestion.position))
        )
        mark_shown(self.session, [row.id for row in ids[:10]], now=now)
        exact = {each.offer_id for each in suggested.candidates if each.facts.topic_exact}
        likely = [row for row in ids if row.offer_id in exact][:6] or ids[:2]
        ticked = self.world.chance.sample(likely, min(len(likely), self.world.chance.choice([1, 1, 1, 2, 2, 2, 3])))
        if lesson is self.world.guests[0].lessons[0]:
            ticked = [row for row in ids if row.offer_id in self.told_offers & exact][:1] or ticked
        ticked.sort(key=lambda row: row.position)
        for row in ticked:
            mark_opened(self.session, row.id, now=now)
        chosen = [row.offer_id for row in ticked]
        at = now + timedelta(minutes=self.world.chance.randint(3, 40))
        self.diary.plan(at, lambda then: self.invite(teacher, request, chosen, then))
        self._plan_closing(request)

    def invite(self, teacher: Teacher, request: Request, offer_ids: list[int], now: datetime) -> None:
        asked = self.tried(lambda: invite(self.session, request.id, offer_ids=offer_ids, actor=teacher.actor, now=now))
        self._plan_answers(asked or [])

    def ask_on(self, request_id: int, now: datetime) -> None:
        self._plan_answers(self.tried(lambda: ask_next(self.session, request_id, now=now)) or [])

    def _plan_answers(self, matches: list[Match]) -> None:
        for match in matches:
            self._plan_answer(match)

    def _plan_answer(self, match: Match) -> None:
        guest, chance, match_id = self.world.guest_of(match.professional_id), self.world.chance, match.id
        expires = match.expires_at or match.created_at
        self.diary.plan(expires + timedelta(minutes=1), lambda now: self.expire(match_id, now))
        if guest is None or chance.random() > guest.answers:
            return
        at = waking(match.created_at + timedelta(hours=chance.expovariate(1 / 20)))
        if chance.random() < guest.yes:
            self.diary.plan(at, lambda now: self.say_yes(match_id, now))
        else:
            self.diary.plan(at, lambda now: self.say_no(match_id, chance.choice(DECLINES), now))

    def say_yes(self, match_id: int, now: datetime) -> None:
        match = self._in_state(match_id, MatchState.PROPOSED)
        guest = self.world.guest_of(match.professional_id) if match else None
        if match is None or guest is None:
            return
        open_ids = list(self.session.scalars(_open_moments(match_id, now)))
        said = open_ids and self.tried(
            lambda: accept_match(
                self.session, match_id, moment_id=self.world.chance.choice(open_ids), actor=guest.actor, now=now
            )
        )
        if not said:
            self.say_no(match_id, DeclineReason.NO_TIME, now)
            return
        soon = now + timedelta(minutes=2)
        self.diary.plan(soon, lambda then: self.let_others_go(match.request_id, then))
        self._plan_decision(match, now)

    def say_no(self, match_id: int, reason: DeclineReason, now: datetime) -> None:
        match = self._in_state(match_id, MatchState.PROPOSED)
        guest = self.world.guest_of(match.professional_id) if match else None
        if match is None or guest is None:
            return
        self.tried(lambda: decline_match(self.session, match_id, reason=reason, actor=guest.actor, now=now))
        self.diary.plan(now + timedelta(minutes=2), lambda then: self.ask_on(match.request_id, then))

    def expire(self, match_id: int, now: datetime) -> None:
        match = self.session.get_one(Match, match_id)
        if match.state not in {MatchState.PROPOSED, MatchState.ACCEPTED}:
            return
        if self.tried(lambda: expire_match(self.session, match_id, now=now)):
            self.ask_on(match.request_id, now)

    def let_others_go(self, request_id: int, now: datetime) -> None:
        waiting = select(Match.id).where(Match.request_id == request_id, Match.state == MatchState.PROPOSED)
        for match_id in self.session.scalars(waiting.order_by(Match.id)).all():
            self.tried(partial(supersede_match, self.session, match_id, now=now))

    def _plan_decision(self, match: Match, now: datetime) -> None:
        world, match_id = self.world, match.id
        moment = chosen_moment(self.session, match_id)
        at = waking(now + timedelta(hours=world.chance.uniform(2, 40)), working_days=True)
        if moment is None:
            return
        begins = datetime.fromtimestamp(moment.start_s, UTC)
        self.diary.plan(begins, lambda then: self.expire(match_id, then))
        still_waits = match.region_id == world.home_region and at > world.now - timedelta(days=QUEUE_DAYS)
        turn = next(self.decisions)
        if still_waits or turn % 60 == SLIPS_THROUGH:
            return
        if turn % 50 == REJECTED:
            self.diary.plan(at, lambda then: self.reject(match_id, then))
        elif turn % 40 == TAKEN_BACK:
            self.diary.plan(at, lambda then: self.take_back(match_id, then))
        else:
            self.diary.plan(at, lambda then: self.approve(match_id, moment, then))

    def approve(self, match_id: int, moment: MatchMoment, now: datetime) -> None:
        match = self._in_state(match_id, MatchState.ACCEPTED)
        coordinator = self.world.coordinators.get(match.region_id) if match else None
        if match is None or coordinator is None:
            return
        if self.tried(lambda: approve_match(self.session, match_id, actor=coordinator, now=now)) is None:
            return
        begins, ends = (datetime.fromtimestamp(seconds, UTC) for seconds in (moment.start_s, moment.end_s))
        if self.world.sometimes(0.15):
            self._plan_talk(match_id, now, begins)
        if next(self.approvals) % 18 == CANCELLED and begins - now > timedelta(days=2):
            at = waking(now + (begins - now) * self.world.chance.uniform(0.4, 0.95))
            if at < begins:
                self.diary.plan(at, lambda then: self.cancel(match_id, then))
        self._plan_reports(match_id, ends)

    def reject(self, match_id: int, now: datetime) -> None:
        match = self._in_state(match_id, MatchState.ACCEPTED)
        coordinator = self.world.coordinators.get(match.region_id) if match else None
        if coordinator is not None:
            self.tried(
                lambda: reject_match(self.session, match_id, reason=RejectReason.DUPLICATE, actor=coordinator, now=now)
            )

    def take_back(self, match_id: int, now: datetime) -> None:
        match = self._in_state(match_id, MatchState.ACCEPTED)
        guest = self.world.guest_of(match.visitor_id) if match else None
        if guest is not None:
            reason = CancelReason.COMPANY_NEEDS_ME
            self.tried(lambda: withdraw_match(self.session, match_id, reason=reason, actor=guest.actor, now=now))

    def cancel(self, match_id: int, now: datetime) -> None:
        match = self._in_state(match_id, MatchState.APPROVED)
        if match is None:
            return
        sides = [self._asker(match), self.world.guest_of(match.visitor_id)]
        one = self.world.chance.choice([side.actor for side in sides if side is not None])
        reason = self.world.chance.choice(CANCELS)
        self.tried(lambda: cancel_match(self.session, match_id, reason=reason, actor=one, now=now))

    def _plan_talk(self, match_id: int, now: datetime, begins: datetime) -> None:
        match = self.session.get_one(Match, match_id)
        guest, teacher, number = (
            self.world.guest_of(match.visitor_id),
            self._asker(match),
            self.world.chance.randrange(3),
        )
        if guest is None or teacher is None:
            return
        at = waking(now + (begins - now) * 0.5)
        for who, text, later in ((guest, QUESTIONS[number], 0), (teacher, ANSWERS[number], 150)):
            self.diary.plan(at + timedelta(minutes=later), partial(self.say, match_id, who.actor, text))

    def _plan_reports(self, match_id: int, ends: datetime) -> None:
        chance, world = self.world.chance, self.world
        if world.now - ends < timedelta(days=ASKED_DAYS):
            self.diary.plan(ends + timedelta(minutes=5), lambda now: self.ask_how(match_id, now))
        happened = not world.sometimes(0.05)
        recent = timedelta(days=3) < world.now - ends < timedelta(days=DISAGREE_DAYS)
        match = self.session.get_one(Match, match_id)
        differ = recent and match.region_id == world.home_region and self.disagreements < 2
        self.disagreements += differ
        for is_school, share in ((True, 0.94), (False, 0.85)):
            if differ or chance.random() < share:
                at = waking(ends + timedelta(hours=chance.uniform(1, 50)))
                says = happened if not differ else is_school
                self.diary.plan(at, partial(self.report, match_id, is_school, says))
        for days in (7, 21):
            self.diary.plan(ends + timedelta(days=days, hours=1), lambda now: self.count(match_id, now))

    def say(self, match_id: int, actor: Actor, text: str, now: datetime) -> None:
        self.tried(lambda: post_message(self.session, match_id, body=text, actor=actor, now=now))

    def ask_how(self, match_id: int, now: datetime) -> None:
        self.tried(lambda: ask_how_it_was(self.session, match_id, now=now))

    def count(self, match_id: int, now: datetime) -> None:
        if self._in_state(match_id, MatchState.APPROVED):
            self.tried(lambda: count_reports(self.session, match_id, now=now))

    def report(self, match_id: int, is_school: bool, happened: bool, now: datetime) -> None:
        match = self._in_state(match_id, MatchState.APPROVED)
        who: Any = match and (self._asker(match) if is_school else self.world.guest_of(match.visitor_id))
        if match is None or who is None:
            return
        request = self.session.get_one(Request, match.request_id)
        chance = self.world.chance
        self.tried(
            lambda: report_visit(
                self.session,
                match_id,
                happened=happened,
                again=chance.random() < 0.92 if happened else None,
                actor=who.actor,
                now=now,
                reason=None if happened else chance.choice([MissedReason.GUEST_ABSENT, MissedReason.CLASS_ABSENT]),
                pupils=max(1, (request.group_size or 25) - chance.randrange(4)) if happened and is_school else None,
                hours=chance.choice([2.0, 2.5, 3.0, 4.0]) if happened and not is_school else None,
                note=chance.choice(NOTES) if happened and is_school else "",
                thanks=THANKS if happened and match_id % 3 == 0 else "",
            )
        )

    def give_up(self, teacher: Teacher, request: Request, now: datetime) -> None:
        self.tried(lambda: withdraw_request(self.session, request.id, actor=teacher.actor, now=now))

    def _plan_closing(self, request: Request) -> None:
        """A week after its last week a request is a thing of the past."""
        if request.window_to is not None:
            over = datetime(request.window_to.year, request.window_to.month, request.window_to.day, 20, tzinfo=UTC)
            self.diary.plan(over + timedelta(days=8), lambda now: self.close(request.id, now))

    def close(self, request_id: int, now: datetime) -> None:
        """Whatever still lives in it comes to an end first."""
        request = self.session.get_one(Request, request_id)
        if not close_request(self.session, request_id, now=now) and request.state is RequestState.OPEN:
            self.diary.plan(now + timedelta(days=14), lambda then: self.close(request_id, then))

    def _in_state(self, match_id: int, state: MatchState) -> Match | None:
        match = self.session.get_one(Match, match_id)
        return match if match.state is state else None

    def _asker(self, match: Match) -> Teacher | None:
        asker = self.session.get_one(Request, match.request_id).asked_by_id
        return next((teacher for teacher in self.world.teachers if teacher.actor.user_id == asker), None)

    def tried(self, verb: Callable[[], Any]) -> Any:
        return tried(self.session, verb)


def _open_moments(match_id: int, now: datetime) -> Any:
    return (
        select(MatchMoment.id)
        .where(
            MatchMoment.match_id == match_id,
            MatchMoment.dropped_at.is_(None),
            MatchMoment.start_s > now.timestamp() + 86_400,
        )
        .order_by(MatchMoment.start_s)
    )
