"""What is published about regions does not point at people."""

import pytest
from sqlalchemy.orm import Session

from matcher.home.figures import publishable, publishable_column
from matcher.home.queries import public_figures
from tests.factories import NOW
from tests.factories.matching import make_request
from tests.factories.people import make_region, make_school, make_teacher


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, None), (4, None), (5, 5), (1284, 1284)])
def test_publishable_small_count_is_hidden(count: int, shown: int | None) -> None:
    assert publishable(count) == shown


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([12, 3, 30, 0], [None, None, 30, 0]),  # alone, the 3 would follow from the total
        ([3, 4, 30], [None, None, 30]),
        ([12, 30], [12, 30]),
        ([3, 0], [None, 0]),
    ],
)
def test_column_with_one_hidden_number_hides_a_second(counts: list[int], shown: list[int | None]) -> None:
    assert publishable_column(counts) == shown


def test_figures_requests_of_six_are_shown_and_drawn(session: Session) -> None:
    school = make_school(session, region=make_region(session))
    teacher = make_teacher(session, school=school)
    for _number in range(6):
        make_request(session, school=school, teacher=teacher)
    figures = public_figures(session, today=NOW.date())
    assert figures.open_requests == 6
    assert [(region.name, region.open_requests) for region in figures.regions] == [("Midden- en Oost-Brabant", 6)]
    assert [(spot.kind, spot.count) for spot in figures.spots] == [("open", 6)]


def test_figures_requests_of_four_are_hidden_everywhere(session: Session) -> None:
    school = make_school(session, region=make_region(session))
    teacher = make_teacher(session, school=school)
    for _number in range(4):
        make_request(session, school=school, teacher=teacher)
    figures = public_figures(session, today=NOW.date())
    assert figures.open_requests is None
    assert figures.regions[0].open_requests is None
    assert figures.spots == ()
