"""The pages of offers: filling in a lesson, who sees what, limits and the pause, on a real application."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matcher.accounts.services import open_session
from matcher.clock import local_date, utcnow
from matcher.db import Database
from matcher.offers.models import Offer, OfferRevision, OfferSearch
from matcher.offers.services import refresh_search_key
from tests.factories.matching import make_offer, make_topic
from tests.factories.people import make_company, make_grant, make_professional, make_teacher, make_user


@pytest.fixture
def world(sqlite_database: Database) -> dict[str, Any]:
    with sqlite_database.write() as session:
        company = make_company(session, pc4="5211", name="Warmte BV")
        found: dict[str, Any] = {"company": company.id, "topic": make_topic(session, "warmtepomp").id}
        found["pro"] = make_professional(session, company=company, name="Iris de Wit", locale="en")
        found["contact"] = make_user(session, name="Carla", locale="en")
        make_grant(session, found["contact"], "company_contact", organisation=company)
        found["teacher"] = make_teacher(session, name="Tom", locale="en")
        stranger = make_user(session, name="Nieuw", locale="en")
        make_grant(session, stranger, "teacher", organisation=make_company(session), confirmed=False)
        found["new"] = stranger
        found["other"] = make_professional(session, name="Ander", locale="en")
        for name in ("pro", "contact", "teacher", "new", "other"):
            found[f"{name}_token"] = open_session(session, user_id=found[name].id, agent="test", now=utcnow())
    return found


@pytest.fixture
def as_(app: Flask, world: dict[str, Any]) -> Callable[[str], FlaskClient]:
    def signed_in(name: str) -> FlaskClient:
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = world[f"{name}_token"]
        return client

    return signed_in


def filled(world: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "who": "employer",
        "title": "De warmtepomp",
        "description": "Leerlingen meten het rendement.",
        "topics": [str(world["topic"])],
        "levels": ["havo", "vwo"],
        "minutes": "50",
        "group_most": "30",
        "materials": "een stopcontact",
        "languages": ["nl"],
        "delivery": "on_site",
        "travel_km": "30",
        "notice_days": "14",
        "yearly_cap": "4",
        "open_cap": "1",
        **fields,
    }


def only_offer(database: Database) -> Offer:
    with database.read() as session:
        return session.scalars(select(Offer)).one()


def test_new_lesson_is_open_findable_and_has_its_first_revision(
    as_: Any, world: dict[str, Any], sqlite_database: Database
) -> None:
    client = as_("pro")
    assert client.get("/offers/new/guest-lecture").status_code == 200
    answer = client.post("/offers/new/guest-lecture", data=filled(world))
    offer = only_offer(sqlite_database)
    assert answer.location == f"/offers/{offer.id}"
    assert (offer.state, offer.travel_km, offer.yearly_cap, offer.details["minutes"]) == ("open", 30, 4, 50)
    assert (offer.person_id, offer.own_name) == (world["pro"].id, False)
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count()).select_from(OfferSearch)) == 1
        assert session.scalar(select(OfferRevision.snapshot))["title"] == "De warmtepomp"
    assert "De warmtepomp" in client.get(answer.location).text
    assert "De warmtepomp" in client.get("/offers").text


def test_draft_is_kept_and_found_by_nobody(as_: Any, world: dict[str, Any], sqlite_database: Database) -> None:
    as_("pro").post("/offers/new/guest-lecture", data=filled(world, keep="1"))
    offer = only_offer(sqlite_database)
    assert offer.state == "draft"
    assert as_("teacher").get(f"/offers/{offer.id}").status_code == 404
    assert as_("pro").get(f"/offers/{offer.id}").status_code == 200
    as_("pro").post(f"/offers/{offer.id}/open")
    page = as_("teacher").get(f"/offers/{offer.id}")
    assert page.status_code == 200
    assert "<dt>How long ahead</dt><dd>2 weeks</dd>" in page.text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "Fill this in"),
        ({"levels": []}, "Choose at least one"),
        ({"languages": ["xx"]}, "xx"),
        ({"topics": [], "topic_text": ""}, "Choose at least one topic"),
        ({"topics": ["999999"]}, "Choose at least one topic"),
        ({"minutes": "5"}, "from 10 to 480"),
        ({"travel_km": "99999999999999"}, "from 0 to 400"),
        ({"pc4": "0000"}, "Four digits"),
        ({"pc4": "1999"}, "do not know this postcode"),
        ({"who": "team"}, "one of the list"),
        ({"notice_days": "99"}, "one of the list"),
    ],
)
def test_wrong_input_gets_its_sentence_and_keeps_what_was_typed(
    as_: Any, world: dict[str, Any], wrong: dict[str, Any], sentence: str, sqlite_database: Database
) -> None:
    answer = as_("pro").post("/offers/new/guest-lecture", data=filled(world, **wrong))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Leerlingen meten het rendement." in answer.text
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count()).select_from(Offer)) == 0


def test_typed_topic_is_recognised_without_a_script(as_: Any, world: dict[str, Any], sqlite_database: Database) -> None:
    from matcher.subjects.services import seed_topics

    with sqlite_database.write() as session:
        seed_topics(session)
    answer = as_("pro").post(
        "/offers/new/guest-lecture", data=filled(world, topics=[], topic_text="warmtepompen installeren")
    )
    assert answer.status_code == 302


def test_contact_offers_somebody_of_the_team(as_: Any, world: dict[str, Any], sqlite_database: Database) -> None:
    as_("contact").post("/offers/new/guest-lecture", data=filled(world, who="team"))
    offer = only_offer(sqlite_database)
    assert offer.person_id is None
    assert "someone of our team" in as_("contact").get("/offers").text
    assert as_("pro").get(f"/offers/{offer.id}/edit").status_code == 404


def test_change_leaves_a_revision_and_a_stale_form_is_refused(
    as_: Any, world: dict[str, Any], sqlite_database: Database
) -> None:
    client = as_("pro")
    client.post("/offers/new/guest-lecture", data=filled(world))
    offer = only_offer(sqlite_database)
    assert "De warmtepomp" in client.get(f"/offers/{offer.id}/edit").text
    changed = filled(world, title="Twee warmtepompen", delivery="either", version=str(offer.version))
    assert client.post(f"/offers/{offer.id}/edit", data=changed).status_code == 302
    assert client.post(f"/offers/{offer.id}/edit", data=changed).status_code == 409
    with sqlite_database.read() as session:
        texts = session.scalars(select(OfferRevision.snapshot).order_by(OfferRevision.revision)).all()
        assert [text["title"] for text in texts] == ["De warmtepomp", "Twee warmtepompen"]
        assert sorted(cell == 0 for cell in session.scalars(select(OfferSearch.cell))) == [False, True]


@pytest.mark.parametrize("path", ["edit", "open", "withdraw"])
def test_foreign_and_unknown_offers_do_not_exist(
    as_: Any, world: dict[str, Any], path: str, sqlite_database: Database
) -> None:
    as_("pro").post("/offers/new/guest-lecture", data=filled(world, keep="1"))
    number = only_offer(sqlite_database).id
    for offer_id in (number, 0, 10**6):
        answer = as_("other").post(f"/offers/{offer_id}/{path}", data=filled(world))
        assert answer.status_code == 404, offer_id
    assert only_offer(sqlite_database).state == "draft"


def test_withdraw_can_be_undone(as_: Any, world: dict[str, Any], sqlite_database: Database) -> None:
    client = as_("pro")
    client.post("/offers/new/guest-lecture", data=filled(world))
    number = only_offer(sqlite_database).id
    client.post(f"/offers/{number}/withdraw")
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count()).select_from(OfferSearch)) == 0
    client.post(f"/offers/{number}/open")
    assert only_offer(sqlite_database).state == "open"


def test_pause_and_resume(as_: Any, world: dict[str, Any], sqlite_database: Database) -> None:
    client = as_("pro")
    client.post("/offers/new/guest-lecture", data=filled(world))
    until = local_date(utcnow()) + timedelta(days=30)
    assert client.post("/offers/pause", data={"until": until.isoformat()}).status_code == 302
    assert only_offer(sqlite_database).paused_until == until
    assert "You may ask me again" in client.get("/offers").text
    for wrong in ("", "2020-01-01", "2099-01-01", "morgen"):
        assert client.post("/offers/pause", data={"until": wrong}).status_code == 422
    client.post("/offers/resume")
    assert only_offer(sqlite_database).paused_until is None


def test_pause_and_limits_are_changed_beside_the_week(
    as_: Any, world: dict[str, Any], sqlite_database: Database
) -> None:
    client = as_("pro")
    assert "/offers/pause" not in client.get("/availability").text, "who offers nothing is not asked"
    client.post("/offers/new/guest-lecture", data=filled(world))
    offer = only_offer(sqlite_database)
    names = {f"{offer.id}-{name}" for name in ("yearly_cap", "open_cap", "version")}
    page = client.get("/availability").text
    assert names <= set(re.findall(r'name="([^"]+)"', page))
    given = {f"{offer.id}-yearly_cap": "2", f"{offer.id}-open_cap": "3", f"{offer.id}-version": str(offer.version)}
    answer = client.post(f"/offers/{offer.id}/limits", data=given | {"back": "week"})
    assert (answer.status_code, answer.location) == (302, "/availability")
    changed = only_offer(sqlite_database)
    assert (changed.yearly_cap, changed.open_cap, changed.title) == (2, 3, offer.title)
    assert client.post(f"/offers/{offer.id}/limits", data=given).status_code == 409, "an old page overwrites nothing"
    odd = {f"{offer.id}-yearly_cap": "many", f"{offer.id}-open_cap": "-1"}
    assert client.post(f"/offers/{offer.id}/limits", data=odd).status_code == 302
    assert as_("other").post(f"/offers/{offer.id}/limits", data=given).status_code == 404
    assert only_offer(sqlite_database).version == changed.version
    client = as_("pro")
    until = local_date(utcnow()) + timedelta(days=30)
    client.post("/offers/pause", data={"until": until.isoformat(), "back": "week"})
    assert "/offers/resume" in client.get("/availability").text
    assert client.post("/offers/resume", data={"back": "week"}).location == "/availability"


def test_names_are_hidden_until_the_reader_is_confirmed(
    as_: Any, world: dict[str, Any], sqlite_database: Database
) -> None:
    as_("pro").post("/offers/new/guest-lecture", data=filled(world))
    number = only_offer(sqlite_database).id
    for path in (f"/offers/{number}", "/offers/browse"):
        seen, hidden = as_("teacher").get(path).text, as_("new").get(path).text
        assert "De warmtepomp" in seen
        assert "Iris de Wit" in seen
        assert "De warmtepomp" in hidden
        assert "Iris" not in hidden
        assert "Warmte BV" not in hidden


def test_own_name_hides_the_employer(as_: Any, world: dict[str, Any], sqlite_database: Database) -> None:
    as_("pro").post("/offers/new/guest-lecture", data=filled(world, who="own_name"))
    page = as_("teacher").get(f"/offers/{only_offer(sqlite_database).id}").text
    assert "Iris de Wit" in page
    assert "Warmte BV" not in page


def test_browse_shows_only_open_offers_of_checked_people(
    as_: Any, world: dict[str, Any], sqlite_database: Database
) -> None:
    with sqlite_database.write() as session:
        make_offer(session, title="Gewoon", company=make_company(session))
        make_offer(session, title="Teruggetrokken", company=make_company(session), state="withdrawn")
        make_offer(session, title="Ongecontroleerd", company=make_company(session, verified=False))
    page = as_("teacher").get("/offers/browse").text
    assert "Gewoon" in page
    assert "Teruggetrokken" not in page
    assert "Ongecontroleerd" not in page
    assert "Gewoon" in as_("teacher").get("/offers/browse?level=vwo").text
    assert "Gewoon" not in as_("teacher").get("/offers/browse?level=mbo_4&q=&page=zz").text


def test_contact_releases_a_colleague(as_: Any, world: dict[str, Any], sqlite_database: Database) -> None:
    from matcher.organisations.models import Organisation

    as_("pro").post("/offers/new/guest-lecture", data=filled(world))
    number = only_offer(sqlite_database).id
    with sqlite_database.write() as session:
        session.get_one(Organisation, world["company"]).via_contact = True
    assert "May be asked directly" in as_("contact").get("/offers").text
    assert as_("contact").post(f"/offers/{number}/release", data={"released": "1"}).status_code == 302
    assert only_offer(sqlite_database).details["released_at"]
    as_("pro").post(f"/offers/{number}/edit", data=filled(world))
    assert only_offer(sqlite_database).details["released_at"], "a change of text keeps the release"
    assert as_("pro").post(f"/offers/{number}/release", data={"released": "0"}).status_code == 403
    as_("contact").post(f"/offers/{number}/release", data={"released": "0"})
    assert "released_at" not in only_offer(sqlite_database).details


def test_search_key_follows_the_painted_week(sqlite_database: Database, world: dict[str, Any]) -> None:
    from matcher.accounts.queries import actor_for
    from matcher.availability.masks import FULL_WEEK
    from matcher.availability.services import save_week
    from matcher.availability.states import OwnerType
    from matcher.offers.search_services import renew_owner

    with sqlite_database.write() as session:
        offer = make_offer(session, company=make_company(session))
        refresh_search_key(session, offer.id, now=utcnow())
        assert session.scalar(select(OfferSearch.day0).where(OfferSearch.offer_id == offer.id))
        owner = (OwnerType.PERSON, offer.person_id or 0)
        actor = actor_for(session, owner[1])
        save_week(session, actor=actor, now=utcnow(), owner=owner, usual=(0,) * 7, never=FULL_WEEK)
        renew_owner(session, owner=owner, now=utcnow())
        assert session.scalar(select(OfferSearch.day0).where(OfferSearch.offer_id == offer.id)) == 0
