"""Routes in the database: shipped once, changed by administrators, every text kept."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matcher.accounts.models import Audit
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.errors import Conflict, Forbidden, InvalidInput, NotFound
from matcher.i18n import in_locale
from matcher.qualifications import queries, services
from matcher.qualifications.models import TeachingRoute, TeachingRouteRevision
from matcher.qualifications.policy import Wish
from matcher.qualifications.reviewed import shipped_routes
from matcher.qualifications.states import Change, Qualification, Sector
from matcher.subjects.levels import Level, SchoolSector
from tests.factories import NOW
from tests.factories.people import make_grant, make_teacher, make_user


@pytest.fixture
def administrator(session: Session) -> Actor:
    services.seed_routes(session, NOW)
    person = make_user(session)
    make_grant(session, person, Role.ADMINISTRATOR)
    return actor_for(session, person.id)


def six_hours(session: Session) -> TeachingRoute:
    return session.scalars(select(TeachingRoute).where(TeachingRoute.code == "six_hours")).one()


def said_by(row: TeachingRoute, **other: object) -> dict[str, object]:
    return {name: getattr(row, name) for name in services.COLUMNS} | other


def test_shipped_routes_come_once_and_leave_alone_what_people_changed(session: Session, administrator: Actor) -> None:
    row = six_hours(session)
    values = said_by(row, hours_to=5)
    services.change_route(session, row.id, actor=administrator, values=values, version=row.version, now=NOW)
    services.seed_routes(session, NOW + timedelta(days=1))
    assert six_hours(session).hours_to == 5
    assert len(list(session.scalars(select(TeachingRoute)))) == len(shipped_routes())
    kept = session.scalars(select(TeachingRouteRevision.change).where(TeachingRouteRevision.route_id == row.id))
    assert list(kept) == [Change.SHIPPED, Change.CHANGED]


def test_newer_shipped_text_replaces_the_older_one(session: Session, administrator: Actor) -> None:
    row = six_hours(session)
    row.title_nl = "Zoals het vorig jaar heette"
    session.flush()
    services.seed_routes(session, NOW)
    assert six_hours(session).title_nl == shipped_routes()["six_hours"]["title_nl"]


def test_change_is_kept_and_can_be_put_back(session: Session, administrator: Actor) -> None:
    row = six_hours(session)
    first, before = row.version, row.title_en
    values = said_by(row, title_en="Other", checked_on=date(2026, 11, 23), sectors=["vo"])
    services.change_route(session, row.id, actor=administrator, values=values, version=first, now=NOW)
    with pytest.raises(Conflict):
        services.change_route(session, row.id, actor=administrator, values=values, version=first, now=NOW)
    assert row.title_en == "Other"
    services.restore_route(session, row.id, seq=1, actor=administrator, version=row.version, now=NOW)
    session.refresh(row)
    assert (row.title_en, row.checked_on, row.sectors) == (before, date(2026, 11, 21), ["vo", "vo_upper", "mbo"])
    assert [one.revision.change for one in queries.history(session, row.id)] == ["restored", "changed", "shipped"]
    done = session.scalars(select(Audit.action).where(Audit.object_type == "teaching_route").order_by(Audit.id))
    assert list(done) == ["route_changed", "route_restored"]
    with pytest.raises(NotFound):
        services.restore_route(session, row.id, seq=2**40, actor=administrator, version=row.version, now=NOW)


def test_saying_the_same_again_changes_nothing(session: Session, administrator: Actor) -> None:
    row = six_hours(session)
    version = row.version
    services.change_route(session, row.id, actor=administrator, values=said_by(row), version=version, now=NOW)
    assert row.version == version
    assert len(queries.history(session, row.id)) == 1


def test_ended_route_is_shown_to_nobody_until_it_is_opened_again(session: Session, administrator: Actor) -> None:
    row, wish = six_hours(session), Wish(Sector.VO, hours=3)

    def shown() -> bool:
        return row.id in {card.id for card in queries.cards_for(session, wish, date(2026, 11, 23))}

    services.end_route(session, row.id, actor=administrator, version=row.version, now=NOW)
    assert not shown()
    services.seed_routes(session, NOW)
    assert not shown()
    services.reopen_route(session, row.id, actor=administrator, version=row.version, now=NOW)
    assert shown()


def test_own_route_is_added_under_a_name_of_its_own(session: Session, administrator: Actor) -> None:
    values = said_by(six_hours(session), title_en="A bridge in the North!", position=5)
    row = services.add_route(session, actor=administrator, values=values, now=NOW)
    assert row.code == "a_bridge_in_the_north"
    assert queries.cards_for(session, Wish(Sector.MBO, hours=1), date(2026, 11, 23))[0].id == row.id
    for wrong in ({}, {"title_en": "???"}, {"title_en": "Months", "months_from": 9, "months_to": 3}):
        with pytest.raises(InvalidInput):
            services.add_route(session, actor=administrator, values=values | wrong, now=NOW)


def test_only_administrators_change_routes(session: Session, administrator: Actor) -> None:
    row = six_hours(session)
    teacher = actor_for(session, make_teacher(session).id)
    with pytest.raises(Forbidden):
        services.change_route(session, row.id, actor=teacher, values=said_by(row), version=row.version, now=NOW)
    with pytest.raises(Forbidden):
        services.end_route(session, row.id, actor=teacher, version=row.version, now=NOW)
    with pytest.raises(NotFound):
        services.end_route(session, 2**40, actor=administrator, version=1, now=NOW)


def test_history_cannot_be_rewritten(session: Session, administrator: Actor) -> None:
    revision = session.scalars(select(TeachingRouteRevision)).first()
    assert revision is not None
    revision.at = datetime(2020, 1, 1, tzinfo=UTC)
    with pytest.raises(IntegrityError, match="append_only"):
        session.flush()


def test_summary_for_a_vacancy_names_what_fits_and_what_to_ask(session: Session, administrator: Actor) -> None:
    with in_locale("nl"):
        lines = queries.routes_summary(session, SchoolSector.MBO, Level.MBO_4, Qualification.NONE, 6)
        upper = queries.routes_summary(session, SchoolSector.VO, Level.VWO, Qualification.SECOND, 12, year=5)
        qualified = queries.routes_summary(session, SchoolSector.VO, Level.HAVO, Qualification.SECOND, 6, year=2)
    assert lines[0] == ("Tot zes uur per week als gastdocent", "Lijkt te passen · geen opleiding nodig")
    assert "Zij-instromen in het mbo met het PDG" in {title for title, _line in lines}
    assert {title for title, _line in upper} == {
        "Zij-instromen in de bovenbouw van havo en vwo (eerstegraads)",
        "Eerstegraads lerarenopleiding",
    }
    assert qualified == []


def test_old_source_is_pointed_out(session: Session, administrator: Actor) -> None:
    row = six_hours(session)
    assert not queries.card(row, date(2027, 11, 21)).is_old
    assert queries.card(row, date(2027, 11, 22)).is_old
