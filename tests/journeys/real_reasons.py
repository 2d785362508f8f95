"""What a reason may say, worked out again from bare rows: of the program only the sentences are used."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.availability.models import AvailabilityException, Booking, WeeklyPattern
from matcher.i18n import in_locale
from matcher.matching.models import Match, MatchEvent
from matcher.matching.wording import Names, reason_sentence
from matcher.offers.models import Offer, OfferTopic
from matcher.requests.models import Request, RequestMoment, RequestTopic
from matcher.subjects.models import Topic
from matcher.subjects.words import fold
from tests.factories import NOW
from tests.factories.matching import epoch

TODAY = NOW.date()
Row = dict[str, Any]


class Rows:
    """The tables as they are, in dictionaries."""

    def __init__(self, session: Session) -> None:
        def table(model: Any) -> list[Row]:
            return [dict(row) for row in session.execute(model.__table__.select()).mappings()]

        self.offers = {row["id"]: row for row in table(Offer)}
        self.requests = {row["id"]: row for row in table(Request)}
        self.topics = {row["id"]: row for row in table(Topic)}
        self.people = {row["id"]: row for row in table(User)}
        self.asked_topics = _grouped(table(RequestTopic), "request_id", "topic_id")
        self.offered_topics = _grouped(table(OfferTopic), "offer_id", "topic_id")
        self.moments = _grouped(table(RequestMoment), "request_id")
        self.weeks = {(str(row["owner_type"]), row["owner_id"]): row for row in table(WeeklyPattern)}
        self.away = _grouped(table(AvailabilityException), "owner_id")
        self.bookings = [row for row in table(Booking) if row["live"] and row["party"] == "person"]
        self.matches = table(Match)
        self.events = _grouped(table(MatchEvent), "match_id")

    def moment_states(self, request_id: int, offer_id: int) -> dict[str, str]:
        offer = self.offers[offer_id]
        return {str(moment["id"]): self._state(offer, moment) for moment in self.moments[request_id]}

    def _state(self, offer: Row, moment: Row) -> str:
        person, day = offer["person_id"], moment["day"]
        start, end = epoch(day, moment["starts"]), epoch(day, moment["ends"])
        taken = [row for row in self.away[person] if row["kind"] == "busy"]
        taken += [row for row in self.bookings if row["party_id"] == person]
        if any(start < row["end_s"] and row["start_s"] < end for row in taken):
            return "busy"
        usual, never = self._week(person, day.weekday())
        asked = {minute // 15 for minute in range(_minutes(moment["starts"]), _minutes(moment["ends"]))}
        if asked & never or day.month in offer["months_off"]:
            return "never"
        if day < TODAY + timedelta(days=offer["notice_days"]):
            return "too_soon"
        return "usual" if asked <= usual else "unknown"

    def _week(self, person: int | None, weekday: int) -> tuple[set[int], set[int]]:
        """Quarters of the day, counted from midnight, that are usual and never."""
        painted = self.weeks.get(("person", person or 0))
        if painted:
            return _quarters(painted["usually"][weekday]), _quarters(painted["never"][weekday])
        working = weekday < 5
        maybe = set(range(7 * 4, 18 * 4)) if working else set()
        return set(range(9 * 4, 16 * 4)) if working else set(), set(range(96)) - maybe

    def past(self, offer: Row) -> list[Row]:
        """The matches in which this guest was asked."""
        if offer["person_id"] is None:
            return [row for row in self.matches if row["professional_id"] is None and row["offer_id"] == offer["id"]]
        return [row for row in self.matches if row["professional_id"] == offer["person_id"]]

    def answered(self, match: Row) -> bool:
        return any(event["role"] == "company" for event in self.events[match["id"]])


Said = list[dict[str, object]]


def acceptable(code: str, rows: Rows, request_id: int, shown: Row, km: float, lang: str) -> set[str]:
    """The sentences that would be true for this code; none when the code itself is not."""
    names = Names(
        {number: topic[lang] for number, topic in rows.topics.items()},
        {moment["id"]: moment["label"] for moment in shown["moments"]},
    )
    true = getattr(_Truth(rows, request_id, shown, km), code)()
    with in_locale(lang):
        return {reason_sentence([code, params], names) for params in true}


class _Truth:
    """One method per code, which gives the parameters that are true; none when the code is not."""

    def __init__(self, rows: Rows, request_id: int, shown: Row, km: float) -> None:
        self.rows, self.km, self.shown = rows, km, shown
        self.request, self.offer = rows.requests[request_id], rows.offers[shown["offer_id"]]
        self.asked, self.offered = rows.asked_topics[request_id], rows.offered_topics[self.offer["id"]]
        self.states = rows.moment_states(request_id, self.offer["id"])
        self.open = [key for key, state in self.states.items() if state in ("usual", "unknown")]
        self.usual = [key for key, state in self.states.items() if state == "usual"]
        self.past = rows.past(self.offer)
        self.held = [row for row in self.past if row["state"] == "held"]
        self.online_visit = shown["mode"] == "online"

    def topic_exact(self) -> Said:
        return [{"topic": topic} for topic in set(self.asked) & set(self.offered)]

    def topic_near(self) -> Said:
        if set(self.asked) & set(self.offered):
            return []
        return [{"topic": mine} for mine in self.offered if any(self._linked(mine, asked) for asked in self.asked)]

    def _linked(self, one: int, other: int) -> bool:
        a, b = self.rows.topics[one], self.rows.topics[other]
        return b["code"] in a["near"] or a["code"] in b["near"] or one == b["parent_id"] or other == a["parent_id"]

    def near(self) -> Said:
        true = not self.online_visit and (self.km <= 15 or self.km <= self.offer["travel_km"] / 2)
        return said(true, km=round(self.km))

    def far_edge(self) -> Said:
        limit = self.offer["travel_km"]
        true = not self.online_visit and 15 < self.km <= limit and self.km >= 0.8 * limit
        return said(true, km=round(self.km), limit=limit)

    def travel_unpaid(self) -> Said:
        """Both ways over the road, at the usual allowance, when the request has no line of costs."""
        euros = 2 * 1.25 * 0.23 * self.km
        return said(not self.online_visit and not self.request["costs"] and euros >= 15, euros=round(euros))

    def travel_paid(self) -> Said:
        return said(not self.online_visit and self.request["costs"])

    def alike(self) -> Said:
        """More than half of the runs of three letters are shared."""
        asked, offered = (_letters(text["title"]) for text in (self.request, self.offer))
        return said(len(asked & offered) >= 0.6 * (len(asked) * len(offered)) ** 0.5)

    def online(self) -> Said:
        both = {self.offer["delivery"], self.request["delivery"]} <= {"online", "either"}
        too_far = self.offer["delivery"] == "online" or self.km > self.offer["travel_km"]
        return said(both and too_far and self.online_visit)

    def free_at(self) -> Said:
        return said(self.usual, moment=int(self.usual[0]) if self.usual else 0, count=len(self.usual))

    def unknown_times(self) -> Said:
        return said(self.open and not self.usual)

    def few_days(self) -> Said:
        true = 0 < len(self.open) <= len(self.states) / 2
        return said(true, count=len(self.open), asked=len(self.states))

    def short_notice(self) -> Said:
        days = [row["day"] for row in self.rows.moments[self.request["id"]] if str(row["id"]) in self.open]
        return said(max(days) - TODAY - timedelta(days=self.offer["notice_days"]) <= timedelta(3))

    def been_before(self) -> Said:
        here = [row for row in self.held if self._asker(row)["organisation_id"] == self.request["organisation_id"]]
        return said(here, times=len(here))

    def partnership(self) -> Said:
        count = sum(
            row["state"] == "held"
            and self._asker(row)["organisation_id"] == self.request["organisation_id"]
            and self.rows.offers[row["offer_id"]]["organisation_id"] == self.offer["organisation_id"]
            for row in self.rows.matches
        )
        return said(count, times=count)

    def level_experience(self) -> Said:
        times = len(self._at_level())
        return said(times, times=times, level=self.request["level"])

    def no_level_experience(self) -> Said:
        return said(self.held and not self._at_level(), level=self.request["level"])

    def first_visit(self) -> Said:
        return said(not self.held)

    def answers(self) -> Said:
        asked, answered = self._asks()
        return said(asked >= 3 and answered >= 0.8 * asked, asked=asked, answered=answered)

    def answers_rarely(self) -> Said:
        asked, answered = self._asks()
        return said(asked >= 3 and answered < 0.5 * asked, asked=asked, answered=answered)

    def asked_recently(self) -> Said:
        days = min(((NOW - row["created_at"]).days for row in self.past), default=99)
        return said(days < 14, days=days)

    def load(self) -> Said:
        cap, taken = self.offer["yearly_cap"], sum(self._is_taken(row) for row in self.past)
        return said(cap and (taken <= cap / 2 or taken >= cap * 2 / 3), taken=taken, cap=cap)

    def large_group(self) -> Said:
        most = self.offer["details"].get("group_most")
        return said(most and most < self.request["group_size"], most=most)

    def name_follows(self) -> Said:
        return said(self.offer["person_id"] is None and self.shown["name"] is None)

    def _asker(self, match: Row) -> Row:
        return self.rows.requests[match["request_id"]]

    def _at_level(self) -> list[Row]:
        return [row for row in self.held if self._asker(row)["level"] == self.request["level"]]

    def _asks(self) -> tuple[int, int]:
        answered = sum(self.rows.answered(row) for row in self.past)
        return answered + sum(row["state"] == "expired" for row in self.past), answered

    def _is_taken(self, match: Row) -> bool:
        since = datetime(2026, 8, 1, tzinfo=NOW.tzinfo)
        return match["state"] in ("accepted", "approved", "held") and match["created_at"] >= since


def _letters(title: str) -> set[str]:
    plain = f" {fold(title.split(' · ')[0])} "
    return {plain[at : at + 3] for at in range(len(plain) - 2)}


def said(true: object, **params: object) -> Said:
    return [params] if true else []


def _grouped(table: list[Row], key: str, value: str = "") -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in table:
        found[row[key]].append(row[value] if value else row)
    return found


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _quarters(mask: int) -> set[int]:
    """Bit 0 is the quarter from 07:00; nobody can outside 07:00–22:00."""
    return {7 * 4 + bit for bit in range(60) if mask >> bit & 1}
