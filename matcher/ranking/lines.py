"""The part of the estimator that can learn from little: a logistic model on clipped ramps, drawn to the written rule.

Every fact is cut at its own quantiles, so no scale matters. A ramp goes from 0 to 1 between two cuts; where more is
never worse its weight is bounded to be no less than 0, so the line can only rise. The weights are drawn to 0 by a
normal prior and the weight of the rule's logit to 1: with no data it is the rule, with much data its own.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matcher.ranking.facts import Column
from matcher.ranking.shapes import Coding, Shapes, Whole, constant, sigmoid

CUTS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)
MOST_LEVELS = 60
SHRINKS = (60.0, 30.0, 15.0, 8.0)
"""Precision of the prior on a ramp, strongest first; what is held out says which."""
RULE_SHRINK, PART_SHRINK = 4.0, 5.0
"""Of the weight of the rule to 1, and of the weight of each of its parts to that of the whole."""
MOST_STEPS = 200
PRIOR_ROWS = 10.0


@dataclass(frozen=True, eq=False)
class Evidence:
    """What there is to learn from: facts, outcomes between 0 and 1, weights, the written rule."""

    x: Column
    y: Column
    weight: Column
    rule: Column  # (n, parts): what each part of the written rule adds; (n, 0) where there is no rule
    monotone: tuple[int, ...]
    categorical: tuple[int, ...]

    def rows(self, keep: npt.NDArray) -> "Evidence":
        return Evidence(self.x[keep], self.y[keep], self.weight[keep], self.rule[keep], self.monotone, self.categorical)


def code_categories(evidence: Evidence) -> Coding:
    """Each category's place in the order of how often it went well, drawn to the mean of all."""
    begins, values, ranks = [0], [], []
    for column in evidence.categorical:
        x = evidence.x[:, column]
        seen, at, counts = np.unique(x[~np.isnan(x)], return_inverse=True, return_counts=True)
        there = ~np.isnan(x)
        total = np.bincount(at, weights=evidence.weight[there], minlength=len(seen))
        good = np.bincount(at, weights=(evidence.weight * evidence.y)[there], minlength=len(seen))
        mean = (good + PRIOR_ROWS * evidence.y.mean()) / (total + PRIOR_ROWS)
        kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_LEVELS])
        order = np.argsort(np.argsort(mean[kept], kind="stable"), kind="stable")
        values.append(seen[kept])
        ranks.append(order.astype(np.float64))
        begins.append(begins[-1] + len(kept))
    empty = np.zeros(0)
    return Coding(
        columns=np.array(evidence.categorical, dtype=np.int64),
        begins=np.array(begins, dtype=np.int64),
        values=np.concatenate([empty, *values]),
        ranks=np.concatenate([empty, *ranks]),
    )


def _knots(x: Column, all_levels: bool) -> Column:
    seen = x[~np.isnan(x)]
    if not len(seen):
        return np.zeros(0)
    found = np.unique(seen) if all_levels else np.unique(np.quantile(seen, CUTS))
    return found if len(found) > 1 else np.zeros(0)


def fit_lines(evidence: Evidence, coding: Coding, shrink: float = SHRINKS[0]) -> Shapes:
    """The lines of every fact, as shapes without tables."""
    coded = coding.apply(evidence.x)
    facts = range(coded.shape[1])
    knots = [_knots(coded[:, fact], fact in evidence.categorical) for fact in facts]
    ramps, signs, middles = _ramps(coded, knots, evidence.monotone)
    weights, bias, rule_weights = _solve(evidence, ramps, signs, shrink)
    heights, line_missing, at = [], [], 0
    for fact in facts:
        count = max(0, len(knots[fact]) - 1)
        rises = np.concatenate([[0.0], np.cumsum(weights[at : at + count])]) if count else np.zeros(0)
        heights.append(rises)
        line_missing.append(float(middles[fact] @ weights[at : at + count]) if count else 0.0)
        at += count
    begins = np.concatenate([[0], np.cumsum([len(each) for each in knots])]).astype(np.int64)
    return constant(bias, len(knots), len(rule_weights)).changed(
        coding=coding,
        rule_weights=rule_weights,
        knots_from=begins,
        knots=np.concatenate([np.zeros(0), *knots]),
        heights=np.concatenate([np.zeros(0), *heights]),
        line_missing=np.array(line_missing),
    )


def _ramps(coded: Column, knots: list[Column], monotone: tuple[int, ...]) -> tuple[Column, Whole, list[Column]]:
    """(n, r) ramps, the sign each weight must have, and per fact what stands in for a missing value: the mean ramps."""
    columns, signs, middles = [], [], []
    for fact, cuts in enumerate(knots):
        x = coded[:, fact]
        steps = [np.clip((x - low) / (high - low), 0.0, 1.0) for low, high in itertools.pairwise(cuts)]
        means = np.array([np.nanmean(step) for step in steps])
        middles.append(means)
        columns += [np.where(np.isnan(step), mean, step) for step, mean in zip(steps, means, strict=True)]
        signs += [monotone[fact]] * len(steps)
    ramps = np.array(columns).T if columns else np.zeros((len(coded), 0))
    return np.ascontiguousarray(ramps), np.array(signs, dtype=np.int64), middles


def _solve(evidence: Evidence, ramps: Column, signs: Whole, shrink: float) -> tuple[Column, float, Column]:
    """Weights of the ramps, the bias, and a weight for each part of the rule: near a common one, which is near 1."""
    # It takes half a second to import, and only fitting needs it.
    from scipy.optimize import minimize

    y, weight, rule = evidence.y, evidence.weight, evidence.rule
    count, parts = ramps.shape[1], rule.shape[1]
    columns = np.hstack([ramps, rule])
    told = np.any(rule != 0, axis=0).astype(np.float64)  # parts that say anything
    mean = (float(weight @ y) + 1.0) / (float(weight.sum()) + 2.0)
    start = np.zeros(count + parts + 2)
    start[count:-2], start[-2] = told, 1.0
    start[-1] = np.log(mean / (1 - mean)) - float(rule.sum(axis=1).mean() if parts else 0.0)

    def loss(beta: Column) -> tuple[float, Column]:
        slopes, on_rule, common, bias = beta[:count], beta[count:-2], beta[-2], beta[-1]
        logit = columns @ beta[:-2] + bias
        surprise = float(weight @ (np.logaddexp(0.0, logit) - y * logit))
        off = weight * (sigmoid(logit) - y)
        apart = told * (on_rule - common)
        pull = 0.5 * (
            shrink * float(slopes @ slopes) + PART_SHRINK * float(apart @ apart) + RULE_SHRINK * (common - 1.0) ** 2
        )
        gradient = np.concatenate(
            [columns.T @ off, [RULE_SHRINK * (common - 1.0) - PART_SHRINK * apart.sum()], [off.sum()]]
        )
        gradient[:count] += shrink * slopes
        gradient[count:-2] += PART_SHRINK * apart
        return surprise + pull, gradient

    bounds: list[tuple[float | None, float | None]] = [
        (0.0 if sign > 0 else None, 0.0 if sign < 0 else None) for sign in signs.tolist()
    ]
    bounds += [(0.0, None if said else 0.0) for said in [*told.tolist(), 1.0]] + [(None, None)]
    solved = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": MOST_STEPS})
    return solved.x[:count], float(solved.x[-1]), solved.x[count:-2]
