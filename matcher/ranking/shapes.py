"""A fitted model as plain arrays, scored with numpy alone: a line per fact, a table per pair, and the written rule.

The logit is a sum: bias + the parts of the written rule, each with its weight + a piecewise straight line per fact + a
table per pair of facts. So what each part adds is exact, and every shape can be drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from matcher.ranking.facts import Column

Whole = npt.NDArray[np.int64]
NEARLY = 1e-6
"""A chance is never nearer to 0 or 1 than this when its logit is taken."""


def sigmoid(logit: Column) -> Column:
    chance: Column = 1 / (1 + np.exp(-np.clip(logit, -40, 40)))
    return chance


def to_logit(chance: Column) -> Column:
    inside = np.clip(chance, NEARLY, 1 - NEARLY)
    logit: Column = np.log(inside / (1 - inside))
    return logit


@dataclass(frozen=True, eq=False)
class Coding:
    """Categories as the order in which they went well: numbers from 0, NaN where one was never seen."""

    columns: Whole
    begins: Whole  # of each of these columns in the two below, and the end
    values: Column  # sorted within a column
    ranks: Column

    def seen(self, column: int) -> tuple[Column, Column]:
        """The categories of a column, sorted, and their numbers; none where it is not categorical."""
        for at in np.flatnonzero(self.columns == column).tolist():
            part = slice(self.begins[at], self.begins[at + 1])
            return self.values[part], self.ranks[part]
        return np.zeros(0), np.zeros(0)

    def apply(self, x: Column) -> Column:
        if not len(self.columns):
            return x
        coded = x.copy()
        for column in self.columns.tolist():
            values, ranks = self.seen(column)
            place = np.clip(np.searchsorted(values, x[:, column]), 0, max(0, len(values) - 1))
            known = values[place] == x[:, column] if len(values) else np.zeros(len(x), dtype=np.bool_)
            coded[:, column] = np.where(known, ranks[place] if len(values) else np.nan, np.nan)
        return coded


@dataclass(frozen=True, eq=False)
class Shapes:
    """Lines: knots and heights per fact. Tables: edges per fact, and per pair a flat table of steps.

    A code is how many edges lie below a value; one past the last code means missing.
    """

    coding: Coding
    bias: float
    rule_weights: Column  # of each part of the written rule; none where there is no rule
    knots_from: Whole  # (d + 1)
    knots: Column
    heights: Column
    line_missing: Column  # (d)
    edges_from: Whole  # (d + 1)
    edges: Column
    first: Whole  # (p) the fact of each pair, and the other
    second: Whole
    steps_from: Whole  # (p + 1)
    steps: Column

    def lines(self, coded: Column) -> Column:
        """(n, d): what each fact adds by its line."""
        added = np.zeros_like(coded)
        for fact in self.with_line:
            at, end = self.knots_from[fact], self.knots_from[fact + 1]
            x = coded[:, fact]
            added[:, fact] = np.where(
                np.isnan(x), self.line_missing[fact], np.interp(x, self.knots[at:end], self.heights[at:end])
            )
        return added

    @property
    def with_line(self) -> list[int]:
        return np.flatnonzero(np.diff(self.knots_from)).tolist()

    def codes(self, coded: Column) -> Whole:
        """(n, d) whole numbers."""
        found = np.zeros(coded.shape, dtype=np.int64)
        for fact in np.flatnonzero(np.diff(self.edges_from)).tolist():
            edges = self.edges[self.edges_from[fact] : self.edges_from[fact + 1]]
            x = coded[:, fact]
            found[:, fact] = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x, side="left"))
        return found

    def tables(self, codes: Whole) -> Column:
        """(n, p): what each pair adds."""
        width = np.diff(self.edges_from)[self.second] + 2
        place = self.steps_from[:-1] + codes[:, self.first] * width + codes[:, self.second]
        found: Column = self.steps[place]
        return found

    def logits(self, x: Column, rule: Column) -> Column:
        coded = self.coding.apply(x)
        found: Column = (
            self.bias
            + rule @ self.rule_weights
            + self.lines(coded).sum(axis=1)
            + self.tables(self.codes(coded)).sum(axis=1)
        )
        return found

    def scaled(self, slope: float, shift: float) -> "Shapes":
        """The same shapes after a straight line through the logit."""
        return self.changed(
            bias=self.bias * slope + shift,
            rule_weights=self.rule_weights * slope,
            heights=self.heights * slope,
            line_missing=self.line_missing * slope,
            steps=self.steps * slope,
        )

    def changed(self, **values: object) -> "Shapes":
        return Shapes(**({field.name: getattr(self, field.name) for field in fields(self)} | values))


def constant(bias: float, width: int, parts: int) -> Shapes:
    """The same logit for everybody."""
    none, nothing = np.zeros(0, dtype=np.int64), np.zeros(width + 1, dtype=np.int64)
    return Shapes(
        coding=Coding(none, np.zeros(1, dtype=np.int64), np.zeros(0), np.zeros(0)),
        bias=bias,
        rule_weights=np.zeros(parts),
        knots_from=nothing,
        knots=np.zeros(0),
        heights=np.zeros(0),
        line_missing=np.zeros(width),
        edges_from=nothing,
        edges=np.zeros(0),
        first=none,
        second=none,
        steps_from=np.zeros(1, dtype=np.int64),
        steps=np.zeros(0),
    )


def joined(one: Shapes, share: float, two: Shapes) -> Shapes:
    """share x one + (1 - share) x two, where one has the lines and two the tables."""
    rest = 1 - share
    return one.changed(
        bias=share * one.bias + rest * two.bias,
        rule_weights=share * one.rule_weights,
        heights=share * one.heights,
        line_missing=share * one.line_missing,
        edges_from=two.edges_from,
        edges=two.edges,
        first=two.first,
        second=two.second,
        steps_from=two.steps_from,
        steps=rest * two.steps,
    )


def to_plain(shapes: Shapes) -> dict[str, object]:
    """Arrays and numbers by name, for a file."""
    plain: dict[str, object] = {
        field.name: getattr(shapes, field.name) for field in fields(shapes) if field.name != "coding"
    }
    return plain | {f"coding_{field.name}": getattr(shapes.coding, field.name) for field in fields(Coding)}


def from_plain(plain: Mapping[str, Any]) -> Shapes:
    """The way back; raises KeyError where a name is missing."""
    coding = Coding(**{field.name: plain[f"coding_{field.name}"] for field in fields(Coding)})
    rest = {field.name: plain[field.name] for field in fields(Shapes) if field.name != "coding"}
    return Shapes(coding=coding, **rest)
