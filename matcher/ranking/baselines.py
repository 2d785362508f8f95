"""What a learned ranking must beat: chance, nearness, popularity, recency and the written rule."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matcher.ranking.baseline import Baseline, Ranked, Ranker
from matcher.ranking.facts import Column, FactsBatch


@dataclass(frozen=True, eq=False)
class _Order:
    name: str
    of: Callable[[FactsBatch], Column]

    def rank(self, batch: FactsBatch) -> Ranked:
        return Ranked(self.of(batch), {})


def baselines(seed: int) -> dict[str, Ranker]:
    """By name. Their scores are for ordering; only the written rule's is between 0 and 1 on purpose."""
    found: list[Ranker] = [
        _Order("random", lambda batch: np.random.default_rng([seed, len(batch)]).random(len(batch))),
        _Order("nearest", lambda batch: 1 / (1 + batch.column("distance_km"))),
        _Order("most_popular", lambda batch: 1 - 1 / (1 + batch.column("earlier_visits_total"))),
        _Order("most_recent", lambda batch: 1 / (1 + batch.column("days_since_ask"))),
    ]
    return {ranker.name: ranker for ranker in found} | {"rule": Baseline()}
