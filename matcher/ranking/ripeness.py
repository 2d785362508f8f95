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
    return _as_old_as(examples, (examples.ended_at - examples.at)[np.isfinite(examples.held)])


def answered(examples: Examples) -> npt.NDArray[np.bool_]:
    """Of the rows: those as old as nearly every invitation needed until there was an answer, or silence was one."""
    return _as_old_as(examples, (examples.settled_at - examples.at)[np.isfinite(examples.yes)])


def _as_old_as(examples: Examples, needed: Column) -> npt.NDArray[np.bool_]:
    known = needed[np.isfinite(needed)]
    if not len(known):
        return np.zeros(len(examples), dtype=np.bool_)
    latest = last_known(examples)
    return examples.at <= latest - float(np.quantile(known, NEARLY_ALL))


def last_known(examples: Examples) -> float:
    """The latest moment anything is known of, epoch seconds; NaN where nothing is."""
    times = (examples.at, examples.asked_at, examples.left_at, examples.settled_at, examples.ended_at)
    return max((float(np.nanmax(each)) for each in times if np.isfinite(each).any()), default=float("nan"))
