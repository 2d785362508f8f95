"""Never before better: what excludes an offer for a request, each with a code, and which asked moments remain.

Pure. The sentences are in wording; who orders what is left is `ranking`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from matcher.availability.halfdays import fits, half_day_at
from matcher.availability.holds import place_hold, visit_hold
from matcher.availability.states import Delivery, Kind, TimeState
from matcher.clock import local_date
from matcher.matching.views import MomentView, OfferView, RequestView
from matcher.regions.geo import distance_km, travel_minutes
from matcher.safeguarding.policy import is_met


class NeverCode(StrEnum):
    KIND = "kind"
    TOPIC = "topic"
    LEVEL = "level"
    LANGUAGE = "language"
    DELIVERY = "delivery"
    DISTANCE = "distance"
    MOMENTS = "moments"
    DAYS = "days"
    NOTICE = "notice"
    PAUSED = "paused"
    CAP = "cap"
    COMPANY_CAP = "company_cap"
    HOURS_BUDGET = "hours_budget"
    OPEN_ASKS = "open_asks"
    ALREADY_ASKED = "already_asked"
    NOT_OPEN = "not_open"
    NOT_VERIFIED = "not_verified"
    NOT_CONFIRMED = "not_confirmed"
    SAFEGUARDING = "safeguarding"
    BLOCKED = "blocked"
    DO_NOT_APPROACH = "do_not_approach"
    VIA_CONTACT = "via_contact"


class MomentState(StrEnum):
    """What one asked moment is for one offer; the first two remain possible."""

    USUAL = "usual"
    UNKNOWN = "unknown"
    NEVER = "never"
    BUSY = "busy"
    TOO_SOON = "too_soon"
    UNSAFE = "unsafe"


MOST_CROSSED = 4  # of a term one visit in so many may be given up for what was agreed before
OPEN_STATES = frozenset({MomentState.USUAL, MomentState.UNKNOWN})


@dataclass(frozen=True)
class Verdict:
    """All that excludes (empty: eligible), the state of each asked moment, and how the visit would take place."""

    never: tuple[NeverCode, ...]
    moments: tuple[tuple[int, MomentState], ...]
    mode: Delivery | None
    distance_km: float

    @property
    def ok(self) -> bool:
        return not self.never

    @property
    def open_moments(self) -> tuple[int, ...]:
        """Moments that remain, the ones that usually suit first, each in the order asked."""
        usual = [key for key, state in self.moments if state is MomentState.USUAL]
        return (*usual, *(key for key, state in self.moments if state is MomentState.UNKNOWN))

    def count(self, state: MomentState) -> int:
        return sum(found is state for _key, found in self.moments)

    def moment_dict(self) -> dict[str, str]:
        return {str(key): state.value for key, state in self.moments}


def judge(request: RequestView, offer: OfferView, *, now: datetime) -> Verdict:
    """Everything of "never" that holds between this request and this offer at this moment."""
    distance = distance_km(request.lat, request.lon, offer.lat, offer.lon)
    mode = visit_mode(request, offer, distance)
    moments = tuple((asked.id, moment_state(request, offer, asked, mode, distance, now)) for asked in request.moments)
    never = [
        *_about_the_lesson(request, offer, mode),
        *_about_time(request, offer, moments),
        *_about_people(request, offer, now),
    ]
    return Verdict(tuple(never), moments, mode, distance)


_WAYS: dict[Delivery, tuple[Delivery, ...]] = {
    Delivery.ON_SITE: (Delivery.ON_SITE,),
    Delivery.ONLINE: (Delivery.ONLINE,),
    Delivery.EITHER: (Delivery.ON_SITE, Delivery.ONLINE),
    Delivery.AT_COMPANY: (Delivery.AT_COMPANY,),
}


class Wanted(Protocol):
    """As much of a request as decides how they would meet: a view or the row itself."""

    @property
    def delivery(self) -> Delivery: ...
    @property
    def max_km(self) -> int | None: ...


class Offered(Protocol):
    """The same of an offer."""

    @property
    def delivery(self) -> Delivery: ...
    @property
    def travel_km(self) -> int: ...


def visit_mode(request: Wanted, offer: Offered, distance: float) -> Delivery | None:
    """How they would meet: at school when that is within both limits, else online when both want that; else None."""
    for way in common_ways(request, offer):
        if way is Delivery.ONLINE or distance <= _limit(request, offer, way):
            return way
    return None


def common_ways(request: Wanted, offer: Offered) -> tuple[Delivery, ...]:
    return tuple(way for way in _WAYS[request.delivery] if way in _WAYS[offer.delivery])


def _limit(request: Wanted, offer: Offered, way: Delivery) -> float:
    asked = float("inf") if request.max_km is None else float(request.max_km)
    return asked if way is Delivery.AT_COMPANY else min(asked, float(offer.travel_km))


def moment_state(
    request: RequestView,
    offer: OfferView,
    moment: MomentView,
    mode: Delivery | None,
    distance: float,
    now: datetime,
) -> MomentState:
    """The first thing that stands in the way of one moment, else what the offer's week says."""
    week = _week_says(offer, moment)
    if week is TimeState.NEVER:
        return MomentState.NEVER
    if week is TimeState.BUSY or _is_booked(request, offer, moment, mode, distance):
        return MomentState.BUSY
    if moment.start_s <= now.timestamp() or moment.day < local_date(now) + timedelta(days=offer.notice_days):
        return MomentState.TOO_SOON
    if _is_unsafe(request, offer, moment):
        return MomentState.UNSAFE
    return MomentState.USUAL if week is TimeState.USUAL else MomentState.UNKNOWN


def _week_says(offer: OfferView, moment: MomentView) -> TimeState:
    """`Availability.state`, without its clock arithmetic where no dated exception asks for it.

    A half-day of every week is judged by the week alone: a day off in between does not end a term.
    """
    owner = offer.availability
    if owner.exceptions and not moment.parts:
        return owner.state(moment.start_s, moment.end_s)
    off = moment.day.month in owner.months_off and not moment.parts
    if not moment.in_day or off or moment.mask & owner.never[moment.weekday]:
        return TimeState.NEVER
    if moment.parts and offer.half_days:
        said = half_day_at(moment.start_s).bit & offer.half_days
        return TimeState.USUAL if said else TimeState.NEVER
    suits = moment.mask & owner.usual[moment.weekday] == moment.mask
    return TimeState.USUAL if suits else TimeState.UNKNOWN


def _is_booked(
    request: RequestView, offer: OfferView, moment: MomentView, mode: Delivery | None, distance: float
) -> bool:
    """Whether the visit, travel included, would cross one of the person's bookings; of a term more than a quarter of
    the visits. A half-day at a company also needs a free place there, and the teacher."""
    if request.kind is Kind.TEACHER_INTERNSHIP and _is_taken(request, offer, moment):
        return True
    if not offer.holds:
        return False
    if moment.parts:
        crossed = sum(
            any(h.from_s < end_s and start_s < h.until_s for h in offer.holds) for start_s, end_s in moment.parts
        )
        return crossed * MOST_CROSSED > len(moment.parts)
    travels = mode is not Delivery.ONLINE
    visit = visit_hold(
        moment.start_s,
        moment.end_s,
        travel_minutes=travel_minutes(distance) if travels else 0,
        place=request.place if travels else None,
    )
    return not place_hold(visit, offer.holds).possible


def _is_taken(request: RequestView, offer: OfferView, moment: MomentView) -> bool:
    here = sum(start_s < moment.end_s and moment.start_s < end_s for start_s, end_s in offer.taken_places)
    away = any(start_s < moment.end_s and moment.start_s < end_s for start_s, end_s in request.busy)
    return away or here >= offer.places


def _is_unsafe(request: RequestView, offer: OfferView, moment: MomentView) -> bool:
    """A proof the board asks for is missing or too old that day. Somebody of the team is checked once named, a hybrid
    teacher before the start: being introduced asks for no proof yet."""
    if offer.person_id is None or request.kind is Kind.HYBRID_PLACEMENT:
        return False
    return not is_met(request.proof, offer.proofs, board_id=request.board_id, on_day=moment.day)


def _about_the_lesson(request: RequestView, offer: OfferView, mode: Delivery | None) -> Iterable[NeverCode]:
    if offer.kind is not request.kind:
        yield NeverCode.KIND
    if not any(topic in request.closeness for topic in offer.topics):
        yield NeverCode.TOPIC
    if request.level_bit and not request.level_bit & offer.level_mask:
        yield NeverCode.LEVEL
    if request.language not in offer.languages:
        yield NeverCode.LANGUAGE
    if mode is None:
        yield NeverCode.DISTANCE if common_ways(request, offer) else NeverCode.DELIVERY


def _about_time(
    request: RequestView, offer: OfferView, moments: tuple[tuple[int, MomentState], ...]
) -> Iterable[NeverCode]:
    states = {state for _key, state in moments}
    if not states:
        return
    if states & OPEN_STATES:
        enough = has_enough(request, {key for key, state in moments if state in OPEN_STATES})
        if not enough or offer.most_weekly < request.weekly:
            yield NeverCode.DAYS
        return
    if MomentState.UNSAFE in states:
        yield NeverCode.SAFEGUARDING
    elif MomentState.TOO_SOON in states:
        yield NeverCode.NOTICE
    else:
        yield NeverCode.MOMENTS


def has_enough(request: RequestView, open_ids: Collection[int]) -> bool:
    """One moment is enough for a visit; an internship and a placement need as many half-days as they ask."""
    if request.asked is not None:
        return fits([(m.start_s, m.end_s) for m in request.moments if m.id in open_ids], request.asked)
    return len(open_ids) >= request.weekly


def _is_reserved(offer: OfferView) -> bool:
    """What is left of the year's maximum waits for an answer already: another yes would be one too many."""
    cap, history = offer.yearly_cap, offer.history
    return cap is not None and history.taken < cap <= history.taken + history.open_asks


def _about_people(request: RequestView, offer: OfferView, now: datetime) -> Iterable[NeverCode]:
    history = offer.history
    holds = {
        NeverCode.PAUSED: offer.paused_until is not None and local_date(now) < offer.paused_until,
        NeverCode.CAP: offer.yearly_cap is not None and history.taken >= offer.yearly_cap,
        NeverCode.HOURS_BUDGET: offer.hours_left is not None and offer.hours_left <= 0,
        NeverCode.COMPANY_CAP: offer.company_left is not None and offer.company_left <= 0,
        NeverCode.OPEN_ASKS: history.open_asks >= offer.open_cap or _is_reserved(offer),
        NeverCode.ALREADY_ASKED: offer.already_asked,
        NeverCode.NOT_OPEN: not offer.is_open,
        NeverCode.NOT_VERIFIED: not offer.organisation_ok,
        NeverCode.NOT_CONFIRMED: not offer.person_ok,
        NeverCode.BLOCKED: offer.blocked,
        NeverCode.DO_NOT_APPROACH: offer.do_not_approach,
        NeverCode.VIA_CONTACT: not offer.released,
    }
    return (code for code, is_so in holds.items() if is_so)
