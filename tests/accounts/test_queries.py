"""Actors with what they cover, and who serves a region."""

import pytest
from sqlalchemy.orm import Session

from matcher.accounts.policy import SYSTEM, Actor, Grant
from matcher.accounts.queries import actor_for, coordinators_of, members_of, recipient_of, stand_ins_of, user_by_email
from matcher.accounts.states import Role
from matcher.errors import NotFound
from matcher.regions.queries import region_by_code
from tests.factories import NOW
from tests.factories.people import make_coordinator, make_grant, make_region, make_school, make_teacher, make_user


def test_actor_of_coordinator_covers_everything_below(session: Session) -> None:
    limburg = make_region(session, "limburg", name="Limburg")
    utrecht = make_region(session, "utrecht", name="Utrecht", landsdeel="noordwest")
    above = region_by_code(session, "zuidoost")
    actor = actor_for(session, make_coordinator(session, region=above).id)
    assert {above.id, limburg.id} <= actor.region_ids
    assert actor.is_coordinator_of(limburg.id)
    assert not actor.is_coordinator_of(utrecht.id)
    assert not actor.is_coordinator_of(None)


def test_unconfirmed_coordinator_covers_nothing(session: Session) -> None:
    user = make_user(session)
    make_grant(session, user, Role.COORDINATOR, region=make_region(session), confirmed=False)
    assert not actor_for(session, user.id).is_coordinator


def test_ended_grant_counts_no_more(session: Session) -> None:
    user = make_user(session)
    make_grant(session, user, Role.TEACHER, organisation=make_school(session), ended_at=NOW)
    actor = actor_for(session, user.id)
    assert not actor.grants
    assert not actor.organisation_ids


@pytest.mark.parametrize("field", ["stopped_at", "erased_at"])
def test_actor_of_stopped_person_is_nobody(session: Session, field: str) -> None:
    user = make_user(session, **{field: NOW})
    with pytest.raises(NotFound):
        actor_for(session, user.id)


def test_region_without_coordinator_is_served_by_the_next_node_up(session: Session) -> None:
    limburg = make_region(session, "limburg", name="Limburg")
    above = make_coordinator(session, region=region_by_code(session, "nl"))
    assert [one.user_id for one in coordinators_of(session, limburg.id)] == [above.id]
    nearer = make_coordinator(session, region=limburg)
    assert [one.user_id for one in coordinators_of(session, limburg.id)] == [nearer.id]


def test_region_without_anybody_is_served_by_administrators(session: Session) -> None:
    region = make_region(session, "zeeland", name="Zeeland", landsdeel="zuidwest")
    admin = make_user(session)
    make_grant(session, admin, Role.ADMINISTRATOR)
    assert [one.user_id for one in coordinators_of(session, region.id)] == [admin.id]
    assert [one.user_id for one in coordinators_of(session, None)] == [admin.id]


def test_stand_ins_are_listed_apart(session: Session) -> None:
    region = make_region(session)
    coordinator = make_coordinator(session, region=region)
    other = make_user(session)
    make_grant(session, other, Role.COORDINATOR, region=region, stand_in=True)
    assert [one.user_id for one in coordinators_of(session, region.id)] == [coordinator.id]
    assert [one.user_id for one in stand_ins_of(session, region.id)] == [other.id]


def test_stopped_coordinator_serves_nobody(session: Session) -> None:
    region = make_region(session)
    make_coordinator(session, region=region, stopped_at=NOW)
    assert coordinators_of(session, region.id) == []


def test_members_are_confirmed_people_only(session: Session) -> None:
    school = make_school(session)
    teacher = make_teacher(session, school=school)
    waiting = make_user(session)
    make_grant(session, waiting, Role.TEACHER, organisation=school, confirmed=False)
    assert members_of(session, school.id, [Role.TEACHER]) == [teacher]
    assert len(members_of(session, school.id, [Role.TEACHER], confirmed=False)) == 2


def test_person_is_found_by_any_spelling_of_the_address(session: Session) -> None:
    user = make_user(session, email="piet@school.nl")
    found = user_by_email(session, " Piet@School.NL")
    assert found is not None
    assert recipient_of(session, found.id).email == user.email


@pytest.mark.parametrize(
    ("role", "place", "confirmed", "expected"),
    [
        (Role.TEACHER, 1, True, True),
        (Role.TEACHER, 2, True, False),
        (Role.TEACHER, None, True, False),
        (Role.SCHOOL_LEAD, 1, True, False),
        (Role.PROFESSIONAL, 3, True, False),
        (Role.PROFESSIONAL, 3, False, True),
    ],
)
def test_role_at_a_place_counts_there_only(role: Role, place: int | None, confirmed: bool, expected: bool) -> None:
    grants = (Grant(Role.TEACHER, 1, None, True), Grant(Role.PROFESSIONAL, 3, None, False))
    assert Actor(7, "Anna", grants=grants).has_in(role, place, confirmed) is expected


def test_system_may_nothing_by_itself() -> None:
    assert SYSTEM.is_system
    assert not SYSTEM.is_administrator
    assert not SYSTEM.is_coordinator
