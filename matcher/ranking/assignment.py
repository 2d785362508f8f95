"""A round: many requests, guests with room for some visits, chances as worth. Who had best be asked where, all at once.

Pure numbers. Who builds the arrays from requests and offers: `matching/rounds`. Nothing here decides; people do.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from matcher.ranking.facts import Column

Ids = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]
Pairs = npt.NDArray[np.int64]  # (m, 2)

MATCHING, REPAIRED, MILP, STOPPED = "matching", "matching, repaired", "milp", "milp, stopped"
MOST_REPAIRS = 60
SMALL = 1e-9


class WrongRound(ValueError):
    """Arrays that do not describe a round; says which and why."""


@dataclass(frozen=True, eq=False)
class Round:
    """n options: one guest for one request at one moment. r requests and g guests are numbered from 0.

    Several options of one request and guest are several moments; at most one of them is taken.
    """

    request: Ids  # (n,) 0 … r-1
    guest: Ids  # (n,) 0 … g-1
    chance: Column  # (n,) 0–1: that asking leads to a visit
    start_s: Ids  # (n,) epoch seconds, half-open
    end_s: Ids  # (n,)
    needed: Ids  # (r,) people at most
    capacity: Ids  # (g,) visits at most
    alone: Truths  # (g,) cannot be in two places at once; a whole team can
    weight: Column  # (r,) what a visit here is worth; 1 everywhere is the expected number of visits
    class_request: Ids  # (k,) request and class, a row for each class that a request is for
    class_number: Ids  # (k,) any numbers; one class cannot be in two visits of different requests at once

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_kind(field.name, getattr(self, field.name))
        _check_lengths(self)
        _check_values(self)

    def __len__(self) -> int:
        return len(self.request)

    @property
    def worth(self) -> Column:
        """(n,) chance times the weight of the request."""
        return self.chance * self.weight[self.request]


@dataclass(frozen=True, eq=False)
class Assignment:
    """The options taken, rising; their worth, what no choice can exceed, and what found them.

    `method`: "matching" and "milp" are proven best within the gap asked for; "matching, repaired" was within the gap;
    "milp, stopped" ran out of time and says with `bound` how far it may be from the best.
    """

    taken: Ids
    worth: float
    bound: float
    method: str

    @property
    def gap(self) -> float:
        """How much more, as a share of the bound, the best could be worth."""
        return max(0.0, 1 - self.worth / self.bound) if self.bound > 0 else 0.0


def _check_kind(name: str, values: Any) -> None:
    wanted: dict[str, type[np.generic]] = {"chance": np.floating, "weight": np.floating, "alone": np.bool_}
    if not isinstance(values, np.ndarray) or values.ndim != 1:
        raise WrongRound(f"{name} is not a one-dimensional array")
    if not np.issubdtype(values.dtype, wanted.get(name, np.integer)):
        raise WrongRound(f"{name} holds {values.dtype}")


def _check_lengths(round_: Round) -> None:
    groups = (
        ("request", "guest", "chance", "start_s", "end_s"),
        ("needed", "weight"),
        ("capacity", "alone"),
        ("class_request", "class_number"),
    )
    for names in groups:
        lengths = {name: len(getattr(round_, name)) for name in names}
        if len(set(lengths.values())) > 1:
            raise WrongRound(f"these have different lengths: {lengths}")


def _check_values(round_: Round) -> None:
    numbered = (
        ("request", len(round_.needed)),
        ("guest", len(round_.capacity)),
        ("class_request", len(round_.needed)),
    )
    for name, most in numbered:
        values = getattr(round_, name)
        if len(values) and (values.min() < 0 or values.max() >= most):
            raise WrongRound(f"{name} points outside 0 … {most - 1}")
    if not np.all((round_.chance >= 0) & (round_.chance <= 1)):
        raise WrongRound("chance lies outside 0–1 or is not a number")
    if not np.all((round_.weight >= 0) & np.isfinite(round_.weight)):
        raise WrongRound("weight is negative or not a number")
    if np.any(round_.needed < 0) or np.any(round_.capacity < 0):
        raise WrongRound("needed and capacity are never negative")
    if np.any(round_.end_s <= round_.start_s):
        raise WrongRound("the end of an option must be after its start")


def solve(round_: Round, *, gap: float = 0.0, seconds: float = 20.0) -> Assignment:
    """The options that together are worth most; the same round gives the same answer.

    First a matching that knows no clocks (Jonker-Volgenant, sparse): when nobody is in two places, it is the best.
    Where clocks couple, conflicts are repaired; if that is not within `gap` (a share of the bound), a mixed-integer
    programme over the coupled requests and guests decides, for at most `seconds`.
    """
    options = _sorted_options(round_)
    first = _match(round_, options)
    bound = float(round_.worth[first.options].sum() + round_.worth[first.twice].sum())
    touched = np.union1d(_clashing(round_, first.options).ravel(), first.twice)
    if not len(touched):
        return Assignment(first.options, bound, bound, MATCHING)
    repaired = _repair(round_, options, first.options)
    worth = float(round_.worth[repaired].sum())
    if worth >= bound * (1 - gap) - SMALL:
        return Assignment(repaired, worth, bound, REPAIRED)
    part = _coupled(round_, options, touched)
    free = first.options[~part[first.options]]
    start = repaired[part[repaired]]
    sure = float(round_.worth[free].sum())
    found = _branch(round_, options[part[options]], start, bound - sure, gap=gap, seconds=seconds)
    taken = np.sort(np.concatenate([free, found.taken]))
    return Assignment(taken, sure + found.worth, sure + found.bound, found.method)


@dataclass(frozen=True, eq=False)
class _Matched:
    """The options of a matching, rising, and those that were matched a second time."""

    options: Ids
    twice: Ids


def _sorted_options(round_: Round) -> Ids:
    """Options worth something and possible at all, by request and guest, the best moment of a pair first."""
    worth = round_.worth
    order = np.lexsort((np.arange(len(round_)), round_.start_s, -worth, round_.guest, round_.request))
    possible = (worth > 0) & (round_.needed[round_.request] > 0) & (round_.capacity[round_.guest] > 0)
    return order[possible[order]].astype(np.int64)


def _match(round_: Round, options: Ids) -> _Matched:
    """The best options when clocks do not count: one per pair, within what is needed and within capacity.

    A row for each visit a guest has room for, a column for each person needed, and one private column per row for
    "nowhere", so that a full matching always exists. Guests are the rows because the most wanted of them are contested:
    the matching then takes half the time.
    """
    # Imported here: half a second, and only rounds need it.
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    if not len(options):
        return _Matched(options, options)
    request, guest = round_.request[options], round_.guest[options]
    new = np.ones(len(options), dtype=bool)
    new[1:] = (request[1:] != request[:-1]) | (guest[1:] != guest[:-1])
    edges = options[new]
    request, guest = request[new], guest[new]
    columns, rows, edge, (wide, high) = _copies(round_, request, guest)
    worth = round_.worth[edges]
    most = float(worth.max())
    nowhere = np.arange(high)
    # Every row is matched once, so a constant changes nothing; costs of zero would be taken for no edge.
    costs = np.concatenate([1.0 + (most - worth[edge]), np.full(high, 1.0 + most)])
    where = (np.concatenate([rows, nowhere]), np.concatenate([columns, wide + nowhere]))
    graph = csr_array((costs, where), shape=(high, wide + high))
    row_of, column_of = min_weight_full_bipartite_matching(graph)
    return _edges_of(row_of, column_of, rows, columns, edges[edge], wide)


def _copies(round_: Round, request: Ids, guest: Ids) -> tuple[Ids, Ids, Ids, tuple[int, int]]:
    """Place at the request, visit of the guest and edge of every copy of every edge; how many places and visits."""
    edges = len(request)
    asked = np.unique(request)
    given = np.unique(guest)
    # No more copies than there are edges to use them.
    needed = np.minimum(round_.needed[asked], np.bincount(request)[asked])
    capacity = np.minimum(round_.capacity[given], np.bincount(guest)[given])
    first_place, first_visit = np.cumsum(needed) - needed, np.cumsum(capacity) - capacity
    at_request, at_guest = np.searchsorted(asked, request), np.searchsorted(given, guest)
    times = needed[at_request] * capacity[at_guest]
    edge = np.repeat(np.arange(edges), times)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(times) - times, times)
    wide = capacity[at_guest][edge]
    places = first_place[at_request][edge] + number // wide
    visits = first_visit[at_guest][edge] + number % wide
    return places, visits, edge, (int(needed.sum()), int(capacity.sum()))


def _edges_of(row_of: Ids, column_of: Ids, rows: Ids, columns: Ids, edges: Ids, real: int) -> _Matched:
    """The options behind the matched places. Several people and several visits may meet in one pair: that is once."""
    width = real + 1
    order = np.argsort(rows * width + columns, kind="stable")
    matched = column_of < real
    keys = row_of[matched].astype(np.int64) * width + column_of[matched]
    found = np.sort(edges[order[np.searchsorted((rows * width + columns)[order], keys)]])
    new = np.ones(len(found), dtype=bool)
    new[1:] = found[1:] != found[:-1]
    return _Matched(found[new], found[~new])


def _clashing(round_: Round, chosen: Ids) -> Pairs:
    """Pairs of chosen options that cannot both be: one person, or one class, in two places at once."""
    return np.concatenate([_guest_clashes(round_, chosen), _class_clashes(round_, chosen)])


def _guest_clashes(round_: Round, chosen: Ids) -> Pairs:
    guests = chosen[round_.alone[round_.guest[chosen]]]
    return _overlaps(round_, guests, round_.guest[guests], np.full(len(guests), -1))


def _class_clashes(round_: Round, chosen: Ids) -> Pairs:
    """Guests of one request may come together; those of two requests may not come to one class at once."""
    order = np.argsort(round_.class_request, kind="stable")
    asked, numbers = round_.class_request[order], round_.class_number[order]
    request = round_.request[chosen]
    first, last = np.searchsorted(asked, request, "left"), np.searchsorted(asked, request, "right")
    times = last - first
    options = np.repeat(chosen, times)
    within = np.arange(len(options)) - np.repeat(np.cumsum(times) - times, times)
    return _overlaps(round_, options, numbers[np.repeat(first, times) + within], round_.request[options])


def _overlaps(round_: Round, options: Ids, party: Ids, together: Ids) -> Pairs:
    """Options of one party with crossing times, the earlier start first; not those that may be there together."""
    order = np.lexsort((options, round_.start_s[options], party))
    party, together, options = party[order], together[order], options[order]
    start, end = round_.start_s[options], round_.end_s[options]
    found = []
    step = 1
    # Neighbours at growing distance: stops at the longest run that still crosses.
    alive = np.arange(len(options))
    while True:
        alive = alive[alive + step < len(options)]
        alive = alive[party[alive] == party[alive + step]]
        if not len(alive):
            break
        crosses = alive[start[alive + step] < end[alive]]
        apart = (together[crosses] < 0) | (together[crosses] != together[crosses + step])
        apart &= options[crosses] != options[crosses + step]
        found.append(np.stack([options[crosses[apart]], options[crosses[apart] + step]], axis=1))
        alive = crosses  # sorted by start: who does not cross the next one crosses none after it
        step += 1
    return np.concatenate(found) if found else np.zeros((0, 2), dtype=np.int64)


def _repair(round_: Round, options: Ids, chosen: Ids) -> Ids:
    """Takes the lesser of two clashing options out of the round and matches again, until nobody is in two places."""
    worth = round_.worth
    for _try in range(MOST_REPAIRS):
        clashes = _clashing(round_, chosen)
        if not len(clashes):
            return chosen
        lesser = np.where(worth[clashes[:, 0]] >= worth[clashes[:, 1]], clashes[:, 1], clashes[:, 0])
        options = options[~np.isin(options, lesser)]
        chosen = _match(round_, options).options
    return _only_free(round_, chosen)


def _only_free(round_: Round, chosen: Ids) -> Ids:
    """Of clashing options the better ones, one after another."""
    clashes = _clashing(round_, chosen)
    against: dict[int, set[int]] = {}
    for one, other in clashes.tolist():
        against.setdefault(one, set()).add(other)
        against.setdefault(other, set()).add(one)
    kept: set[int] = set()
    for option in sorted(chosen.tolist(), key=lambda number: (-float(round_.worth[number]), number)):
        if not against.get(option, set()) & kept:
            kept.add(option)
    return np.array(sorted(kept), dtype=np.int64)


def _coupled(round_: Round, options: Ids, touched: Ids) -> Truths:
    """(n,) whether an option belongs to a connected part of the round in which the matching put somebody twice.

    Only there branch and bound has to decide; everywhere else the matching is the best already.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    requests, guests = len(round_.needed), len(round_.capacity)
    numbers = np.unique(round_.class_number, return_inverse=True)[1]
    one = np.concatenate([round_.request[options], round_.class_request])
    other = np.concatenate([requests + round_.guest[options], requests + guests + numbers])
    size = requests + guests + (int(numbers.max()) + 1 if len(numbers) else 0)
    graph = csr_array((np.ones(len(one)), (one, other)), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    return np.isin(label[round_.request], label[round_.request[touched]])


def _branch(round_: Round, options: Ids, start: Ids, highest: float, *, gap: float, seconds: float) -> Assignment:
    """The best of these options by HiGHS; `start` is known to be possible, `highest` cannot be exceeded."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    worth = round_.worth[options]
    matrix, most = _limits(round_, options)
    answer = milp(
        -worth,
        integrality=np.ones(len(options)),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(matrix, ub=most)],
        options={"time_limit": seconds, "mip_rel_gap": gap},
    )
    found = start if answer.x is None else options[answer.x > 0.5]
    if round_.worth[found].sum() < round_.worth[start].sum():
        found = start
    total = float(round_.worth[found].sum())
    dual = answer.get("mip_dual_bound")
    bound = highest if dual is None else min(highest, -float(dual))
    return Assignment(found, total, max(total, bound), MILP if answer.status == 0 else STOPPED)


def _limits(round_: Round, options: Ids) -> tuple[Any, Column]:
    """Rows of "at most": people needed, capacity, one moment per pair, and one of two options that clash."""
    from scipy.sparse import csr_array

    request, guest = round_.request[options], round_.guest[options]
    pair = np.unique(request * len(round_.capacity) + guest, return_inverse=True)[1]
    rows, columns, most = [], [], []
    begun = 0
    for group, limit in (
        (request, round_.needed.astype(float)),
        (guest, round_.capacity.astype(float)),
        (pair, np.ones(int(pair.max()) + 1)),
    ):
        rows.append(begun + group)
        columns.append(np.arange(len(options)))
        most.append(limit)
        begun += len(limit)
    place = np.empty(len(round_), dtype=np.int64)
    place[options] = np.arange(len(options))
    for clique, member in _cliques(round_, options):
        rows.append(begun + clique)
        columns.append(place[member])
        how_many = int(clique.max()) + 1 if len(clique) else 0
        most.append(np.ones(how_many))
        begun += how_many
    shape = (begun, len(options))
    where = (np.concatenate(rows), np.concatenate(columns))
    return csr_array((np.ones(len(where[0])), where), shape=shape), np.concatenate(most)


def _cliques(round_: Round, options: Ids) -> list[tuple[Ids, Ids]]:
    """Numbered sets of options of which one at most can be, as (number, option) rows.

    All that a guest could do when one of their options starts excludes each other; of classes each clash is a set.
    """
    clashes = _guest_clashes(round_, options)
    later, number = np.unique(clashes[:, 1], return_inverse=True)
    guests = (np.concatenate([number, np.arange(len(later))]), np.concatenate([clashes[:, 0], later]))
    pairs = _class_clashes(round_, options)
    return [guests, (np.repeat(np.arange(len(pairs)), 2), pairs.ravel())]
