"""What texts and kind-specific details say, as the plain fields that views carry. Pure."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from matcher.availability.states import Kind
from matcher.subjects.teaching import SECONDED, Contract, Licence
from matcher.subjects.words import fold

GRAM = 3
_SEPARATOR = " · "


@lru_cache(maxsize=100_000)
def grams(title: str) -> frozenset[str]:
    """The runs of three letters of a title; what follows the dot (the class) is not about the lesson."""
    folded = f" {fold(title.partition(_SEPARATOR)[0])} "
    return frozenset(folded[at : at + GRAM] for at in range(len(folded) - GRAM + 1))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """0 to 1: the cosine of two sets of letter runs."""
    shared = len(one & other)
    return shared / (len(one) * len(other)) ** 0.5 if shared else 0.0


def said_by_request(
    kind: Kind, title: str, costs: str, hours: float | None, details: Mapping[str, Any]
) -> dict[str, Any]:
    """Fields of RequestView. A school with a line of costs pays for the way."""
    said: dict[str, Any] = {"words": grams(title), "pays_travel": bool(costs.strip())}
    if kind is Kind.HYBRID_PLACEMENT:
        licence = details.get("licence") or Licence.NONE.value
        said |= {
            "weekly_hours": hours,
            "licence": None if licence == Licence.NONE.value else str(licence),
            "contracts": frozenset(str(code) for code in details.get("contracts") or ()),
        }
    return said


def said_by_offer(kind: Kind, title: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of OfferView."""
    said: dict[str, Any] = {"words": grams(title)}
    if kind is Kind.HYBRID_PLACEMENT:
        view = details.get("employer_view")
        hours = details.get("hours")
        said |= {
            "weekly_hours": float(hours) if hours else None,
            "licence": details.get("licence") or None,
            "seconded": None if view is None else view == SECONDED,
        }
    return said


def licence_fit(asked: str | None, held: str | None) -> float:
    """1 when the paper is there or none is asked, a half when it is not known or on its way."""
    if asked is None or asked == held:
        return 1.0
    if asked == Licence.SECOND_DEGREE and held == Licence.FIRST_DEGREE:
        return 1.0
    return 0.5 if held in (None, Licence.TRAINING.value) else 0.0


def contract_fit(accepted: frozenset[str], seconded: bool | None) -> float:
    """1 when the school accepts the form this person comes in, a half when that is not known."""
    if not accepted:
        return 1.0
    if seconded is None:
        return 0.5
    wanted = accepted & {Contract.SECONDMENT.value} if seconded else accepted - {Contract.SECONDMENT.value}
    return float(bool(wanted))
