"""Which suggestions are old enough that what became of them is known, whatever it was. Pure.

A no is there within days, a visit counts after weeks: of the latest suggestions only what went wrong is known yet, and
who learned or judged from those would think that everything goes wrong.
"""

import numpy as np
import numpy.typing as npt

from matcher.ranking.examples import Examples
from matcher.ranking.facts import Column

NEARLY_ALL = 0.95


def ripe(examples: Examples) -> npt.NDArray[np.bool_]:
    """Of the rows: those as old as nearly every visit needed until it was counted."""
    known = np.isfinite(examples.ended_at) & np.isfinite(examples.held)
    if not known.any():
        return np.zeros(len(examples), dtype=np.bool_)
    needed = float(np.quantile((examples.ended_at - examples.at)[known], NEARLY_ALL))
    return examples.at <= _last(examples.at, examples.settled_at, examples.ended_at) - needed


def _last(*times: Column) -> float:
    """The latest moment anything is known of."""
    return max(float(np.nanmax(each)) for each in times if np.isfinite(each).any())
