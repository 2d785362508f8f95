"""What somebody fills in about an offer, checked and plain: from a form, a test or the generated world."""

from dataclasses import dataclass, field
from typing import Any

from matcher.availability.states import Delivery, Kind

GROUP_MOST = 500


@dataclass(frozen=True)
class OfferInput:
    """One offer as its owner writes it. `details` has what only its kind has (a lesson: minutes)."""

    kind: Kind
    organisation_id: int
    title: str
    description: str
    topic_ids: tuple[int, ...]
    levels: tuple[str, ...]
    languages: tuple[str, ...] = ("nl",)
    delivery: Delivery = Delivery.ON_SITE
    team: bool = False
    own_name: bool = False
    pc4: str | None = None
    travel_km: int = 25
    notice_days: int = 21
    yearly_cap: int | None = 6
    open_cap: int = 1
    months_off: tuple[int, ...] = ()
    places: int = 1
    details: dict[str, Any] = field(default_factory=dict)
