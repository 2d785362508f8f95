"""The best round on tiny cases is the one found by trying everything; limits and clocks always hold."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.ranking.assignment import Assignment, Round, WrongRound, solve

HOUR = 3600


def round_of(options, *, needed, capacity, weight=None, alone=None, classes=()) -> Round:
    """Options as (request, guest, chance, start hour, hours)."""
    columns = list(zip(*options, strict=True)) if options else [()] * 5
    start = np.array(columns[3], dtype=np.int64) * HOUR
    return Round(
        request=np.array(columns[0], dtype=np.int64),
        guest=np.array(columns[1], dtype=np.int64),
        chance=np.array(columns[2], dtype=np.float64),
        start_s=start,
        end_s=start + np.array(columns[4], dtype=np.int64) * HOUR,
        needed=np.array(needed, dtype=np.int64),
        capacity=np.array(capacity, dtype=np.int64),
        alone=np.array(alone if alone is not None else [True] * len(capacity), dtype=bool),
        weight=np.array(weight if weight is not None else [1.0] * len(needed), dtype=np.float64),
        class_request=np.array([pair[0] for pair in classes], dtype=np.int64),
        class_number=np.array([pair[1] for pair in classes], dtype=np.int64),
    )


def is_possible(round_: Round, taken) -> bool:
    """The rules said plainly, one by one."""
    request, guest = round_.request[taken].tolist(), round_.guest[taken].tolist()
    if any(request.count(r) > round_.needed[r] for r in set(request)):
        return False
    if any(guest.count(g) > round_.capacity[g] for g in set(guest)):
        return False
    if len(set(zip(request, guest, strict=True))) < len(request):
        return False
    classes = [
        set(round_.class_number[round_.class_request == number].tolist()) for number in range(len(round_.needed))
    ]
    for one, other in combinations(list(taken), 2):
        if round_.start_s[one] >= round_.end_s[other] or round_.start_s[other] >= round_.end_s[one]:
            continue
        if round_.guest[one] == round_.guest[other] and round_.alone[round_.guest[one]]:
            return False
        a, b = round_.request[one], round_.request[other]
        if a != b and classes[a] & classes[b]:
            return False
    return True


def best_by_trying(round_: Round) -> float:
    worth = round_.worth
    return max(
        float(worth[list(taken)].sum())
        for size in range(len(round_) + 1)
        for taken in combinations(range(len(round_)), size)
        if is_possible(round_, list(taken))
    )


@st.composite
def tiny_rounds(draw) -> Round:
    requests, guests = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    one = st.tuples(
        st.integers(0, requests - 1),
        st.integers(0, guests - 1),
        st.sampled_from([0.0, 0.1, 0.3, 0.31, 0.5, 0.9, 1.0]),
        st.integers(9, 13),
        st.integers(1, 3),
    )
    return round_of(
        draw(st.lists(one, min_size=1, max_size=8)),
        needed=draw(st.lists(st.integers(0, 2), min_size=requests, max_size=requests)),
        capacity=draw(st.lists(st.integers(0, 2), min_size=guests, max_size=guests)),
        weight=draw(st.lists(st.sampled_from([0.5, 1.0, 1.5]), min_size=requests, max_size=requests)),
        alone=draw(st.lists(st.booleans(), min_size=guests, max_size=guests)),
        classes=draw(st.lists(st.tuples(st.integers(0, requests - 1), st.integers(0, 1)), max_size=4)),
    )


@settings(max_examples=150, deadline=None)
@given(tiny_rounds())
def test_solve_tiny_round_equals_trying_everything(round_: Round) -> None:
    found = solve(round_)
    assert is_possible(round_, found.taken)
    assert found.worth == pytest.approx(best_by_trying(round_))
    assert found.worth == pytest.approx(float(round_.worth[found.taken].sum()))
    assert found.bound >= found.worth - 1e-9
    assert same(found, solve(round_))


def same(one: Assignment, other: Assignment) -> bool:
    return one.taken.tolist() == other.taken.tolist() and one.method == other.method


def large_round(seed: int, *, hours: int) -> Round:
    dice = np.random.default_rng(seed)
    options = list(
        zip(
            np.repeat(np.arange(120), 15).tolist(),
            dice.integers(0, 60, 1800).tolist(),
            dice.random(1800).tolist(),
            dice.integers(0, hours, 1800).tolist(),
            dice.integers(1, 3, 1800).tolist(),
            strict=True,
        )
    )
    return round_of(
        options,
        needed=dice.integers(1, 3, 120),
        capacity=dice.integers(1, 4, 60),
        classes=[(number, number % 40) for number in range(120)],
    )


@pytest.mark.parametrize("hours", [12, 400])
def test_solve_crowded_round_breaks_no_limit_and_knows_its_bound(hours: int) -> None:
    round_ = large_round(hours, hours=hours)
    found = solve(round_, gap=0.02, seconds=5)
    assert is_possible(round_, found.taken.tolist())
    assert found.worth <= found.bound + 1e-9
    assert found.gap <= 0.02 or found.method == "milp, stopped"
    assert same(found, solve(round_, gap=0.02, seconds=5)) or found.method == "milp, stopped"


def test_solve_order_of_options_changes_nothing() -> None:
    round_ = large_round(3, hours=400)
    order = np.random.default_rng(1).permutation(len(round_))
    names = ("request", "guest", "chance", "start_s", "end_s")
    shuffled = {name: getattr(round_, name)[order] for name in names}
    kept = {name: getattr(round_, name) for name in Round.__dataclass_fields__ if name not in names}
    other = Round(**shuffled, **kept)
    assert solve(other, gap=0.01).worth == pytest.approx(solve(round_, gap=0.01).worth, rel=0.01)


def test_solve_weight_moves_the_guest_to_who_was_never_served() -> None:
    options = [(0, 0, 0.6, 9, 1), (1, 0, 0.5, 9, 1)]
    assert solve(round_of(options, needed=[1, 1], capacity=[1])).taken.tolist() == [0]
    assert solve(round_of(options, needed=[1, 1], capacity=[1], weight=[1.0, 1.5])).taken.tolist() == [1]


def test_solve_guest_who_would_be_in_two_places_takes_another_moment() -> None:
    options = [(0, 0, 0.6, 9, 1), (1, 0, 0.6, 9, 1), (1, 0, 0.59, 11, 1)]
    found = solve(round_of(options, needed=[1, 1], capacity=[2]))
    assert found.taken.tolist() == [0, 2]


def test_solve_nothing_possible_takes_nothing() -> None:
    assert solve(round_of([], needed=[1], capacity=[])).taken.tolist() == []
    assert solve(round_of([(0, 0, 0.0, 9, 1)], needed=[1], capacity=[1])).taken.tolist() == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"chance": np.array([np.nan])}, "chance"),
        ({"chance": np.array([1.2])}, "chance"),
        ({"chance": np.array([[0.5]])}, "one-dimensional"),
        ({"chance": np.array([0.5, 0.5])}, "lengths"),
        ({"chance": np.array([1])}, "int"),
        ({"weight": np.array([np.inf])}, "weight"),
        ({"capacity": np.array([-1])}, "capacity"),
        ({"needed": np.array([-1])}, "needed"),
        ({"request": np.array([1])}, "request points"),
        ({"guest": np.array([-1])}, "guest points"),
        ({"end_s": np.array([0])}, "after its start"),
        ({"class_request": np.array([7]), "class_number": np.array([1])}, "class_request points"),
    ],
)
def test_round_of_wrong_arrays_says_which(change, says: str) -> None:
    good = round_of([(0, 0, 0.5, 9, 1)], needed=[1], capacity=[1])
    values = {name: getattr(good, name) for name in Round.__dataclass_fields__} | change
    with pytest.raises(WrongRound, match=says):
        Round(**values)
