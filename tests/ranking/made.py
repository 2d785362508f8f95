"""Made-up examples with a truth behind them, for everything that learns."""

from dataclasses import replace
from typing import Any

import numpy as np

from matcher.ranking.examples import Examples
from matcher.ranking.facts import NAMES, WIDTH, Column, FactsBatch

DAY = 86_400.0
AT = {name: at for at, name in enumerate(NAMES)}
SHARES = (
    "distance_share",
    "topic_closeness",
    "answers_share",
    "answers_in_time",
    "yes_share",
    "load_share",
    "group_fit",
)
COUNTS = ("moments_usual", "moments_unknown", "level_experience", "earlier_visits_here", "asks", "school_visits")


def made_facts(rows: int, dice: np.random.Generator) -> Column:
    facts = np.ones((rows, WIDTH))
    for name in SHARES:
        facts[:, AT[name]] = dice.random(rows)
    for name in COUNTS:
        facts[:, AT[name]] = dice.integers(0, 5, rows)
    for name in NAMES:
        if name.startswith("refused"):
            facts[:, AT[name]] = 0.0
    facts[:, AT["kind"]] = 0.0
    facts[:, AT["online"]] = 0.0
    facts[:, AT["open_asks"]] = dice.integers(0, 2, rows)
    facts[:, AT["days_since_ask"]] = dice.integers(1, 366, rows)
    facts[:, AT["company_size"]] = dice.integers(0, 6, rows)
    facts[:, AT["distance_km"]] = 60 * facts[:, AT["distance_share"]]
    return facts


def true_chance(facts: Column) -> Column:
    """Bends, and depends on two at once."""
    near = -3.0 * np.clip(facts[:, AT["distance_share"]] - 0.4, 0, 1) - 2.0 * facts[:, AT["load_share"]] ** 2
    fits = 2.5 * facts[:, AT["topic_closeness"]] * facts[:, AT["group_fit"]] + facts[:, AT["yes_share"]]
    chance: Column = 1 / (1 + np.exp(-(near + fits)))
    return chance


def made_examples(runs: int = 500, *, size: int = 8, asked: int = 2, seed: int = 1) -> Examples:
    """Of each list, so many at random are asked."""
    dice = np.random.default_rng(seed)
    rows = runs * size
    facts = made_facts(rows, dice)
    run = np.repeat(np.arange(runs), size)
    for name in ("kind", "school_visits"):
        facts[:, AT[name]] = facts[run * size, AT[name]]
    position = np.tile(np.arange(1, size + 1), runs)
    at = 1_700_000_000 + run * DAY / 4
    invited = dice.random((runs, size)).argsort(axis=1).ravel() < asked
    yes = np.where(invited, dice.random(rows) < true_chance(facts), np.nan).astype(float)
    held = np.where(yes == 1, dice.random(rows) < 0.9 - 0.3 * facts[:, AT["distance_share"]], np.nan).astype(float)
    return Examples(
        facts=facts, run=run, request=run + 10, offer=dice.integers(1, 400, rows), guest=dice.integers(1, 300, rows),
        at=at, position=position, propensity=np.ones(rows), score=dice.random(rows), shown=np.ones(rows, dtype=bool),
        opened=invited, invited=invited, asked_at=np.where(invited, at, np.nan),
        left_at=np.full(rows, np.nan), yes=yes, settled_at=np.where(invited, at + DAY, np.nan), held=held,
        ended_at=np.where(yes == 1, at + 20 * DAY, np.nan), again_school=np.full(rows, np.nan),
        again_guest=np.full(rows, np.nan), landsdeel=run % 3, level=run % 4, never_served=run % 5 == 0,
    )  # fmt: skip


def changed(examples: Examples, **values: Any) -> Examples:
    return replace(examples, **values)


def batch(rows: int = 300, seed: int = 9) -> FactsBatch:
    return FactsBatch(made_facts(rows, np.random.default_rng(seed)))
