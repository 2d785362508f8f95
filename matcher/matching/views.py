"""What eligibility and ranking may know of a request and of an offer, as plain frozen values of one moment in time.

Filled by suggestion_queries; nothing here reads a database.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time

from matcher.availability.halfdays import Asked, Part
from matcher.availability.holds import Hold
from matcher.availability.masks import mask_of, within_day
from matcher.availability.moments import local
from matcher.availability.patterns import Availability
from matcher.availability.states import Delivery, Kind
from matcher.regions.states import HolidayRegion
from matcher.safeguarding.policy import Requirement, Seen

NOTHING_ASKED = Requirement()


Guest = tuple[str, int]  # ("person", user id) or ("offer", offer id) where nobody is named


def guest_of(person_id: int | None, offer_id: int) -> Guest:
    return ("person", person_id) if person_id is not None else ("offer", offer_id)


@dataclass(frozen=True)
class MomentView:
    """One asked moment. `mask` is rounded outward; `in_day` says whether 07:00–22:00 of one day holds all of it.

    `parts` are the visits of a half-day that comes back every week; weekday and mask are then those of each of them.
    """

    id: int
    start_s: int
    end_s: int
    day: date
    weekday: int
    mask: int
    in_day: bool
    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, moment_id: int, start_s: int, end_s: int, parts: Iterable[Sequence[int]] | None = None) -> "MomentView":
        visits = tuple((part[0], part[1]) for part in parts or ())
        first, last = map(local, visits[0] if visits else (start_s, end_s))
        one_day = first.date() == last.date() and first.time() < last.time()
        start, end = (first.time(), last.time()) if one_day else (time(0), time(0, 1))
        return cls(
            moment_id,
            start_s,
            end_s,
            first.date(),
            first.weekday(),
            mask_of(start, end),
            one_day and within_day(start, end),
            visits,
        )


@dataclass(frozen=True)
class RequestView:
    """What the school asks. `closeness`: every topic that counts as common, with 1.0 for the ones asked for; `around`
    the same for each of them alone, themes before subjects: a theme says more about a lesson."""

    id: int
    revision: int
    kind: Kind
    organisation_id: int
    board_id: int
    lat: float
    lon: float
    level: str | None
    level_bit: int
    language: str
    delivery: Delivery
    group_size: int | None
    max_km: int | None
    topics: frozenset[int]
    closeness: Mapping[int, float]
    around: tuple[Mapping[int, float], ...]
    moments: tuple[MomentView, ...]
    school_year: int
    holiday_region: HolidayRegion | None = None
    proof: Requirement = NOTHING_ASKED
    school_visits: int = 0
    asked: Asked | None = None  # an internship: how many half-days
    weekly: int = 0  # a placement: half-days in a week
    busy: tuple[Part, ...] = ()  # when the teacher of an internship is away already
    first_offer: int | None = None
    words: frozenset[str] = frozenset()
    pays_travel: bool = False
    weekly_hours: float | None = None
    licence: str | None = None
    contracts: frozenset[str] = frozenset()

    @property
    def place(self) -> str:
        """The name under which bookings know the school."""
        return f"school:{self.organisation_id}"


@dataclass(frozen=True)
class History:
    """What happened before, counted up to one moment."""

    visits_here: int = 0
    visits_total: int = 0
    level_visits: int = 0
    partnership: int = 0
    standing: bool = False
    asks_due: int = 0
    answered: int = 0
    answered_in_time: int = 0
    yes: int = 0
    days_since_ask: float | None = None
    open_asks: int = 0
    taken: int = 0
    # Fading: an answer counts half after a year; see `memory`.
    due_weight: float = 0.0
    answered_weight: float = 0.0
    in_time_weight: float = 0.0
    yes_weight: float = 0.0
    plain_no_weight: float = 0.0
    no_time_weight: float = 0.0
    refused_often: float = 0.0
    refused_far: float = 0.0
    refused_topic: float = 0.0
    refused_level: float = 0.0


@dataclass(frozen=True)
class OfferView:
    """What is offered, by whom and within which limits; no names."""

    id: int
    revision: int
    kind: Kind
    organisation_id: int
    person_id: int | None
    is_open: bool
    organisation_ok: bool
    person_ok: bool
    released: bool
    delivery: Delivery
    languages: tuple[str, ...]
    level_mask: int
    lat: float
    lon: float
    travel_km: int
    notice_days: int
    yearly_cap: int | None
    open_cap: int
    paused_until: date | None
    topics: frozenset[int]
    availability: Availability
    group_most: int | None = None
    company_size: int = 0
    holds: tuple[Hold, ...] = ()
    already_asked: bool = False
    blocked: bool = False
    do_not_approach: bool = False
    proofs: tuple[Seen, ...] = ()
    hours_left: float | None = None
    company_left: int | None = None  # visits this school year until the organisation's own maximum
    places: int = 1
    taken_places: tuple[Part, ...] = ()
    half_days: int = 0  # who teaches every week: the possible half-days as a mask, none said means the week alone
    most_weekly: int = 10
    words: frozenset[str] = frozenset()
    weekly_hours: float | None = None
    licence: str | None = None
    seconded: bool | None = None  # None: not said
    history: History = field(default_factory=History)
