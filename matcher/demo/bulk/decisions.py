"""What becomes of a yes in a generated history: decided, called off, taken place, reported. Pure, in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from matcher.availability.halfdays import hours_of
from matcher.availability.states import Kind
from matcher.clock import local_date
from matcher.demo import hidden_rule
from matcher.demo.bulk.agenda import parts_of
from matcher.demo.bulk.chains import Chains
from matcher.demo.bulk.deeds import Record
from matcher.demo.bulk.lives import Numbers, Pair, Row
from matcher.demo.diary import Diary
from matcher.demo.world import waking
from matcher.matching.models import HybridStepTaken
from matcher.matching.states import (
    Action,
    CancelReason,
    HybridStep,
    MatchState,
    MissedReason,
    RejectReason,
    Side,
)
from matcher.safeguarding.models import Proof
from matcher.safeguarding.states import ProofType

CANCELS = [CancelReason.ILL, CancelReason.SCHEDULE_CHANGED, CancelReason.COMPANY_NEEDS_ME, CancelReason.GROUP_CHANGED]
MISSED = [MissedReason.GUEST_ABSENT, MissedReason.CLASS_ABSENT, MissedReason.TECHNICAL]
REJECTED, TAKEN_BACK, FORGOTTEN = 0.012, 0.02, 0.01
CANCELLED_OF_FAILED = 0.65
"""Of the visits that will not take place, those that are called off beforehand."""
SCHOOL_REPORTS, GUEST_REPORTS, DISAGREES = 0.93, 0.84, 0.008
STEPS = {HybridStep.INTRODUCTION: 0.15, HybridStep.TRIAL_LESSON: 0.4, HybridStep.OFFER_MADE: 0.7}
"""How far between approval and the first day each step of a placement lies."""
AFTER = {HybridStep.STARTED: HybridStep.OFFER_MADE, HybridStep.ENDED: HybridStep.STARTED}
PROOF_DAYS = timedelta(days=20)
PROOF_LASTS = timedelta(days=500)


@dataclass
class Decisions:
    """`lapse` is called when a visit begins that nobody approved."""

    chains: Chains
    numbers: Numbers
    dice: Random
    diary: Diary
    record: Record
    lapse: Callable[[Pair, datetime], None]

    def plan(self, pair: Pair, moment: Row, now: datetime) -> None:
        """Almost all are approved; a few are taken back, rejected, or forgotten until it is too late."""
        at = waking(whole(now + timedelta(hours=self.dice.uniform(2, 40))), working_days=True)
        self.diary.plan(moment_at(moment["start_s"]), lambda then: self.lapse(pair, then))
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
        begins, ends = moment_at(moment["start_s"]), moment_at(moment["end_s"])
        happens = self.dice.random() < hidden_rule.chance_of_taking_place(pair.facts, pair.visitor.temper)
        if not happens and self.dice.random() < CANCELLED_OF_FAILED and begins - now > timedelta(days=1):
            at = waking(whole(now + (begins - now) * self.dice.uniform(0.4, 0.95)))
            if at < begins:
                self.diary.plan(at, lambda then: self.cancel(pair, then))
        if pair.row["kind"] is Kind.HYBRID_PLACEMENT:
            self._plan_steps(pair, now, begins, ends)
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
            self.record.note(now, "withdraw", pair.row["id"], reason=reason, by=pair.given.answers_id)
            self._ended_by_guest(pair, Action.WITHDRAW, MatchState.WITHDRAWN, reason, now)

    def cancel(self, pair: Pair, now: datetime) -> None:
        if pair.state is not MatchState.APPROVED:
            return
        reason = self.dice.choice(CANCELS)
        if self.dice.random() < 0.5:
            self.record.note(now, "cancel", pair.row["id"], reason=reason, by=pair.given.answers_id)
            self._ended_by_guest(pair, Action.CANCEL, MatchState.CANCELLED, reason, now)
            return
        by_id = pair.asked.asker.user_id
        self.record.note(now, "cancel", pair.row["id"], reason=reason, by=by_id)
        self.chains.end(
            pair, Action.CANCEL, MatchState.CANCELLED, now, by_id=by_id, role=Side.SCHOOL, reason=reason.value
        )

    def _ended_by_guest(self, pair: Pair, action: Action, to: MatchState, reason: CancelReason, now: datetime) -> None:
        by_id = pair.given.answers_id
        self.chains.end(pair, action, to, now, by_id=by_id, role=Side.COMPANY, reason=reason.value)

    def _plan_steps(self, pair: Pair, now: datetime, begins: datetime, ends: datetime) -> None:
        """Introduced, a trial lesson, an offer, started, ended: as long as nobody calls it off."""
        for step, share in STEPS.items():
            at = waking(whole(now + (begins - now) * share), working_days=True)
            if at < begins:
                self.diary.plan(at, partial(self.step, pair, step))
        self.diary.plan(begins, lambda then: self.step(pair, HybridStep.STARTED, then))
        self.diary.plan(ends, lambda then: self.step(pair, HybridStep.ENDED, then))

    def step(self, pair: Pair, step: HybridStep, now: datetime) -> None:
        """Nobody starts whose certificate was not seen, and nothing ends that did not start."""
        before = AFTER.get(step)
        if before is not None and all(row["step"] is not before for row in pair.steps):
            return
        if pair.state is not MatchState.APPROVED:
            return
        by_id = pair.asked.asker.user_id
        hours = 4 * float(pair.asked.row["days"]) if step is HybridStep.STARTED else None
        self.record.note(now, "step", pair.row["id"], step=step, by=by_id, hours=hours)
        pair.steps.append(
            {
                "id": self.numbers(HybridStepTaken),
                "match_id": pair.row["id"],
                "step": step,
                "on_day": local_date(now),
                "hours": hours,
                "linked_match_id": None,
                "side": Side.SCHOOL,
                "by_id": by_id,
                "at": now,
            }
        )
        if step is HybridStep.OFFER_MADE:
            self._show_proof(pair, by_id, now)

    def _show_proof(self, pair: Pair, by_id: int, now: datetime) -> None:
        """Somebody of the school sees the certificate of conduct before the start."""
        issued = local_date(now) - PROOF_DAYS
        pair.proofs.append(
            {
                "id": self.numbers(Proof),
                "user_id": pair.row["visitor_id"],
                "board_id": pair.asked.school.board_id,
                "type": ProofType.VOG,
                "seen_by_id": by_id,
                "seen_at": now,
                "issued_on": issued,
                "valid_until": issued + PROOF_LASTS,
            }
        )
        self.record.note(now, "proof", pair.row["id"], row=pair.proofs[-1])

    def _plan_reports(self, pair: Pair, ends: datetime, happens: bool) -> None:
        dice = self.dice
        differ = dice.random() < DISAGREES
        for side, share in ((Side.SCHOOL, SCHOOL_REPORTS), (Side.COMPANY, GUEST_REPORTS)):
            if dice.random() < share:
                at = waking(whole(ends + timedelta(hours=dice.uniform(1, 50))))
                said = self._said(pair, side, happens != (differ and side is Side.COMPANY))
                self.diary.plan(at, partial(self.report, pair, side, said))
        for days in (7, 21):
            self.diary.plan(ends + timedelta(days=days, hours=1), lambda now: self.count(pair, now))

    def _said(self, pair: Pair, side: Side, happened: bool) -> Row:
        dice = self.dice
        size = pair.asked.row["group_size"]
        if pair.row["kind"] is Kind.GUEST_LECTURE or pair.chosen is None:
            hours = dice.choice([2.0, 2.5, 3.0, 4.0])
        else:
            hours = hours_of(parts_of(pair.chosen))
        return {
            "happened": happened,
            "reason": None if happened else dice.choice(MISSED).value,
            "again": dice.random() < 0.92 if happened else None,
            "pupils": max(1, size - dice.randrange(4)) if happened and size and side is Side.SCHOOL else None,
            "hours": hours if happened and side is Side.COMPANY else None,
            "note": "",
        }

    def report(self, pair: Pair, side: Side, said: Row, now: datetime) -> None:
        if pair.state is not MatchState.APPROVED:
            return
        by_id = pair.asked.asker.user_id if side is Side.SCHOOL else pair.given.answers_id
        self.record.note(now, "report", pair.row["id"], by=by_id, said=said)
        self.chains.report(pair, side, by_id, now, dict(said))

    def count(self, pair: Pair, now: datetime) -> None:
        """One answer alone counts after a week; none after three is not reported."""
        if pair.state is not MatchState.APPROVED or len(pair.reports) > 1 or pair.chosen is None:
            return
        age = now - moment_at(pair.chosen["end_s"])
        self.record.note(now, "count", pair.row["id"])
        if pair.reports:
            only = pair.reports[0]
            self.chains.decide(pair, only["happened"], only["reason"], now)
        elif age >= timedelta(days=21):
            self.chains.decide(pair, False, MissedReason.NOT_REPORTED.value, now)


def whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def moment_at(seconds: Any) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
