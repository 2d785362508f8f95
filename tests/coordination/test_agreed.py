"""Writing down one after the other: a request with the next one behind it, and a yes of both sides in one place."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import func, select

from matcher.clock import utcnow
from matcher.db import Database
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match, MatchEvent
from matcher.matching.states import MatchState
from matcher.matching.suggestion_services import store_run, suggest
from matcher.notices.models import NoticeState, Outbox
from matcher.requests.models import RequestMoment
from tests.factories.people import make_coordinator, make_region
from tests.matching.lives import Life, make_life

Browse = Callable[[int], FlaskClient]


def world(database: Database, **request: object) -> tuple[Life, dict[str, int]]:
    with database.write() as session:
        life = make_life(session, **request)
        store_run(session, suggest(session, request_id=life.request.id, now=utcnow()))
        moment = session.scalars(select(RequestMoment.id).where(RequestMoment.request_id == life.request.id)).first()
        elsewhere = make_coordinator(session, region=make_region(session, "drenthe", landsdeel="noord"))
        ids = {
            "coordinator": life.coordinator.id,
            "teacher": life.teacher.id,
            "elsewhere": elsewhere.id,
            "request": life.request.id,
            "offer": life.offers[0].id,
            "moment": moment or 0,
        }
    return life, ids


def test_both_said_yes_in_one_place(browse: Browse, sqlite_database: Database) -> None:
    _life, ids = world(sqlite_database)
    client, address = browse(ids["coordinator"]), f"/coordination/agreed/{ids['request']}"
    choice = f"{ids['offer']}-{ids['moment']}"
    assert f'value="{choice}"' in client.get("/coordination/agreed").text
    assert client.post(address, data={"how": "phone"}).status_code == 422
    for wrong in ("1", "x-y", "999999999-1", f"{ids['offer']}-999999999"):
        assert client.post(address, data={"choice": wrong, "how": "phone"}).status_code in {404, 422}
    tomorrow = client.post(address, data={"choice": choice, "how": "phone", "heard_on": "2126-01-01"})
    assert tomorrow.status_code == 422
    done = client.post(address, data={"choice": choice, "how": "mail"})
    assert (done.status_code, done.location) == (302, "/coordination/approve")
    with sqlite_database.read() as session:
        match = session.scalars(select(Match)).one()
        steps = session.scalars(select(MatchEvent.on_behalf_by_id).where(MatchEvent.match_id == match.id)).all()
        waiting = select(func.count()).where(Outbox.state == NoticeState.QUEUED, Outbox.template == "matching/proposed")
        assert match.state is MatchState.ACCEPTED
        assert match.suggestion_id is not None
        assert steps == [ids["coordinator"], ids["coordinator"]]
        assert session.scalar(waiting) == 0
        assert broken_promises(session) == []


def test_who_was_asked_and_phones_back_is_answered_for(browse: Browse, sqlite_database: Database) -> None:
    _life, ids = world(sqlite_database)
    client = browse(ids["coordinator"])
    client.post(f"/requests/{ids['request']}/invite", data={"offers": [str(ids["offer"])]})
    assert "Is gevraagd" in client.get("/coordination/agreed").text
    done = client.post(f"/coordination/agreed/{ids['request']}", data={"choice": f"{ids['offer']}-{ids['moment']}"})
    assert done.status_code == 302
    with sqlite_database.read() as session:
        assert session.scalars(select(Match.state)).all() == [MatchState.ACCEPTED]
    assert client.get(f"/coordination/agreed?request={ids['request']}").location == f"/requests/{ids['request']}"


def test_only_the_coordinator_of_the_region_writes_it_down(browse: Browse, sqlite_database: Database) -> None:
    _life, ids = world(sqlite_database)
    data = {"choice": f"{ids['offer']}-{ids['moment']}", "how": "phone"}
    for who, status in (("elsewhere", 404), ("teacher", 403)):
        assert browse(ids[who]).post(f"/coordination/agreed/{ids['request']}", data=data).status_code == status
        assert browse(ids[who]).get(f"/coordination/requests/{ids['request']}/post").status_code == status
    assert f'value="{data["choice"]}"' not in browse(ids["elsewhere"]).get("/coordination/agreed").text
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count()).select_from(Match)) == 0
