"""How quick ranking is: against LightGBM on the same rows, one candidate at a time, and with busy neighbours.

`python -m benchmarks.ranking_speed [--json] [--size small|full]`
"""

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from benchmarks import _peers
from benchmarks._output import arguments, in_turns, line, not_run
from benchmarks._world import World, make_world
from matcher.availability.states import Kind
from matcher.demo.world import SEED
from matcher.matching.pairs import facts_batch, pair_facts
from matcher.ranking.baseline import Ranker
from matcher.ranking.facts import FactsBatch
from matcher.ranking.learned import FittedModel, fit_model

CANDIDATES, MANY, TOP = 200, 1_000, 20
ROUNDS = {"small": 30, "full": 100}
GOALS = {"lightgbm": 2.0, "one_by_one": 30.0, "busy": 2.5}
BUSY = 2
SECONDS = 1.5


def main() -> int:
    said = arguments("Speed of the ranking.")
    world = make_world("small", seed=SEED)
    model = fit_model(world.log.known_by(world.cut), seed=SEED)
    rounds = ROUNDS[said.size]
    against_lightgbm(world, model, rounds)
    many_at_once(world, rounds)
    beside_busy_processes(world, model)
    return 0


def _candidates(world: World, count: int) -> tuple[Any, list[Any], list[Any], Any]:
    """A request with so many candidates, none the same object as another."""
    lectures = [each for each in world.views if each[0].kind is Kind.GUEST_LECTURE]
    request, offers, verdicts, now = max(lectures, key=lambda each: len(each[1]))
    at = [number % len(offers) for number in range(count)]
    return (
        request,
        [replace(offers[each], history=replace(offers[each].history)) for each in at],
        [replace(verdicts[each]) for each in at],
        now + timedelta(0),
    )


def _answer(world: World, ranker: Ranker, count: int) -> Callable[[], Any]:
    """Features, score, top 20."""
    request, offers, verdicts, now = _candidates(world, count)

    def answer() -> Any:
        scores = ranker.rank(facts_batch(request, offers, verdicts, as_of=now)).scores
        return np.argsort(-scores, kind="stable")[:TOP]

    return answer


def against_lightgbm(world: World, model: FittedModel, rounds: int) -> None:
    goal = f"<= {GOALS['lightgbm']}"
    if not _peers.HAS_LIGHTGBM:
        not_run("speed.answer_against_lightgbm", goal=goal, why=_peers.NOT_RUN)
        return
    import lightgbm as lgb

    request, offers, verdicts, now = _candidates(world, CANDIDATES)
    values = facts_batch(request, offers, verdicts, as_of=now).values
    log = world.log
    peers = [
        lgb.LGBMClassifier(n_estimators=max(1, trees), num_leaves=3, n_jobs=1, verbose=-1, min_child_samples=5).fit(
            log.facts, log.position <= middle
        ).booster_
        for trees, middle in ((model.yes.tree_count, 5), (model.held.tree_count, 3))
    ]  # fmt: skip
    usual = lgb.LGBMClassifier(n_estimators=200, num_leaves=15, n_jobs=1, verbose=-1).fit(log.facts, log.position <= 5)
    batch = FactsBatch(values)
    taken = in_turns(
        [
            _answer(world, model, CANDIDATES),
            lambda: [peer.predict(values, num_threads=1) for peer in peers],
            lambda: usual.booster_.predict(values, num_threads=1),
            lambda: model.rank(batch).scores,
            lambda: model.rank(batch).of_row(0),
        ],
        rounds=rounds, clock=time.process_time,
    )  # fmt: skip
    answer, same_size, larger, score, why = (each * 1e3 for each in taken)
    trees = model.yes.tree_count + model.held.tree_count
    said = f"{answer:.2f} ms; LightGBM 200 trees of 15 leaves {larger:.2f} ms"
    ratio = answer / larger
    line("speed.answer_against_lightgbm", ratio, "x", goal=goal, holds=bool(ratio <= GOALS["lightgbm"]), detail=said)
    said = f"{score:.2f} ms; two LightGBM models with the same {trees} trees of 3 leaves {same_size:.2f} ms"
    line("speed.score_against_lightgbm", score / same_size, "x", goal="", holds=None, detail=said)
    line("speed.score_and_reasons", why / score, "x score", goal="", holds=None, detail=f"{why:.2f} ms")


def many_at_once(world: World, rounds: int) -> None:
    request, offers, verdicts, now = _candidates(world, MANY)

    def one_by_one() -> Any:
        return [pair_facts(request, offer, verdict, as_of=now) for offer, verdict in zip(offers, verdicts, strict=True)]

    together, apart = in_turns(
        [lambda: facts_batch(request, offers, verdicts, as_of=now), one_by_one],
        rounds=max(5, rounds // 10), clock=time.process_time,
    )  # fmt: skip
    ratio = apart / together
    line("speed.features_at_once", ratio, "x faster", goal=f">= {GOALS['one_by_one']:.0f}",
         holds=bool(ratio >= GOALS["one_by_one"]), detail=f"{MANY} candidates in {together * 1e3:.1f} ms")  # fmt: skip


def beside_busy_processes(world: World, model: FittedModel) -> None:
    answer = _answer(world, model, CANDIDATES)
    quiet = _median(answer)
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _process in range(BUSY)]
    try:
        time.sleep(0.3)
        loud = _median(answer)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    ratio = loud / quiet
    said = f"{BUSY} busy processes, {os.cpu_count()} cores, median {quiet * 1e3:.2f} to {loud * 1e3:.2f} ms"
    goal = f"<= {GOALS['busy']}"
    line("speed.beside_busy_processes", ratio, "x quiet", goal=goal, holds=bool(ratio <= GOALS["busy"]), detail=said)


def _median(work: Callable[[], Any]) -> float:
    taken, until = [], time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


if __name__ == "__main__":
    sys.exit(main())
