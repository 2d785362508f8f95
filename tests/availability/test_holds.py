"""Travel pads around visits: half-open, trimmed between visits at one place, never overlapping."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.availability.holds import Hold, pad_seconds, place_hold, visit_hold

HOUR = 3600


def test_pad_seconds_rounds_up_to_five_minutes() -> None:
    assert [pad_seconds(m) for m in (-3, 0, 0.1, 5, 31, 9999)] == [0, 0, 300, 300, 35 * 60, 4 * HOUR]


def test_online_visit_has_no_travel() -> None:
    assert visit_hold(0, HOUR, travel_minutes=45).span == (0, HOUR)


def test_next_hour_at_the_same_school_needs_no_travel() -> None:
    first = visit_hold(10 * HOUR, 11 * HOUR, travel_minutes=30, place="school:1", key=1)
    second = visit_hold(11 * HOUR, 12 * HOUR, travel_minutes=30, place="school:1")
    placed = place_hold(second, [first])
    assert placed.possible
    assert placed.hold.span == (11 * HOUR, 12 * HOUR + HOUR // 2)
    assert [(h.key, h.span) for h in placed.trimmed] == [(1, (10 * HOUR - HOUR // 2, 11 * HOUR))]


def test_next_hour_at_another_school_is_refused() -> None:
    first = visit_hold(10 * HOUR, 11 * HOUR, travel_minutes=30, place="school:1")
    assert not place_hold(visit_hold(11 * HOUR, 12 * HOUR, travel_minutes=30, place="school:2"), [first]).possible
    assert place_hold(visit_hold(12 * HOUR, 13 * HOUR, travel_minutes=30, place="school:2"), [first]).possible


def test_same_school_in_the_afternoon_keeps_the_way_home() -> None:
    first = visit_hold(9 * HOUR, 10 * HOUR, travel_minutes=30, place="school:1")
    placed = place_hold(visit_hold(15 * HOUR, 16 * HOUR, travel_minutes=30, place="school:1"), [first])
    assert placed.trimmed == ()
    assert placed.hold.pad_before_s == HOUR // 2


def test_visit_inside_a_booking_is_refused_at_the_same_place_too() -> None:
    first = visit_hold(9 * HOUR, 12 * HOUR, travel_minutes=10, place="school:1")
    assert place_hold(visit_hold(10 * HOUR, 11 * HOUR, place="school:1"), [first]).conflicts == (first,)


def test_hold_that_ends_before_it_starts_raises() -> None:
    with pytest.raises(ValueError, match="ends after"):
        Hold(10, 10)


VISITS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 8), st.integers(0, 90), st.sampled_from(["a", "b", None])), max_size=8
)


@settings(max_examples=150, deadline=None)
@given(VISITS)
def test_visits_placed_one_after_another_never_overlap(visits: list[tuple[int, int, int, str | None]]) -> None:
    booked: dict[int, Hold] = {}
    for key, (start, length, travel, place) in enumerate(visits):
        quarter = 900
        new = visit_hold(start * quarter, (start + length) * quarter, travel_minutes=travel, place=place, key=key)
        placed = place_hold(new, booked.values())
        if placed.possible:
            booked |= {hold.key: hold for hold in placed.trimmed if hold.key is not None} | {key: placed.hold}
    found = sorted(hold.span for hold in booked.values())
    assert all(one[1] <= two[0] for one, two in pairwise(found))
    assert all(hold.end_s - hold.start_s >= 900 for hold in booked.values())
