"""A visit that was arranged elsewhere and is registered when it is over, as plain values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from matcher.accounts.behalf import Heard
from matcher.availability.halfdays import HOURS, half_days_of
from matcher.availability.states import Kind
from matcher.matching.states import HybridStep

MARK = "registered"
"""Events of such a visit carry this in their details; its request and a lesson made for it `registered_afterwards`."""
MARKED = {"registered_afterwards": True}


@dataclass(frozen=True)
class Span:
    """The half-days of an internship, or of every week of a placement: those ticked between two days.

    `steps` are the days on which a placement took the steps before its start.
    """

    last: date
    half_day_mask: int
    weekly_hours: float | None = None
    steps: Mapping[HybridStep, date] = field(default_factory=dict)

    @property
    def half_days_a_week(self) -> int:
        return len(half_days_of(self.half_day_mask))

    @property
    def hours_a_week(self) -> float:
        return self.weekly_hours or float(HOURS * self.half_days_a_week)


@dataclass(frozen=True)
class PastVisit:
    """What a coordinator knows of it. Without `offer_id` an offer is made from title and topics. A lesson has times
    on its day; an internship and a placement begin on it and have a `span`."""

    school_id: int
    teacher_id: int
    company_id: int
    guest_id: int | None
    day: date
    starts: str
    ends: str
    title: str
    topic_ids: tuple[int, ...]
    heard: Heard
    level: str | None = None
    year: int | None = None
    pupils: int | None = None
    hours: float | None = None
    offer_id: int | None = None
    note: str = ""
    kind: Kind = Kind.GUEST_LECTURE
    span: Span | None = None
