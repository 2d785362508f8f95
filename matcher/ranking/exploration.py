"""One place of the shown list goes to a newcomer, drawn by Thompson sampling, with the propensity that goes with it.

Of everybody below the list whom nobody or hardly anybody asked yet, a chance is drawn from what is believed of them:
the model's chance, worth few asks. The highest draw gets the place. The propensity is counted over many such draws, so
that whoever learns from the log knows how probable it was. Pure: the same seed gives the same choice.
"""

from dataclasses import dataclass

import numpy as np

from matcher.ranking.facts import Column

FEW_ASKS = 1.0
WORTH = 8.0
"""How many asks the model's chance of a newcomer is worth; fewer is bolder."""
DRAWS = 2_000
MOST_NEWCOMERS = 60
"""Only so many of the best are drawn from: further down nobody would thank us."""


@dataclass(frozen=True)
class Drawn:
    """The row that gets the place, and how probable that was; None when there is no newcomer."""

    row: int | None
    propensity: float


def draw_newcomer(scores: Column, asks: Column, shown: int, *, seed: int) -> Drawn:
    """`scores` are chances in the order in which the candidates would be listed; the first `shown` are shown anyway."""
    below = np.arange(shown, len(scores))
    newcomers = below[asks[below] <= FEW_ASKS][:MOST_NEWCOMERS]
    if not len(newcomers):
        return Drawn(None, 1.0)
    chances = np.clip(scores[newcomers], 0.01, 0.99)
    dice = np.random.default_rng(seed)
    drawn = dice.beta(WORTH * chances, WORTH * (1 - chances), size=(DRAWS + 1, len(newcomers))).argmax(axis=1)
    # The first draw decides; the others say how probable it was. It counts among them, so it is never 0.
    return Drawn(int(newcomers[drawn[0]]), float((drawn == drawn[0]).mean()))


def order_with_newcomer(scores: Column, asks: Column, shown: int, *, seed: int) -> tuple[list[int], Drawn]:
    """Rows in the order shown: the last of the shown places is the newcomer's. `scores` may be in any order."""
    order = np.lexsort((np.arange(len(scores)), -np.round(scores, 9))).tolist()
    found = draw_newcomer(scores[order], asks[order], shown - 1, seed=seed)
    if found.row is None or shown < 1:
        return order, Drawn(None, 1.0)
    chosen = order.pop(found.row)
    order.insert(shown - 1, chosen)
    return order, Drawn(chosen, found.propensity)
