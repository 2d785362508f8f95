"""Giving approval through the pages: the queue, one decision, the way back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from matcher.clock import utcnow
from matcher.db import Database
from matcher.matching.models import Match, MatchEvent
from matcher.matching.states import MatchState
from tests.coordination.conftest import agreed
from tests.factories.people import make_coordinator, make_region
from tests.house.test_lists import counted
from tests.matching.lives import make_life

Browse = Callable[[int], FlaskClient]


def state_of(database: Database, match_id: int) -> MatchState:
    with database.read() as session:
        return session.get_one(Match, match_id).state


def test_screen_shows_both_sides_and_the_buttons(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life, match_id = agreed(session)
        person, school = life.guest().name, life.school.name
        coordinator = life.coordinator.id
    page = browse(coordinator).get("/coordination/approve")
    assert page.status_code == 200
    for text in (person, school, f"/matches/{match_id}/approve", f"/matches/{match_id}/reject", 'data-key="a"'):
        assert text in page.text
    assert page.text.count("<h1") == 1
    assert 'class="strip"' in page.text


def test_queue_without_matches_says_so(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        coordinator = make_coordinator(session).id
    page = browse(coordinator).get("/coordination/approve")
    assert page.status_code == 200
    assert 'class="empty"' in page.text


def test_teacher_is_refused(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        teacher = make_life(session).teacher.id
    for path in ("/coordination", "/coordination/approve", "/coordination/stuck", "/coordination/region"):
        assert browse(teacher).get(path).status_code == 403


def test_match_of_another_region_does_not_exist(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        _life, match_id = agreed(session)
        stranger = make_coordinator(session, region=make_region(session, "drenthe", landsdeel="noord")).id
    client = browse(stranger)
    assert client.get(f"/coordination/approve?match={match_id}").status_code == 404
    assert client.post(f"/matches/{match_id}/approve").status_code == 404
    assert f"match={match_id}" not in client.get("/coordination/approve").text
    assert state_of(sqlite_database, match_id) is MatchState.ACCEPTED


def test_approve_undo_approve(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life, match_id = agreed(session)
        coordinator = life.coordinator.id
    client = browse(coordinator)
    answer = client.post(f"/matches/{match_id}/approve", data={"back": "cockpit", "seq": "2", "next": ""})
    assert answer.location == "/coordination/approve"
    assert state_of(sqlite_database, match_id) is MatchState.APPROVED
    assert f"/matches/{match_id}/undo?back=cockpit" in client.get(answer.location).text
    back = client.post(f"/matches/{match_id}/undo?back=cockpit")
    assert back.location == f"/coordination/approve?match={match_id}"
    assert state_of(sqlite_database, match_id) is MatchState.ACCEPTED
    assert client.get(back.location).status_code == 200
    client.post(f"/matches/{match_id}/approve", data={"back": "cockpit", "seq": "4", "note": "Gebeld."})
    assert state_of(sqlite_database, match_id) is MatchState.APPROVED
    with sqlite_database.read() as session:
        assert session.get_one(MatchEvent, (match_id, 5)).note == "Gebeld."


def test_next_match_is_shown_after_a_decision(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life, first = agreed(session)
        second = agreed(session)[1]
        coordinator = life.coordinator.id
    client = browse(coordinator)
    page = client.get(f"/coordination/approve?match={first}").text
    assert f'name="next" value="{second}"' in page
    form = {"back": "cockpit", "seq": "2", "next": str(second), "reason": "duplicate"}
    answer = client.post(f"/matches/{first}/reject", data=form)
    assert answer.location == f"/coordination/approve?match={second}"
    assert state_of(sqlite_database, first) is MatchState.REJECTED


@pytest.mark.parametrize("reason", [{"reason": "because"}, {}])
def test_refused_form_keeps_what_was_typed(reason: dict[str, str], browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life, match_id = agreed(session)
        coordinator = life.coordinator.id
    form = {"back": "cockpit", "seq": "2", "note": "Even gebeld", **reason}
    answer = browse(coordinator).post(f"/matches/{match_id}/reject", data=form)
    assert answer.status_code == 422
    assert "Even gebeld" in answer.text
    assert state_of(sqlite_database, match_id) is MatchState.ACCEPTED


def test_old_screen_is_a_conflict(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life, match_id = agreed(session)
        coordinator = life.coordinator.id
    answer = browse(coordinator).post(f"/matches/{match_id}/approve", data={"back": "cockpit", "seq": "1"})
    assert answer.status_code == 409


def test_what_stands_in_the_way_is_said_before(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life, _match_id = agreed(session)
        life.school.verified_at = None
        coordinator = life.coordinator.id
    assert 'class="ball stop"' in browse(coordinator).get("/coordination/approve").text


def test_long_wait_is_marked(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life = make_life(session)
        life.accepted(now=utcnow() - timedelta(days=9))
        coordinator = life.coordinator.id
    assert 'class="when late"' in browse(coordinator).get("/coordination/approve").text


def test_queue_of_twelve_needs_no_more_statements_than_of_three(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life, match_id = agreed(session)
        agreed(session), agreed(session)
        coordinator = life.coordinator.id
    client = browse(coordinator)
    path = f"/coordination/approve?match={match_id}"
    client.get(path)
    with counted(sqlite_database) as few:
        client.get(path)
    with sqlite_database.write() as session:
        for _ in range(9):
            agreed(session)
    with counted(sqlite_database) as many:
        client.get(path)
    assert len(many) == len(few)
