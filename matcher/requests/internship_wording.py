"""An internship as it was asked, in the reader's words. No rules here."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol

from matcher.availability.halfday_wording import half_days_label
from matcher.availability.halfdays import FULL_WEEK
from matcher.i18n import _, _l, format_day_month, format_number, ngettext

ORDERS = {
    "either": _l("either is fine"),
    "consecutive": _l("one after the other"),
    "spread": _l("spread over the weeks"),
}


class Stay(Protocol):
    """As much of a request as says what is asked."""

    details: dict[str, Any]
    hours: float | None
    window_from: date | None
    window_to: date | None
    half_day_mask: int | None
    max_km: int | None


def amount_label(details: Mapping[str, Any], hours: float | None) -> str:
    """`3 dagen`, `6 dagdelen`, `24 uur`."""
    amount = float(details.get("amount") or hours or 0)
    match details.get("unit"):
        case "days":
            return ngettext("%(shown)s day", "%(shown)s days", round(amount), shown=format_number(amount))
        case "half_days":
            return ngettext("%(shown)s half-day", "%(shown)s half-days", round(amount), shown=format_number(amount))
    return ngettext("%(shown)s hour", "%(shown)s hours", round(amount), shown=format_number(amount))


def asked_line(stay: Stay, seen: datetime | None = None) -> str:
    """One line: how much between which days."""
    amount = amount_label(stay.details, stay.hours)
    if stay.window_from is None or stay.window_to is None:
        return amount
    return _(
        "%(amount)s between %(first)s and %(last)s",
        amount=amount,
        first=format_day_month(stay.window_from, seen),
        last=format_day_month(stay.window_to, seen),
    )


def stay_facts(stay: Stay, seen: datetime | None = None) -> list[tuple[str, str]]:
    """What was asked, as terms and values; what was left empty is left out."""
    details = stay.details
    mask = FULL_WEEK if stay.half_day_mask is None else stay.half_day_mask
    order = ORDERS.get(str(details.get("order")), "")
    pairs = [
        (_("How much"), asked_line(stay, seen)),
        (_("Possible half-days"), half_days_label(mask) if mask != FULL_WEEK else _("the whole working week")),
        (_("How the days lie"), str(order) if details.get("order") != "either" else ""),
        (_("School holidays"), _("may be used too") if details.get("holidays") else ""),
        *goal_facts(details),
        (_("Distance"), _("at most %(km)s km from school", km=stay.max_km) if stay.max_km else ""),
        *leave_facts(details),
    ]
    return [(term, value) for term, value in pairs if value]


def goal_facts(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = [
        (_("Learning goal"), str(details.get("learning_goal") or "")),
        (_("Product"), str(details.get("product") or "")),
    ]
    return [(term, value) for term, value in pairs if value]


def leave_facts(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (_("Team leader"), leave_line(details)),
        (_("Replacement"), str(details.get("replacement") or _("not said"))),
    ]


def leave_line(details: Mapping[str, Any]) -> str:
    """Whose leave there is, or that it still has to come."""
    leader = str(details.get("leader") or "")
    if not details.get("leave_given"):
        return _("%(name)s still has to agree", name=leader) if leader else _("still has to agree")
    if details.get("leave_by"):
        return _("%(name)s agreed on this page", name=leader)
    return _("%(name)s agrees, says the teacher", name=leader) if leader else _("agrees, says the teacher")
