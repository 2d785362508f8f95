"""The region's own pages: overview, schools, rules with their history, every decision."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.availability.states import Kind
from matcher.clock import local_date
from matcher.coordination import regional, services
from matcher.coordination.overview_queries import decided_since, decision_lines, decisions_query
from matcher.coordination.region_queries import approval_rules, own_region, regions_of, rule_changes, school_lines
from matcher.db import Database
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.regions.policy import ALL_BUT_FIRST, AS_ABOVE, BY_HAND, KNOWN_PAIRS
from matcher.regions.queries import region_by_code
from tests.coordination.conftest import agreed
from tests.factories import NOW
from tests.factories.people import make_coordinator, make_grant, make_region, make_school, make_user
from tests.house.test_lists import counted
from tests.matching.lives import make_life

Browse = Callable[[int], FlaskClient]


def test_school_that_was_reached_least_comes_first(session: Session) -> None:
    life = make_life(session)
    life.approved()
    quiet = make_school(session)
    lines = school_lines(session, life.actor(life.coordinator).region_ids, local_date(NOW))
    assert [(line.id, line.visits, line.open_requests) for line in lines] == [(quiet.id, 0, 0), (life.school.id, 1, 1)]
    assert regional.numbers_of(lines, 2) == regional.RegionNumbers(2, 1, 2, 1, 1)


def test_map_holds_every_school() -> None:
    lines = [regional.SchoolLine(n, "S", "P", n, 0, 51.4 + n / 10, 5.1 + n / 10) for n in range(3)]
    found = regional.marks(lines)
    left, top, width, height = regional.frame(found)
    assert all(left < mark.x < left + width and top < mark.y < top + height for mark in found)
    assert [mark.kind for mark in found] == ["lecture", "lecture", "internship"]


def test_rule_is_chosen_for_one_kind_and_remembered(session: Session) -> None:
    life = make_life(session)
    actor = life.actor(life.coordinator)
    region = own_region(regions_of(session, actor), None)
    before = approval_rules(session, region.id, NOW)
    assert {(rule.value, rule.own) for rule in before} == {(BY_HAND, False)}
    services.choose_approval(
        session, region_id=region.id, kind=Kind.GUEST_LECTURE, value=KNOWN_PAIRS, actor=actor, now=NOW
    )
    after = {rule.kind: (rule.value, rule.own) for rule in approval_rules(session, region.id, NOW)}
    assert after[Kind.GUEST_LECTURE] == (KNOWN_PAIRS, True)
    assert after[Kind.TEACHER_INTERNSHIP] == (BY_HAND, False)
    assert [(change.who, change.value) for change in rule_changes(session, region.id)] == [
        (life.coordinator.name, KNOWN_PAIRS)
    ]


def test_rule_of_another_region_is_refused(session: Session) -> None:
    life = make_life(session)
    region_id = life.school.region_id or 0
    other = make_coordinator(session, region=make_region(session, "drenthe", landsdeel="noord"))
    for actor, value, error in (
        (actor_for(session, other.id), KNOWN_PAIRS, NotFound),
        (life.actor(life.coordinator), "always", InvalidInput),
    ):
        with pytest.raises(error):
            services.choose_approval(
                session, region_id=region_id, kind=Kind.GUEST_LECTURE, value=value, actor=actor, now=NOW
            )


def test_decisions_are_listed_with_who_and_when(session: Session) -> None:
    life = make_life(session)
    life.approved()
    actor = life.actor(life.coordinator)
    events = session.scalars(decisions_query(actor.region_ids)).all()
    lines = decision_lines(session, events, actor)
    assert [(line.title, line.who) for line in lines] == [(life.request.title, "you")]
    assert decided_since(session, actor.region_ids, NOW) == {"approved": 1, "rejected": 0, "middle_hours": 0}
    assert session.scalars(decisions_query([])).all() == []


def test_pages_open_for_the_coordinator(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life, _match_id = agreed(session)
        make_life(session).approved()
        coordinator, region_id = life.coordinator.id, life.school.region_id
    client = browse(coordinator)
    for path in ("", "/region", f"/region/{region_id}/rules", "/decisions", "/stuck"):
        page = client.get(f"/coordination{path}")
        assert page.status_code == 200, path
        assert page.text.count("<h1") == 1, path
    assert client.get("/coordination/verify").location == "/organisations/verify"


def test_spreading_is_chosen_and_taken_back_on_the_page(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        region = make_region(session)
        elsewhere = make_region(session, "groningen", name="Groningen", landsdeel="noord").id
        coordinator, region_id = make_coordinator(session, region=region).id, region.id
    client, address = browse(coordinator), f"/coordination/region/{region_id}"
    assert client.post(f"{address}/spread", data={"spread": "everything"}).status_code == 422
    assert client.post(f"/coordination/region/{elsewhere}/spread", data={"spread": "more"}).status_code == 404
    assert client.post(f"{address}/spread", data={"spread": "more"}).status_code == 302
    page = client.get(f"{address}/rules", headers={"Accept-Language": "nl"}).text
    assert "Nu: <b>Meer</b>" in page
    assert f"{address}/spread/undo" in page
    assert client.post(f"{address}/spread/undo").status_code == 302
    assert "Nu: <b>Uit" in client.get(f"{address}/rules", headers={"Accept-Language": "nl"}).text
    assert client.post(f"/coordination/region/{elsewhere}/spread/undo").status_code == 404


def test_rules_page_answers_422_and_404(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life = make_life(session)
        coordinator, region_id = life.coordinator.id, life.school.region_id
        elsewhere = make_region(session, "drenthe", landsdeel="noord").id
    client = browse(coordinator)
    assert client.post(f"/coordination/region/{region_id}/rules", data={"kind": "guest_lecture"}).status_code == 422
    form = {"kind": "guest_lecture", "value": "known_pairs"}
    assert client.post(f"/coordination/region/{elsewhere}/rules", data=form).status_code == 404
    assert client.get(f"/coordination/region?region={elsewhere}").status_code == 404
    assert client.post(f"/coordination/region/{region_id}/rules", data=form).status_code == 302


def test_twelve_matches_cost_no_more_statements_than_three(browse: Browse, sqlite_database: Database) -> None:
    def fill(count: int) -> int:
        with sqlite_database.write() as session:
            for _ in range(count):
                life = make_life(session, needed=2, together=False)
                life.approved()
                life.accepted(1, moment=1)
            return life.coordinator.id

    def statements() -> dict[str, int]:
        found = {}
        for path in ("/coordination", "/coordination/region", "/coordination/decisions", "/monitor"):
            assert client.get(path).status_code == 200
            with counted(sqlite_database) as sent:
                client.get(path)
            found[path] = len(sent)
        return found

    client = browse(fill(3))
    few = statements()
    fill(9)
    assert statements() == few


def test_rule_says_where_it_comes_from_and_can_be_undone(session: Session) -> None:
    life = make_life(session)
    region = life.school.region_id or 0
    admin = make_user(session)
    make_grant(session, admin, "administrator")
    above = region_by_code(session, "zuidoost")
    actor = actor_for(session, admin.id)

    def choose(region_id: int, value: str, hours: int) -> None:
        services.choose_approval(
            session,
            region_id=region_id,
            kind=Kind.GUEST_LECTURE,
            value=value,
            actor=actor,
            now=NOW + timedelta(hours=hours),
        )

    def holds() -> tuple[str, bool, str | None]:
        found = approval_rules(session, region, NOW + timedelta(days=1))
        line = next(line for line in found if line.kind is Kind.GUEST_LECTURE)
        return line.value, line.own, line.source

    choose(above.id, KNOWN_PAIRS, 1)
    assert holds() == (KNOWN_PAIRS, False, above.name)
    choose(region, ALL_BUT_FIRST, 2)
    assert holds()[:2] == (ALL_BUT_FIRST, True)
    choose(region, AS_ABOVE, 3)
    assert holds() == (KNOWN_PAIRS, False, above.name)
    undo = {"region_id": region, "kind": Kind.GUEST_LECTURE, "actor": actor}
    services.undo_approval(session, **undo, now=NOW + timedelta(hours=4))
    assert holds()[:2] == (ALL_BUT_FIRST, True)
    changes = rule_changes(session, region)
    assert [(change.value, change.can_undo) for change in changes] == [
        (ALL_BUT_FIRST, True),
        (None, False),
        (ALL_BUT_FIRST, False),
        (KNOWN_PAIRS, False),
    ]
    with pytest.raises(Conflict):
        services.undo_approval(session, region_id=region, kind=Kind.HYBRID_PLACEMENT, actor=actor, now=NOW)
    with pytest.raises(NotFound):
        services.undo_approval(session, **{**undo, "actor": life.guest()}, now=NOW)


def test_rules_of_a_landsdeel_have_a_page_and_undo(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        make_life(session)
        above = region_by_code(session, "zuidoost").id
        coordinator = make_coordinator(session, region=region_by_code(session, "nl")).id
    client, address = browse(coordinator), f"/coordination/region/{above}/rules"
    assert client.post(address, data={"kind": "guest_lecture", "value": "known_pairs"}).location == address
    assert client.get(address).text.count("<h1") == 1
    assert client.post(f"{address}/undo", data={"of": "nonsense"}).status_code == 404
    assert client.post(f"{address}/undo", data={"of": "guest_lecture"}).location == address
    assert client.post(f"{address}/undo", data={"of": "hybrid_placement"}).status_code == 409
