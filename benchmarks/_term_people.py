"""What the people of a played term decide: teachers, guests, coordinators. They act through the services alone."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.coordination.models import SentOn
from matcher.coordination.sent_on_services import take_approval
from matcher.db import Database
from matcher.demo import hidden_rule
from matcher.demo.bulk.decisions import (
    CANCELLED_OF_FAILED,
    CANCELS,
    DISAGREES,
    GUEST_REPORTS,
    MISSED,
    REJECTED,
    SCHOOL_REPORTS,
)
from matcher.demo.bulk.ground import Asker, Population
from matcher.demo.bulk.history import DECLINES, lecture_wish
from matcher.demo.diary import Deed, Diary
from matcher.demo.hidden_rule import Temper, temper_of
from matcher.demo.sizes import BulkSize
from matcher.demo.world import waking
from matcher.errors import MatcherError
from matcher.matching.models import Match, MatchMoment
from matcher.matching.queries import chosen_moment
from matcher.matching.request_services import invite, publish_request, withdraw_request
from matcher.matching.services import accept_match, approve_match, cancel_match, decline_match, reject_match
from matcher.matching.states import LIVE, TAKES_PLACE, DeclineReason, MatchState, RejectReason
from matcher.matching.suggestion_models import RequestTick, Suggestion, SuggestionRun
from matcher.matching.suggestion_queries import latest_run
from matcher.matching.suggestion_services import mark_opened, mark_shown, store_run, suggest
from matcher.matching.visit_services import report_visit
from matcher.ranking.facts import PairFacts, fingerprint, unpack
from matcher.requests.models import Request
from matcher.requests.services import save_draft
from matcher.requests.states import RequestState

FORGETS, HELPS = 0.08, 0.7
"""Approvals the coordinator leaves lying; how often somebody who is asked instead takes it up."""
COMES_LATE = 0.3
"""Of those who do not answer in time, who tries after all when it is over."""
MOST_LOOKS = 4
GIVES_UP = timedelta(days=25)


@dataclass
class People:
    database: Database
    diary: Diary
    population: Population
    seed: int
    world: BulkSize
    counts: Counter[str]
    request_ids: dict[int, int] = field(default_factory=dict)
    """Number in the plan → request."""
    before: int = 0
    last_match: int = 0
    last_hop: int = 0
    agreed: dict[int, tuple[int, int, PairFacts]] = field(default_factory=dict)
    """Match → offer, number of the request, and the facts it was suggested with."""

    def __post_init__(self) -> None:
        self.answers_id = {given.view.id: given.answers_id for given in self.population.offers}
        self.person_id = {given.view.id: given.past.person_id for given in self.population.offers}

    def take_over(self, session: Session, now: datetime) -> None:
        """What happened before the term was lived already. Coordinators decide what waits for them from then; open
        invitations from then end by the clock."""
        self.before = self.last_match = session.scalar(select(func.max(Match.id))) or 0
        waiting = select(Match.id, Match.region_id).where(Match.state == MatchState.ACCEPTED).order_by(Match.id)
        for match_id, region_id in session.execute(waiting):
            hours = self.dice("left", match_id).uniform(2, 20)
            at = waking(now + timedelta(hours=hours), working_days=True)
            self.diary.plan(at, partial(self._approve, match_id, self.population.coordinators[region_id]))

    def dice(self, *about: Any) -> Random:
        """The same for the same people, whatever came before."""
        return Random("/".join(map(str, (self.seed, *about))))

    def does(self, verb: Callable[[Session], Any], what: str) -> Any:
        """One short write unit; a refusal is counted and nothing else."""
        try:
            with self.database.write() as session:
                return verb(session)
        except MatcherError:
            self.counts[f"refused: {what}"] += 1
            return None

    # Teachers

    def asking(self, number: int, asker: Asker) -> Deed:
        return partial(self._ask, number, asker)

    def _ask(self, number: int, asker: Asker, now: datetime) -> None:
        dice = self.dice("wish", number)
        group = dice.choice(asker.groups)
        lesson = dice.choices(group.lessons, group.weights)[0]
        wish = lecture_wish(dice, self.population.topics, asker.school, group, lesson, now)

        def verb(session: Session) -> int:
            actor = actor_for(session, asker.user_id)
            draft = save_draft(session, actor=actor, now=now, organisation_id=asker.school.id, data=wish)
            return publish_request(session, draft.id, actor=actor, now=now).id

        request_id = self.does(verb, "ask") if wish.weeks else None
        if request_id is not None:
            self.request_ids[number] = request_id
            self.diary.plan(waking(now + timedelta(hours=5)), partial(self._look, number, asker, 1))
            self.diary.plan(waking(now + GIVES_UP), partial(self._give_up, request_id, asker))

    def _look(self, number: int, asker: Asker, turn: int, now: datetime) -> None:
        """Ticks up to three people; comes back when all of them ended without a yes, as the weekly note says."""
        request_id = self.request_ids[number]
        with self.database.read() as session:
            request = session.get_one(Request, request_id)
            busy = self._is_busy(session, request_id)
            run = latest_run(session, request_id)
        if request.state is not RequestState.OPEN:
            return
        if not busy and run is not None:
            if turn > 1:
                self._look_again(request_id, now)
            self._tick(number, asker, turn, now)
            turn += 1
        if turn <= MOST_LOOKS:
            again = now + timedelta(hours=self.dice("again", number, turn).uniform(30, 80))
            self.diary.plan(waking(again), partial(self._look, number, asker, turn))

    def _is_busy(self, session: Session, request_id: int) -> bool:
        """Somebody was asked, said yes, or is next."""
        going = select(func.count()).where(Match.request_id == request_id, Match.state.in_(LIVE | TAKES_PLACE))
        waits = select(func.count()).where(RequestTick.request_id == request_id, RequestTick.asked_at.is_(None))
        return bool(session.scalar(going.select_from(Match)) or session.scalar(waits.select_from(RequestTick)))

    def _look_again(self, request_id: int, now: datetime) -> None:
        with self.database.read() as session:
            found = suggest(session, request_id=request_id, now=now)
        self.does(lambda session: store_run(session, found), "look again")

    def _tick(self, number: int, asker: Asker, turn: int, now: datetime) -> None:
        request_id, dice = self.request_ids[number], self.dice("look", number, turn)

        def verb(session: Session) -> None:
            run = latest_run(session, request_id)
            rows = self._shown(session, run)
            mark_shown(session, [row.id for row in rows], now=now)
            chosen = []
            for row in rows:
                facts = unpack(row.facts, fingerprint())
                if dice.random() < hidden_rule.chance_of_opening(facts, row.position):
                    mark_opened(session, row.id, now=now)
                    if dice.random() < hidden_rule.chance_of_ticking(facts, len(chosen)):
                        chosen.append(row.offer_id)
            chosen = chosen or [row.offer_id for row in rows[:1]]
            if chosen:
                self.counts["ticked"] += len(chosen)
                invite(session, request_id, offer_ids=chosen, actor=actor_for(session, asker.user_id), now=now)

        self.does(verb, "tick")
        self.see(now)

    def _shown(self, session: Session, run: SuggestionRun | None) -> list[Suggestion]:
        if run is None:
            return []
        query = select(Suggestion).where(Suggestion.run_id == run.id).order_by(Suggestion.position)
        return list(session.scalars(query))

    def _give_up(self, request_id: int, asker: Asker, now: datetime) -> None:
        """Some withdraw what came to nothing; the others wait until the moments are over."""
        with self.database.read() as session:
            request = session.get_one(Request, request_id)
            over = request.state is not RequestState.OPEN or self._is_busy(session, request_id)
        if not over and self.dice("give up", request_id).random() < 0.5:
            self.does(lambda s: withdraw_request(s, request_id, actor=actor_for(s, asker.user_id), now=now), "withdraw")

    # Guests

    def see(self, now: datetime) -> None:
        """Whoever was asked since the last look begins to think; so does whoever got an approval that was sent on."""
        with self.database.read() as session:
            query = (
                select(Match.id, Match.offer_id, Match.request_id, Match.created_at, Match.expires_at, Suggestion.facts)
                .outerjoin(Suggestion, Suggestion.id == Match.suggestion_id)
                .where(Match.id > self.last_match)
                .order_by(Match.id)
            )
            for row in session.execute(query):
                self.last_match = row.id
                self._plan_answer(row)
            for hop in session.scalars(select(SentOn).where(SentOn.id > self.last_hop).order_by(SentOn.id)):
                self.last_hop = hop.id
                self._plan_help(hop, now)

    def temper(self, offer_id: int) -> Temper:
        return temper_of(self.seed, self.person_id[offer_id] or -offer_id)

    def _plan_answer(self, row: Any) -> None:
        number = next((no for no, request_id in self.request_ids.items() if request_id == row.request_id), None)
        if number is None or row.facts is None:
            return
        dice, temper, facts = (
            self.dice("answer", number, row.offer_id),
            self.temper(row.offer_id),
            unpack(row.facts, fingerprint()),
        )
        answers = dice.random() < hidden_rule.chance_of_answer(facts, temper)
        says_yes = dice.random() < hidden_rule.chance_of_yes(facts, temper)
        hours, too_late = hidden_rule.hours_to_answer(temper, dice), dice.random() < COMES_LATE
        at = waking(row.created_at + timedelta(hours=hours))
        if not answers and not too_late:
            return
        if not answers:
            at = waking(row.expires_at + timedelta(hours=dice.uniform(2, 60)))
        verb = self._say_yes if says_yes else self._say_no
        self.diary.plan(at, partial(verb, row.id, row.offer_id, number, facts))

    def _say_yes(self, match_id: int, offer_id: int, number: int, facts: PairFacts, now: datetime) -> None:
        dice = self.dice("yes", number, offer_id)
        with self.database.read() as session:
            state = session.get_one(Match, match_id).state
            query = select(MatchMoment.id).where(
                MatchMoment.match_id == match_id,
                MatchMoment.dropped_at.is_(None),
                MatchMoment.start_s > now.timestamp() + 86_400,
            )
            moments = list(session.scalars(query.order_by(MatchMoment.start_s)))
        if state is not MatchState.PROPOSED:
            self._too_late(state)
            return
        moments = moments[len(moments) // 3 :]
        dice.shuffle(moments)
        for moment_id in moments:
            actor_id = self.answers_id[offer_id]
            said = self.does(
                lambda s, m=moment_id, a=actor_id: accept_match(
                    s, match_id, moment_id=m, actor=actor_for(s, a), now=now
                ),
                "yes",
            )
            if said is not None:
                self._plan_decision(match_id, offer_id, number, facts, now)
                return
        self._say_no(match_id, offer_id, number, facts, now)

    def _too_late(self, state: MatchState) -> None:
        if state is MatchState.EXPIRED:
            self.counts["answered too late"] += 1

    def _say_no(self, match_id: int, offer_id: int, number: int, facts: PairFacts, now: datetime) -> None:
        dice = self.dice("no", number, offer_id)
        with self.database.read() as session:
            state = session.get_one(Match, match_id).state
        if state is not MatchState.PROPOSED:
            self._too_late(state)
            return
        reason = DeclineReason.TOO_FAR if facts.distance_share > 0.7 and dice.random() < 0.4 else dice.choice(DECLINES)
        actor_id = self.answers_id[offer_id]
        self.does(lambda s: decline_match(s, match_id, reason=reason, actor=actor_for(s, actor_id), now=now), "no")

    # Coordinators

    def _plan_decision(self, match_id: int, offer_id: int, number: int, facts: PairFacts, now: datetime) -> None:
        dice = self.dice("decide", number, offer_id)
        self.agreed[match_id] = offer_id, number, facts
        if dice.random() < FORGETS:
            self.counts["left lying"] += 1
            return
        with self.database.read() as session:
            region = session.get_one(Match, match_id).region_id
        at = waking(now + timedelta(hours=dice.uniform(2, 40)), working_days=True)
        self.diary.plan(at, partial(self._decide, match_id, self.population.coordinators[region]))

    def _plan_help(self, hop: SentOn, now: datetime) -> None:
        dice = self.dice("help", hop.match_id, hop.hop)
        if hop.region_id is None or dice.random() >= HELPS:
            return
        at = waking(now + timedelta(hours=dice.uniform(1, 20)), working_days=True)
        self.diary.plan(at, partial(self._take_and_decide, hop.match_id, dice.choice(hop.told)))

    def _take_and_decide(self, match_id: int, person_id: int, now: datetime) -> None:
        self.does(lambda s: take_approval(s, match_id, actor=actor_for(s, person_id), now=now), "take")
        if match_id in self.agreed:
            self._decide(match_id, person_id, now)

    def _decide(self, match_id: int, person_id: int, now: datetime) -> None:
        offer_id, number, facts = self.agreed[match_id]
        dice = self.dice("verdict", number, offer_id)
        with self.database.read() as session:
            waits = session.get_one(Match, match_id).state is MatchState.ACCEPTED
        if not waits:
            return
        if dice.random() < REJECTED:
            self.does(
                lambda s: reject_match(
                    s, match_id, reason=RejectReason.DUPLICATE, actor=actor_for(s, person_id), now=now
                ),
                "reject",
            )
            return
        if self._approve(match_id, person_id, now):
            self._plan_visit(match_id, offer_id, number, facts, now)

    def _approve(self, match_id: int, person_id: int, now: datetime) -> bool:
        done = self.does(lambda s: approve_match(s, match_id, actor=actor_for(s, person_id), now=now), "approve")
        return done is not None

    # The day itself

    def _plan_visit(self, match_id: int, offer_id: int, number: int, facts: PairFacts, now: datetime) -> None:
        dice = self.dice("visit", number, offer_id)
        with self.database.read() as session:
            moment = chosen_moment(session, match_id)
            asker = session.get_one(Request, self.request_ids[number]).asked_by_id
        if moment is None:
            return
        begins, ends = (datetime.fromtimestamp(s, UTC) for s in (moment.start_s, moment.end_s))
        happens = dice.random() < hidden_rule.chance_of_taking_place(facts, self.temper(offer_id))
        guest = self.answers_id[offer_id]
        if not happens and dice.random() < CANCELLED_OF_FAILED and begins - now > timedelta(days=1):
            at = waking(now + (begins - now) * dice.uniform(0.4, 0.95))
            who, reason = dice.choice((guest, asker)), dice.choice(CANCELS)
            if at < begins:
                self.diary.plan(at, partial(self._cancel, match_id, who, reason))
                return
        for person, share, hours in ((asker, SCHOOL_REPORTS, 30), (guest, GUEST_REPORTS, 60)):
            if dice.random() < share:
                said = happens if dice.random() >= DISAGREES else not happens
                at = waking(ends + timedelta(hours=1 + dice.expovariate(1 / hours)))
                self.diary.plan(at, partial(self._report, match_id, person, said, dice.choice(MISSED)))

    def _cancel(self, match_id: int, who: int, reason: Any, now: datetime) -> None:
        self.does(lambda s: cancel_match(s, match_id, reason=reason, actor=actor_for(s, who), now=now), "cancel")

    def _report(self, match_id: int, who: int, happened: bool, reason: Any, now: datetime) -> None:
        why = None if happened else reason
        self.does(
            lambda s: report_visit(
                s, match_id, happened=happened, again=happened, reason=why, actor=actor_for(s, who), now=now
            ),
            "report",
        )
