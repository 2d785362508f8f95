"""How much each answer counts when some invitations end before anybody could answer. Pure.

Of the people asked side by side, the first yes ends the asking of the others. Who answers fast is heard more often than
who answers late or never, so among the answers that were heard there are too many yeses. Each one that was heard
therefore counts for those like it that were not: weights by the inverse of the chance of not having been cut off by
then (Robins and Finkelstein, Biometrics 56 (2000) 779-788; that chance by Kaplan and Meier, JASA 53 (1958) 457-481).
"""

import numpy as np
import numpy.typing as npt

from matcher.ranking.examples import Examples
from matcher.ranking.facts import Column
from matcher.ranking.ripeness import last_known

SIDE_BY_SIDE = 3
"""So many and more are asked alike: who is asked alone is cut off by nobody."""
MOST = 5.0
"""No answer counts for more than so many."""


def weights_of_answers(invited: Examples) -> Column:
    """(n,) Of invitations: what each settled one counts for; 0 where there was no answer. Their mean is 1."""
    heard = np.isfinite(invited.yes)
    until = np.where(heard, invited.settled_at, invited.left_at)
    until = np.where(np.isfinite(until), until, last_known(invited))
    took = np.maximum(0.0, np.nan_to_num(until - invited.asked_at))
    weights = np.zeros(len(invited))
    beside = _asked_of(invited.request)
    for count in np.unique(beside):
        alike = beside == count
        weights[alike] = np.where(heard[alike], 1 / _not_cut_off(took[alike], ~heard[alike]), 0.0)
    mean = weights[heard].mean() if heard.any() else 1.0
    found: Column = weights / mean
    return found


def _asked_of(request: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    _seen, number, count = np.unique(request, return_inverse=True, return_counts=True)
    found: npt.NDArray[np.int64] = np.minimum(SIDE_BY_SIDE, count)[number]
    return found


def _not_cut_off(took: Column, cut_off: npt.NDArray[np.bool_]) -> Column:
    """Of each: the chance that an invitation still stood when this one ended. Answers come before what ends then."""
    times, place = np.unique(took, return_inverse=True)
    ended = np.bincount(place, minlength=len(times))
    cut = np.bincount(place, weights=cut_off, minlength=len(times))
    still = len(took) - np.concatenate([[0], np.cumsum(ended)[:-1]])
    at_risk = np.maximum(1, still - (ended - cut))
    after = np.cumprod(1 - cut / at_risk)
    before = np.concatenate([[1.0], after[:-1]])[place]
    found: Column = np.maximum(1 / MOST, before)
    return found
