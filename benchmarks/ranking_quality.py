"""How well the learned ranking orders, beside every baseline and LightGBM, on a generated country in small.

`python -m benchmarks.ranking_quality [--json] [--size small|full] [--table FILE.npz]`
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from benchmarks import _output, _peers, _quality_table
from benchmarks._exposure import exposure
from benchmarks._output import line, not_run
from benchmarks._world import Later, World, make_world
from matcher.demo.bulk.decisions import FORGOTTEN, GUEST_REPORTS, REJECTED, SCHOOL_REPORTS, TAKEN_BACK
from matcher.demo.world import SEED
from matcher.ranking import measures
from matcher.ranking.baseline import Baseline
from matcher.ranking.baselines import baselines
from matcher.ranking.examples import Examples
from matcher.ranking.facts import CATEGORICAL, MONOTONE, NAMES, Column, FactsBatch
from matcher.ranking.learned import CannotLearn, FittedModel, fit_model
from matcher.ranking.ripeness import ripe
from matcher.ranking.tables import BadTable, Table

CHOICE = 10
"""Only requests with more candidates than this are judged: with fewer, everybody is among the first ten."""
CURVE = {50: 6, 100: 6, 300: 4, 1_000: 3, 5_000: 1}
"""Settled requests, and how many stretches of the log are learned from and averaged."""
COLD_GOALS = {100: 1.02, 300: 1.04, 1_000: 1.05}
SWEEPS = 10_000
COUNTED = (1 - FORGOTTEN - REJECTED - TAKEN_BACK) * (1 - (1 - SCHOOL_REPORTS) * (1 - GUEST_REPORTS))
"""Of the agreed visits that would take place, those that are approved, and counted because somebody reports them."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Quality of the ranking.")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--size", choices=("small", "full"), default="full")
    parser.add_argument("--table", type=Path, help="any grouped table of numpy.savez instead of the generated world")
    said = parser.parse_args()
    _output.AS_JSON = said.json
    if said.table is not None:
        try:
            _quality_table.run(said.table)
        except BadTable as wrong:
            print(f"{said.table}: {wrong}", file=sys.stderr)
            return 2
        return 0
    world = make_world(said.size, seed=SEED)
    on_world(world)
    biased_against_unbiased(world, make_world(said.size, seed=SEED, at_random=True, judged=False))
    return 0


def on_world(world: World) -> None:
    known = _known(world.log, world.cut)
    judged = Judged.of(world.later)
    model = fit_model(known, seed=SEED)
    scores = {name: ranker.rank(judged.batch).scores for name, ranker in baselines(SEED).items()}
    scores |= {"learned": model.rank(judged.batch).scores, "oracle": judged.truth}
    if _peers.HAS_LIGHTGBM:
        scores["lambdarank"] = _lambdarank(known, judged)
    against_others(scores, judged, model)
    cold_start(known, judged)
    calibration(model, judged)
    monotone_sweeps(model, judged)
    exposure(model, judged.batch, judged.bounds, judged.guest, judged.truth, judged.school)


class Judged:
    """Later requests with a choice."""

    def __init__(
        self, batch: FactsBatch, bounds: np.ndarray, guest: np.ndarray, truth: Column, school: np.ndarray
    ) -> None:
        self.batch, self.bounds, self.guest, self.truth, self.school = batch, bounds, guest, truth, school
        self.rule = self.ndcg(Baseline().rank(batch).scores)

    @classmethod
    def of(cls, later: Later) -> "Judged":
        sizes = np.diff(later.bounds)
        wide = sizes > CHOICE
        rows = np.repeat(wide, sizes)
        bounds = np.concatenate([[0], np.cumsum(sizes[wide])])
        batch = FactsBatch(later.batch.values[rows])
        return cls(batch, bounds, later.guest[rows], later.truth[rows], later.school[wide])

    def ndcg(self, scores: Column) -> Column:
        return measures.ndcg(scores, self.truth, self.bounds)


def _known(log: Examples, moment: float) -> Examples:
    return log.known_by(moment)


def _settled_requests(known: Examples) -> np.ndarray:
    """In order of time."""
    requests = known.request[np.isfinite(known.yes) & known.invited]
    return requests[np.sort(np.unique(requests, return_index=True)[1])]


def against_others(scores: dict[str, Column], judged: Judged, model: FittedModel) -> None:
    learned = judged.ndcg(scores["learned"])
    for name, found in scores.items():
        mean, low, high = measures.interval(judged.ndcg(found), seed=SEED)
        line(f"quality.{name}.ndcg@10", mean, "ndcg", goal="", holds=None, detail=f"95 % {low:.4f} to {high:.4f}")
    learned_from = f"{model.settled} settled invitations of {model.requests} requests; {len(judged.bounds) - 1} judged"
    for peer, goal in (("rule", 1.07), ("lambdarank", 1.0)):
        if peer not in scores:
            not_run(f"quality.ratio_to_{peer}", goal=f">= {goal:.2f}", why=_peers.NOT_RUN)
            continue
        _ratio(f"quality.ratio_to_{peer}", learned, judged.ndcg(scores[peer]), goal, learned_from)


def _ratio(name: str, one: Column, other: Column, goal: float | None, detail: str) -> None:
    ratio, low, high = measures.ratio_interval(one, other, seed=SEED)
    said = f"95 % {low:.4f} to {high:.4f}; {detail}"
    line(name, ratio, "x", goal=f">= {goal}" if goal else "", holds=bool(ratio >= goal) if goal else None, detail=said)


def _lambdarank(known: Examples, judged: Judged) -> Column:
    """On the lists as shown, a visit is 1 and everything else 0: it did better so than on settled invitations alone."""
    old = known.where(ripe(known))
    came = np.nan_to_num(np.where(old.yes == 1, old.held, 0.0))
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(old.run)) + 1, [len(old)]])
    table = Table(
        old.facts, came, np.diff(bounds), NAMES,
        tuple(NAMES.index(name) for name in CATEGORICAL), tuple(MONOTONE.get(name, 0) for name in NAMES),
    )  # fmt: skip
    scores: Column = _peers.lambdarank(table, seed=SEED).predict(judged.batch.values)
    return scores


def cold_start(known: Examples, judged: Judged) -> None:
    # Of the youngest nobody knows yet whether they took place; only the longest stretch needs them too.
    old = known.where(ripe(known))
    settled, all_settled = _settled_requests(old), _settled_requests(known)
    line("quality.curve.0", 1.0, "x rule", goal="", holds=None, detail="the written rule itself")
    for count, times in CURVE.items():
        goal = COLD_GOALS.get(count)
        log, requests = (old, settled) if count <= len(settled) else (known, all_settled)
        if count > len(requests):
            not_run(f"quality.curve.{count}", goal=f">= {goal}" if goal else "", why=f"{len(requests)} are settled")
            continue
        found = []
        for begin in np.linspace(0, len(requests) - count, times).astype(int).tolist():
            try:
                model = fit_model(log.where(np.isin(log.request, requests[begin : begin + count])), seed=SEED)
            except CannotLearn:
                found.append(judged.rule)
                continue
            found.append(judged.ndcg(model.rank(judged.batch).scores))
        ratios = [float(np.nanmean(each) / np.nanmean(judged.rule)) for each in found]
        _ratio(
            f"quality.curve.{count}", np.mean(found, axis=0), judged.rule, goal,
            f"{times} stretches of the log, lowest {min(ratios):.4f}",
        )  # fmt: skip


def calibration(model: FittedModel, judged: Judged) -> None:
    """Of the chances people see, against what comes true and is counted."""
    scores, truth = model.rank(judged.batch).scores, judged.truth * COUNTED
    shown = measures.places(scores, judged.bounds) <= CHOICE
    goal = 0.01
    for name, rows, promised in (
        ("the ten shown", shown, True),
        ("everybody", np.ones(len(scores), dtype=bool), False),
    ):
        found = measures.ece(scores[rows], truth[rows])
        line(
            f"quality.calibration_error ({name})", found, "", goal=f"<= {goal}" if promised else "",
            holds=bool(found <= goal) if promised else None,
            detail=f"said {scores[rows].mean():.3f}, true {truth[rows].mean():.3f}",
        )  # fmt: skip


def monotone_sweeps(model: FittedModel, judged: Judged) -> None:
    """One fact of one candidate goes over its range; where more is never worse the score may never fall."""
    dice = np.random.default_rng(SEED)
    names = [name for name, sign in MONOTONE.items() if sign]
    faults, at_once, points = 0, 500, 12
    for _round in range(SWEEPS // at_once):
        rows = judged.batch.values[dice.integers(0, len(judged.batch), at_once)]
        column = np.array([NAMES.index(names[each]) for each in dice.integers(0, len(names), at_once)])
        spread = np.sort(dice.random((points, at_once)), axis=0)
        low, high = judged.batch.values.min(axis=0)[column], judged.batch.values.max(axis=0)[column]
        swept = np.repeat(rows[None], points, axis=0)
        swept[:, np.arange(at_once), column] = low + spread * (high - low)
        scores = model.rank(FactsBatch(swept.reshape(points * at_once, -1))).scores.reshape(points, at_once)
        signs = np.array([MONOTONE[NAMES[each]] for each in column])
        faults += int((np.diff(scores, axis=0) * signs < -1e-12).any(axis=0).sum())
    line("quality.monotone_faults", faults, f"of {SWEEPS}", goal="0", holds=faults == 0, detail="one-fact sweeps")


def biased_against_unbiased(world: World, at_random: World) -> None:
    """The same people and requests, once asked by place in the list and once at random; as many settled invitations."""
    judged = Judged.of(world.later)
    logs = [_known(each.log, world.cut) for each in (world, at_random)]
    logs = [log.where(ripe(log)) for log in logs]
    requests = [_settled_requests(log) for log in logs]
    count = min(len(each) for each in requests)
    found = []
    for log, ids in zip(logs, requests, strict=True):
        model = fit_model(log.where(np.isin(log.request, ids[-count:])), seed=SEED)
        found.append(judged.ndcg(model.rank(judged.batch).scores))
    _ratio("quality.position_bias", found[0], found[1], 0.985, f"{count} settled requests each")


if __name__ == "__main__":
    sys.exit(main())
