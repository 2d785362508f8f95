"""The equity weight: a little more for who got little so far. Only the order changes; the chance people see does not.

Pure. Who is meant: schools where nobody came yet, people nobody asked yet, small companies.
"""

import numpy as np

from matcher.ranking.facts import Column, FactsBatch

NEVER_ASKED, SMALL_COMPANY, NOT_YET = 0.6, 0.2, 0.2
"""How the weight is divided over the three."""
SMALL = 2.0
"""The size of a company of fewer than ten."""


def with_equity(scores: Column, batch: FactsBatch, weight: float) -> Column:
    """For ordering the candidates of one request. A weight of 0 changes nothing; of 1 it may double a score."""
    found: Column = scores * (1 + weight * _little_so_far(batch))
    return found


def _little_so_far(batch: FactsBatch) -> Column:
    """0 to 1."""
    never_asked = 1 / (1 + batch.column("asks"))
    size = batch.column("company_size")
    small = ((size > 0) & (size <= SMALL)).astype(np.float64)
    nobody_came = 1 / (1 + batch.column("earlier_visits_total"))
    found: Column = NEVER_ASKED * never_asked + SMALL_COMPANY * small + NOT_YET * nobody_came
    return found


def request_weight(school_visits: Column | float, weight: float) -> Column:
    """When several requests want the same person: how much more a request counts whose school got little so far."""
    found: Column = 1 + weight / (1 + np.asarray(school_visits, dtype=np.float64))
    return found
