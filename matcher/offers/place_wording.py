"""An internship place in the reader's words. No rules here."""

from collections.abc import Mapping
from typing import Any

from matcher.i18n import _, _l, ngettext

CONDITIONS = {
    "confidentiality": _l("a confidentiality statement to sign"),
    "safety": _l("safety clothing or a short safety lesson"),
    "insurance": _l("the school's own insurance"),
}


def place_line(details: Mapping[str, Any], places: int) -> str:
    """One line under a title: "Laboratory · 2 places at once · At the company"."""
    parts = [str(details.get("department") or ""), places_label(places) if places > 1 else "", _("at the company")]
    return " · ".join(part for part in parts if part)


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
        (_("Who guides the teacher"), supervisor_words(details)),
        (_("Places"), places_label(places)),
        (_("What we ask"), condition_words(details) or _("nothing special")),
    ]
    return [(term, value) for term, value in pairs if value]
