"""In which order candidates are shown: who goes first, how a region spreads questions, who is new. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matcher.matching.views import OfferView, RequestView
from matcher.ranking.facts import Column, FactsBatch
from matcher.ranking.newcomers import Drawn, draw_newcomer, with_newcomer
from matcher.ranking.spreading import spread


@dataclass(frozen=True)
class Fairness:
    """How much questions are spread here, and whether somebody new gets a place by lot."""

    weight: float = 0.0
    draws: bool = False


BY_SCORE = Fairness()


def order_of(
    request: RequestView, offers: Sequence[OfferView], scores: Column, batch: FactsBatch, fairness: Fairness
) -> tuple[list[int], Drawn | None]:
    """Rows, best first: whom the school wants again, then its standing partners, then by score. Everybody in it may be
    asked: fairness never brings anybody back."""
    by = spread(scores, batch, fairness.weight) if fairness.weight else scores
    # Rounded before comparing, so that the same facts give the same order on every machine.
    goes_first = np.array([2 * (offer.id == request.first_offer) + offer.history.standing for offer in offers])
    order: list[int] = np.lexsort((np.array([offer.id for offer in offers]), -np.round(by, 9), -goes_first)).tolist()
    if not fairness.draws:
        return order, None
    drawn = draw_newcomer(order, scores, batch.column("asks"), seed=(request.id, request.revision))
    return with_newcomer(order, drawn), drawn
