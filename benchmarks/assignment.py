"""A round of many requests at once: the same optimum as a peer's flow and how long it takes, and what it is worth.

Measure 12 next to OR-tools' min-cost flow; measure 13 next to serving whoever comes first, and the best pairs first.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks._offers import NOW, draw_offers, new_database, write_world
from benchmarks._output import arguments, in_turns, line, not_run
from benchmarks._requests import write_requests
from benchmarks._servers import sqlite_folder
from matcher.demo.hidden_rule import Temper, chance_of_visit
from matcher.matching.round_queries import gather_round
from matcher.matching.rounds import build_round
from matcher.ranking.assignment import Round, solve
from matcher.ranking.baseline import Ranked
from matcher.ranking.facts import FactsBatch

SEED = 20261122
SIZES = {"full": 10_000, "small": 1_000}
EDGES = 20
SCALE = 1_000_000  # a peer counts in whole numbers: chances in millionths for both
ROUNDS = 3
OFFERS, REQUESTS = 2_000, 800


def main() -> None:
    asked = arguments("Rounds with many requests")
    beside_flow(SIZES[asked.size])
    beside_habits()


def beside_flow(size: int) -> None:
    """Requests and guests in a square; each request could be served by guests near it, some of them wanted by many."""
    goal, name = "≤ 1.2", f"assignment: {size:,} × {size:,} with {EDGES} edges each"
    request, guest, millionths = nearby_pairs(size)
    round_ = plain_round(request, guest, millionths / SCALE, size)
    try:
        from ortools.graph.python import min_cost_flow
    except ImportError:
        not_run(f"{name}, optimum", goal="the same", why="OR-tools is not installed: the extra `bench`")
        not_run(f"{name}, time", goal=goal, why="OR-tools is not installed: the extra `bench`")
        return

    def ours() -> int:
        return int(millionths[solve(round_).taken].sum())

    def theirs() -> int:
        return flow(min_cost_flow, request, guest, millionths, size)

    best = theirs()
    same = ours() == best
    line(f"{name}, optimum", ours() / best, "of the flow's", goal="1", holds=same, detail=f"{best / SCALE:.6f} visits")
    spent = in_turns([ours, theirs], rounds=ROUNDS, clock=time.process_time)
    ratio = spent[0] / spent[1]
    detail = f"CPU {spent[0]:.2f} s and {spent[1]:.2f} s"
    line(f"{name}, time", ratio, "of OR-tools", goal=goal, holds=ratio <= 1.2, detail=detail)


def nearby_pairs(size: int) -> tuple[Any, Any, Any]:
    """Request, guest and chance in millionths of the pairs of a round over a flat country."""
    from scipy.spatial import cKDTree

    dice = np.random.default_rng(SEED)
    schools, guests = dice.random((size, 2)), dice.random((size, 2))
    near = min(10 * EDGES, size)
    away, who = cKDTree(guests).query(schools, k=near)
    some = np.argsort(dice.random((size, near)), axis=1)[:, :EDGES]
    away, who = np.take_along_axis(away, some, 1), np.take_along_axis(who, some, 1)
    wish = 1.0 - away / away.mean() + dice.normal(0, 0.8, size)[who] + dice.normal(0, 0.7, who.shape)
    chance = 1 / (1 + np.exp(-wish))
    return (
        np.repeat(np.arange(size), EDGES),
        who.ravel().astype(np.int64),
        (chance.ravel() * SCALE).astype(np.int64) + 1,
    )


def plain_round(request: Any, guest: Any, chance: Any, size: int) -> Round:
    """Everybody once, and no clocks."""
    ones, none = np.ones(size, dtype=np.int64), np.zeros(0, dtype=np.int64)
    begin = np.zeros(len(request), dtype=np.int64)
    return Round(
        request,
        guest,
        np.minimum(chance, 1.0),
        begin,
        begin + 1,
        ones,
        ones,
        ones.astype(bool),
        np.ones(size),
        none,
        none,
    )


def flow(peer: Any, request: Any, guest: Any, worth: Any, size: int) -> int:
    """From a source through requests, guests or nobody, to a sink; the worth of the best flow."""
    solver, number = peer.SimpleMinCostFlow(), np.arange(size)
    source, sink = 2 * size, 2 * size + 1
    tails = np.concatenate([request, np.full(size, source), size + number, number])
    heads = np.concatenate([size + guest, number, np.full(size, sink), np.full(size, sink)])
    costs = np.concatenate([-worth, np.zeros(3 * size, dtype=np.int64)])
    solver.add_arcs_with_capacity_and_unit_cost(tails, heads, np.ones(len(tails), dtype=np.int64), costs)
    solver.set_nodes_supplies(np.array([source, sink]), np.array([size, -size]))
    if solver.solve() != solver.OPTIMAL:
        raise RuntimeError("the flow was not solved")
    return -int(solver.optimal_cost())


class AveragePerson:
    """The hidden rule of the generated worlds for a person of middling temper: chances no model knows better."""

    name = "hidden rule, average person"

    def rank(self, batch: FactsBatch) -> Ranked:
        temper = Temper(keen=0.0, prompt_hours=16.0, reachable=2.1, faithful=0.0, reach_km=19.0)
        return Ranked(np.array([chance_of_visit(facts, temper) for facts in batch.all()]), {})


def beside_habits() -> None:
    round_ = lived_round()
    best = solve(round_, gap=0.002, seconds=20)
    first = one_by_one(round_, by_arrival(round_))
    greedy = one_by_one(round_, by_chance(round_))
    served = len(best.taken)
    told = f"{len(round_.needed)} requests, {len(round_.capacity)} guests, {served} served, {best.method}"
    for other, name, least in ((first, "first come, first served", 1.2), (greedy, "the best pairs first", 1.05)):
        ratio = best.worth / float(round_.worth[other].sum())
        detail = f"{best.worth:.1f} and {round_.worth[other].sum():.1f} expected visits; {told}"
        line(
            f"assignment: expected visits, against {name}",
            ratio,
            "times",
            goal=f"≥ {least}",
            holds=ratio >= least,
            detail=detail,
        )


def lived_round() -> Round:
    """Requests over the whole country, found, judged and put into arrays by the service itself."""
    with sqlite_folder() as folder:
        database = new_database(f"sqlite:///{folder / 'round.db'}")
        offers = draw_offers(database, OFFERS, SEED)
        write_world(database, offers)
        ids = write_requests(database, REQUESTS, SEED + 1)
        with database.read() as session:
            asked = gather_round(session, ids, ranker=AveragePerson(), now=NOW)
        database.dispose()
    return build_round(asked).round


def by_arrival(round_: Round) -> Sequence[int]:
    """Request after request; each takes whom it likes best of who is still free."""
    return np.lexsort((round_.start_s, -round_.chance, round_.request)).tolist()


def by_chance(round_: Round) -> Sequence[int]:
    return np.lexsort((round_.start_s, round_.request, -round_.chance)).tolist()


def one_by_one(round_: Round, order: Sequence[int]) -> Any:
    """Options in this order, each taken when request, guest and clocks still allow it."""
    needed, capacity = round_.needed.tolist(), round_.capacity.tolist()
    pairs: set[tuple[int, int]] = set()
    held: dict[int, list[tuple[int, int]]] = {}
    taken = []
    for option in order:
        request, guest = int(round_.request[option]), int(round_.guest[option])
        span = (int(round_.start_s[option]), int(round_.end_s[option]))
        busy = any(span[0] < end and start < span[1] for start, end in held.get(guest, ()))
        if needed[request] and capacity[guest] and not busy and (request, guest) not in pairs:
            needed[request] -= 1
            capacity[guest] -= 1
            pairs.add((request, guest))
            held.setdefault(guest, []).append(span)
            taken.append(option)
    return np.array(taken, dtype=np.int64)


if __name__ == "__main__":
    main()
