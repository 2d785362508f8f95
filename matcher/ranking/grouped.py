"""The same estimator on any grouped table: graded outcomes, no written rule, facts seen against those of the others.

A grade is learned as the chance of reaching it, so the score is the gain to be expected. Where a question's own level
hides who is better, copies of the facts less their mean within the question are added: only where held-out questions
say that it helps. The served model has no such copies, because the log keeps the first of hundreds of candidates and
their mean is not the mean of all that are ranked.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matcher.ranking import measures
from matcher.ranking.estimator import Fitted, fit_outcome
from matcher.ranking.facts import Column
from matcher.ranking.lines import Evidence
from matcher.ranking.shapes import sigmoid
from matcher.ranking.tables import Counts, Table

TRIED = 0.25
MOST_LEVELS = 5
MOST_WIDE = 120
"""With more columns than this no copies are added."""


@dataclass(frozen=True, eq=False)
class GroupedModel:
    """Scores rows of a table; the expected gain, or for outcomes of 0 and 1 the chance."""

    outcomes: list[tuple[float, Fitted]]  # what reaching a grade adds, and the chance of it
    centred: bool

    def scores(self, x: Column, group: Counts) -> Column:
        seen = _with_copies(x, group) if self.centred else x
        nothing = np.zeros((len(x), 0))
        found: Column = np.sum(
            [gain * sigmoid(fitted.shapes.logits(seen, nothing)) for gain, fitted in self.outcomes], 0
        )
        return found


def fit_table(table: Table, *, seed: int) -> GroupedModel:
    """Rows in order of time where the table has one."""
    centred = False
    if len(table.group) >= 8 and table.X.shape[1] <= MOST_WIDE and table.group.max() > 1:
        centred = _copies_help(table, seed)
    return _fit(table, centred, seed)


def gains(y: Column) -> Column:
    """What a grade is worth."""
    found: Column = 2.0**y - 1
    return found


def _fit(table: Table, centred: bool, seed: int) -> GroupedModel:
    x = _with_copies(table.X, table.group) if centred else table.X
    # A copy rises with its fact, so it keeps its sign; categories have no mean.
    monotone = table.monotone * (1 + centred)
    grades = _grades(table.y)
    outcomes = []
    for below, grade in zip([0.0, *grades[:-1]], grades, strict=True):
        reached = (table.y >= grade).astype(np.float64)
        evidence = Evidence(x, reached, np.ones(len(x)), np.zeros((len(x), 0)), monotone, table.categorical)
        worth = float(gains(np.array(grade)) - gains(np.array(below)))
        outcomes.append((worth, fit_outcome(evidence, table.group_of, seed=seed)))
    return GroupedModel(outcomes, centred)


def _grades(y: Column) -> list[float]:
    found: list[float] = np.unique(y[y > y.min()]).tolist()
    if len(found) > MOST_LEVELS:
        keep = np.unique(np.linspace(0, len(found) - 1, MOST_LEVELS).round().astype(int))
        found = [found[at] for at in keep.tolist()]
    return found


def _with_copies(x: Column, group: Counts) -> Column:
    bounds = np.concatenate([[0], np.cumsum(group)])
    known = np.isfinite(x)
    sums = np.add.reduceat(np.where(known, x, 0.0), bounds[:-1], axis=0)
    counts = np.add.reduceat(known.astype(np.float64), bounds[:-1], axis=0)
    copies: Column = x - np.repeat(sums / np.maximum(counts, 1), group, axis=0)
    return np.hstack([x, copies])


def _copies_help(table: Table, seed: int) -> bool:
    count = len(table.group)
    late = np.arange(count) >= (1 - TRIED) * count
    early, later = table.part(~late), table.part(late)
    if len(np.unique(early.y)) < 2 or len(np.unique(later.y)) < 2:
        return False
    found = []
    for centred in (False, True):
        scores = _fit(early, centred, seed).scores(later.X, later.group)
        found.append(float(np.nanmean(measures.ndcg(scores, gains(later.y), later.bounds))))
    return found[1] > found[0]


def splits(table: Table, *, seed: int, folds: int = 5) -> list[npt.NDArray[np.bool_]]:
    """Which groups are judged on each time: the later ones, or every fifth part in turn."""
    count = len(table.group)
    if table.valid_from is not None:
        return [np.asarray(table.bounds[:-1] >= table.valid_from)]
    dealt = np.random.default_rng(seed).permutation(count) % min(folds, count)
    return [dealt == fold for fold in range(min(folds, count))]
