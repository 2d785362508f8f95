"""The part of the estimator that learns what bends: boosted trees of two facts each, turned into tables of steps.

Trees of three leaves look at no more than two facts, so their sum is exactly a table per pair. On the generated world
they order as well as larger trees do; they are scored by looking up, and can be drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.ranking.facts import Column
from matcher.ranking.lines import Evidence
from matcher.ranking.shapes import Coding, Shapes, Whole, constant

LEAVES = 3
RATE = 0.06
MOST_BINS = 64
FEWEST_IN_LEAF = 20
L2 = 5.0


@dataclass(frozen=True, eq=False)
class Trees:
    """The fitted classifier of scikit-learn, kept for comparing."""

    fitted: Any
    coding: Coding

    def logits(self, x: Column) -> Column:
        logits: Column = self.fitted.decision_function(self.coding.apply(x))
        return logits

    def staged(self, x: Column) -> Any:
        """The logits after each tree."""
        return self.fitted.staged_decision_function(self.coding.apply(x))


def fit_trees(evidence: Evidence, coding: Coding, *, trees: int, seed: int) -> Trees:
    """Outcomes between 0 and 1 count as that much of a yes and the rest of a no."""
    # It takes seconds to import, and only fitting needs it.
    from sklearn.ensemble import HistGradientBoostingClassifier

    monotone = [0 if fact in evidence.categorical else sign for fact, sign in enumerate(evidence.monotone)]
    coded = coding.apply(evidence.x)
    # A column without a single value says nothing, and cannot be cut.
    coded = np.where(np.isnan(coded).all(axis=0), 0.0, coded)
    x, y, weight = _as_classes(coded, evidence.y, evidence.weight)
    model = HistGradientBoostingClassifier(
        max_iter=trees,
        learning_rate=RATE,
        max_leaf_nodes=LEAVES,
        max_bins=MOST_BINS,
        min_samples_leaf=max(2, min(FEWEST_IN_LEAF, len(y) // 20)),
        l2_regularization=L2,
        monotonic_cst=monotone,
        early_stopping=False,
        random_state=seed,
    )
    return Trees(model.fit(x, y, sample_weight=weight), coding)


def _as_classes(x: Column, y: Column, weight: Column) -> tuple[Column, Whole, Column]:
    between = (y > 0) & (y < 1)
    if not between.any():
        return x, y.astype(np.int64), weight
    classes = np.concatenate([(y > 0).astype(np.int64), np.zeros(int(between.sum()), dtype=np.int64)])
    return (
        np.concatenate([x, x[between]]),
        classes,
        np.concatenate([np.where(between, weight * y, weight), (weight * (1 - y))[between]]),
    )


@dataclass(frozen=True)
class _Leaf:
    value: float
    ranges: dict[int, tuple[float, float, bool]]  # fact → above, up to, and whether missing comes here


def as_shapes(trees: Trees, width: int, parts: int) -> Shapes:
    """The same sum as tables."""
    leaves = [leaf for (tree,) in trees.fitted._predictors for leaf in _leaves(tree.nodes)]
    edges = [
        np.unique([edge for leaf in leaves if fact in leaf.ranges for edge in leaf.ranges[fact][:2]])
        for fact in range(width)
    ]
    edges = [each[np.isfinite(each)] if len(each) else np.zeros(0) for each in edges]
    pairs = sorted({_pair(leaf) for leaf in leaves if leaf.ranges})
    tables = {pair: np.zeros((len(edges[pair[0]]) + 2, len(edges[pair[1]]) + 2)) for pair in pairs}
    bias = float(np.ravel(trees.fitted._baseline_prediction)[0])
    for leaf in leaves:
        if not leaf.ranges:
            bias += leaf.value
            continue
        first, second = pair = _pair(leaf)
        rows = _covered(leaf, first, edges[first])
        columns = _covered(leaf, second, edges[second]) if second != first else _only_first(edges[first])
        tables[pair] += leaf.value * np.outer(rows, columns)
    return constant(bias, width, parts).changed(
        coding=trees.coding,
        edges_from=_begins([len(each) for each in edges]),
        edges=np.concatenate([np.zeros(0), *edges]),
        first=np.array([pair[0] for pair in pairs], dtype=np.int64),
        second=np.array([pair[1] for pair in pairs], dtype=np.int64),
        steps_from=_begins([tables[pair].size for pair in pairs]),
        steps=np.concatenate([np.zeros(0), *(tables[pair].ravel() for pair in pairs)]),
    )


def _begins(sizes: Sequence[int]) -> Whole:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _pair(leaf: _Leaf) -> tuple[int, int]:
    """A single fact is a pair with itself."""
    facts = sorted(leaf.ranges)
    return facts[0], facts[-1]


def _only_first(edges: Column) -> Column:
    """The second index of a pair with itself says nothing new."""
    return np.ones(len(edges) + 2)


def _covered(leaf: _Leaf, fact: int, edges: Column) -> Column:
    """1 for each code the leaf holds."""
    above, up_to, missing = leaf.ranges[fact]
    low = np.concatenate([[-np.inf], edges])  # what a code lies above, and what it goes up to
    high = np.concatenate([edges, [np.inf]])
    inside = ((low >= above) & (high <= up_to)).astype(np.float64)
    return np.concatenate([inside, [float(missing)]])


def _leaves(nodes: Any) -> list[_Leaf]:
    """Every leaf with the range of each fact on the way to it."""
    found: list[_Leaf] = []
    waiting: list[tuple[int, dict[int, tuple[float, float, bool]]]] = [(0, {})]
    while waiting:
        at, ranges = waiting.pop()
        node = nodes[at]
        if node["is_leaf"]:
            found.append(_Leaf(float(node["value"]), ranges))
            continue
        fact, edge = int(node["feature_idx"]), float(node["num_threshold"])
        above, up_to, missing = ranges.get(fact, (-np.inf, np.inf, True))
        left = bool(node["missing_go_to_left"])
        waiting.append((int(node["left"]), ranges | {fact: (above, min(up_to, edge), missing and left)}))
        waiting.append((int(node["right"]), ranges | {fact: (max(above, edge), up_to, missing and not left)}))
    return found
