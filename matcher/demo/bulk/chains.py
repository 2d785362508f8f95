"""Requests and matches while they live, in memory, and every step as the verbs of `matching` leave it. Pure.

Each method is one verb: the same rows, the same order of numbers. A test lives the same decisions through the verbs.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from matcher.availability.holds import Hold, Placement, place_hold, visit_hold
from matcher.availability.models import Booking
from matcher.availability.states import Delivery, Party
from matcher.clock import AMSTERDAM, local_date, school_year
from matcher.db import Base
from matcher.demo.bulk.ground import Asker, Given, Group, Held, Past, Population, School
from matcher.matching.eligibility import visit_mode
from matcher.matching.history_queries import IN_TIME
from matcher.matching.models import Match, MatchMoment
from matcher.matching.states import LIVE, TAKES_PLACE, Action, MatchState, Side
from matcher.matching.views import RequestView
from matcher.ranking.facts import PairFacts
from matcher.regions.geo import distance_km, travel_minutes
from matcher.regions.holidays import add_working_days, public_holidays, school_holidays
from matcher.regions.policy import ANSWER_WITHIN_WORKING_DAYS, DEFAULT_RULES
from matcher.regions.states import HolidayRegion
from matcher.requests.states import RequestState

Row = dict[str, Any]
Numbers = Callable[[type[Base]], int]
CLOSED_AHEAD_DAYS = 120
DAY_SECONDS = 86_400


@dataclass(slots=True, eq=False)
class Shown:
    """A suggestion: the row, the offer, and the facts it was made on."""

    row: Row
    given: Given
    facts: PairFacts


@dataclass(slots=True, eq=False)
class Pair:
    """A match with everything that hangs on it."""

    row: Row
    asked: "Asked"
    given: Given
    facts: PairFacts
    events: list[Row] = field(default_factory=list)
    moments: list[Row] = field(default_factory=list)
    consents: list[Row] = field(default_factory=list)
    bookings: list[Row] = field(default_factory=list)
    reports: list[Row] = field(default_factory=list)
    chosen: Row | None = None
    answered: bool = False

    @property
    def state(self) -> MatchState:
        return MatchState(self.row["state"])

    @property
    def visitor(self) -> Past:
        return self.given.past


@dataclass(slots=True, eq=False)
class Asked:
    """A request with everything that hangs on it."""

    row: Row
    view: RequestView
    asker: Asker
    group: Group | None
    moments: list[Row]
    topics: list[Row]
    revision: Row
    run: Row | None = None
    shown: list[Shown] = field(default_factory=list)
    ticks: list[tuple[Row, Shown]] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)

    @property
    def school(self) -> School:
        return self.asker.school

    @property
    def is_open(self) -> bool:
        return bool(self.row["state"] is RequestState.OPEN)

    @property
    def is_taken(self) -> bool:
        return sum(pair.state in TAKES_PLACE for pair in self.pairs) >= self.row["needed"]

    @property
    def lives(self) -> bool:
        return any(pair.state in LIVE for pair in self.pairs)


class Chains:
    """The steps. `numbers` gives the next id of a table."""

    def __init__(self, population: Population, numbers: Numbers) -> None:
        self._population, self._numbers = population, numbers
        self._class_bookings: dict[int, list[Row]] = defaultdict(list)

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
                "name_follows": view.person_id is None,
                "teacher_id": request["teacher_id"],
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
        asked.pairs.append(pair)
        past = pair.visitor
        past.last_asked, past.open_asks = now, past.open_asks + 1
        past.asked_for.add(request["id"])
        return pair

    def _lay_out(self, pair: Pair, open_moments: set[int], now: datetime) -> None:
        copied = ("day", "starts", "ends", "start_s", "end_s", "periods")
        for moment in pair.asked.moments:
            if moment["start_s"] > now.timestamp() and moment["id"] in open_moments:
                pair.moments.append(
                    {name: moment[name] for name in copied}
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
        last = datetime.fromtimestamp(pair.moments[-1]["start_s"], UTC)
        notice = timedelta(days=pair.given.view.notice_days)
        return min(by_days, max(last - notice, min(_end_of(today), last)))

    def can_come(self, pair: Pair, moment: Row) -> bool:
        """Neither the guest nor the class has something else then."""
        return self._placement(pair, moment).possible and not self._crossing(pair, moment)

    def accept(self, pair: Pair, moment: Row, now: datetime) -> None:
        """The yes that was missing: place, guest and class are held."""
        moment["chosen"], pair.chosen = True, moment
        pair.row |= {"visitor_id": pair.row["professional_id"], "place_no": 1}
        self._book(pair, moment)
        details = {"moment_id": moment["id"], "side": Side.COMPANY.value, "moment_before": None}
        self._step(pair, Action.ACCEPT, MatchState.ACCEPTED, pair.row["professional_id"], Side.COMPANY, now, None, details)
        pair.consents[1] |= {
            "given_at": now,
            "given_by_id": pair.row["professional_id"],
            "seq": pair.row["seq"],
        }

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
        self._release(pair)
        self._step(pair, action, to, by_id, role, now, reason, {"moment_id": _chosen_id(pair)})

    def report(self, pair: Pair, side: Side, by_id: int, now: datetime, said: Row) -> None:
        """One side's answer; two equal answers decide."""
        pair.reports.append(
            said | {"match_id": pair.row["id"], "side": side, "part": None, "by_id": by_id, "at": now}
        )
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
            self._release(pair)
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
            past.asks_due += answers or to is MatchState.EXPIRED
            past.answered += answers
            past.in_time += answers and now - pair.row["created_at"] <= IN_TIME
            past.yes += action is Action.ACCEPT
        if pair.chosen is not None:
            moved = (to in TAKES_PLACE) - (before in TAKES_PLACE)
            past.taken[school_year(pair.chosen["day"])] += moved

    def _travels(self, pair: Pair) -> tuple[bool, float]:
        school, view = pair.asked.school, pair.given.view
        away = distance_km(view.lat, view.lon, school.lat, school.lon)
        return visit_mode(pair.asked.view, view, away) is not Delivery.ONLINE, away

    def _placement(self, pair: Pair, moment: Row) -> Placement:
        travels, away = self._travels(pair)
        wanted = visit_hold(
            moment["start_s"],
            moment["end_s"],
            travel_minutes=travel_minutes(away) if travels else 0,
            place=pair.asked.view.place if travels else None,
            key=pair.row["id"],
        )
        near = (
            held.booked
            for held in pair.visitor.held
            if held.booked.from_s < moment["end_s"] + DAY_SECONDS and held.booked.until_s > moment["start_s"] - DAY_SECONDS
        )
        return place_hold(wanted, near)

    def _crossing(self, pair: Pair, moment: Row) -> bool:
        taken = self._class_bookings.get(pair.asked.row["class_id"] or 0, ())
        return any(row["start_s"] < moment["end_s"] and row["end_s"] > moment["start_s"] for row in taken)

    def _book(self, pair: Pair, moment: Row) -> None:
        placement = self._placement(pair, moment)
        if not placement.possible:
            raise LookupError(f"match {pair.row['id']}: the time is taken")
        for trimmed in placement.trimmed:
            self._trim(pair.visitor, trimmed)
        hold, ways = placement.hold, (pair.asked.row["delivery"], pair.given.delivery)
        row = self._booking(pair, Party.PERSON, pair.visitor.person_id, hold)
        place = pair.asked.view.place
        judged = _placed(hold, None if Delivery.ONLINE in ways else place, row["id"])
        booked = _placed(hold, None if ways[0] is Delivery.ONLINE else place, row["id"])
        pair.visitor.held.append(Held(row, judged, booked))
        if pair.asked.row["class_id"] is not None:
            hour = self._booking(pair, Party.CLASS, pair.asked.row["class_id"], Hold(moment["start_s"], moment["end_s"]))
            self._class_bookings[pair.asked.row["class_id"]].append(hour)

    def _booking(self, pair: Pair, party: Party, party_id: int, hold: Hold) -> Row:
        row = {
            "id": self._numbers(Booking),
            "match_id": pair.row["id"],
            "party": party,
            "party_id": party_id,
            "start_s": hold.from_s,
            "end_s": hold.until_s,
            "pad_before_s": hold.pad_before_s,
            "pad_after_s": hold.pad_after_s,
            "live": True,
        }
        pair.bookings.append(row)
        return row

    def _trim(self, past: Past, shorter: Hold) -> None:
        """Two visits in a row at one place: no travel between them."""
        held = next(each for each in past.held if each.row["id"] == shorter.key)
        held.row |= {
            "start_s": shorter.from_s,
            "end_s": shorter.until_s,
            "pad_before_s": shorter.pad_before_s,
            "pad_after_s": shorter.pad_after_s,
        }
        held.judged = _placed(shorter, held.judged.place, held.row["id"])
        held.booked = _placed(shorter, held.booked.place, held.row["id"])

    def _release(self, pair: Pair) -> None:
        for row in pair.bookings:
            row["live"] = False
        mine = {row["id"] for row in pair.bookings}
        pair.visitor.held = [held for held in pair.visitor.held if held.row["id"] not in mine]
        class_id = pair.asked.row["class_id"]
        if class_id in self._class_bookings:
            self._class_bookings[class_id] = [row for row in self._class_bookings[class_id] if row["id"] not in mine]


def _placed(hold: Hold, place: str | None, key: Any) -> Hold:
    return Hold(hold.start_s, hold.end_s, hold.pad_before_s, hold.pad_after_s, place, key)


def _chosen_id(pair: Pair) -> int | None:
    return pair.chosen["id"] if pair.chosen is not None else None


@cache
def answer_day(region: HolidayRegion, today: Any) -> Any:
    """The last day to answer: working days, never in the school's holiday."""
    last = today + timedelta(days=CLOSED_AHEAD_DAYS)
    skip = set(public_holidays(today, last)) | set(school_holidays(region, today, last))
    return add_working_days(today, int(DEFAULT_RULES[ANSWER_WITHIN_WORKING_DAYS]), skip=skip)


def _end_of(day: Any) -> datetime:
    return datetime.combine(day, datetime.min.time().replace(hour=23, minute=59), AMSTERDAM).astimezone(UTC)
