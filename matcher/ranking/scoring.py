"""The quick way through several shapes at once, for serving: every fact is looked up once, whatever is made of it.

All cuts of all shapes are put in one row per fact. Between two cuts a line is straight and a table is flat, so a code
per fact says everything. Equal to the shapes by test.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matcher.ranking.facts import Column
from matcher.ranking.shapes import Shapes, Whole


@dataclass(frozen=True, eq=False)
class _Looked:
    """One shape's part: by code the line's height and slope and the shape's own code; its pairs."""

    shapes: Shapes
    height: Column
    slope: Column
    own: Whole
    width: Whole  # of the second fact of each pair

    def lines(self, flat: Whole, x: Column) -> Column:
        """(d, n)"""
        found: Column = self.height[flat] + self.slope[flat] * x
        return found

    def tables(self, first: Whole, second: Whole) -> Column:
        """(p, n) from each fact's own codes, (d, n)."""
        shapes = self.shapes
        place = first[shapes.first]
        place *= self.width[:, None]
        place += second[shapes.second]
        place += shapes.steps_from[:-1, None]
        found: Column = shapes.steps[place]
        return found


class Together:
    """Several shapes over the same facts."""

    def __init__(self, many: Sequence[Shapes], width: int) -> None:
        self._cuts = [_cuts(many, fact) for fact in range(width)]
        self._is_category = np.isin(np.arange(width), np.concatenate([each.coding.columns for each in many]))
        self._begins = np.concatenate([[0], np.cumsum([len(cuts) + 2 for cuts in self._cuts])])[:-1, None]
        self._looked = [_look(shapes, self._cuts, self._is_category) for shapes in many]

    def _codes(self, x: Column) -> tuple[Whole, Column]:
        """(d, n) places in every row by code, and the numbers themselves with 0 where one is missing."""
        columns = np.ascontiguousarray(x.T)
        flat = np.empty(columns.shape, dtype=np.int64)
        for fact, cuts in enumerate(self._cuts):
            flat[fact] = cuts.searchsorted(columns[fact])
            if self._is_category[fact]:
                unknown = np.append(cuts, np.nan)[flat[fact]] != columns[fact]
                flat[fact, unknown] = len(cuts) + 1
        missing = np.isnan(columns)
        if missing.any():
            most = np.array([len(cuts) + 1 for cuts in self._cuts])[:, None]
            flat, columns = np.where(missing, most, flat), np.where(missing, 0.0, columns)
        flat += self._begins
        return flat, columns

    def logits(self, x: Column, rule: Column) -> list[Column]:
        """Of each shape."""
        flat, columns = self._codes(x)
        found = []
        for each in self._looked:
            logit = each.shapes.bias + rule @ each.shapes.rule_weights + each.lines(flat, columns).sum(axis=0)
            if len(each.shapes.first):
                own = each.own[flat]
                logit += each.tables(own, own).sum(axis=0)
            found.append(logit)
        return found

    def against(self, x: Column, typical: Column, parts: Column) -> list[Column]:
        """Of each shape (n, parts): what each part adds to the logit against a typical row, the rule left out.

        `parts` is (d, parts), 1 where a fact belongs. Together it is exactly the difference: a pair's share is halved
        over both orders of changing its facts, which is their Shapley value.
        """
        (here, numbers), (there, usual) = self._codes(x), self._codes(typical)
        found = []
        for each in self._looked:
            added = (each.lines(here, numbers) - each.lines(there, usual)).T @ parts
            if len(each.shapes.first):
                a, b = each.own[here], each.own[there]
                both, none = each.tables(a, a), each.tables(b, b)
                only_first, only_second = each.tables(a, b), each.tables(b, a)
                added += 0.5 * (only_first - none + both - only_second).T @ parts[each.shapes.first]
                added += 0.5 * (only_second - none + both - only_first).T @ parts[each.shapes.second]
            found.append(added)
        return found


def _cuts(many: Sequence[Shapes], fact: int) -> Column:
    """Categories by what they are; of numbers every edge and every knot."""
    if any(fact in shapes.coding.columns for shapes in many):
        return np.unique(np.concatenate([shapes.coding.seen(fact)[0] for shapes in many]))
    found = [shapes.edges[slice(*shapes.edges_from[fact : fact + 2])] for shapes in many]
    found += [shapes.knots[slice(*shapes.knots_from[fact : fact + 2])] for shapes in many]
    return np.unique(np.concatenate(found))


def _look(shapes: Shapes, cuts: list[Column], is_category: np.ndarray) -> _Looked:
    heights, slopes, own = [], [], []
    for fact, here in enumerate(cuts):
        height, slope = _line(shapes, fact, here, bool(is_category[fact]))
        heights.append(height)
        slopes.append(slope)
        # A number of each code's own: the cut it goes up to, past the last one anything, then the missing.
        inside = _coded(shapes, fact, np.append(here, np.inf)) if is_category[fact] else np.append(here, np.inf)
        edges = shapes.edges[slice(*shapes.edges_from[fact : fact + 2])]
        codes = np.where(np.isnan(inside), len(edges) + 1, np.searchsorted(edges, inside))
        own.append(np.append(codes, len(edges) + 1))
    width = np.diff(shapes.edges_from)[shapes.second] + 2
    return _Looked(shapes, np.concatenate(heights), np.concatenate(slopes), np.concatenate(own), width)


def _coded(shapes: Shapes, fact: int, values: Column) -> Column:
    seen, ranks = shapes.coding.seen(fact)
    if not len(seen):
        return np.full(len(values), np.nan)
    place = np.clip(np.searchsorted(seen, values), 0, len(seen) - 1)
    return np.where(seen[place] == values, ranks[place], np.nan)


def _line(shapes: Shapes, fact: int, cuts: Column, is_category: bool) -> tuple[Column, Column]:
    """Height and slope in every code, the last one for what is missing."""
    knots = shapes.knots[slice(*shapes.knots_from[fact : fact + 2])]
    heights = shapes.heights[slice(*shapes.knots_from[fact : fact + 2])]
    height, slope = np.zeros(len(cuts) + 2), np.zeros(len(cuts) + 2)
    height[-1] = shapes.line_missing[fact]
    if not len(knots):
        return height, slope
    if is_category:
        ranks = _coded(shapes, fact, cuts)
        height[:-2] = np.where(np.isnan(ranks), height[-1], np.interp(ranks, knots, heights))
        return height, slope
    piece = np.searchsorted(knots, cuts) - 1  # a code goes up to its cut: this is the piece of line it lies in
    inner = (piece >= 0) & (piece < len(knots) - 1)
    steep = np.diff(heights) / np.diff(knots)
    slope[:-2] = np.where(inner, steep[np.clip(piece, 0, len(steep) - 1)], 0.0)
    start = np.clip(piece, 0, len(knots) - 1)
    height[:-2] = np.where(piece < 0, heights[0], heights[start] - slope[:-2] * knots[start])
    height[-2] = heights[-1]
    return height, slope
