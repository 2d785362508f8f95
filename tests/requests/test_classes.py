"""Classes: entered once, checked against level, year and the lesson times of the school."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.availability.moments import WeeklyPeriod
from matcher.errors import InvalidInput, NotFound
from matcher.requests import class_services, queries
from tests.conftest import NOW
from tests.factories.people import make_school, make_teacher

GOOD: dict[str, Any] = {
    "name": "4H2",
    "level": "havo",
    "year": 4,
    "size": 28,
    "weekly": [WeeklyPeriod(1, 4), WeeklyPeriod(1, 3), WeeklyPeriod(3, 1)],
}


def test_create_class_joins_its_periods(session: Session) -> None:
    school = make_school(session)
    actor = actor_for(session, make_teacher(session, school=school).id)
    found = class_services.create_class(session, actor=actor, now=NOW, organisation_id=school.id, **GOOD)
    assert found.weekly_periods == [[1, 3, 2], [3, 1, 1]]
    assert [group.name for group in queries.classes_of(session, school.id)] == ["4H2"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "new_name"),
        ({"level": "atheneum"}, "new_level"),
        ({"year": 7}, "new_year"),
        ({"level": "mbo_2", "year": 4}, "new_year"),
        ({"size": 0}, "new_size"),
        ({"size": None}, "new_size"),
        ({"weekly": []}, "new_periods"),
        ({"weekly": [WeeklyPeriod(1, 12)]}, "new_periods"),
        ({"weekly": [WeeklyPeriod(8, 1)]}, "new_periods"),
    ],
)
def test_create_class_that_cannot_be_names_the_field(session: Session, change: dict[str, Any], field: str) -> None:
    school = make_school(session)
    actor = actor_for(session, make_teacher(session, school=school).id)
    with pytest.raises(InvalidInput) as refusal:
        class_services.create_class(session, actor=actor, now=NOW, organisation_id=school.id, **{**GOOD, **change})
    assert refusal.value.field == field


def test_second_class_of_the_same_name_is_refused(session: Session) -> None:
    school = make_school(session)
    actor = actor_for(session, make_teacher(session, school=school).id)
    first = class_services.create_class(session, actor=actor, now=NOW, organisation_id=school.id, **GOOD)
    twin = {**GOOD, "name": "4h2"}
    with pytest.raises(InvalidInput):
        class_services.create_class(session, actor=actor, now=NOW, organisation_id=school.id, **twin)
    class_services.update_class(session, actor=actor, now=NOW, class_id=first.id, **{**GOOD, "size": 30})
    assert first.size == 30


def test_class_of_another_school_is_not_found(session: Session) -> None:
    school = make_school(session)
    actor = actor_for(session, make_teacher(session, school=school).id)
    found = class_services.create_class(session, actor=actor, now=NOW, organisation_id=school.id, **GOOD)
    stranger = actor_for(session, make_teacher(session).id)
    with pytest.raises(NotFound):
        class_services.update_class(session, actor=stranger, now=NOW, class_id=found.id, **GOOD)
    class_services.end_class(session, actor=actor, now=NOW, class_id=found.id)
    with pytest.raises(NotFound):
        class_services.update_class(session, actor=actor, now=NOW, class_id=found.id, **GOOD)
    assert class_services.restore_class(session, actor=actor, class_id=found.id).ended_at is None
