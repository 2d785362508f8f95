"""Links by mail: one purpose, one use, exactly one of many at once succeeds. Sessions end when they must."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from matcher.accounts import queries, services
from matcher.accounts.models import UserSession
from matcher.accounts.policy import SYSTEM
from matcher.accounts.tasks import due_work
from matcher.accounts.tokens import LIFETIMES, Purpose, hashed, is_live
from matcher.db import Database
from matcher.errors import Conflict, InvalidInput
from tests.factories import NOW
from tests.factories.people import make_user

SECOND = timedelta(seconds=1)
REGISTRATION = {"email": "new@demo.example", "name": "New", "locale": "nl", "password_hash": "x", "start": "teacher"}


@pytest.mark.parametrize("made", Purpose)
@pytest.mark.parametrize("used", Purpose)
def test_link_works_for_its_own_purpose_only(session: Session, made: Purpose, used: Purpose) -> None:
    secret = services.issue_link(session, purpose=made, user_id=make_user(session).id, now=NOW)
    if made is used:
        assert services.use_link(session, secret=secret, purpose=used, now=NOW).user_id
    else:
        with pytest.raises(Conflict):
            services.use_link(session, secret=secret, purpose=used, now=NOW)


@pytest.mark.parametrize("purpose", Purpose)
def test_link_works_until_its_last_second(session: Session, purpose: Purpose) -> None:
    user = make_user(session)
    early = services.issue_link(session, purpose=purpose, user_id=user.id, now=NOW)
    late = services.issue_link(session, purpose=purpose, user_id=user.id, now=NOW)
    assert services.use_link(session, secret=early, purpose=purpose, now=NOW + LIFETIMES[purpose] - SECOND)
    with pytest.raises(Conflict):
        services.use_link(session, secret=late, purpose=purpose, now=NOW + LIFETIMES[purpose])


def test_link_used_twice_is_refused(session: Session) -> None:
    secret = services.issue_link(session, purpose=Purpose.SIGN_IN, user_id=make_user(session).id, now=NOW)
    services.use_link(session, secret=secret, purpose=Purpose.SIGN_IN, now=NOW)
    with pytest.raises(Conflict):
        services.use_link(session, secret=secret, purpose=Purpose.SIGN_IN, now=NOW)
    assert not queries.is_link_open(session, secret, Purpose.SIGN_IN, now=NOW)


def test_changed_link_is_refused(session: Session) -> None:
    secret = services.issue_link(session, purpose=Purpose.RESET, user_id=make_user(session).id, now=NOW)
    for place in range(len(secret)):
        other = "A" if secret[place] != "A" else "B"
        with pytest.raises(Conflict):
            services.use_link(
                session, secret=secret[:place] + other + secret[place + 1 :], purpose=Purpose.RESET, now=NOW
            )


@pytest.mark.usefixtures("patient")
def test_link_used_by_eight_at_once_works_once(database: Database) -> None:
    with database.write() as session:
        user_id = make_user(session).id
        secret = services.issue_link(session, purpose=Purpose.SIGN_IN, user_id=user_id, now=NOW)
    outcomes: list[str] = []

    def use() -> None:
        try:
            with database.write() as session:
                services.use_link(session, secret=secret, purpose=Purpose.SIGN_IN, now=NOW)
                outcomes.append("in")
        except Conflict:
            outcomes.append("out")

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in"] + ["out"] * 7


def test_registration_confirmed_twice_makes_one_account(session: Session) -> None:
    services.confirm_registration(session, subject=REGISTRATION, now=NOW)
    with pytest.raises(Conflict):
        services.confirm_registration(session, subject={**REGISTRATION, "email": "NEW@demo.example"}, now=NOW)


def test_address_taken_is_refused(session: Session) -> None:
    make_user(session, email="taken@demo.example")
    with pytest.raises(InvalidInput):
        services.add_user(session, email="Taken@Demo.Example", name="Other", now=NOW)


def test_cookie_secret_is_not_stored(session: Session) -> None:
    secret = services.open_session(session, user_id=make_user(session).id, agent="x" * 900, now=NOW)
    assert session.get(UserSession, secret) is None
    row = session.get_one(UserSession, hashed(secret))
    assert len(row.agent) == 200


def test_session_of_stopped_person_is_not_opened(session: Session) -> None:
    user = make_user(session, stopped_at=NOW)
    with pytest.raises(Conflict):
        services.open_session(session, user_id=user.id, agent="", now=NOW)


def test_session_is_not_opened_when_the_password_changed_meanwhile(session: Session) -> None:
    user = make_user(session, password_hash="new")
    with pytest.raises(Conflict):
        services.open_session(session, user_id=user.id, agent="", password_hash="old", now=NOW)


def test_new_password_ends_other_sessions_and_links(session: Session) -> None:
    user = make_user(session, password_hash="old")
    here = hashed(services.open_session(session, user_id=user.id, agent="here", now=NOW))
    there = hashed(services.open_session(session, user_id=user.id, agent="there", now=NOW))
    link = services.issue_link(session, purpose=Purpose.SIGN_IN, user_id=user.id, now=NOW)
    services.set_password(session, user_id=user.id, password_hash="new", keep=here, now=NOW)
    session.expire_all()
    assert [one.id for one in queries.sessions_of(session, user.id, now=NOW)] == [here]
    assert session.get_one(UserSession, here).epoch == user.epoch
    assert queries.session_with_user(session, there) is None
    with pytest.raises(Conflict):
        services.use_link(session, secret=link, purpose=Purpose.SIGN_IN, now=NOW)


def test_stopped_person_loses_sessions_and_links(session: Session) -> None:
    user = make_user(session)
    services.open_session(session, user_id=user.id, agent="", now=NOW)
    link = services.issue_link(session, purpose=Purpose.RESET, user_id=user.id, now=NOW)
    services.stop_user(session, user_id=user.id, actor=SYSTEM, now=NOW)
    assert queries.sessions_of(session, user.id, now=NOW) == []
    with pytest.raises(Conflict):
        services.use_link(session, secret=link, purpose=Purpose.RESET, now=NOW)


@pytest.mark.parametrize(
    ("is_staff", "idle", "age", "expected"),
    [
        (False, timedelta(hours=2) - SECOND, timedelta(hours=3), True),
        (False, timedelta(hours=2), timedelta(hours=3), False),
        (True, timedelta(minutes=30) - SECOND, timedelta(hours=3), True),
        (True, timedelta(minutes=30), timedelta(hours=3), False),
        (False, timedelta(0), timedelta(hours=12) - SECOND, True),
        (False, timedelta(0), timedelta(hours=12), False),
        (True, timedelta(0), timedelta(hours=12), False),
    ],
)
def test_session_lives_until_its_limits(is_staff: bool, idle: timedelta, age: timedelta, expected: bool) -> None:
    ends_at = NOW - age + timedelta(hours=12)
    assert is_live(seen_at=NOW - idle, ends_at=ends_at, is_staff=is_staff, now=NOW) is expected


def test_what_is_over_is_removed_and_the_rest_stays(database: Database) -> None:
    with database.write() as session:
        user_id = make_user(session).id
        services.open_session(session, user_id=user_id, agent="", now=NOW - timedelta(days=1))
        services.open_session(session, user_id=user_id, agent="", now=NOW)
        services.open_session(session, user_id=make_user(session).id, agent="", now=NOW - timedelta(days=1))
        for age in (timedelta(0), timedelta(days=20), timedelta(days=60)):
            services.issue_link(session, purpose=Purpose.SIGN_IN, user_id=user_id, now=NOW - age)
    assert due_work(database, None, NOW) == {"sessions and links removed": 2}
    assert due_work(database, None, NOW) == {}
    with database.read() as session:
        assert len(queries.sessions_of(session, user_id, now=NOW)) == 1
