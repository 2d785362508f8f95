"""Public pages speak both languages; the header knows who looks."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matcher.accounts.models import User
from matcher.accounts.states import Role
from matcher.db import Database
from matcher.home import nav
from matcher.regions.models import Region
from tests.factories.people import make_coordinator, make_region, make_school, make_teacher

EXPLAINING = ("/", "/how-it-works", "/for-schools", "/for-companies", "/how-ranking-works", "/privacy", "/help")
PAGES = (*EXPLAINING, "/figures", "/status", "/qualifications")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_public_page_is_shown_in_the_language_asked(client: FlaskClient, page: str, language: str) -> None:
    answer = client.get(page, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert answer.text.count("<h1") == 1


def test_language_choice_is_remembered(client: FlaskClient) -> None:
    answer = client.post("/language", data={"lang": "en", "next": "/privacy"})
    assert answer.location == "/privacy"
    assert '<html lang="en">' in client.get("/privacy", headers={"Accept-Language": "nl"}).text


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "/\\example.org", ""])
def test_language_choice_never_leads_to_another_site(client: FlaskClient, target: str) -> None:
    assert client.post("/language", data={"lang": "en", "next": target}).location == "/"


def test_language_unknown_is_ignored(client: FlaskClient) -> None:
    client.post("/language", data={"lang": "xx"})
    assert '<html lang="nl">' in client.get("/privacy", headers={"Accept-Language": "nl"}).text


def test_language_of_a_signed_in_person_is_kept_for_mails(
    sqlite_database: Database, sign_in: Callable[[int], FlaskClient]
) -> None:
    with sqlite_database.write() as unit:
        person = make_teacher(unit)
    sign_in(person.id).post("/language", data={"lang": "en"})
    with sqlite_database.read() as look:
        assert look.get_one(User, person.id).locale == "en"


def test_demo_bar_only_in_the_demonstration(
    client: FlaskClient, make_app: Callable[..., Flask], sqlite_database: Database
) -> None:
    assert "demo-bar" not in client.get("/").text
    assert "demo-bar" in make_app(str(sqlite_database.engine.url), demo=True).test_client().get("/").text


def test_error_page_has_header_and_a_way_back(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"Accept-Language": "nl"})
    assert answer.status_code == 404
    assert "We kunnen deze pagina niet vinden" in answer.text
    assert 'class="top-nav"' in answer.text


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 429, 500, 503])
def test_error_page_of_every_kind_can_be_drawn(app: Flask, status: int) -> None:
    with app.test_request_context("/"):
        text = app.jinja_env.get_template(f"errors/{status}.html")
        shown = app.jinja_env.globals | {"status": status, "sentence": "Because.", "number": "12ab"}
        for processor in app.template_context_processors[None]:
            shown |= processor()
        assert "Because." in text.render(shown)
        assert "12ab" in text.render(shown)


def test_help_names_coordinators_only_for_people_with_an_account(
    sqlite_database: Database, client: FlaskClient, sign_in: Callable[[int], FlaskClient]
) -> None:
    with sqlite_database.write() as unit:
        person = make_coordinator(unit, region=make_region(unit), name="Ilse Tuin")
    assert "Ilse Tuin" not in client.get("/help").text
    assert "Ilse Tuin" in sign_in(person.id).get("/help").text


def test_every_page_names_who_helps_in_the_region(
    sqlite_database: Database, client: FlaskClient, sign_in: Callable[[int], FlaskClient]
) -> None:
    with sqlite_database.write() as unit:
        region = make_region(unit, "fryslan", name="Fryslân", landsdeel="noord")
        north = unit.get_one(Region, region.parent_id)
        teacher = make_teacher(unit, school=make_school(unit, region=region))
        above = make_coordinator(unit, region=north, name="Ana Boven")
    assert "Vraag het de regiocoördinator" in client.get("/privacy").text
    for page in ("/privacy", "/nowhere", "/help"):
        assert "Vraag het aan Ana Boven, die in Fryslân helpt" in sign_in(teacher.id).get(page).text
    with sqlite_database.write() as unit:
        make_coordinator(unit, region=region, name="Ilse Tuin")
    assert "Vraag het aan Ilse Tuin, die in Fryslân helpt" in sign_in(teacher.id).get("/privacy").text
    assert "Vraag het" not in sign_in(above.id).get("/privacy").text


def test_every_page_says_where_to_go_when_something_is_wrong(
    sqlite_database: Database, client: FlaskClient, sign_in: Callable[[int], FlaskClient]
) -> None:
    assert 'href="/help#wrong"' in client.get("/nowhere").text
    assert "/safeguarding/report" not in client.get("/help").text
    with sqlite_database.write() as unit:
        person = make_teacher(unit)
    assert 'href="/safeguarding/report"' in sign_in(person.id).get("/help").text


def test_links_several_roles_show_each_page_once() -> None:
    links = nav.links_for([Role.TEACHER, Role.SCHOOL_LEAD])
    assert len({link.endpoint for link in links}) == len(links)


def test_links_nobody_signed_in_gets_the_visitors_links() -> None:
    assert nav.links_for([]) == nav.VISITOR


def test_current_link_is_the_longest_that_fits() -> None:
    links = (nav.Link("all", "a", ("/offers",)), nav.Link("some", "b", ("/offers/browse",)))
    assert nav.current_of(links, "/offers/browse/3") is links[1]
    assert nav.current_of(links, "/offers/3") is links[0]
    assert nav.current_of(links, "/offersome") is None
