"""Who gets asked: the same later requests answered one after the other, with and without the equity weight."""

import numpy as np

from benchmarks._output import line
from matcher.ranking import measures
from matcher.ranking.equity import request_weight, with_equity
from matcher.ranking.exploration import order_with_newcomer
from matcher.ranking.facts import Column, FactsBatch
from matcher.ranking.learned import FittedModel

ASKED = 3
WEIGHT = 0.5
MOST_ASKS = 1
"""Of one person in the time that is judged: hard, whatever the weight."""
SEED = 7


def exposure(
    model: FittedModel, batch: FactsBatch, bounds: np.ndarray, guest: np.ndarray, truth: Column, school: np.ndarray
) -> None:
    scores = model.rank(batch).scores
    plain = _asked(scores, scores, bounds, guest, school, np.zeros(len(school)))
    even = with_equity(scores, batch, WEIGHT)
    visits_there = batch.column("school_visits")[bounds[:-1]]
    first = np.asarray(request_weight(visits_there, WEIGHT))
    fair = _asked(even, scores, bounds, guest, school, first)
    people = np.unique(guest)
    for name, asked in (("plain", plain), ("with equity", fair)):
        found = _figures(asked, bounds, guest, truth, school, people)
        for measure, value in found.items():
            line(f"exposure.{measure} ({name})", value, "", goal="", holds=None)
    one, other = (_figures(each, bounds, guest, truth, school, people) for each in (plain, fair))
    served = other["requests served"] / one["requests served"]
    visits = other["visits"] / one["visits"]
    line("exposure.requests_served_with_equity", served, "x", goal=">= 1.08", holds=bool(served >= 1.08),
         detail=f"equity weight {WEIGHT}")  # fmt: skip
    line("exposure.visits_with_equity", visits, "x", goal=">= 0.99", holds=bool(visits >= 0.99))
    _price_of_exploring(scores, batch, bounds, truth)


def _asked(
    order_by: Column, chances: Column, bounds: np.ndarray, guest: np.ndarray, school: np.ndarray, first: Column
) -> np.ndarray:
    """Truths over the rows. Each request asks its best; nobody is asked more than the budget allows.

    Without a weight every request asks three, in order of time. With one, requests come in order of how little their
    school got, and the third and second ask wait until everybody asked one.
    """
    asked, used = np.zeros(len(order_by), dtype=bool), dict.fromkeys(np.unique(guest).tolist(), 0)
    requests = np.arange(len(bounds) - 1)
    rounds = [(requests, ASKED)]
    if first.any():
        in_turn = requests[np.argsort(-first, kind="stable")]
        rounds = [(in_turn, 1)] * ASKED
    for order, count in rounds:
        for request in order.tolist():
            rows = np.arange(bounds[request], bounds[request + 1])
            rows = rows[~asked[rows]]
            left = count
            for row in rows[np.argsort(-order_by[rows], kind="stable")].tolist():
                if left == 0:
                    break
                if used[int(guest[row])] < MOST_ASKS:
                    used[int(guest[row])] += 1
                    asked[row], left = True, left - 1
    return asked


def _figures(
    asked: np.ndarray, bounds: np.ndarray, guest: np.ndarray, truth: Column, school: np.ndarray, people: np.ndarray
) -> dict[str, float]:
    """Expected: a request is served when at least one asked comes; visits are all who come."""
    nobody = np.add.reduceat(np.where(asked, np.log1p(-truth), 0.0), bounds[:-1])
    served = 1 - np.exp(nobody)
    counts = np.bincount(np.searchsorted(people, guest[asked]), minlength=len(people)).astype(np.float64)
    of_school = np.array([1 - np.prod(1 - served[school == each]) for each in np.unique(school)])
    return {
        "gini": measures.gini(counts),
        "requests served": float(served.mean()),
        "schools served": float(of_school.mean()),
        "never asked": float((counts == 0).mean()),
        "visits": float(truth[asked].sum()),
    }


def _price_of_exploring(scores: Column, batch: FactsBatch, bounds: np.ndarray, truth: Column) -> None:
    """What the place for a newcomer costs: the expected good of the ten shown, with and without."""
    asks, without, with_one = batch.column("asks"), 0.0, 0.0
    for request, (low, high) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
        order, _drawn = order_with_newcomer(scores[low:high], asks[low:high], 10, seed=SEED + request)
        best = np.argsort(-scores[low:high], kind="stable")[:10]
        discount = 1 / np.log2(np.arange(2, 12))
        without += float(truth[low:high][best] @ discount[: len(best)])
        with_one += float(truth[low:high][order[:10]] @ discount[: len(order[:10])])
    line("exposure.price_of_a_newcomer", 1 - with_one / without, "of the gain", goal="", holds=None,
         detail="one of ten places")  # fmt: skip
