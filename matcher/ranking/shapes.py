"""A fitted model as plain arrays, scored with numpy alone: a line per fact, a table per pair, and the written rule.

The logit is a sum: bias + rule weight x logit of the rule + a piecewise straight line per fact + a table per pair of
facts. So what each part adds is exact, and every shape can be drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

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

    def apply(self, x: Column) -> Column:
        if not len(self.columns):
            return x
        coded = x.copy()
        for at, column in enumerate(self.columns):
            values = self.values[self.begins[at] : self.begins[at + 1]]
            ranks = self.ranks[self.begins[at] : self.begins[at + 1]]
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
    rule_weight: float
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

    def tables(self, codes: Whole, other: Whole | None = None) -> Column:
        """(n, p): what each pair adds; with `other`, the second fact of each pair is read there."""
        if not len(self.first):
            return np.zeros((len(codes), 0))
        other = codes if other is None else other
        width = np.diff(self.edges_from)[self.second] + 2
        place = self.steps_from[:-1] + codes[:, self.first] * width + other[:, self.second]
        found: Column = self.steps[place]
        return found

    def logits(self, x: Column, rule_logit: Column | float = 0.0) -> Column:
        coded = self.coding.apply(x)
        found: Column = (
            self.bias
            + self.rule_weight * rule_logit
            + self.lines(coded).sum(axis=1)
            + self.tables(self.codes(coded)).sum(axis=1)
        )
        return found

    def scaled(self, slope: float, shift: float) -> "Shapes":
        """The same shapes after a straight line through the logit."""
        return self.changed(
            bias=self.bias * slope + shift,
            rule_weight=self.rule_weight * slope,
            heights=self.heights * slope,
            line_missing=self.line_missing * slope,
            steps=self.steps * slope,
        )

    def changed(self, **values: object) -> "Shapes":
        return Shapes(**({field.name: getattr(self, field.name) for field in fields(self)} | values))

    def against(self, x: Column, typical: Column) -> Column:
        """(n, d): what each fact adds to the logit against a typical row; together exactly the difference.

        A pair's share is halved between its two facts over both orders of changing them, which is their Shapley value.
        """
        here, there = self.coding.apply(x), self.coding.apply(typical)
        added = self.lines(here) - self.lines(there)
        if len(self.first):
            a, b = self.codes(here), self.codes(there)
            both, none = self.tables(a), self.tables(b)
            only_first, only_second = self.tables(a, b), self.tables(b, a)
            to_first = 0.5 * (only_first - none + both - only_second)
            to_second = 0.5 * (only_second - none + both - only_first)
            np.add.at(added.T, self.first, to_first.T)
            np.add.at(added.T, self.second, to_second.T)
        return added


def constant(bias: float, width: int) -> Shapes:
    """The same logit for everybody."""
    none, nothing = np.zeros(0, dtype=np.int64), np.zeros(width + 1, dtype=np.int64)
    return Shapes(
        coding=Coding(none, np.zeros(1, dtype=np.int64), np.zeros(0), np.zeros(0)),
        bias=bias,
        rule_weight=0.0,
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
        rule_weight=share * one.rule_weight,
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


def from_plain(plain: Mapping[str, object]) -> Shapes:
    """The way back; raises KeyError where a name is missing."""
    coding = Coding(**{field.name: plain[f"coding_{field.name}"] for field in fields(Coding)})  # type: ignore[arg-type]
    rest = {field.name: plain[field.name] for field in fields(Shapes) if field.name != "coding"}
    return Shapes(coding=coding, **rest)  # type: ignore[arg-type]
