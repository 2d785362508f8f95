"""Questions spread over more people: at schools that had visits, people who were rarely asked and small companies count
a little more, so that schools that never had one find the others free. And what that costs, measured on past lists.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matcher.ranking.equity import with_equity
from matcher.ranking.facts import Column, FactsBatch

ASKED_AT_ONCE = 3
"""Nobody asks more at once; a price is about these."""


def spread(scores: Column, batch: FactsBatch, weight: float) -> Column:
    """What to order by. At a school that had no visit in a year it is the scores themselves: it gets the best."""
    found: Column = np.where(batch.column("school_visits") > 0, with_equity(scores, batch, weight), scores)
    return found


@dataclass(frozen=True)
class Price:
    """Of so many lists: among the first three, the mean score, and that one of them at least works out when scores are
    chances; how many different people stand there, and which share of them was never asked."""

    lists: int
    score: float
    served: float
    people: int
    never_asked: float


def price(lists: Sequence[tuple[FactsBatch, Column, npt.NDArray[np.int64]]], weight: float) -> Price:
    """Each list: facts, scores and who it is, a row per candidate."""
    firsts = [
        np.argsort(-spread(scores, batch, weight), kind="stable")[:ASKED_AT_ONCE] for batch, scores, _who in lists
    ]
    scored = [scores[first] for first, (_batch, scores, _who) in zip(firsts, lists, strict=True)]
    asks = [batch.column("asks")[first] for first, (batch, _scores, _who) in zip(firsts, lists, strict=True)]
    people = {int(one) for first, (_batch, _scores, who) in zip(firsts, lists, strict=True) for one in who[first]}
    if not lists:
        return Price(0, 0.0, 0.0, 0, 0.0)
    return Price(
        lists=len(lists),
        score=float(np.mean([each.mean() for each in scored])),
        served=float(np.mean([1 - np.prod(1 - each) for each in scored])),
        people=len(people),
        never_asked=float(np.mean(np.concatenate(asks) == 0)),
    )
