"""The written rule that orders candidates until a fitted model beats it. Reads facts, gives scores and contributions.

Eight parts, each between 0 and 1, with fixed weights. Each is monotone: closer, freer, nearer the topic, faster to
answer never lowers a score. A coded no lowers only the part it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from matcher.ranking.facts import Column, FactsBatch


@dataclass(frozen=True, eq=False)
class Ranked:
    """Scores in 0–1, one per row, and what each part added or took away against a typical candidate."""

    scores: Column
    contributions: Mapping[str, Column]

    def of_row(self, row: int) -> dict[str, float]:
        return {part: float(column[row]) for part, column in self.contributions.items()}


class Ranker(Protocol):
    """What orders candidates: the written rule, or a fitted model with the same signature."""

    @property
    def name(self) -> str: ...

    def rank(self, batch: FactsBatch) -> Ranked: ...


WEIGHTS: dict[str, float] = {
    "near": 0.20,
    "topic": 0.30,
    "time": 0.17,
    "earlier": 0.11,
    "answers": 0.09,
    "level": 0.04,
    "spare": 0.06,
    "fit": 0.03,
}

# What a usual candidate brings, so that a reason says something: the middle of a generated region.
TYPICAL: dict[str, float] = {
    "near": 0.55,
    "topic": 0.6,
    "time": 0.7,
    "earlier": 0.05,
    "answers": 0.65,
    "level": 0.3,
    "spare": 0.75,
    "fit": 0.85,
}

ONLINE_NEAR = 0.6  # online is easy for both, but a visit in the classroom nearby is worth more
WALKING_AWAY_KM = 80.0


class Baseline:
    """The rule itself; it has no state."""

    name = "baseline-2"

    def rank(self, batch: FactsBatch) -> Ranked:
        parts = _parts(batch)
        scores = np.zeros(len(batch))
        for part, weight in WEIGHTS.items():
            scores += weight * parts[part]
        contributions = {part: WEIGHTS[part] * (parts[part] - TYPICAL[part]) for part in WEIGHTS}
        return Ranked(np.clip(scores, 0.0, 1.0), contributions)


def _parts(batch: FactsBatch) -> dict[str, Column]:
    return {
        "near": _near(batch) * _still(batch, "refused_far"),
        # Squared: a neighbouring topic is a second choice, however near its guest lives.
        "topic": np.clip(batch.column("topic_closeness"), 0, 1) ** 2 * _still(batch, "refused_topic"),
        "time": _time(batch),
        "earlier": _earlier(batch),
        "answers": 0.5 * batch.column("answers_share")
        + 0.2 * batch.column("answers_in_time")
        + 0.3 * batch.column("yes_share"),
        "level": np.clip(batch.column("level_experience") / 3, 0, 1) * _still(batch, "refused_level"),
        "spare": _spare(batch) * _still(batch, "refused_often"),
        "fit": 0.4 * batch.column("group_fit")
        + 0.3 * batch.column("delivery_match")
        + 0.2 * batch.column("language_match")
        + 0.1 * batch.column("named"),
    }


def _still(batch: FactsBatch, refusal: str) -> Column:
    """A coded no halves the part it names, less as it fades; a second one halves it again."""
    return np.power(0.5, batch.column(refusal))


def _near(batch: FactsBatch) -> Column:
    share = np.clip(batch.column("distance_share"), 0, 1)
    away = np.clip(batch.column("distance_km") / WALKING_AWAY_KM, 0, 1)
    return np.where(batch.column("online") > 0, ONLINE_NEAR, 1 - 0.4 * share - 0.6 * np.sqrt(away))


def _time(batch: FactsBatch) -> Column:
    # Each moment that suits adds less than the one before; "don't know yet" is worth two fifths of "usually can".
    chances = batch.column("moments_usual") + 0.4 * batch.column("moments_unknown")
    margin = np.clip(batch.column("notice_margin_days") / 28, 0, 1)
    return 0.9 * (1 - 0.35**chances) + 0.1 * margin


def _earlier(batch: FactsBatch) -> Column:
    here = np.clip(batch.column("earlier_visits_here") / 2, 0, 1)
    return 0.7 * here + 0.3 * np.clip(batch.column("partnership") / 3, 0, 1)


def _spare(batch: FactsBatch) -> Column:
    rested = np.clip(batch.column("days_since_ask") / 60, 0, 1)
    free = 1 / (1 + batch.column("open_asks"))
    return 0.5 * (1 - np.clip(batch.column("load_share"), 0, 1)) + 0.3 * rested + 0.2 * free
