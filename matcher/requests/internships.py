"""What a teacher asks about an internship at a company, as plain values. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from matcher.availability.halfdays import FULL_WEEK, HOURS, LEAST_HOURS, MOST_HOURS, Asked, Part, fits
from matcher.availability.states import Kind
from matcher.errors import InvalidInput
from matcher.i18n import _l

UNITS = ("half_days", "days", "hours")
ORDERS = ("either", "consecutive", "spread")


@dataclass(frozen=True)
class InternshipWish:
    """Everything a teacher says; what is None or empty was not filled in yet. `amount` counts in `unit`."""

    kind: ClassVar[Kind] = Kind.TEACHER_INTERNSHIP
    topic_text: str = ""
    topic_ids: tuple[int, ...] = ()
    learning_goal: str = ""
    product: str = ""
    own_words: str = ""
    first: date | None = None
    last: date | None = None
    half_day_mask: int = FULL_WEEK
    unit: str = "days"
    amount: float = 3
    order: str = "either"
    holidays: bool = False
    leader: str = ""
    leave_given: bool = False
    replacement: str = ""
    max_km: int | None = None
    language: str = "nl"
    costs: str = ""

    @property
    def hours(self) -> float:
        return self.amount * {"half_days": HOURS, "days": 2 * HOURS}.get(self.unit, 1)

    @property
    def details(self) -> dict[str, Any]:
        """What has no column of its own, as plain values."""
        names = ("topic_text", "learning_goal", "product", "unit", "amount", "order", "holidays", "leader")
        return {name: getattr(self, name) for name in (*names, "leave_given", "replacement")}


def asked_of(hours: float | None, details: Mapping[str, Any]) -> Asked:
    """How many half-days a stored internship takes; hours are rounded up to whole half-days."""
    half_days = max(1, -(-int(hours or HOURS) // HOURS))
    return Asked(half_days, details.get("unit") == "days", str(details.get("order") or "either"))


def check_complete(hours: float | None, details: Mapping[str, Any], ahead: Sequence[Part], *, has_topics: bool) -> None:
    """Before it is sent: what, how much, and enough half-days ahead. Raises InvalidInput with the field."""
    if not has_topics:
        raise InvalidInput(_l("Say what you want to learn."), "topic_text")
    if not str(details.get("learning_goal") or "").strip():
        raise InvalidInput(_l("Say what you want to take home."), "learning_goal")
    if not LEAST_HOURS <= (hours or 0) <= MOST_HOURS:
        raise InvalidInput(
            _l("An internship takes %(least)s to %(most)s hours: 3 to 10 days.", least=LEAST_HOURS, most=MOST_HOURS),
            "amount",
        )
    if not fits(ahead, asked_of(hours, details)):
        raise InvalidInput(_l("There are too few half-days in this time. Choose a longer time or more days."), "last")
