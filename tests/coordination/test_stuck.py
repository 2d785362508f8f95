"""What does not go by itself: found by the queries on both engines, settled through the page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.clock import utcnow
from matcher.coordination.stuck_queries import GRACE, stuck, stuck_count
from matcher.db import Database
from matcher.matching import visit_services
from matcher.matching.models import Match
from matcher.matching.states import MatchState, MissedReason
from matcher.matching.suggestion_services import store_run, suggest
from tests.factories import NOW
from tests.factories.matching import make_request
from tests.factories.people import make_coordinator, make_region
from tests.house.test_lists import counted
from tests.matching.lives import AFTER, Life, make_life

Browse = Callable[[int], FlaskClient]
LATER = NOW + GRACE + timedelta(hours=1)


def differ(life: Life) -> Match:
    """A visit of which the two sides say different things."""
    match = life.approved()
    visit_services.report_visit(
        life.session, match.id, happened=True, again=True, actor=life.actor(life.teacher), now=AFTER
    )
    no: dict[str, Any] = {"happened": False, "again": None, "reason": MissedReason.CLASS_ABSENT}
    return visit_services.report_visit(life.session, match.id, actor=life.guest(), now=AFTER, **no)


def test_request_that_nobody_is_busy_with_is_stuck_after_two_days(session: Session) -> None:
    life = make_life(session)
    coordinator = life.actor(life.coordinator)
    assert stuck(session, coordinator, NOW).total == 0
    assert [each.id for each in stuck(session, coordinator, LATER).nobody_asked] == [life.request.id]
    assert stuck_count(session, coordinator.region_ids, LATER) == 1
    life.asked()
    assert stuck(session, coordinator, LATER).nobody_asked == []


def test_request_nobody_fits_is_stuck_at_once(session: Session) -> None:
    life = make_life(session, guests=0)
    store_run(session, suggest(session, request_id=life.request.id, now=NOW))
    found = stuck(session, life.actor(life.coordinator), NOW)
    assert [each.id for each in found.nobody_fits] == [life.request.id]
    assert found.nobody_asked == []


def test_invitation_that_runs_out_is_shown_once_it_is_near(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    assert match.expires_at is not None
    coordinator = life.actor(life.coordinator)
    assert stuck(session, coordinator, match.expires_at - GRACE - timedelta(minutes=1)).expiring == []
    near = stuck(session, coordinator, match.expires_at - timedelta(hours=5)).expiring
    assert [row.id for row in near] == [match.id]


def test_different_answers_are_shown_with_both(session: Session) -> None:
    life = make_life(session)
    match = differ(life)
    found = stuck(session, life.actor(life.coordinator), AFTER).disagreements
    assert [each.row.id for each in found] == [match.id]
    assert sorted(answer.happened for answer in found[0].answers) == [False, True]


def test_other_regions_see_nothing_of_it(session: Session) -> None:
    differ(make_life(session))
    other = make_coordinator(session, region=make_region(session, "drenthe", landsdeel="noord"))
    actor = actor_for(session, other.id)
    assert stuck(session, actor, AFTER).total == 0
    assert stuck_count(session, actor.region_ids, AFTER) == 0


def test_twelve_lines_cost_no_more_statements_than_three(database: Database) -> None:
    def fill(count: int) -> int:
        with database.write() as session:
            for _ in range(count):
                life = make_life(session)
                differ(life)
                make_request(session, school=life.school)
            return life.coordinator.id

    coordinator = fill(3)
    costs = []
    for more in (0, 9):
        if more:
            fill(more)
        with database.read() as session:
            actor = actor_for(session, coordinator)
            with counted(database) as sent:
                stuck(session, actor, AFTER)
        costs.append(len(sent))
    assert costs[0] == costs[1]


def test_coordinator_settles_different_answers(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life = make_life(session)
        match_id, coordinator = differ(life).id, life.coordinator.id
        moment = next(moment for moment in life.moments(session.get_one(Match, match_id)) if moment.chosen)
        past = int(utcnow().timestamp()) - 86_400
        moment.start_s, moment.end_s = past, past + 3000
    client = browse(coordinator)
    page = client.get("/coordination/stuck")
    assert page.status_code == 200
    assert f"/matches/{match_id}/report" in page.text
    refused = client.post(f"/matches/{match_id}/report", data={"happened": "no", "reason": "bored", "back": "stuck"})
    assert refused.status_code == 422
    done = client.post(f"/matches/{match_id}/report", data={"happened": "yes", "back": "stuck"})
    assert done.location == "/coordination/stuck"
    with sqlite_database.read() as session:
        assert session.get_one(Match, match_id).state is MatchState.HELD
