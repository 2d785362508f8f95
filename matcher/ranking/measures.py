"""How good an order is, for many questions at once; `bounds` say where each question begins, and the end. Pure."""

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matcher.ranking.facts import Column

Whole = npt.NDArray[np.int64]
DRAWS = 500
BINS = 10


def places(scores: Column, bounds: Whole) -> Whole:
    """The place of each row in its question, from 1; equal scores in order of the rows."""
    group = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    order = np.lexsort((np.arange(len(scores)), -np.round(scores, 9), group))
    place = np.empty(len(scores), dtype=np.int64)
    place[order] = np.arange(len(scores)) - bounds[group[order]] + 1
    return place


def ndcg(scores: Column, gains: Column, bounds: Whole, at: int = 10) -> Column:
    """Per question, NaN where nothing was there to gain."""
    best = _discounted(places(gains, bounds), gains, bounds, at)
    found: Column = np.where(best > 0, _discounted(places(scores, bounds), gains, bounds, at), np.nan)
    return found / np.where(best > 0, best, 1.0)


def _discounted(place: Whole, gains: Column, bounds: Whole, at: int) -> Column:
    return _sums(np.where(place <= at, gains / np.log2(1 + place), 0.0), bounds)


def _sums(values: npt.NDArray, bounds: Whole) -> Column:
    total = np.concatenate([[0.0], np.cumsum(values)])
    found: Column = total[bounds[1:]] - total[bounds[:-1]]
    return found


def mrr(scores: Column, good: Column, bounds: Whole) -> Column:
    """One over the place of the first good one, per question; NaN where none was good."""
    place = places(scores, bounds)
    first = np.minimum.reduceat(np.where(good > 0, place, np.iinfo(np.int64).max), bounds[:-1])
    return np.where(first < np.iinfo(np.int64).max, 1 / first, np.nan)


def hit(scores: Column, good: Column, bounds: Whole, at: int) -> Column:
    """Per question 1 when one of the first so many was good; NaN where none was good at all."""
    among = _sums((good > 0) & (places(scores, bounds) <= at), bounds) > 0
    return np.where(_sums(good > 0, bounds) > 0, among.astype(np.float64), np.nan)


def ece(chances: Column, outcomes: Column, bins: int = BINS, *, weights: Column | None = None) -> float:
    """The mean distance between what was said and what became true, in bins of equally many rows."""
    if not len(chances):
        return float("nan")
    order = np.argsort(chances, kind="stable")
    edges = np.linspace(0, len(order), min(bins, len(order)) + 1).astype(np.int64)
    weight = np.ones(len(order)) if weights is None else weights[order]
    apart = _sums(weight * (chances[order] - outcomes[order]), edges)
    return float(np.abs(apart).sum() / weight.sum())


def reliability(
    chances: Column, outcomes: Column, bins: int = BINS, *, weights: Column | None = None
) -> list[tuple[float, float, int]]:
    """Of each bin: the mean chance said, the share that came true, how many."""
    order = np.argsort(chances, kind="stable")
    edges = np.unique(np.linspace(0, len(order), min(bins, max(1, len(order))) + 1).astype(np.int64))
    weight = np.ones(len(order)) if weights is None else weights[order]

    def mean(column: Column, low: int, high: int) -> float:
        return float(np.average(column[order[low:high]], weights=weight[low:high]))

    pairs = itertools.pairwise(edges)
    return [(mean(chances, low, high), mean(outcomes, low, high), int(high - low)) for low, high in pairs]


def gini(counts: Column) -> float:
    """0 when all get as much, nearly 1 when one gets everything."""
    total = float(counts.sum())
    if total <= 0:
        return 0.0
    ordered = np.sort(counts)
    ranks = np.arange(1, len(ordered) + 1)
    return float(2 * (ranks @ ordered) / (len(ordered) * total) - (len(ordered) + 1) / len(ordered))


def interval(per_question: Column, *, seed: int, draws: int = DRAWS) -> tuple[float, float, float]:
    """Mean, and the 95 % interval of drawing the questions anew. NaNs are left out."""
    known = per_question[np.isfinite(per_question)]
    if not len(known):
        return float("nan"), float("nan"), float("nan")
    means = drawn_means([known], seed=seed, draws=draws)[0]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(known.mean()), float(low), float(high)


def drawn_means(columns: Sequence[Column], *, seed: int, draws: int = DRAWS) -> Column:
    """(columns, draws): means over the same questions drawn anew, so that columns can be compared."""
    count, dice = len(columns[0]), np.random.default_rng(seed)
    rows, means = np.array(columns), np.empty((len(columns), draws))
    for draw in range(draws):
        means[:, draw] = rows @ np.bincount(dice.integers(0, count, count), minlength=count) / count
    return means


def ratio_interval(one: Column, other: Column, *, seed: int, draws: int = DRAWS) -> tuple[float, float, float]:
    """The ratio of two means over the same questions, with its 95 % interval."""
    both = np.isfinite(one) & np.isfinite(other)
    if not both.any():
        return float("nan"), float("nan"), float("nan")
    drawn = drawn_means([one[both], other[both]], seed=seed, draws=draws)
    low, high = np.quantile(drawn[0] / drawn[1], [0.025, 0.975])
    return float(one[both].mean() / other[both].mean()), float(low), float(high)
