"""A page that lists things makes as many queries for three rows as for one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.db import Database
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.organisations.models import Organisation
from tests.factories.matching import make_match, make_offer, make_request
from tests.factories.people import make_company, make_coordinator, make_professional, make_school, make_teacher

PAGES = [
    ("teacher", "/requests"),
    ("teacher", "/matches"),
    ("teacher", "/dashboard"),
    ("teacher", "/notices/"),
    ("teacher", "/organisations/"),
    ("professional", "/matches"),
    ("professional", "/offers"),
    ("professional", "/requests/nearby"),
    ("professional", "/dashboard"),
    ("professional", "/remembered"),
    ("coordinator", "/requests"),
    ("coordinator", "/coordination"),
    ("coordinator", "/organisations/verify"),
    ("coordinator", "/safeguarding/reports"),
    ("coordinator", "/monitor"),
    ("coordinator", "/coordination/regions"),
]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def more_rows(session: Session, people: dict[str, User]) -> None:
    """One more of everything these three people have lists of."""
    school = session.get_one(Organisation, people["school_id"])
    request = make_request(session, school=school, teacher=people["teacher"])
    offer = make_offer(session, person=people["professional"])
    make_match(session, request=request, offer=offer)
    make_company(session, verified=False)
    for person in (people["teacher"], people["professional"], people["coordinator"]):
        enqueue(
            session,
            recipient=Recipient(person.id, person.email, person.name, "nl"),
            template="matching/invited",
            params={},
            subject="match",
            subject_id=request.id,
            seq=1,
            now=utcnow(),
            channels=("inbox",),
        )


@pytest.fixture
def people(app: Any, database_of_app: Database) -> dict[str, Any]:
    """A teacher, a professional and a coordinator of one region, with one of everything."""
    with database_of_app.write() as session:
        school = make_school(session)
        found: dict[str, Any] = {"school_id": school.id, "teacher": make_teacher(session, school=school)}
        found["professional"] = make_professional(session)
        found["coordinator"] = make_coordinator(session)
        more_rows(session, found)
        for role in ("teacher", "professional", "coordinator"):
            found[f"{role}_token"] = open_session(session, user_id=found[role].id, agent="test", now=utcnow())
    return found


@pytest.fixture
def database_of_app(app: Any) -> Database:
    found: Database = app.extensions["matcher_db"]
    return found


@pytest.fixture
def as_role(app: Any, people: dict[str, Any]) -> Callable[[str], FlaskClient]:
    def signed_in(role: str) -> FlaskClient:
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = people[f"{role}_token"]
        return client

    return signed_in


@pytest.mark.parametrize(("role", "path"), PAGES)
def test_list_of_three_needs_no_more_queries_than_of_one(
    role: str, path: str, as_role: Callable[[str], FlaskClient], people: dict[str, Any], database_of_app: Database
) -> None:
    client = as_role(role)
    assert client.get(path).status_code == 200
    with counted(database_of_app) as for_one:
        client.get(path)
    with database_of_app.write() as session:
        for _ in range(2):
            more_rows(session, people)
    with counted(database_of_app) as for_three:
        client.get(path)
    extra = "\n\n".join(sorted(for_three)[len(for_one) :])
    assert len(for_three) <= len(for_one), f"{len(for_one)} queries for one, {len(for_three)} for three\n{extra}"


def test_query_per_row_is_counted(database_of_app: Database, people: dict[str, Any]) -> None:
    with counted(database_of_app) as sent, database_of_app.read() as session:
        for _ in range(3):
            session.scalars(select(User)).all()
    assert len([statement for statement in sent if "FROM users" in statement]) == 3
