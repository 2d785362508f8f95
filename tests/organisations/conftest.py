"""A region with its coordinator, a school with its leader, and browsers that are signed in."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matcher.accounts.services import open_session
from matcher.accounts.states import Role
from matcher.clock import utcnow
from matcher.db import Database
from matcher.subjects.models import Topic, TopicType
from tests.factories.people import (
    make_coordinator,
    make_grant,
    make_postcode,
    make_region,
    make_school,
    make_user,
)


@dataclass(frozen=True)
class World:
    """Ids of what is there."""

    region: int
    elsewhere: int
    school: int
    other_school: int
    lead: int
    teacher: int
    newcomer: int
    coordinator: int
    other_coordinator: int
    administrator: int
    sector: int


@pytest.fixture
def world(sqlite_database: Database) -> World:
    with sqlite_database.write() as session:
        region = make_region(session)
        elsewhere = make_region(session, "groningen", name="Groningen", landsdeel="noord")
        make_postcode(session, "5611", region=region)
        make_postcode(session, "9711", region=elsewhere)
        school = make_school(session, name="Het Vaartcollege", region=region)
        other = make_school(session, name="Gymnasium Noord", pc4="9711", region=elsewhere)
        lead, teacher, newcomer = (make_user(session, name=name) for name in ("Lea Leider", "Tom Docent", "Nia Nieuw"))
        make_grant(session, lead, Role.SCHOOL_LEAD, organisation=school)
        make_grant(session, teacher, Role.TEACHER, organisation=school)
        administrator = make_user(session, name="Ada Beheer")
        make_grant(session, administrator, Role.ADMINISTRATOR)
        sector = Topic(type=TopicType.SECTOR, code="techniek", nl="Techniek", en="Technology", levels=[], near=[])
        session.add(sector)
        session.flush()
        return World(
            region=region.id,
            elsewhere=elsewhere.id,
            school=school.id,
            other_school=other.id,
            lead=lead.id,
            teacher=teacher.id,
            newcomer=newcomer.id,
            coordinator=make_coordinator(session, region=region, name="Cor Regio").id,
            other_coordinator=make_coordinator(session, region=elsewhere).id,
            administrator=administrator.id,
            sector=sector.id,
        )


@pytest.fixture
def enter(app: Flask, sqlite_database: Database) -> Callable[[int], FlaskClient]:
    """A browser in which this person is signed in."""

    def open_for(user_id: int) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=user_id, agent="test", now=utcnow())
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return open_for
