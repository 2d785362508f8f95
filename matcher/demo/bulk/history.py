"""Two school years of asking, answering, approving, visiting and reporting under the hidden rule. Pure, in memory.

Planned in a diary and done in order of time, so that every fact is what was known then. Each decision is noted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from matcher.availability.moments import Week, coming_weeks
from matcher.availability.states import Delivery
from matcher.clock import local_date
from matcher.demo import hidden_rule
from matcher.demo.bulk.asking import Desk
from matcher.demo.bulk.candidates import Judged
from matcher.demo.bulk.chains import Asked, Chains, Pair, Row, Shown
from matcher.demo.bulk.deeds import Record
from matcher.demo.bulk.ground import Asker, Group, School
from matcher.demo.catalogue import Lesson
from matcher.demo.diary import Diary
from matcher.demo.world import waking
from matcher.matching.states import (
    Action,
    CancelReason,
    DeclineReason,
    MatchState,
    MissedReason,
    RejectReason,
    Side,
)
from matcher.regions.policy import DEFAULT_RULES, OPEN_INVITATIONS
from matcher.requests.asking import Wish
from matcher.requests.states import RequestState

DECLINES = [DeclineReason.NO_TIME] * 5 + [DeclineReason.NONE_GIVEN] * 2 + [DeclineReason.LEVEL, DeclineReason.OTHER]
CANCELS = [CancelReason.ILL, CancelReason.SCHEDULE_CHANGED, CancelReason.COMPANY_NEEDS_ME, CancelReason.GROUP_CHANGED]
MISSED = [MissedReason.GUEST_ABSENT, MissedReason.CLASS_ABSENT, MissedReason.TECHNICAL]
REJECTED, TAKEN_BACK, FORGOTTEN = 0.012, 0.02, 0.01
CANCELLED_OF_FAILED = 0.65
"""Of the visits that will not take place, those that are called off beforehand."""
SCHOOL_REPORTS, GUEST_REPORTS, DISAGREES = 0.93, 0.84, 0.008
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

    def plan(self, at: datetime, asker: Asker, group: Group, lesson: Lesson, done: Callable[[], None]) -> None:
        self.diary.plan(at, lambda now: self._ask(asker, group, lesson, now, done))

    def live_until_now(self) -> None:
        """What has not come to an end then is the present."""
        self.diary.live_until(self.now)
        for asked in list(self.live.values()):
            self.over(asked)
        self.live.clear()

    def _ask(self, asker: Asker, group: Group, lesson: Lesson, now: datetime, done: Callable[[], None]) -> None:
        wish = self._wish(asker.school, group, lesson, now)
        asked = self.desk.lecture(asker, group, wish, now) if wish.weeks else None
        done()
        if asked is None:
            return
        self.record.note(now, "ask", asked.row["id"], wish=wish, asker=asker.user_id, school=asker.school.id)
        self.begin(asked, now)

    def _wish(self, school: School, group: Group, lesson: Lesson, now: datetime) -> Wish:
        dice = self.dice
        return Wish(
            class_id=group.id,
            topic_text=lesson.subject,
            topic_ids=tuple(self.desk.topic_numbers[code] for code in lesson.topics[: dice.choice([1, 2, 2])]),
            weeks=self._weeks(school, now),
            group_size=group.size,
            delivery=dice.choice([Delivery.ON_SITE] * 5 + [Delivery.EITHER] * 2),
            own_words=dice.choice(lesson.asks),
            block=2 if lesson.minutes > 60 and group.has_block else 1,
            language="en" if dice.random() < 0.03 else "nl",
            costs=dice.choice(["", "", "", "Reiskosten", "Een lunch en reiskosten"]),
        )

    def _weeks(self, school: School, now: datetime) -> tuple[Week, ...]:
        found = coming_weeks(local_date(now), school.timetable.calendar, school_weeks=9)
        lessons = [each.week for each in found if each.holiday is None]
        first = self.dice.choice([3, 3, 4, 5])
        return tuple(lessons[first : first + self.dice.choice([2, 2, 3])])

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
            waiting = sum(pair.state is MatchState.PROPOSED for pair in asked.pairs)
            if not asked.is_open or asked.is_taken or waiting >= DEFAULT_RULES[OPEN_INVITATIONS]:
                return
            tick["asked_at"] = now
            judged: Judged = self.desk.index.judged(asked.view, shown.given, now)
            if judged.verdict.ok:
                self._plan_answer(self.chains.born(asked, tick, shown, judged.verdict.open_moments, now))
            else:
                tick["skipped_reason"] = judged.verdict.never[0].value

    def _plan_answer(self, pair: Pair) -> None:
        temper, dice = pair.visitor.temper, self.dice
        self.diary.plan(pair.row["expires_at"] + timedelta(minutes=1), lambda now: self.expire(pair, now))
        answers = dice.random() < hidden_rule.chance_of_answer(pair.facts, temper)
        says_yes = dice.random() < hidden_rule.chance_of_yes(pair.facts, temper)
        at = waking(_whole(pair.row["created_at"] + timedelta(hours=hidden_rule.hours_to_answer(temper, dice))))
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
        self.record.note(now, "accept", pair.row["id"], moment=moment["id"], by=pair.visitor.person_id)
        self.chains.accept(pair, moment, now)
        self.diary.plan(now + timedelta(minutes=2), lambda then: self.let_others_go(pair.asked, then))
        self._plan_decision(pair, moment, now)

    def _best(self, can: list[Row]) -> Row:
        """Rather later than at once, and never the same for everybody."""
        return self.dice.choice(can[len(can) // 3 :])

    def say_no(self, pair: Pair, now: datetime) -> None:
        if pair.state is not MatchState.PROPOSED or pair.asked.is_taken:
            return
        far = pair.facts.distance_share > 0.7 and self.dice.random() < 0.4
        reason = DeclineReason.TOO_FAR if far else self.dice.choice(DECLINES)
        self.record.note(now, "decline", pair.row["id"], reason=reason, by=pair.visitor.person_id)
        self.chains.end(
            pair,
            Action.DECLINE,
            MatchState.DECLINED,
            now,
            by_id=pair.row["professional_id"],
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

    def _plan_decision(self, pair: Pair, moment: Row, now: datetime) -> None:
        """Almost all are approved; a few are taken back, rejected, or forgotten until it is too late."""
        at = waking(_whole(now + timedelta(hours=self.dice.uniform(2, 40))), working_days=True)
        self.diary.plan(_moment_at(moment["start_s"]), lambda then: self.expire(pair, then))
        turn = self.dice.random()
        if turn < FORGOTTEN:
            return
        if turn < FORGOTTEN + REJECTED:
            self.diary.plan(at, lambda then: self.reject(pair, then))
        elif turn < FORGOTTEN + REJECTED + TAKEN_BACK:
            self.diary.plan(at, lambda then: self.take_back(pair, then))
        else:
            self.diary.plan(at, lambda then: self.approve(pair, moment, then))

    def approve(self, pair: Pair, moment: Row, now: datetime) -> None:
        if pair.state is not MatchState.ACCEPTED or moment["start_s"] <= now.timestamp():
            return
        self.record.note(now, "approve", pair.row["id"], region=pair.row["region_id"])
        self.chains.approve(pair, now)
        begins, ends = _moment_at(moment["start_s"]), _moment_at(moment["end_s"])
        happens = self.dice.random() < hidden_rule.chance_of_taking_place(pair.facts, pair.visitor.temper)
        if not happens and self.dice.random() < CANCELLED_OF_FAILED and begins - now > timedelta(days=1):
            at = waking(_whole(now + (begins - now) * self.dice.uniform(0.4, 0.95)))
            if at < begins:
                self.diary.plan(at, lambda then: self.cancel(pair, then))
        self._plan_reports(pair, ends, happens)

    def reject(self, pair: Pair, now: datetime) -> None:
        if pair.state is MatchState.ACCEPTED:
            self.record.note(now, "reject", pair.row["id"], region=pair.row["region_id"])
            by_id = self.chains.coordinator(pair)
            reason = RejectReason.DUPLICATE.value
            self.chains.end(
                pair, Action.REJECT, MatchState.REJECTED, now, by_id=by_id, role=Side.COORDINATOR, reason=reason
            )

    def take_back(self, pair: Pair, now: datetime) -> None:
        if pair.state is MatchState.ACCEPTED:
            reason = CancelReason.COMPANY_NEEDS_ME
            self.record.note(now, "withdraw", pair.row["id"], reason=reason, by=pair.visitor.person_id)
            self._ended_by_guest(pair, Action.WITHDRAW, MatchState.WITHDRAWN, reason, now)

    def cancel(self, pair: Pair, now: datetime) -> None:
        if pair.state is not MatchState.APPROVED:
            return
        reason = self.dice.choice(CANCELS)
        if self.dice.random() < 0.5:
            self.record.note(now, "cancel", pair.row["id"], reason=reason, by=pair.visitor.person_id)
            self._ended_by_guest(pair, Action.CANCEL, MatchState.CANCELLED, reason, now)
            return
        by_id = pair.asked.asker.user_id
        self.record.note(now, "cancel", pair.row["id"], reason=reason, by=by_id)
        self.chains.end(
            pair, Action.CANCEL, MatchState.CANCELLED, now, by_id=by_id, role=Side.SCHOOL, reason=reason.value
        )

    def _ended_by_guest(self, pair: Pair, action: Action, to: MatchState, reason: CancelReason, now: datetime) -> None:
        by_id = pair.visitor.person_id
        self.chains.end(pair, action, to, now, by_id=by_id, role=Side.COMPANY, reason=reason.value)

    def _plan_reports(self, pair: Pair, ends: datetime, happens: bool) -> None:
        dice = self.dice
        differ = dice.random() < DISAGREES
        for side, share in ((Side.SCHOOL, SCHOOL_REPORTS), (Side.COMPANY, GUEST_REPORTS)):
            if dice.random() < share:
                at = waking(_whole(ends + timedelta(hours=dice.uniform(1, 50))))
                said = self._said(pair, side, happens != (differ and side is Side.COMPANY))
                self.diary.plan(at, lambda now, side=side, said=said: self.report(pair, side, said, now))
        for days in (7, 21):
            self.diary.plan(ends + timedelta(days=days, hours=1), lambda now: self.count(pair, now))

    def _said(self, pair: Pair, side: Side, happened: bool) -> Row:
        dice = self.dice
        size = pair.asked.row["group_size"] or 25
        return {
            "happened": happened,
            "reason": None if happened else dice.choice(MISSED).value,
            "again": dice.random() < 0.92 if happened else None,
            "pupils": max(1, size - dice.randrange(4)) if happened and side is Side.SCHOOL else None,
            "hours": dice.choice([2.0, 2.5, 3.0, 4.0]) if happened and side is Side.COMPANY else None,
            "note": "",
        }

    def report(self, pair: Pair, side: Side, said: Row, now: datetime) -> None:
        if pair.state is not MatchState.APPROVED:
            return
        by_id = pair.asked.asker.user_id if side is Side.SCHOOL else pair.visitor.person_id
        self.record.note(now, "report", pair.row["id"], by=by_id, said=said)
        self.chains.report(pair, side, by_id, now, dict(said))

    def count(self, pair: Pair, now: datetime) -> None:
        """One answer alone counts after a week; none after three is not reported."""
        if pair.state is not MatchState.APPROVED or len(pair.reports) > 1 or pair.chosen is None:
            return
        age = now - _moment_at(pair.chosen["end_s"])
        self.record.note(now, "count", pair.row["id"])
        if pair.reports:
            only = pair.reports[0]
            self.chains.decide(pair, only["happened"], only["reason"], now)
        elif age >= timedelta(days=21):
            self.chains.decide(pair, False, MissedReason.NOT_REPORTED.value, now)

    def give_up(self, asked: Asked, now: datetime) -> None:
        if asked.is_open and not asked.lives:
            self.record.note(now, "give_up", asked.row["id"], asker=asked.asker.user_id)
            self._end(asked, RequestState.WITHDRAWN, now)

    def _plan_closing(self, asked: Asked) -> None:
        last: date = asked.row["window_to"]
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


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _moment_at(seconds: Any) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
