"""A visit that was arranged elsewhere and is registered when it is over, as plain values. Pure."""

from dataclasses import dataclass
from datetime import date

from matcher.accounts.behalf import Heard

MARK = "registered"
"""Events of such a visit carry this in their details; its request and a lesson made for it `registered_afterwards`."""
MARKED = {"registered_afterwards": True}


@dataclass(frozen=True)
class PastVisit:
    """What a coordinator knows of it. Without `offer_id` a lesson is made from title and topics."""

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
