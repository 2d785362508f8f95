"""In which order candidates are shown: who goes first, how a region spreads questions, who is new. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matcher.matching.views import OfferView, RequestView
from matcher.ranking.exploration import Drawn, draw_newcomer
from matcher.ranking.facts import Column, FactsBatch
from matcher.ranking.spreading import spread


@dataclass(frozen=True)
class Fairness:
    """How much questions are spread here, and whether somebody new gets a place by lot."""

    weight: float = 0.0
    draws: bool = False


BY_SCORE = Fairness()
SHOWN = 10
"""Whom people see first; the last of these places is the newcomer's."""
MOST_REVISIONS = 10_000
NOBODY = Drawn(None, 1.0)


def order_of(
    request: RequestView, offers: Sequence[OfferView], scores: Column, batch: FactsBatch, fairness: Fairness
) -> tuple[list[int], Drawn]:
    """Rows, best first: whom the school wants again, then its standing partners, then by score. Everybody in it may be
    asked: fairness never brings anybody back."""
    by = spread(scores, batch, fairness.weight) if fairness.weight else scores
    # Rounded before comparing, so that the same facts give the same order on every machine.
    goes_first = np.array([2 * (offer.id == request.first_offer) + offer.history.standing for offer in offers])
    order: list[int] = np.lexsort((np.array([offer.id for offer in offers]), -np.round(by, 9), -goes_first)).tolist()
    if not fairness.draws or len(order) <= SHOWN:
        return order, NOBODY
    return with_newcomer(order, scores, batch.column("asks"), seed=request.id * MOST_REVISIONS + request.revision)


def with_newcomer(order: list[int], scores: Column, asks: Column, *, seed: int) -> tuple[list[int], Drawn]:
    """The drawn row at the newcomer's place; those it passes move down one. The same seed gives the same newcomer."""
    found = draw_newcomer(scores[order], asks[order], SHOWN - 1, seed=seed)
    if found.row is None:
        return order, NOBODY
    chosen = order[found.row]
    rest = [row for row in order if row != chosen]
    return [*rest[: SHOWN - 1], chosen, *rest[SHOWN - 1 :]], Drawn(chosen, found.propensity)
