"""What a ranking looks like on real questions: how heavily each part counts, and how the chance runs with every fact.

Made of any ranker and of plain rows of facts when a model is fitted, and kept in its card, so that a page reads it
without reading the model.
"""

from typing import Any

import numpy as np

from matcher.ranking.baseline import Ranker
from matcher.ranking.facts import CATEGORICAL, NAMES, Column, FactsBatch

ROWS = 240
STEPS = np.linspace(0.0, 1.0, 11)
MOST_VALUES = 12
"""A fact with no more values than this is drawn at each of them."""
FLAT = 0.01
"""A curve that moves less than this is told as one that does not count."""


def portrait(ranker: Ranker, facts: Column) -> dict[str, Any]:
    """`parts`: share of all that parts add or take away, in percent. `curves`: fact → [value, mean score] along its
    usual values, everything else as it is; only those that move it. `facts` are those of who was asked, in order of
    time; without any it is empty."""
    rows = _some(facts)
    if not len(rows):
        return {}
    ranked = ranker.rank(FactsBatch(rows))
    weights = {part: float(np.abs(column).mean()) for part, column in ranked.contributions.items()}
    total = sum(weights.values()) or 1.0
    curves = {name: _curve(ranker, rows, at) for at, name in enumerate(NAMES)}
    return {
        "parts": {part: round(100 * weight / total, 1) for part, weight in weights.items()},
        "curves": {name: curve for name, curve in curves.items() if _height(curve) >= FLAT},
    }


def _some(rows: Column) -> Column:
    """Evenly spread over the whole period."""
    if not len(rows):
        return rows
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(ROWS, len(rows))).astype(np.int64))]


def _curve(ranker: Ranker, rows: Column, at: int) -> list[list[float]]:
    values = _values(rows[:, at], NAMES[at] in CATEGORICAL)
    if len(values) < 2:
        return []
    changed = np.repeat(rows[None, :, :], len(values), axis=0)
    changed[:, :, at] = values[:, None]
    scores = ranker.rank(FactsBatch(changed.reshape(-1, rows.shape[1]))).scores.reshape(len(values), len(rows))
    return [
        [round(float(value), 4), round(float(mean), 4)] for value, mean in zip(values, scores.mean(axis=1), strict=True)
    ]


def _values(column: Column, is_category: bool) -> Column:
    known = np.unique(column[np.isfinite(column)])
    if is_category or len(known) <= MOST_VALUES:
        return known[:MOST_VALUES]
    return np.unique(np.quantile(column[np.isfinite(column)], STEPS))


def _height(curve: list[list[float]]) -> float:
    means = [mean for _value, mean in curve]
    return max(means) - min(means) if means else 0.0
