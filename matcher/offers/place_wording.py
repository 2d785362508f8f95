"""An internship place in the reader's words. No rules here."""

from collections.abc import Mapping
from typing import Any

from matcher.availability.halfday_wording import half_days_label
from matcher.availability.halfdays import FULL_WEEK
from matcher.availability.states import Delivery, Kind
from matcher.availability.wording import DELIVERIES, notice_label
from matcher.i18n import _, _l, format_number, ngettext
from matcher.offers.wording import language_names, lesson_line, level_names, month_name, offer_facts
from matcher.subjects.levels import Level
from matcher.subjects.teaching import ROUTE_WISHES, RouteWish, licence_name

CONDITIONS = {
    "confidentiality": _l("a confidentiality statement to sign"),
    "safety": _l("safety clothing or a short safety lesson"),
    "insurance": _l("the school's own insurance"),
}
EMPLOYERS = {
    "own_time": _l("does not need to know: in own time"),
    "informed": _l("knows of it and thinks it is fine"),
    "seconded": _l("lends this person out and has to agree"),
}


def place_line(details: Mapping[str, Any], places: int) -> str:
    """One line under a title: "Laboratory · 2 places at once · At the company"."""
    where = str(DELIVERIES[Delivery.AT_COMPANY])
    parts = [str(details.get("department") or ""), places_label(places) if places > 1 else "", where]
    return " · ".join(part for part in parts if part)


def offer_line(offer: Any) -> str:
    """One line under the title of any offer."""
    if offer.kind is Kind.TEACHER_INTERNSHIP:
        return place_line(offer.details, offer.places)
    if offer.kind is Kind.HYBRID_PLACEMENT:
        return hybrid_line(offer.details)
    return lesson_line(offer)


def facts_of_offer(offer: Any, place: str | None, *, names: bool) -> list[tuple[str, str]]:
    """What a reader wants to know of any offer, as terms and values; who guides only for those who may know names."""
    if offer.kind is Kind.HYBRID_PLACEMENT:
        return [*hybrid_facts(offer.details), *offer_facts(offer, place)]
    if offer.kind is not Kind.TEACHER_INTERNSHIP:
        return offer_facts(offer, place)
    mask = int(offer.details.get("half_day_mask", FULL_WEEK))
    months = ", ".join(month_name(month) for month in offer.months_off)
    details = offer.details if names else {**offer.details, "supervisor": ""}
    pairs = [
        *place_facts(details, offer.places),
        (_("When"), half_days_label(mask) if mask != FULL_WEEK else _("the whole working week")),
        (_("Never in"), months),
        (_("For teachers of"), level_names(offer.levels) if len(offer.levels) < len(Level) else _("all groups")),
        (_("Language"), language_names(offer.languages)),
        (_("How long ahead"), notice_label(offer.notice_days)),
    ]
    return [(term, value) for term, value in pairs if value]


def hybrid_line(details: Mapping[str, Any]) -> str:
    """One line under a title: "Hybrid teacher · 2 half-days a week at most"."""
    most = int(details.get("half_days") or 0)
    amount = ngettext("%(num)s half-day a week at most", "%(num)s half-days a week at most", most) if most else ""
    return " · ".join(part for part in (_("Hybrid teacher"), amount) if part)


def hybrid_facts(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """When somebody can teach, with which paper, and what the employer thinks of it."""
    hours, mask = details.get("hours"), int(details.get("half_day_mask") or 0)
    wish, view = details.get("route"), str(details.get("employer_view") or "")
    pairs = [
        (_("Can on"), half_days_label(mask)),
        (_("Hours a week at most"), format_number(hours) if hours else ""),
        (_("Paper for teaching"), licence_name(details.get("licence"))),
        (_("Wants to become qualified"), str(ROUTE_WISHES[RouteWish(wish)]) if wish in set(RouteWish) else ""),
        (_("The employer"), str(EMPLOYERS.get(view, ""))),
    ]
    return [(term, value) for term, value in pairs if value]


def places_label(places: int) -> str:
    return ngettext("%(num)s place at once", "%(num)s places at once", places)


def condition_words(details: Mapping[str, Any]) -> str:
    """What the company asks, in one line; empty when it asks nothing."""
    asked = [str(label) for name, label in CONDITIONS.items() if details.get(name)]
    more = str(details.get("conditions") or "")
    return "; ".join([*asked, more] if more else asked)


def supervisor_words(details: Mapping[str, Any]) -> str:
    return str(details.get("supervisor") or "")


def place_facts(details: Mapping[str, Any], places: int) -> list[tuple[str, str]]:
    pairs = [
        (_("Department"), str(details.get("department") or "")),
        (_("Guided by"), supervisor_words(details)),
        (_("Places"), places_label(places)),
        (_("What the company asks"), condition_words(details) or _("nothing special")),
    ]
    return [(term, value) for term, value in pairs if value]
