"""The estimator beside others on any grouped table, on the same folds."""

import warnings
from pathlib import Path

import numpy as np

from benchmarks import _peers
from benchmarks._output import line, not_run
from matcher.ranking import measures
from matcher.ranking.facts import Column
from matcher.ranking.grouped import fit_table, gains, splits
from matcher.ranking.tables import BadTable, Table, read_table

SEED = 20261122
GOAL = 1.0


def run(path: Path) -> None:
    """Raises BadTable with a sentence."""
    table = read_table(path)
    if len(table.group) < 4:
        raise BadTable("The table has fewer than four groups: nothing could be held out.")
    found = _judged(table)
    ours, peer = found["matcher"], found.get("lambdarank")
    rows = f"{len(table)} rows, {len(table.group)} groups, {table.X.shape[1]} columns"
    for name in ("matcher", "lambdarank", "logistic", "random"):
        if name not in found:
            not_run(f"table.{name}.ndcg@10", goal="", why=_peers.NOT_RUN)
            continue
        mean, low, high = measures.interval(found[name], seed=SEED)
        line(f"table.{name}.ndcg@10", mean, "ndcg", goal="", holds=None, detail=f"95 % {low:.4f} to {high:.4f}; {rows}")
    if peer is None:
        not_run("table.ratio", goal=f">= {GOAL:.2f}", why=_peers.NOT_RUN)
        return
    ratio, low, high = measures.ratio_interval(ours, peer, seed=SEED)
    line(
        "table.ratio", ratio, "x lambdarank", goal=f">= {GOAL:.2f}", holds=bool(ratio >= GOAL),
        detail=f"95 % {low:.4f} to {high:.4f}",
    )  # fmt: skip


def _judged(table: Table) -> dict[str, Column]:
    """NDCG of every group, each judged once."""
    found: dict[str, list[Column]] = {}
    for late in splits(table, seed=SEED):
        train, test = table.part(~late), table.part(late)
        if len(np.unique(train.y)) < 2:
            raise BadTable("Every outcome outside a fold is the same: there is nothing to learn.")
        scores = {
            "matcher": fit_table(train, seed=SEED).scores(test.X, test.group),
            "random": np.random.default_rng(SEED).random(len(test)),
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scores["logistic"] = _peers.logistic(train).predict_proba(test.X)[:, 1]
            if _peers.HAS_LIGHTGBM:
                scores["lambdarank"] = _peers.lambdarank(train, seed=SEED).predict(test.X)
        for name, score in scores.items():
            found.setdefault(name, []).append(measures.ndcg(score, gains(test.y), test.bounds))
    return {name: np.concatenate(parts) for name, parts in found.items()}
