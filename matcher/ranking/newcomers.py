"""One of the places people see goes by lot to somebody who was not asked often yet: how else could they be known?

Thompson sampling: everybody new draws a chance around their own, the wider the less they were asked, and the highest
draw gets the place. How probable that was is kept: whoever learns of it later can correct for it.
"""

from dataclasses import dataclass

import numpy as np

from matcher.ranking.facts import Column

SHOWN = 10
"""Whom people see first; the last of these places is the newcomer's."""
FEW_ASKS = 2.0
"""Fading asks. Whoever was asked less is new."""
DOUBT = 3.0
"""A chance of somebody never asked is worth so many asks."""
MOST_DRAWING = 60
DRAWS = 400


@dataclass(frozen=True)
class Drawn:
    """The row that gets the newcomer's place, and how probable it was that this one did."""

    row: int
    propensity: float


def draw_newcomer(order: list[int], scores: Column, asks: Column, *, seed: tuple[int, ...]) -> Drawn | None:
    """`order` are the rows, best first. None when all stand among the first anyway, or nobody else is new.

    The same seed gives the same newcomer.
    """
    if len(order) <= SHOWN:
        return None
    # The best of the new are enough: one far behind them would hardly ever win.
    drawing = [row for row in order[SHOWN - 1 :] if asks[row] < FEW_ASKS][:MOST_DRAWING]
    if not drawing:
        return None
    strength = DOUBT + asks[drawing]
    chance = np.clip(scores[drawing], 0.01, 0.99)
    draws = np.random.default_rng(seed).beta(chance * strength, (1 - chance) * strength, size=(DRAWS, len(drawing)))
    winners = draws.argmax(axis=1)
    won = int(winners[0])
    # Counted over all draws and never zero: this very draw happened.
    return Drawn(drawing[won], float(np.mean(winners == won)))


def with_newcomer(order: list[int], drawn: Drawn | None) -> list[int]:
    """The drawn row at the newcomer's place; those it passes move down one."""
    if drawn is None:
        return order
    rest = [row for row in order if row != drawn.row]
    return [*rest[: SHOWN - 1], drawn.row, *rest[SHOWN - 1 :]]
