"""The estimator on any table: lines drawn to the written rule, blended with small trees, calibrated on rows held out.

With little to learn from the lines carry it and the lines are drawn to the rule; how much the trees count is what did
best on rows neither had seen, so the hand-over is smooth and nobody sets it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matcher.ranking.facts import Column
from matcher.ranking.lines import SHRINKS, Evidence, code_categories, fit_lines
from matcher.ranking.shapes import Shapes, Whole, joined, sigmoid
from matcher.ranking.steps import Trees, as_shapes, fit_trees

FEW = 600
"""Below this many outcomes there are no trees: what is held out would say too little about them."""
MANY = 4_000
"""From here on one later window is held out; below, every row is held out once."""
FOLDS = 4
LATER = 0.25
TREE_COUNTS = (10, 20, 40, 70, 110, 160, 230, 320, 420)
SHARES = (1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.1, 0.0)
"""Of the lines in the blend, tried from all to none."""
ROWS_PER_TREE = 10
LOOSE = 30_000
"""A looser prior is tried only on so many rows: choosing one by a few hundred cost more order than it gained."""
SLOPE_SHRINK = 10.0
EQUAL = 1e-9


@dataclass(frozen=True, eq=False)
class Fitted:
    """One outcome learned: the shapes to score with, what they were made of, and how it was chosen."""

    shapes: Shapes
    lines: Shapes
    trees: Trees | None
    line_share: float
    tree_count: int
    slope: float
    shift: float

    def reference(self, x: Column, rule: Column) -> Column:
        """The logits by scikit-learn's own trees: what the shapes must equal."""
        logits = self.lines.logits(x, rule) * self.line_share
        if self.trees is not None:
            logits = logits + (1 - self.line_share) * self.trees.logits(x)
        found: Column = self.slope * logits + self.shift
        return found


@dataclass(frozen=True)
class _Choice:
    shrink: float = SHRINKS[0]
    line_share: float = 1.0
    tree_count: int = 0
    slope: float = 1.0
    shift: float = 0.0


def fit_outcome(evidence: Evidence, group: Whole, *, seed: int) -> Fitted:
    """Rows in order of time; rows of one group stay together."""
    choice = _choose(evidence, group, seed)
    coding = code_categories(evidence)
    lines = fit_lines(evidence, coding, choice.shrink)
    trees, shapes = None, lines
    if choice.tree_count:
        trees = fit_trees(evidence, coding, trees=choice.tree_count, seed=seed)
        shapes = joined(lines, choice.line_share, as_shapes(trees, evidence.x.shape[1], evidence.rule.shape[1]))
    scaled = shapes.scaled(choice.slope, choice.shift)
    return Fitted(scaled, lines, trees, choice.line_share, choice.tree_count, choice.slope, choice.shift)


def _folds(group: Whole, rows: int) -> list[npt.NDArray[np.bool_]]:
    """What is held out each time: the later part of many rows, or every part of few in turn."""
    numbers = np.unique(group, return_inverse=True)[1]
    count = numbers.max() + 1
    # Groups come in order of time and are numbered as they come.
    order = np.argsort(np.argsort(_first_seen(numbers, count)))[numbers]
    if rows >= MANY:
        return [order >= (1 - LATER) * count]
    return [order % FOLDS == fold for fold in range(FOLDS)]


def _first_seen(numbers: Whole, count: int) -> Whole:
    first = np.full(count, len(numbers), dtype=np.int64)
    np.minimum.at(first, numbers, np.arange(len(numbers)))
    return first


def _choose(evidence: Evidence, group: Whole, seed: int) -> _Choice:
    """What did best on the rows held out; the steadier choice where it is close."""
    counts = [count for count in TREE_COUNTS if len(evidence.y) >= max(FEW, count * ROWS_PER_TREE)]
    shrinks = [each for each in SHRINKS if each == SHRINKS[0] or each * len(evidence.y) >= LOOSE]
    held, by_lines, by_trees = [], [], []
    for out in _folds(group, len(evidence.y)):
        known, rest = evidence.rows(~out), evidence.rows(out)
        if not out.any() or out.all() or known.y.max() == known.y.min():
            continue
        coding = code_categories(known)
        held.append(rest)
        by_lines.append(np.array([fit_lines(known, coding, each).logits(rest.x, rest.rule) for each in shrinks]))
        if counts:
            staged = list(fit_trees(known, coding, trees=counts[-1], seed=seed).staged(rest.x))
            by_trees.append(np.array([np.ravel(staged[count - 1]) for count in counts]))
    if not held:
        return _Choice()
    y, weight = np.concatenate([each.y for each in held]), np.concatenate([each.weight for each in held])
    of_lines = np.concatenate(by_lines, axis=1)
    best = int(np.argmin([surprise(logits, y, weight) for logits in of_lines]))
    share, count, logits = 1.0, 0, of_lines[best]
    if counts:
        share, count, logits = _best_blend(logits, np.concatenate(by_trees, axis=1), counts, y, weight)
    return _Choice(shrinks[best], share, count, *calibrate(logits, y, weight))


def _best_blend(
    lines: Column, staged: Column, counts: list[int], y: Column, weight: Column
) -> tuple[float, int, Column]:
    best, least = (1.0, 0, lines), surprise(lines, y, weight)
    for share in SHARES[1:]:
        for row, count in enumerate(counts):
            logits = share * lines + (1 - share) * staged[row]
            found = surprise(logits, y, weight)
            if found < least - EQUAL:
                best, least = (share, count, logits), found
    return best


def surprise(logits: Column, y: Column, weight: Column) -> float:
    return float(weight @ (np.logaddexp(0.0, logits) - y * logits)) / float(weight.sum())


def calibrate(logits: Column, y: Column, weight: Column) -> tuple[float, float]:
    """The straight line through the logits that fits best, drawn to leaving them as they are; it always rises."""
    slope, shift = 1.0, 0.0
    for _step in range(30):
        chance = sigmoid(slope * logits + shift)
        off, curve = weight * (chance - y), weight * chance * (1 - chance)
        gradient = np.array([off @ logits + SLOPE_SHRINK * (slope - 1), off.sum() + shift])
        cross = float(curve @ logits)
        matrix = np.array([[curve @ logits**2 + SLOPE_SHRINK, cross], [cross, curve.sum() + 1.0]])
        step = np.linalg.solve(matrix, gradient)
        slope, shift = max(0.05, slope - float(step[0])), shift - float(step[1])
        if np.abs(step).max() < EQUAL:
            break
    return slope, shift
