"""Two school years of asking, answering, approving, visiting and reporting under the hidden rule. Pure, in memory.

Planned in a diary and done in order of time, so that every fact is what was known then. Each decision is noted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from matcher.availability.moments import Week, coming_weeks
from matcher.availability.states import Delivery, Kind
from matcher.clock import local_date
from matcher.demo import hidden_rule
from matcher.demo.bulk.asking import Desk
from matcher.demo.bulk.chains import Chains
from matcher.demo.bulk.decisions import Decisions, whole
from matcher.demo.bulk.deeds import Record
from matcher.demo.bulk.ground import Asker, Group, School
from matcher.demo.bulk.kinds import OtherKinds
from matcher.demo.bulk.lives import Asked, Pair, Row, Shown
from matcher.demo.catalogue import Lesson
from matcher.demo.diary import Diary
from matcher.demo.world import waking
from matcher.matching.states import UNDO_SECONDS, Action, DeclineReason, MatchState, Side
from matcher.regions.policy import DEFAULT_RULES, OPEN_INVITATIONS
from matcher.requests.asking import Wish
from matcher.requests.states import RequestState

DECLINES = [DeclineReason.NO_TIME] * 5 + [DeclineReason.NONE_GIVEN] * 2 + [DeclineReason.LEVEL, DeclineReason.OTHER]
LATER = 0.25
"""Askers who look at the suggestions and tick another day."""
ONE_DAY_S = 86_400


@dataclass
class Life:
    """The history while it is lived. `over` is called once with every request that has come to an end."""

    desk: Desk
    chains: Chains
    dice: Random
    now: datetime
    over: Callable[[Asked], None]
    record: Record = field(default_factory=Record)
    diary: Diary = field(default_factory=Diary)
    live: dict[int, Asked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kinds = OtherKinds(self.desk, self.dice)
        self.decisions = Decisions(self.chains, self.desk.numbers, self.dice, self.diary, self.record, self.expire)

    def plan(self, at: datetime, kind: Kind, asker: Asker, done: Callable[[], None]) -> None:
        self.diary.plan(at, lambda now: self._ask(kind, asker, now, done))

    def live_until_now(self) -> None:
        """What has not come to an end then is the present."""
        self.diary.live_until(self.now)
        for asked in list(self.live.values()):
            self.over(asked)
        self.live.clear()

    def _ask(self, kind: Kind, asker: Asker, now: datetime, done: Callable[[], None]) -> None:
        done()
        group = self.dice.choice(asker.groups)
        lesson = self.dice.choices(group.lessons, group.weights)[0]
        if kind is Kind.GUEST_LECTURE:
            wish = lecture_wish(self.dice, self.desk.topic_numbers, asker.school, group, lesson, now)
            asked = self.desk.lecture(asker, group, wish, now) if wish.weeks else None
            said: dict[str, Any] = {"wish": wish}
        else:
            write = self.kinds.internship if kind is Kind.TEACHER_INTERNSHIP else self.kinds.vacancy
            asked = write(asker, lesson, now)
            said = {"written": asked}
        if asked is not None:
            self.record.note(now, "ask", asked.row["id"], asker=asker.user_id, school=asker.school.id, **said)
            self.begin(asked, now)

    def begin(self, asked: Asked, now: datetime) -> None:
        """Somebody is sought, the asker looks, and ticks now or later."""
        self.live[asked.row["id"]] = asked
        self.desk.suggest(asked, now)
        self.record.note(now, "suggest", asked.row["id"])
        self._plan_closing(asked)
        if not asked.shown:
            self.diary.plan(waking(now + timedelta(days=20)), lambda at: self.give_up(asked, at))
            return
        ticked = self._look(asked, now)
        opened = [shown.row["position"] for shown in asked.shown if shown.row["opened_at"] is not None]
        self.record.note(now, "look", asked.row["id"], shown=len(asked.shown), opened=opened)
        wait = timedelta(days=self.dice.uniform(1, 6)) if self.dice.random() < LATER else timedelta()
        at = waking(now + wait + timedelta(minutes=self.dice.randint(3, 40)))
        self.diary.plan(at, lambda then: self.invite(asked, ticked, then))

    def _look(self, asked: Asked, now: datetime) -> list[Shown]:
        """All are on the page; the higher ones are looked at more often, and opened when they appeal."""
        ticked: list[Shown] = []
        for shown in asked.shown:
            shown.row["shown_at"] = now
            if self.dice.random() < hidden_rule.chance_of_opening(shown.facts, shown.row["position"]):
                shown.row["opened_at"] = now
                if self.dice.random() < hidden_rule.chance_of_ticking(shown.facts, len(ticked)):
                    ticked.append(shown)
        if not ticked:
            asked.shown[0].row["opened_at"] = now
            ticked = asked.shown[:1]
        return ticked

    def invite(self, asked: Asked, chosen: Sequence[Shown], now: datetime) -> None:
        if not asked.is_open:
            return
        for position, shown in enumerate(chosen, start=1):
            tick = {
                "request_id": asked.row["id"],
                "offer_id": shown.row["offer_id"],
                "wave": 1,
                "position": position,
                "suggestion_id": shown.row["id"],
                "ticked_by_id": asked.asker.user_id,
                "ticked_at": now,
                "asked_at": None,
                "skipped_reason": None,
            }
            asked.ticks.append((tick, shown))
        offers = [shown.row["offer_id"] for shown in chosen]
        self.record.note(now, "invite", asked.row["id"], offers=offers, asker=asked.asker.user_id)
        self._ask_next(asked, now)

    def ask_on(self, asked: Asked, now: datetime) -> None:
        """A place in the row came free."""
        self.record.note(now, "ask_next", asked.row["id"])
        self._ask_next(asked, now)

    def _ask_next(self, asked: Asked, now: datetime) -> None:
        for tick, shown in asked.ticks:
            if tick["asked_at"] is not None:
                continue
            waiting = sum(_waits(pair, now) for pair in asked.pairs)
            if not asked.is_open or asked.is_taken or waiting >= DEFAULT_RULES[OPEN_INVITATIONS]:
                return
            tick["asked_at"] = now
            judged = self.desk.judged(asked, shown.given, now)
            if judged.verdict.ok:
                self._plan_answer(self.chains.born(asked, tick, shown, judged.verdict.open_moments, now))
            else:
                tick["skipped_reason"] = judged.verdict.never[0].value

    def _plan_answer(self, pair: Pair) -> None:
        temper, dice = pair.visitor.temper, self.dice
        self.diary.plan(pair.row["expires_at"] + timedelta(minutes=1), lambda now: self.expire(pair, now))
        answers = dice.random() < hidden_rule.chance_of_answer(pair.facts, temper)
        says_yes = dice.random() < hidden_rule.chance_of_yes(pair.facts, temper)
        at = waking(whole(pair.row["created_at"] + timedelta(hours=hidden_rule.hours_to_answer(temper, dice))))
        if answers and at < pair.row["expires_at"]:
            self.diary.plan(at, lambda now: (self.say_yes if says_yes else self.say_no)(pair, now))

    def say_yes(self, pair: Pair, now: datetime) -> None:
        if pair.state is not MatchState.PROPOSED or pair.asked.is_taken:
            return
        ahead = [row for row in pair.moments if row["start_s"] > now.timestamp() + ONE_DAY_S]
        can = [row for row in ahead if self.chains.can_come(pair, row)]
        if not can:
            self.say_no(pair, now)
            return
        moment = self._best(can)
        self.record.note(now, "accept", pair.row["id"], moment=moment["id"], by=pair.given.answers_id)
        self.chains.accept(pair, moment, now)
        self.diary.plan(now + timedelta(minutes=2), lambda then: self.let_others_go(pair.asked, then))
        self.decisions.plan(pair, moment, now)

    def _best(self, can: list[Row]) -> Row:
        """Rather later than at once, and never the same for everybody."""
        return self.dice.choice(can[len(can) // 3 :])

    def say_no(self, pair: Pair, now: datetime) -> None:
        if pair.state is not MatchState.PROPOSED or pair.asked.is_taken:
            return
        far = pair.facts.distance_share > 0.7 and self.dice.random() < 0.4
        reason = DeclineReason.TOO_FAR if far else self.dice.choice(DECLINES)
        self.record.note(now, "decline", pair.row["id"], reason=reason, by=pair.given.answers_id)
        self.chains.end(
            pair,
            Action.DECLINE,
            MatchState.DECLINED,
            now,
            by_id=pair.given.answers_id,
            role=Side.COMPANY,
            reason=reason.value,
        )
        self.diary.plan(now + timedelta(minutes=2), lambda then: self.ask_on(pair.asked, then))

    def expire(self, pair: Pair, now: datetime) -> None:
        if pair.state not in {MatchState.PROPOSED, MatchState.ACCEPTED}:
            return
        if pair.state is MatchState.ACCEPTED and (pair.chosen is None or pair.chosen["start_s"] > now.timestamp()):
            return
        self.record.note(now, "expire", pair.row["id"])
        self.chains.end(pair, Action.EXPIRE, MatchState.EXPIRED, now)
        self.ask_on(pair.asked, now)

    def let_others_go(self, asked: Asked, now: datetime) -> None:
        if not asked.is_taken:
            return
        for pair in asked.pairs:
            if pair.state is MatchState.PROPOSED:
                self.record.note(now, "supersede", pair.row["id"])
                self.chains.end(pair, Action.SUPERSEDE, MatchState.SUPERSEDED, now)

    def give_up(self, asked: Asked, now: datetime) -> None:
        if asked.is_open and not asked.lives:
            self.record.note(now, "give_up", asked.row["id"], asker=asked.asker.user_id)
            self._end(asked, RequestState.WITHDRAWN, now)

    def _plan_closing(self, asked: Asked) -> None:
        """A week after its last day; a vacancy when it should have begun."""
        row = asked.row
        last: date = row["window_from"] if row["kind"] is Kind.HYBRID_PLACEMENT else row["window_to"]
        over = datetime(last.year, last.month, last.day, 20, tzinfo=UTC)
        self.diary.plan(over + timedelta(days=8), lambda now: self.close(asked, now))

    def close(self, asked: Asked, now: datetime) -> None:
        """Whatever still lives in it comes to an end first."""
        if not asked.is_open:
            return
        if asked.lives:
            self.diary.plan(now + timedelta(days=14), lambda then: self.close(asked, then))
            return
        self.record.note(now, "close", asked.row["id"])
        self._end(asked, RequestState.CLOSED, now)

    def _end(self, asked: Asked, state: RequestState, now: datetime) -> None:
        asked.row |= {"state": state, "ended_at": now, "changed_at": now}
        self.over(self.live.pop(asked.row["id"]))


def _waits(pair: Pair, now: datetime) -> bool:
    """An invitation, also one with a no that could still be taken back."""
    fresh = pair.state is MatchState.DECLINED and now - pair.row["changed_at"] < timedelta(seconds=UNDO_SECONDS)
    return fresh or pair.state is MatchState.PROPOSED


def lecture_wish(
    dice: Random, topic_numbers: Mapping[str, int], school: School, group: Group, lesson: Lesson, now: datetime
) -> Wish:
    """What a teacher fills in for this class and lesson; without weeks when the school has none left."""
    return Wish(
        class_id=group.id,
        topic_text=lesson.subject,
        topic_ids=tuple(topic_numbers[code] for code in lesson.topics[: dice.choice([1, 2, 2])]),
        weeks=_weeks(dice, school, now),
        group_size=group.size,
        delivery=dice.choice([Delivery.ON_SITE] * 5 + [Delivery.EITHER] * 2),
        own_words=dice.choice(lesson.asks),
        block=2 if lesson.minutes > 60 and group.has_block else 1,
        language="en" if dice.random() < 0.03 else "nl",
        costs=dice.choice(["", "", "", "Reiskosten", "Een lunch en reiskosten"]),
    )


def _weeks(dice: Random, school: School, now: datetime) -> tuple[Week, ...]:
    found = coming_weeks(local_date(now), school.timetable.calendar, school_weeks=9)
    lessons = [each.week for each in found if each.holiday is None]
    first = dice.choice([3, 3, 4, 5])
    return tuple(lessons[first : first + dice.choice([1, 2, 2])])
