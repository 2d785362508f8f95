"""Requests and matches while they live, in memory, and every step as the verbs of `matching` leave it. Pure.

Each method is one verb: the same rows, the same order of numbers. A test lives the same decisions through the verbs.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from matcher.availability.halfdays import plans
from matcher.availability.states import Kind
from matcher.clock import AMSTERDAM, local_date, school_year
from matcher.demo.bulk.agenda import Agenda, parts_of
from matcher.demo.bulk.ground import Population
from matcher.demo.bulk.lives import Asked, Numbers, Pair, Row, Shown
from matcher.matching.budget_models import BudgetOf
from matcher.matching.history_queries import IN_TIME
from matcher.matching.memory import Asked as Remembered
from matcher.matching.memory import growing
from matcher.matching.models import Match, MatchMoment
from matcher.matching.moments import columns_of
from matcher.matching.states import TAKES_PLACE, Action, MatchState, Side
from matcher.regions.holidays import add_working_days, public_holidays, school_holidays
from matcher.regions.policy import ANSWER_WITHIN_WORKING_DAYS, DEFAULT_RULES
from matcher.regions.states import HolidayRegion
from matcher.requests.internships import asked_of

CLOSED_AHEAD_DAYS = 120
COPIED = ("day", "starts", "ends", "start_s", "end_s", "periods")


class Chains:
    """The steps. `numbers` gives the next id of a table."""

    def __init__(self, population: Population, agenda: Agenda, numbers: Numbers) -> None:
        self._population, self.agenda, self._numbers = population, agenda, numbers

    def born(self, asked: Asked, tick: Row, shown: Shown, open_moments: Sequence[int], now: datetime) -> Pair:
        """The school asks: the match, its moments, and whose yes is needed."""
        request, view = asked.row, shown.given.view
        pair = Pair(
            row={
                "id": self._numbers(Match),
                "kind": request["kind"],
                "request_id": request["id"],
                "offer_id": view.id,
                "request_revision": request["revision"],
                "offer_revision": view.revision,
                "professional_id": view.person_id,
                "visitor_id": None,
                "name_follows": view.person_id is None and request["kind"] is Kind.GUEST_LECTURE,
                "teacher_id": request["teacher_id"] or request["asked_by_id"],
                "proposed_by_id": asked.asker.user_id,
                "side": Side.SCHOOL,
                "on_behalf_by_id": None,
                "suggestion_id": tick["suggestion_id"],
                "wave": tick["wave"],
                "state": MatchState.PROPOSED,
                "seq": 0,
                "region_id": request["region_id"],
                "place_no": None,
                "expires_at": None,
                "reason": None,
                "approved_by_id": None,
                "approved_rule": None,
                "approved_at": None,
                "counted_year": None,
                "counts_for_company": False,
                "generated": True,
                "created_at": now,
                "changed_at": now,
            },
            asked=asked,
            given=shown.given,
            facts=shown.facts,
        )
        self._note(pair, Action.PROPOSE, MatchState.PROPOSED, asked.asker.user_id, Side.SCHOOL, now, None, {})
        self._lay_out(pair, set(open_moments), now)
        asks = {"match_id": pair.row["id"], "party": Side.SCHOOL}
        pair.consents = [
            asks | {"given_by_id": asked.asker.user_id, "given_at": now, "seq": 1},
            asks | {"party": Side.COMPANY, "given_by_id": None, "given_at": None, "seq": None},
        ]
        pair.row["expires_at"] = self._expiry(pair, now)
        self._settle(pair)
        _remember_asking(pair, now)
        return pair

    def _lay_out(self, pair: Pair, open_moments: set[int], now: datetime) -> None:
        ahead = [moment for moment in pair.asked.moments if moment["start_s"] > now.timestamp()]
        for shape in shapes(pair.asked, ahead, [moment for moment in ahead if moment["id"] in open_moments]):
            pair.moments.append(
                shape
                | {
                    "id": self._numbers(MatchMoment),
                    "match_id": pair.row["id"],
                    "suggested_by": Side.SCHOOL,
                    "chosen": False,
                    "dropped_at": None,
                }
            )

    def _expiry(self, pair: Pair, now: datetime) -> datetime:
        today = local_date(now)
        by_days = _end_of(answer_day(pair.asked.school.holiday_region, today))
        if not pair.moments:
            return by_days
        last = datetime.fromtimestamp(max(moment["start_s"] for moment in pair.moments), UTC)
        notice = timedelta(days=pair.given.view.notice_days)
        return min(by_days, max(last - notice, min(_end_of(today), last)))

    def can_come(self, pair: Pair, moment: Row) -> bool:
        """Nobody and no place that it needs has something else then."""
        return self.agenda.can_hold(pair, moment)

    def accept(self, pair: Pair, moment: Row, now: datetime) -> None:
        """The yes that was missing: place, guest and class are held."""
        moment["chosen"], pair.chosen = True, moment
        pair.row |= {"visitor_id": pair.row["professional_id"], "place_no": 1}
        self.agenda.hold(pair, moment)
        details = {"moment_id": moment["id"], "side": Side.COMPANY.value, "moment_before": None}
        by_id = pair.given.answers_id
        self._step(pair, Action.ACCEPT, MatchState.ACCEPTED, by_id, Side.COMPANY, now, None, details)
        pair.consents[1] |= {"given_at": now, "given_by_id": by_id, "seq": pair.row["seq"]}

    def coordinator(self, pair: Pair) -> int:
        return self._population.coordinators[pair.row["region_id"]]

    def approve(self, pair: Pair, now: datetime) -> None:
        by_id = self.coordinator(pair)
        pair.row |= {"approved_by_id": by_id, "approved_at": now}
        details = {"rule": None, "moment_id": _chosen_id(pair)}
        self._step(pair, Action.APPROVE, MatchState.APPROVED, by_id, Side.COORDINATOR, now, None, details)

    def end(
        self,
        pair: Pair,
        action: Action,
        to: MatchState,
        now: datetime,
        *,
        by_id: int | None = None,
        role: Side = Side.SYSTEM,
        reason: str | None = None,
    ) -> None:
        """Declined, expired, superseded, withdrawn, rejected, cancelled: what was held is let go."""
        self.agenda.release(pair)
        self._step(pair, action, to, by_id, role, now, reason, {"moment_id": _chosen_id(pair)})

    def report(self, pair: Pair, side: Side, by_id: int, now: datetime, said: Row) -> None:
        """One side's answer; two equal answers decide."""
        pair.reports.append(said | {"match_id": pair.row["id"], "side": side, "part": None, "by_id": by_id, "at": now})
        answers = [report["happened"] for report in pair.reports]
        if len(answers) == 2 and len(set(answers)) == 1:
            self.decide(pair, said["happened"], said["reason"], now, by_id=by_id, role=side)

    def decide(
        self,
        pair: Pair,
        happened: bool,
        reason: str | None,
        now: datetime,
        *,
        by_id: int | None = None,
        role: Side = Side.SYSTEM,
    ) -> None:
        """Held or missed."""
        details = {"moment_id": _chosen_id(pair)}
        if not happened:
            self.agenda.release(pair)
            self._step(pair, Action.REPORT_MISSED, MatchState.MISSED, by_id, role, now, reason, details)
            return
        self._step(pair, Action.REPORT_HELD, MatchState.HELD, by_id, role, now, reason, details)
        past, school = pair.visitor, pair.asked.school
        past.visits_total += 1
        past.visits_at[school.id] += 1
        if pair.asked.row["level"] is not None:
            past.visits_level[pair.asked.row["level"]] += 1
        self._population.partnerships[(school.id, pair.given.view.organisation_id)] += 1
        school.held.append(now)

    def _step(
        self,
        pair: Pair,
        action: Action,
        to: MatchState,
        by_id: int | None,
        role: Side,
        now: datetime,
        reason: str | None,
        details: dict[str, Any],
    ) -> None:
        before = pair.state
        self._note(pair, action, to, by_id, role, now, reason, details)
        pair.row |= {"changed_at": now, "reason": reason}
        if to not in TAKES_PLACE:
            pair.row["place_no"] = None
        self._count(pair, action, before, to, now)
        self._settle(pair)

    def _settle(self, pair: Pair) -> None:
        """What the match takes of the budgets of its guest and its organisation where it stands now."""
        year = None
        if pair.state in TAKES_PLACE and pair.chosen is not None:
            year = school_year(pair.chosen["day"])
        elif pair.state is MatchState.PROPOSED:
            year = pair.asked.view.school_year
        before = pair.row["counted_year"]
        if year == before:
            return
        view, counters = pair.given.view, self._population.counters
        for owner, owner_id, cap in (
            (BudgetOf.PERSON, view.person_id, view.yearly_cap)
            if view.person_id is not None
            else (BudgetOf.OFFER, view.id, view.yearly_cap),
            (BudgetOf.ORGANISATION, view.organisation_id, None),
        ):
            if before is not None:
                counters[(owner, owner_id, before)][0] -= 1
            if year is not None:
                counter = counters.setdefault((owner, owner_id, year), [0, None])
                counter[:] = [counter[0] + 1, cap]
        pair.row |= {"counted_year": year, "counts_for_company": year is not None}

    def _note(
        self,
        pair: Pair,
        action: Action,
        to: MatchState,
        by_id: int | None,
        role: Side,
        now: datetime,
        reason: str | None,
        details: dict[str, Any],
    ) -> None:
        seq = pair.row["seq"] + 1
        pair.events.append(
            {
                "match_id": pair.row["id"],
                "seq": seq,
                "prev_seq": seq - 1 if seq > 1 else None,
                "from_state": pair.state.value if seq > 1 else None,
                "action": action,
                "to_state": to.value,
                "actor_id": by_id,
                "on_behalf_by_id": None,
                "role": role,
                "reason": reason,
                "note": "",
                "details": details,
                "at": now,
            }
        )
        pair.row |= {"seq": seq, "state": to}

    def _count(self, pair: Pair, action: Action, before: MatchState, to: MatchState, now: datetime) -> None:
        """What the step means for the numbers that later facts are made of."""
        past = pair.visitor
        answers = action in (Action.ACCEPT, Action.DECLINE)
        if before is MatchState.PROPOSED:
            past.open_asks -= 1
            in_time, yes = answers and now - pair.row["created_at"] <= IN_TIME, action is Action.ACCEPT
            past.asks_due += answers or to is MatchState.EXPIRED
            past.answered += answers
            past.in_time += in_time
            past.yes += yes
            if answers or to is MatchState.EXPIRED:
                past.memory.add(_about(pair, action), answered=answers, in_time=in_time, yes=yes)
        if pair.chosen is not None:
            moved = (to in TAKES_PLACE) - (before in TAKES_PLACE)
            past.taken[school_year(pair.chosen["day"])] += moved


def _remember_asking(pair: Pair, now: datetime) -> None:
    pair.asked.pairs.append(pair)
    past = pair.visitor
    past.last_asked, past.open_asks = now, past.open_asks + 1
    past.asked_for.add(pair.row["request_id"])


def _about(pair: Pair, action: Action) -> Remembered:
    """What was asked; a no has its reason."""
    view = pair.asked.view
    no = pair.row["reason"] if action is Action.DECLINE else None
    return Remembered(growing(pair.row["created_at"]), view.lat, view.lon, view.level, view.topics, no)


def shapes(asked: Asked, ahead: Sequence[Row], free: Sequence[Row]) -> list[Row]:
    """What a match begins with: the asked moments, or the plans that can be made of the half-days."""
    if asked.row["kind"] is Kind.TEACHER_INTERNSHIP:
        calendar, open_parts = ([(row["start_s"], row["end_s"]) for row in rows] for rows in (ahead, free))
        wanted = asked_of(asked.row["hours"], asked.row["details"])
        return [columns_of(plan) for plan in plans(calendar, open_parts, wanted)]
    if asked.row["kind"] is Kind.HYBRID_PLACEMENT:
        weekly = free[: max(1, round(asked.row["days"] or 1))]
        return [columns_of([part for row in weekly for part in parts_of(row)])] if weekly else []
    return [{name: row[name] for name in COPIED} | {"parts": [], "shape_key": ""} for row in free]


def _chosen_id(pair: Pair) -> int | None:
    return pair.chosen["id"] if pair.chosen is not None else None


@cache
def answer_day(region: HolidayRegion, today: date) -> date:
    """The last day to answer: working days, never in the school's holiday."""
    last = today + timedelta(days=CLOSED_AHEAD_DAYS)
    skip = set(public_holidays(today, last)) | set(school_holidays(region, today, last))
    return add_working_days(today, int(DEFAULT_RULES[ANSWER_WITHIN_WORKING_DAYS]), skip=skip)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59), AMSTERDAM).astimezone(UTC)
