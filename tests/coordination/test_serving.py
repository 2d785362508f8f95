"""Who serves which region: seen as a tree, named by mail address, ended, put back; stand-ins on their days."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for, coordinators_of, stand_ins_of
from matcher.accounts.states import Role
from matcher.accounts.still_true import STILL_TRUE
from matcher.accounts.turn_services import has_turns, turn
from matcher.coordination import region_map, serving_queries
from matcher.coordination.serving import branches
from matcher.coordination.serving_services import end_server, name_server, put_back
from matcher.db import Database
from matcher.errors import Conflict, Forbidden, InvalidInput, NotFound
from matcher.notices.letters import letters_of
from matcher.notices.models import Outbox
from matcher.regions.models import Region
from matcher.regions.queries import region_by_code
from tests.factories import NOW
from tests.factories.people import make_coordinator, make_grant, make_postcode, make_region, make_user

TODAY = date(2026, 11, 23)
Browse = Callable[[int], FlaskClient]


def make_administrator(session: Session) -> User:
    user = make_user(session, name="Ada")
    make_grant(session, user, Role.ADMINISTRATOR)
    return user


def named(session: Session, actor: Actor, region: Region, email: str = "new@example.org", **said: Any) -> Grant:
    values: dict[str, Any] = {"name": "Nora", "stand_in": False, "starts_on": None, "ends_on": None, **said}
    return name_server(session, region_id=region.id, email=email, actor=actor, now=NOW, **values)


def test_region_without_anybody_shows_the_node_above(session: Session) -> None:
    limburg = make_region(session, "limburg", name="Limburg")
    above = make_coordinator(session, region=region_by_code(session, "zuidoost"), name="Zoë")
    mine = make_coordinator(session, name="Bo")
    nodes = {node.id: node for node in serving_queries.whole_tree(session)}
    found = nodes[limburg.id]
    assert found.served_by is not None
    assert (found.has_own, [one.user_id for one in found.served_by.coordinators]) == (False, [above.id])
    assert nodes[make_region(session).id].coordinators[0].user_id == mine.id
    assert nodes[region_by_code(session, "nl").id].served_by is None
    (country,) = branches(nodes.values())
    assert [branch.node.name for branch in country.below[0].below] == ["Limburg", "Midden- en Oost-Brabant"]


def test_new_coordinator_is_made_and_invited(session: Session) -> None:
    region, admin = make_region(session), make_administrator(session)
    grant = named(session, actor_for(session, admin.id), region)
    assert [one.email for one in coordinators_of(session, region.id)] == ["new@example.org"]
    mails = session.scalars(select(Outbox).where(Outbox.subject == "named", Outbox.subject_id == grant.id)).all()
    assert [(mail.channel, mail.address) for mail in mails] == [("mail", "new@example.org")]
    assert mails[0].params["path"].startswith("/accounts/link/")
    assert mails[0].not_before > NOW, "it can be taken back first"
    end_server(session, region_id=region.id, grant_id=grant.id, actor=actor_for(session, admin.id), now=NOW)
    assert not STILL_TRUE["named"](session, grant.id, 0, mails[0].template)
    assert [one.user_id for one in coordinators_of(session, region.id)] == [admin.id]


def test_somebody_who_is_here_already_keeps_account_and_gets_no_key(session: Session) -> None:
    region, admin, user = make_region(session), make_administrator(session), make_user(session, name="Bo")
    grant = named(session, actor_for(session, admin.id), region, user.email, name="Somebody else")
    assert (grant.user_id, user.name) == (user.id, "Bo")
    mails = session.scalars(select(Outbox).where(Outbox.subject_id == grant.id, Outbox.subject == "named")).all()
    assert {mail.params["path"] for mail in mails} == {f"/coordination/regions/{region.id}"}
    with pytest.raises(InvalidInput, match="serves this region already"):
        named(session, actor_for(session, admin.id), region, user.email.upper())


def test_stand_in_counts_on_the_days_alone(session: Session) -> None:
    region, actor = make_region(session), actor_for(session, make_coordinator(session).id)
    first, last = TODAY + timedelta(days=2), TODAY + timedelta(days=4)
    grant = named(session, actor, region, stand_in=True, starts_on=first, ends_on=last)

    def standing(today: date) -> tuple[int, bool]:
        if has_turns(session, today=today):
            turn(session, today=today, now=NOW)
        return len(stand_ins_of(session, region.id)), actor_for(session, grant.user_id).is_coordinator_of(region.id)

    assert [standing(TODAY + timedelta(days=days)) for days in (0, 1, 2, 4, 5)] == [
        (0, False),
        (0, False),
        (1, True),
        (1, True),
        (0, False),
    ]
    with pytest.raises(Conflict):
        put_back(session, region_id=region.id, grant_id=grant.id, actor=actor, now=NOW + timedelta(days=6))


def test_ending_can_be_put_back_within_a_month(session: Session) -> None:
    region, admin = make_region(session), make_administrator(session)
    actor = actor_for(session, admin.id)
    grant = named(session, actor, region)
    step: dict[str, Any] = {"region_id": region.id, "grant_id": grant.id, "actor": actor}
    end_server(session, **step, now=NOW)
    assert [step.can_put_back for step in serving_queries.history(session, region.id, NOW)] == [True, False]
    put_back(session, **step, now=NOW)
    put_back(session, **step, now=NOW)
    assert [one.user_id for one in coordinators_of(session, region.id)] == [grant.user_id]
    steps = serving_queries.history(session, region.id, NOW)
    assert [(step.action, step.who, step.whom) for step in steps] == [
        (serving_queries.PUT_BACK, "Ada", "Nora"),
        (serving_queries.ENDED, "Ada", "Nora"),
        (serving_queries.NAMED, "Ada", "Nora"),
    ]
    end_server(session, **step, now=NOW)
    with pytest.raises(Conflict):
        put_back(session, **step, now=NOW + timedelta(days=31))


def test_who_may_name_and_end(session: Session) -> None:
    region, elsewhere = make_region(session), make_region(session, "drenthe", name="Drenthe", landsdeel="noord")
    coordinator, stand_in = make_coordinator(session), make_user(session)
    make_grant(session, stand_in, Role.COORDINATOR, region=region, stand_in=True)
    own = actor_for(session, coordinator.id)
    for person, node in ((own, elsewhere), (actor_for(session, stand_in.id), region)):
        with pytest.raises(NotFound):
            named(session, person, node)
    named(session, own, region)
    mine = session.scalars(select(Grant).where(Grant.user_id == coordinator.id)).one()
    with pytest.raises(Forbidden):
        end_server(session, region_id=region.id, grant_id=mine.id, actor=own, now=NOW)
    for region_id, grant_id in ((elsewhere.id, mine.id), (region.id, 2**40), (10**20, mine.id)):
        with pytest.raises(NotFound):
            end_server(session, region_id=region_id, grant_id=grant_id, actor=own, now=NOW)
    region.valid_to = date(2030, 1, 1)
    session.flush()
    with pytest.raises(NotFound):
        named(session, own, region, "other@example.org")


def test_map_puts_every_dot_in_the_nearest_region() -> None:
    points = ((52.37, 4.89, 1), (51.44, 5.48, 2))
    found = region_map.grid(points)
    assert set(found) == {1, 2}
    patches = region_map.patches(found, {1: "own", 2: "above"})
    assert [(patch.region_id, patch.state) for patch in patches] == [(1, "own"), (2, "above")]
    assert patches[0].path.startswith("M")
    assert region_map.patches(found, {}) == []


@pytest.mark.parametrize("locale", ["nl", "en"])
@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("days", [{}, {"ends_on": "2026-12-01"}, {"starts_on": "2026-11-25", "ends_on": "2026-12-01"}])
def test_letter_reads_in_both_languages(app: Flask, locale: str, is_new: bool, days: dict[str, str]) -> None:
    params = {"path": "/x", "region": "A & <b>", "person": "Ada", "stand_in": bool(days), "is_new": is_new, "days": 7}
    values = {"starts_on": None, "ends_on": None, **params, **days}
    letter = letters_of(app).letter("accounts/coordinator_named", values, locale=locale, name="Nora")
    assert "A & <b>" in letter.subject
    assert "<b>" not in letter.html
    assert "/x" in letter.text
    assert ("1 december 2026" in letter.text or "1 December 2026" in letter.text) == bool(days)


def test_pages_name_refuse_end_and_put_back(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        make_postcode(session)
        region, admin = make_region(session).id, make_administrator(session).id
        own, elsewhere = make_coordinator(session).id, make_region(session, "drenthe", landsdeel="noord").id
        other = make_coordinator(session, region=session.get_one(Region, elsewhere)).id
        nobody = make_user(session).id
    client, address = browse(admin), f"/coordination/regions/{region}"
    assert [client.get(path).status_code for path in ("/coordination/regions", address)] == [200, 200]
    assert browse(nobody).get(address).status_code == 403
    assert browse(other).get(address).status_code == 404
    assert browse(other).post(address, data={}).status_code == 404
    assert browse(own).get(address).status_code == 200
    assert client.get(f"/coordination/regions/{10**20}").status_code == 404
    form = {"email": "nora@example.org", "part": "stand_in", "starts_on": "2030-05-02", "ends_on": "2030-05-01"}
    for wrong in (
        form,
        {**form, "ends_on": ""},
        {**form, "part": "coordinator"},
        {**form, "starts_on": "", "ends_on": "2020-01-01"},
        {**form, "part": "king"},
        {**form, "email": "x"},
        {"email": "nora@example.org", "part": "coordinator"},
    ):
        page = client.post(address, data=wrong)
        assert page.status_code == 422, wrong
        assert wrong["email"] in page.text
    done = client.post(address, data={"email": "nora@example.org", "name": "Nora", "part": "coordinator"})
    assert done.location == address
    assert "nora@example.org" in client.get(address).text
    with sqlite_database.read() as session:
        grant = session.scalars(select(Grant.id).join(User, User.id == Grant.user_id).where(User.name == "Nora")).one()
    assert browse(other).post(f"{address}/people/{grant}/end").status_code == 404
    assert client.post(f"{address}/people/{grant}/end").location == address
    assert "Nora" not in client.get("/coordination/regions").text
    assert client.post(f"{address}/people/{grant}/put-back").location == address
    assert "Nora" in client.get("/coordination/regions").text
    assert client.post(f"{address}/people/{10**20}/end").status_code == 404


def test_grant_of_an_earlier_region_is_listed_and_ended(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        region, admin = make_region(session, name="Oud-Brabant"), make_administrator(session).id
        coordinator, region_id = make_coordinator(session, region=region).id, region.id
        region.valid_to = TODAY
        grant = session.scalars(select(Grant.id).where(Grant.user_id == coordinator)).one()
    client = browse(admin)
    assert "Oud-Brabant" in client.get("/coordination/regions").text
    assert "Oud-Brabant" not in browse(coordinator).get("/coordination/regions").text
    assert client.get(f"/coordination/regions/{region_id}").status_code == 404
    done = client.post(f"/coordination/regions/{region_id}/people/{grant}/end")
    assert done.location == "/coordination/regions"
    assert "Oud-Brabant" not in client.get("/coordination/regions").text
