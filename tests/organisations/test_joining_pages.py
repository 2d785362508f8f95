"""Finding, claiming and registering as people meet it in a browser, and who gets confirmed by whom."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from matcher.accounts.models import Grant
from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.db import Database
from matcher.notices.models import Outbox
from matcher.organisations.models import Organisation, PositionSource
from matcher.organisations.policy import is_confirmed_for
from matcher.organisations.states import OrganisationType
from tests.factories.people import make_company, make_grant, make_user
from tests.organisations.conftest import World

Enter = Callable[[int], FlaskClient]
COMPANY = {"name": "Warmte BV", "kvk": "12345678", "postcode": "5611 AB", "size": "2-9", "roles": "professional"}
SCHOOL = {
    "name": "Techniekcollege",
    "brin": "25PL",
    "location": "00",
    "sector": "mbo",
    "levels": ["mbo_3", "mbo_4"],
    "postcode": "5611 AB",
}


def mails(database: Database, template: str) -> list[Outbox]:
    with database.read() as session:
        query = select(Outbox).where(Outbox.template == f"organisations/{template}", Outbox.channel == "mail")
        return list(session.scalars(query.order_by(Outbox.id)))


def only(database: Database, model: Any, **facts: Any) -> Any:
    with database.read() as session:
        return session.scalars(select(model).filter_by(**facts)).one()


WAYS_TO_FIND = ["vaart", "Vaartcollege", "vaart hertogenbosch", "HERTOGENBOSCH", "5211"]


def test_school_is_found_by_name_and_place(world: World, enter: Enter) -> None:
    for text in WAYS_TO_FIND:
        page = enter(world.newcomer).get("/organisations/schools", query_string={"q": text, "role": "teacher"})
        assert "Het Vaartcollege" in page.text
        assert "Gymnasium Noord" not in page.text


def test_school_is_found_by_brin(world: World, enter: Enter, sqlite_database: Database) -> None:
    school = only(sqlite_database, Organisation, id=world.other_school)
    page = enter(world.newcomer).get(f"/organisations/schools?q={school.brin.lower()}{school.location}")
    assert "Gymnasium Noord" in page.text


NONSENSE = ["", "%", "_", "x", "'; drop table", "qqqqq", "%25%25"]


def test_search_for_nonsense_finds_nothing(world: World, enter: Enter) -> None:
    for text in NONSENSE:
        page = enter(world.newcomer).get("/organisations/schools", query_string={"q": text})
        assert page.status_code == 200
        assert "Het Vaartcollege" not in page.text


def test_part_of_the_page_is_only_the_list(world: World, enter: Enter) -> None:
    page = enter(world.newcomer).get("/organisations/schools?q=vaart", headers={"HX-Request": "true"}).text
    assert "Het Vaartcollege" in page
    assert "<html" not in page


STARTS = [
    ("teacher", "/organisations/schools?role=teacher"),
    ("lead", "/organisations/schools?role=school_lead"),
    ("company", "/organisations/companies"),
    ("self_employed", "/organisations/self-employed/new"),
    ("nonsense", "/organisations/"),
]


def test_start_leads_to_the_fitting_page(world: World, enter: Enter) -> None:
    for start, target in STARTS:
        assert enter(world.newcomer).get(f"/organisations/start?role={start}").location == target


def test_claim_is_confirmed_by_the_leader_with_one_click_in_a_mail(
    world: World, enter: Enter, app: Flask, sqlite_database: Database
) -> None:
    newcomer = enter(world.newcomer)
    assert newcomer.get(f"/organisations/{world.school}/join?role=teacher").status_code == 200
    claimed = newcomer.post(f"/organisations/{world.school}/join", data={"role": "teacher"})
    assert claimed.location == f"/organisations/{world.school}"
    assert newcomer.get(claimed.location).status_code == 200
    (mail,) = mails(sqlite_database, "member_asks")
    assert mail.recipient_user_id == world.lead
    anybody, path = app.test_client(), mail.params["path"]
    assert all("Nia Nieuw" in anybody.get(path).text for _ in range(3))
    assert only(sqlite_database, Grant, user_id=world.newcomer).confirmed_at is None
    assert anybody.post(path, data={"answer": "yes"}).status_code == 200
    grant = only(sqlite_database, Grant, user_id=world.newcomer)
    assert (grant.confirmed_by_id, grant.role) == (world.lead, Role.TEACHER)
    assert anybody.post(path, data={"answer": "yes"}).status_code == 409
    assert anybody.get(path).status_code == 410
    (told,) = mails(sqlite_database, "member_confirmed")
    assert told.recipient_user_id == world.newcomer
    with sqlite_database.read() as session:
        actor = actor_for(session, world.newcomer)
        assert is_confirmed_for(actor, session.get_one(Organisation, world.school))


def test_claim_refused_by_mail_ends_the_role(world: World, enter: Enter, app: Flask, sqlite_database: Database) -> None:
    enter(world.newcomer).post(f"/organisations/{world.school}/join", data={"role": "teacher"})
    path = mails(sqlite_database, "member_asks")[0].params["path"]
    assert app.test_client().post(path, data={"answer": "no"}).status_code == 200
    assert only(sqlite_database, Grant, user_id=world.newcomer).ended_at is not None
    assert len(mails(sqlite_database, "member_refused")) == 1


def test_link_of_a_leader_who_left_confirms_nobody(
    world: World, enter: Enter, app: Flask, sqlite_database: Database
) -> None:
    enter(world.newcomer).post(f"/organisations/{world.school}/join", data={"role": "teacher"})
    path = mails(sqlite_database, "member_asks")[0].params["path"]
    with sqlite_database.write() as session:
        grant = session.scalars(select(Grant).where(Grant.user_id == world.lead)).one()
        grant.ended_at = grant.created_at
    assert app.test_client().post(path, data={"answer": "yes"}).status_code == 404
    assert only(sqlite_database, Grant, user_id=world.newcomer).confirmed_at is None


def test_claim_at_school_without_leader_asks_the_coordinator(
    world: World, enter: Enter, sqlite_database: Database
) -> None:
    enter(world.newcomer).post(f"/organisations/{world.other_school}/join", data={"role": "school_lead"})
    assert [mail.recipient_user_id for mail in mails(sqlite_database, "member_asks")] == [world.other_coordinator]


def test_second_claim_changes_nothing(world: World, enter: Enter, sqlite_database: Database) -> None:
    newcomer = enter(world.newcomer)
    for _ in range(3):
        assert newcomer.post(f"/organisations/{world.school}/join", data={"role": "teacher"}).status_code == 302
    assert only(sqlite_database, Grant, user_id=world.newcomer)
    assert len(mails(sqlite_database, "member_asks")) == 1


OTHER_ROLES = ["coordinator", "administrator", "professional", "", "teacher "]


def test_claim_with_another_role_is_refused(world: World, enter: Enter, sqlite_database: Database) -> None:
    for role in OTHER_ROLES:
        data = {"role": role, "confirmed": "1", "confirmed_at": "2020-01-01", "region_id": str(world.region)}
        answer = enter(world.newcomer).post(f"/organisations/{world.school}/join", data=data)
        assert answer.status_code == 422
        with sqlite_database.read() as session:
            assert session.scalars(select(Grant).where(Grant.user_id == world.newcomer)).all() == []


def test_staff_domain_confirms_teachers_and_no_leaders(world: World, enter: Enter, sqlite_database: Database) -> None:
    saved = enter(world.lead).post(
        f"/organisations/{world.school}/settings", data={"staff_domain": "@Personeel.Vaart.NL"}
    )
    assert saved.status_code == 302
    with sqlite_database.write() as session:
        people = {
            address: make_user(session, email=address).id
            for address in (
                "t@personeel.vaart.nl",
                "p@vaart.nl",
                "p@leerling.personeel.vaart.nl",
                "l@personeel.vaart.nl",
            )
        }
    for address, user_id in people.items():
        role = "school_lead" if address.startswith("l@") else "teacher"
        enter(user_id).post(f"/organisations/{world.school}/join", data={"role": role})
    with sqlite_database.read() as session:
        rows = session.scalars(select(Grant).where(Grant.user_id.in_(people.values())))
        confirmed = {grant.user_id for grant in rows if grant.confirmed_at}
    assert confirmed == {people["t@personeel.vaart.nl"]}


WRONG_DOMAINS = ["gmail.com", "jan@school.nl", "school", "een school.nl"]


def test_wrong_staff_domain_is_refused(world: World, enter: Enter) -> None:
    for domain in WRONG_DOMAINS:
        answer = enter(world.lead).post(f"/organisations/{world.school}/settings", data={"staff_domain": domain})
        assert answer.status_code == 422
        assert domain in answer.text


def test_company_waits_for_the_coordinator_and_then_takes_part(
    world: World, enter: Enter, sqlite_database: Database
) -> None:
    newcomer, coordinator = enter(world.newcomer), enter(world.coordinator)
    assert newcomer.get("/organisations/companies/new?q=Warmte").status_code == 200
    data = {**COMPANY, "sector_id": str(world.sector), "verified_at": "2020-01-01", "region_id": str(world.elsewhere)}
    made = newcomer.post("/organisations/companies/new", data=data)
    company = only(sqlite_database, Organisation, kvk="12345678")
    assert made.location == f"/organisations/{company.id}"
    assert (company.region_id, company.place, company.verified_at) == (world.region, "Eindhoven", None)
    assert company.position_source is PositionSource.POSTCODE
    assert newcomer.get(made.location).status_code == 200
    assert "Warmte BV" in coordinator.get("/organisations/verify").text
    grant = only(sqlite_database, Grant, user_id=world.newcomer)
    assert grant.confirmed_at is None
    assert coordinator.get(made.location).status_code == 200
    assert coordinator.post(f"{made.location}/verify", data={"members": str(grant.id)}).status_code == 302
    with sqlite_database.read() as session:
        assert is_confirmed_for(actor_for(session, world.newcomer), session.get_one(Organisation, company.id))
    assert len(mails(sqlite_database, "asks_verification")) == 1
    assert len(mails(sqlite_database, "verified")) == 1
    assert coordinator.post(f"{made.location}/verify", data={"members": str(grant.id)}).status_code == 302
    assert len(mails(sqlite_database, "verified")) == 1


WRONG_COMPANIES = [
    ("kvk", "1234567"),
    ("kvk", "123456789"),
    ("kvk", "12345abc"),
    ("kvk", "１２３４５６７８"),
    ("kvk", ""),
    ("postcode", "0000"),
    ("postcode", "56"),
    ("postcode", "9999 ZZ"),
    ("postcode", "B-1000"),
    ("name", ""),
    ("size", "1000000"),
    ("sector_id", "999"),
    ("sector_id", "x"),
    ("roles", "administrator"),
    ("roles", ""),
]


def test_wrong_company_is_refused_with_everything_typed(world: World, enter: Enter, sqlite_database: Database) -> None:
    for field, value in WRONG_COMPANIES:
        answer = enter(world.newcomer).post("/organisations/companies/new", data={**COMPANY, field: value})
        assert answer.status_code == 422
        kept = {name: text for name, text in COMPANY.items() if name not in {field, "size", "roles"}}
        assert all(text in answer.text for text in kept.values())
        with sqlite_database.read() as session:
            assert (
                session.scalars(select(Organisation).where(Organisation.type == OrganisationType.COMPANY)).all() == []
            )


def test_company_that_is_there_already_is_joined_instead(world: World, enter: Enter, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        there = make_company(session, kvk="12345678", name="Warmte BV").id
    newcomer = enter(world.newcomer)
    assert newcomer.post("/organisations/companies/new", data=COMPANY).status_code == 422
    assert "Warmte BV" in newcomer.get("/organisations/companies?q=12345678").text
    newcomer.post(f"/organisations/{there}/join", data={"role": "professional"})
    assert only(sqlite_database, Grant, user_id=world.newcomer).organisation_id == there


def test_self_employed_person_is_known_by_town_only(world: World, enter: Enter, sqlite_database: Database) -> None:
    newcomer = enter(world.newcomer)
    assert newcomer.get("/organisations/self-employed/new").status_code == 200
    data = {"postcode": "5611 XY", "kvk": "", "sector_id": ""}
    made = newcomer.post("/organisations/self-employed/new", data=data)
    again = newcomer.post("/organisations/self-employed/new", data=data)
    assert made.location == again.location
    own = only(sqlite_database, Organisation, type=OrganisationType.SELF_EMPLOYED)
    assert (own.name, own.postcode, own.place, own.kvk) == ("Nia Nieuw", "5611", "Eindhoven", None)
    assert newcomer.post("/organisations/self-employed/new", data={"postcode": "1"}).status_code == 422
    assert enter(world.teacher).post(f"/organisations/{own.id}/join", data={"role": "professional"}).status_code == 404


def test_refused_company_hears_why(world: World, enter: Enter, sqlite_database: Database) -> None:
    path = enter(world.newcomer).post("/organisations/companies/new", data=COMPANY).location
    coordinator = enter(world.coordinator)
    assert coordinator.post(f"{path}/refuse", data={}).status_code == 422
    assert coordinator.post(f"{path}/refuse", data={"reason": "unknown"}).status_code == 302
    assert coordinator.post(f"{path}/refuse", data={"reason": "unknown"}).status_code == 409
    assert coordinator.post(f"{path}/verify").status_code == 409
    (mail,) = mails(sqlite_database, "refused")
    assert (mail.recipient_user_id, mail.params["reason"]) == (world.newcomer, "unknown")
    assert only(sqlite_database, Grant, user_id=world.newcomer).ended_at is not None


def test_school_added_by_hand_is_verified(world: World, enter: Enter, sqlite_database: Database) -> None:
    coordinator = enter(world.coordinator)
    assert coordinator.get("/organisations/schools/new").status_code == 200
    made = coordinator.post("/organisations/schools/new", data=SCHOOL)
    school = only(sqlite_database, Organisation, brin="25PL")
    assert made.location == f"/organisations/{school.id}"
    assert (school.levels, school.verified_by_id) == (["mbo_3", "mbo_4"], world.coordinator)
    assert coordinator.post("/organisations/schools/new", data=SCHOOL).status_code == 422


WRONG_SCHOOLS = [
    ("brin", "2PL5"),
    ("brin", "25P"),
    ("brin", "25PL00"),
    ("location", "0"),
    ("location", "000"),
    ("postcode", "9711 AA"),
    ("postcode", "1234"),
    ("levels", "mbo_9"),
    ("sector", "xx"),
]


def test_wrong_school_is_refused_with_everything_typed(world: World, enter: Enter) -> None:
    for field, value in WRONG_SCHOOLS:
        answer = enter(world.coordinator).post("/organisations/schools/new", data={**SCHOOL, field: value})
        assert answer.status_code == 422
        assert "Techniekcollege" in answer.text


OTHERS = ["newcomer", "teacher", "lead"]


def test_others_add_no_school(world: World, enter: Enter) -> None:
    for who in OTHERS:
        assert enter(getattr(world, who)).post("/organisations/schools/new", data=SCHOOL).status_code == 403


def test_unknown_organisation_is_not_found(world: World, enter: Enter) -> None:
    newcomer = enter(world.newcomer)
    for path in (
        "/organisations/99999",
        "/organisations/99999/join",
        "/organisations/99999999999",
        "/organisations/-1",
    ):
        assert newcomer.get(path).status_code == 404
    assert newcomer.post("/organisations/99999/join", data={"role": "teacher"}).status_code == 404


def test_stopped_organisation_takes_nobody(world: World, enter: Enter, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        session.execute(
            update(Organisation).values(stopped_at=session.scalar(select(Organisation.created_at).limit(1)))
        )
    answer = enter(world.newcomer).post(f"/organisations/{world.school}/join", data={"role": "teacher"})
    assert answer.status_code == 409


def test_person_who_leaves_loses_only_that_role(world: World, enter: Enter, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        grant_id = make_grant(
            session,
            session.get_one(type(make_user(session)), world.teacher),
            Role.SCHOOL_LEAD,
            organisation=session.get_one(Organisation, world.other_school),
        ).id
    assert enter(world.teacher).post(f"/organisations/members/{grant_id}/end").location == "/organisations/"
    with sqlite_database.read() as session:
        assert [grant.role for grant in actor_for(session, world.teacher).grants] == [Role.TEACHER]
