"""What coordinators and leaders decide, and that nobody else can; lesson times and year calendar."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.models import Audit, Grant, User
from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.clock import local_date, utcnow
from matcher.db import Database
from matcher.errors import NotFound
from matcher.organisations.models import CalendarDay, DayKind, LessonGrid, Organisation
from matcher.organisations.times_routes import holidays_from
from matcher.regions.states import HolidayRegion
from tests.factories.people import make_company, make_grant, make_user
from tests.organisations.conftest import World

Enter = Callable[[int], FlaskClient]
OUTSIDERS = ("newcomer", "teacher", "lead", "other_coordinator")


def test_only_who_looks_after_the_region_verifies(world: World, enter: Enter, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        company = make_company(session, verified=False).id
    for action, data in (("verify", {}), ("refuse", {"reason": "other"}), ("stop", {}), ("resume", {})):
        for who in OUTSIDERS:
            answer = enter(getattr(world, who)).post(f"/organisations/{company}/{action}", data=data)
            assert answer.status_code in {403, 404}, (who, action)
    with sqlite_database.read() as session:
        row = session.get_one(Organisation, company)
        assert (row.verified_at, row.stopped_at, row.ended_at) == (None, None, None)
    assert enter(world.administrator).post(f"/organisations/{company}/verify").status_code == 302


def test_queue_shows_own_region_only(world: World, enter: Enter, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        make_company(session, name="Bedrijf Hier", verified=False)
        make_company(session, name="Bedrijf Noord", verified=False, pc4="9711")
        waiting = make_user(session, name="Wim Wacht")
        school = session.get_one(Organisation, world.school)
        make_grant(session, waiting, Role.TEACHER, organisation=school, confirmed=False)
    page = enter(world.coordinator).get("/organisations/verify").text
    assert "Bedrijf Hier" in page
    assert "Wim Wacht" in page
    assert "Bedrijf Noord" not in page
    everything = enter(world.administrator).get("/organisations/verify").text
    assert "Bedrijf Noord" in everything


def test_verifying_confirms_only_ticked_people_of_that_place(
    world: World, enter: Enter, sqlite_database: Database
) -> None:
    with sqlite_database.write() as session:
        company = make_company(session, verified=False)
        one, two, foreign = (make_user(session) for _ in range(3))
        ticked = make_grant(session, one, Role.PROFESSIONAL, organisation=company, confirmed=False)
        left = make_grant(session, two, Role.PROFESSIONAL, organisation=company, confirmed=False)
        other = session.get_one(Organisation, world.other_school)
        elsewhere = make_grant(session, foreign, Role.TEACHER, organisation=other, confirmed=False)
    data = {"members": [str(ticked.id), str(elsewhere.id), "x", "999999"]}
    assert enter(world.coordinator).post(f"/organisations/{company.id}/verify", data=data).status_code == 302
    with sqlite_database.read() as session:
        confirmed = {grant.id for grant in session.scalars(select(Grant).where(Grant.confirmed_by_id.is_not(None)))}
    assert confirmed == {ticked.id}
    assert left.id not in confirmed


def test_member_is_confirmed_once_by_those_who_may(world: World, enter: Enter, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        school = session.get_one(Organisation, world.school)
        grant = make_grant(session, make_user(session), Role.TEACHER, organisation=school, confirmed=False).id
    path = f"/organisations/members/{grant}/confirm"
    for who in ("newcomer", "teacher", "other_coordinator"):
        assert enter(getattr(world, who)).post(path).status_code == 404
    lead = enter(world.lead)
    assert [lead.post(path).status_code for _ in range(2)] == [302, 302]
    assert lead.post(f"/organisations/members/{grant}/refuse").status_code == 409
    with sqlite_database.read() as session:
        assert session.get_one(Grant, grant).confirmed_by_id == world.lead
        entries = session.scalars(select(Audit).where(Audit.action == "member_confirmed")).all()
    assert len(entries) == 1


def test_nobody_confirms_themselves(world: World, enter: Enter, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        school = session.get_one(Organisation, world.school)
        newcomer = session.get_one(User, world.newcomer)
        grant = make_grant(session, newcomer, Role.SCHOOL_LEAD, organisation=school, confirmed=False).id
    assert enter(world.newcomer).post(f"/organisations/members/{grant}/confirm").status_code == 404


def test_unconfirmed_member_sees_no_colleagues(world: World, enter: Enter, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        school, newcomer = session.get_one(Organisation, world.school), session.get_one(User, world.newcomer)
        make_grant(session, newcomer, Role.TEACHER, organisation=school, confirmed=False)
    path = f"/organisations/{world.school}"
    page = enter(world.newcomer).get(path).text
    assert "Nia Nieuw" in page
    assert "Lea Leider" not in page
    colleague = enter(world.teacher).get(path).text
    assert "Lea Leider" in colleague
    with sqlite_database.read() as session:
        address = session.get_one(User, world.lead).email
    assert address not in colleague
    assert address in enter(world.coordinator).get(path).text


def test_page_of_another_school_is_not_found(world: World, enter: Enter) -> None:
    for who in ("newcomer", "other_coordinator"):
        assert enter(getattr(world, who)).get(f"/organisations/{world.school}").status_code == 404


def test_stopped_person_is_out_at_once(world: World, enter: Enter, sqlite_database: Database) -> None:
    teacher, coordinator = enter(world.teacher), enter(world.coordinator)
    assert teacher.get("/organisations/").status_code == 200
    for who in ("lead", "newcomer", "other_coordinator"):
        assert enter(getattr(world, who)).post(f"/organisations/people/{world.teacher}/stop").status_code in {403, 404}
    assert coordinator.post(f"/organisations/people/{world.teacher}/stop").status_code == 302
    assert teacher.get("/organisations/").status_code == 302
    with sqlite_database.read() as session, pytest.raises(NotFound):
        actor_for(session, world.teacher)
    assert coordinator.post(f"/organisations/people/{world.teacher}/resume").status_code == 302
    with sqlite_database.read() as session:
        assert actor_for(session, world.teacher).has(Role.TEACHER)


def test_coordinator_stops_no_colleague_and_not_themselves(world: World, enter: Enter) -> None:
    coordinator = enter(world.coordinator)
    for who in ("other_coordinator", "administrator", "coordinator"):
        assert coordinator.post(f"/organisations/people/{getattr(world, who)}/stop").status_code in {403, 404}


def test_stopped_organisation_can_take_part_again(world: World, enter: Enter, sqlite_database: Database) -> None:
    coordinator, path = enter(world.coordinator), f"/organisations/{world.school}"
    for action, is_stopped in (("stop", True), ("stop", True), ("resume", False)):
        assert coordinator.post(f"{path}/{action}").status_code == 302
        assert coordinator.get(path).status_code == 200
        with sqlite_database.read() as session:
            assert (session.get_one(Organisation, world.school).stopped_at is not None) is is_stopped


def test_coordinator_finds_organisations_of_the_own_region(world: World, enter: Enter) -> None:
    page = enter(world.coordinator).get("/organisations/?q=vaart").text
    assert "Het Vaartcollege" in page
    assert "Gymnasium" not in enter(world.coordinator).get("/organisations/?q=gymnasium").text.split("<main")[
        1
    ].replace('value="gymnasium"', "").replace("“gymnasium”", "")


# --- lesson times -----------------------------------------------------------------------------------------------------


def rows(*times: tuple[str, str]) -> dict[str, str]:
    pairs = enumerate([*times, *[("", "")] * (12 - len(times))])
    return {f"rows-{n}-{part}": value for n, (start, end) in pairs for part, value in (("start", start), ("end", end))}


def test_lesson_times_are_kept_by_the_leader(world: World, enter: Enter, sqlite_database: Database) -> None:
    lead, path = enter(world.lead), f"/organisations/{world.school}/lesson-times"
    assert 'value="08:30"' in lead.get(path).text
    assert lead.post(path, data=rows(("08:15", "09:05"), ("09:05", "09:55"))).status_code == 302
    assert lead.post(path, data=rows(("08:20", "09:10"), ("09:10", "10:00"))).status_code == 302
    with sqlite_database.read() as session:
        grid = session.scalars(select(LessonGrid)).one()
    assert grid.periods == [[1, "08:20", "09:10"], [2, "09:10", "10:00"]]
    assert 'value="08:20"' in lead.get(path).text
    assert enter(world.teacher).get(path).status_code == 200
    assert enter(world.teacher).post(path, data=rows(("08:15", "09:05"))).status_code == 403
    assert enter(world.newcomer).get(path).status_code == 404


def test_wrong_lesson_times_are_refused_with_everything_typed(
    world: World, enter: Enter, sqlite_database: Database
) -> None:
    lead, path = enter(world.lead), f"/organisations/{world.school}/lesson-times"
    for wrong in (
        [],
        [("08:15", "")],
        [("09:15", "08:15")],
        [("08:15", "08:20")],
        [("06:15", "07:15")],
        [("08:15", "12:15")],
        [("08:15", "09:15"), ("09:00", "10:00")],
    ):
        answer = lead.post(path, data=rows(*wrong))
        assert answer.status_code == 422, wrong
        assert all(f'value="{value}"' in answer.text for pair in wrong for value in pair if value)
    with sqlite_database.read() as session:
        assert session.scalars(select(LessonGrid)).all() == []


def test_regular_times_fill_the_table(world: World, enter: Enter, sqlite_database: Database) -> None:
    lead, path = enter(world.lead), f"/organisations/{world.school}/lesson-times/regular"
    data = {"start": "08:30", "minutes": "50", "count": "3", "pause_after": "2", "pause": "20"}
    assert lead.post(path, data=data).status_code == 302
    with sqlite_database.read() as session:
        grid = session.scalars(select(LessonGrid)).one()
    assert grid.periods == [[1, "08:30", "09:20"], [2, "09:20", "10:10"], [3, "10:30", "11:20"]]
    for wrong in ({"minutes": "5"}, {"count": "0"}, {"start": "x"}, {"count": "12", "minutes": "180"}):
        assert lead.post(path, data={**data, **wrong}).status_code == 422, wrong


# --- year calendar ----------------------------------------------------------------------------------------------------


TODAY = local_date(utcnow())
MONDAY = TODAY + timedelta(days=14 - TODAY.weekday())
"""A Monday to come; the calendar takes days of this school year and the next."""


def day(offset: int) -> str:
    return (MONDAY + timedelta(days=offset)).isoformat()


def test_calendar_holiday_that_begins_in_what_is_shown_has_its_own_last_day() -> None:
    christmas = holidays_from(HolidayRegion.NOORD, date(2026, 11, 22), date(2028, 7, 31))[-1]
    assert christmas[1:] == (date(2027, 12, 25), date(2028, 1, 9))


def test_calendar_days_are_added_once_and_removed(world: World, enter: Enter, sqlite_database: Database) -> None:
    lead, path = enter(world.lead), f"/organisations/{world.school}/calendar"
    week = {"kind": "test_week", "first": day(0), "last": day(6), "note": "SE-week"}
    for _ in range(2):
        assert lead.post(path, data=week).status_code == 302
    with sqlite_database.read() as session:
        days = session.scalars(select(CalendarDay)).all()
    assert [row.day.isoformat() for row in days] == [day(n) for n in range(5)]
    assert {row.kind for row in days} == {DayKind.TEST_WEEK}
    assert "SE-week" in lead.get(path).text
    gone = {"kind": "test_week", "first": day(0), "last": day(4)}
    assert enter(world.teacher).post(f"{path}/remove", data=gone).status_code == 403
    for _ in range(2):
        assert lead.post(f"{path}/remove", data=gone).status_code == 302
    assert lead.post(f"{path}/remove", data={**gone, "first": "x"}).status_code == 404
    with sqlite_database.read() as session:
        assert session.scalars(select(CalendarDay)).all() == []


def test_wrong_calendar_days_are_refused_with_everything_typed(world: World, enter: Enter) -> None:
    lead, path = enter(world.lead), f"/organisations/{world.school}/calendar"
    right = {"kind": "study_day", "first": day(0), "last": "", "note": "Studiemiddag"}
    for wrong in (
        {"first": ""},
        {"first": "2027-02-30"},
        {"last": day(-1)},
        {"last": day(100)},
        {"first": "1999-01-18"},
        {"first": day(1500)},
        {"kind": "party"},
    ):
        answer = lead.post(path, data={**right, **wrong})
        assert answer.status_code == 422, wrong
        assert "Studiemiddag" in answer.text
