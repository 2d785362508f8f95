"""Whose time a match holds in a generated history, exactly as the services of `matching` book and let go. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from matcher.availability.halfdays import Part, days_of
from matcher.availability.holds import Hold, Placement, place_hold, visit_hold
from matcher.availability.models import Booking
from matcher.availability.states import Delivery, Kind, Party
from matcher.demo.bulk.ground import Held, Past
from matcher.demo.bulk.lives import Numbers, Pair, Row
from matcher.matching.eligibility import MOST_CROSSED, visit_mode
from matcher.matching.moments import columns_of
from matcher.matching.stay_queries import PLACES
from matcher.regions.geo import distance_km, travel_minutes

DAY_SECONDS = 86_400


class Agenda:
    """Live bookings of classes, teachers and places; those of guests are kept with the guest."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._live: dict[tuple[Party, int], list[Row]] = defaultdict(list)

    def spans(self, party: Party, party_id: int, after_s: float = 0) -> tuple[Part, ...]:
        """What is held of a party, in order of time."""
        rows = self._live.get((party, party_id), ())
        return tuple(sorted((row["start_s"], row["end_s"]) for row in rows if row["end_s"] > after_s))

    def can_hold(self, pair: Pair, moment: Row) -> bool:
        """Whether `hold` would succeed."""
        parts = parts_of(moment)
        if pair.row["kind"] is Kind.TEACHER_INTERNSHIP:
            return (
                not self._taken(Party.PERSON, pair.row["teacher_id"], parts)
                and self._free_place(pair, parts) is not None
            )
        kept = self._kept(parts, [placement for placement in self._placements(pair, parts) if placement.possible])
        if (len(parts) == 1 and not kept) or (len(parts) - len(kept)) * MOST_CROSSED > len(parts):
            return False
        class_id = pair.asked.row["class_id"]
        return class_id is None or not self._taken(Party.CLASS, class_id, parts)

    def hold(self, pair: Pair, moment: Row) -> None:
        """Teacher and place; or the guest, visit by visit, and the class. The visits that cross are given up."""
        parts = parts_of(moment)
        if pair.row["kind"] is Kind.TEACHER_INTERNSHIP:
            place = self._free_place(pair, parts)
            if place is None:
                raise LookupError(f"match {pair.row['id']}: no place is free")
            for party, party_id in ((Party.PERSON, pair.row["teacher_id"]), (Party.PLACE, place)):
                for start_s, end_s in parts:
                    self._live[(party, party_id)].append(self._booking(pair, party, party_id, Hold(start_s, end_s)))
            return
        taken = [placement for placement in self._placements(pair, parts) if placement.possible]
        for placement in taken:
            self._write(pair, placement)
        kept = self._kept(parts, taken)
        if kept != parts:
            moment |= columns_of(kept)
        class_id = pair.asked.row["class_id"]
        if class_id is not None:
            hour = self._booking(pair, Party.CLASS, class_id, Hold(moment["start_s"], moment["end_s"]))
            self._live[(Party.CLASS, class_id)].append(hour)

    def release(self, pair: Pair) -> None:
        """Nothing of this match is held any more; the rows stay."""
        if not pair.bookings:
            return
        mine = set()
        for row in pair.bookings:
            row["live"] = False
            mine.add(row["id"])
        for key in {(row["party"], row["party_id"]) for row in pair.bookings}:
            self._live[key] = [row for row in self._live[key] if row["id"] not in mine]
        pair.visitor.held = [held for held in pair.visitor.held if held.row["id"] not in mine]

    def _taken(self, party: Party, party_id: int, parts: Sequence[Part]) -> bool:
        held = self._live.get((party, party_id), ())
        return any(row["start_s"] < end_s and row["end_s"] > start_s for row in held for start_s, end_s in parts)

    def _free_place(self, pair: Pair, parts: Sequence[Part]) -> int | None:
        first = pair.given.view.id * PLACES + 1
        numbers = range(first, first + pair.given.view.places)
        return next((number for number in numbers if not self._taken(Party.PLACE, number, parts)), None)

    def _placements(self, pair: Pair, parts: Sequence[Part]) -> list[Placement]:
        """One for each day, each seeing the ones before it."""
        minutes, place = _travel(pair)
        first, last = parts[0][0] - DAY_SECONDS, parts[-1][1] + DAY_SECONDS
        holds = [held.booked for held in pair.visitor.held]
        holds = [hold for hold in holds if hold.from_s < last and hold.until_s > first]
        found = []
        for start_s, end_s in days_of(parts):
            placement = place_hold(visit_hold(start_s, end_s, travel_minutes=minutes, place=place), holds)
            found.append(placement)
            if placement.possible:
                trimmed = {other.key: other for other in placement.trimmed}
                holds = [*(trimmed.get(other.key, other) for other in holds), placement.hold]
        return found

    def _kept(self, parts: Sequence[Part], placed: Sequence[Placement]) -> list[Part]:
        days = [(placement.hold.start_s, placement.hold.end_s) for placement in placed]
        return [part for part in parts if any(start_s <= part[0] < end_s for start_s, end_s in days)]

    def _write(self, pair: Pair, placement: Placement) -> None:
        for shorter in placement.trimmed:
            _trim(pair.visitor, shorter)
        hold, ways = placement.hold, (pair.asked.row["delivery"], pair.given.view.delivery)
        row = self._booking(pair, Party.PERSON, int(pair.visitor.person_id or 0), hold)
        place = pair.asked.view.place
        judged = _placed(hold, None if Delivery.ONLINE in ways else place, row["id"])
        booked = _placed(hold, None if ways[0] is Delivery.ONLINE else place, row["id"])
        pair.visitor.held.append(Held(row, judged, booked))

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


def parts_of(moment: Row) -> list[Part]:
    """Every visit of a stored moment, in order of time."""
    if not moment["parts"]:
        return [(moment["start_s"], moment["end_s"])]
    return sorted((part[0], part[1]) for part in moment["parts"])


def _travel(pair: Pair) -> tuple[float, str | None]:
    school, view = pair.asked.school, pair.given.view
    away = distance_km(view.lat, view.lon, school.lat, school.lon)
    if visit_mode(pair.asked.view, view, away) is Delivery.ONLINE:
        return 0.0, None
    return travel_minutes(away), pair.asked.view.place


def _trim(past: Past, shorter: Hold) -> None:
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


def _placed(hold: Hold, place: str | None, key: Any) -> Hold:
    return Hold(hold.start_s, hold.end_s, hold.pad_before_s, hold.pad_after_s, place, key)
