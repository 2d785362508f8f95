"""Taking one's data along and deleting one's account on the site."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from matcher.accounts.models import User
from matcher.accounts.own_data_queries import FILES, LEFT_OUT, own_rows
from matcher.accounts.privacy import OF_PEOPLE
from matcher.accounts.services import open_session
from matcher.accounts.states import Role
from matcher.db import Database
from matcher.i18n import in_locale
from matcher.ledger import noted
from matcher.matching.erasing_queries import obstacles
from matcher.matching.models import Match
from matcher.matching.own_visit_queries import own_visits
from tests.factories import NOW
from tests.factories.people import make_coordinator, make_grant, make_user
from tests.matching.canaries import EMAIL, NAME, PHONE, TOKEN, Canary, hits, make_canary

pytestmark = pytest.mark.usefixtures("on_the_day")
PAGE = "/accounts/delete"
Browse = Callable[[int], FlaskClient]


@pytest.fixture
def browse(app: Flask, sqlite_database: Database) -> Browse:
    def signed_in(user_id: int) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=user_id, agent="test", now=NOW)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return signed_in


@pytest.fixture
def canary(app: Flask, sqlite_database: Database) -> Canary:
    with sqlite_database.write() as session:
        made = make_canary(session)
        user = session.get_one(User, made.user_id)
        user.password_hash = app.extensions["matcher_passwords"].hash("een lang wachtwoord 7")
    return made


def statements_for(database: Database, user_id: int) -> int:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    with database.read() as session:
        event.listen(database.engine, "before_cursor_execute", note)
        own_rows(session, user_id)
        own_visits(session, user_id)
        event.remove(database.engine, "before_cursor_execute", note)
    assert seen
    return len(seen)


def files_of(client: FlaskClient) -> dict[str, str]:
    answer = client.get("/accounts/data.zip")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_own_data_is_everything_of_oneself_and_no_address_of_others(
    browse: Browse, canary: Canary, sqlite_database: Database
) -> None:
    with sqlite_database.write() as session:
        for user in session.scalars(select(User).where(User.id != canary.user_id)):
            user.phone = f"06-vreemd-{user.id}"
        others = [(user.email, user.phone) for user in session.scalars(select(User)) if user.id != canary.user_id]
        planted = {line.split(":", 1)[1].strip() for line in hits(session, (TOKEN,))}
        assert len(planted) > 25
    files = files_of(browse(canary.user_id))
    whole = "\n".join(files.values())
    assert not [found for pair in others for found in pair if found and found in whole]
    for words in ("aanvraag", "graag komen", "klad", "les", "we meten samen", "lijm", "geen zin", "parkeren", "lokaal",
                  "verslag", "bedankt", "vrij", "kop", "dit klopt niet", "browser"):  # fmt: skip
        assert words in whole, words
    account = json.loads(files["account.json"])
    assert [(one["name"], one["email"], one["phone"]) for one in account] == [(NAME, EMAIL, PHONE)]
    assert "password_hash" not in account[0]
    assert {row["state"] for row in json.loads(files["visits.json"])} >= {"approved", "held", "declined", "proposed"}
    assert f"{TOKEN}aanvraag" in files["calendar.ics"].replace("\r\n ", "")
    assert json.loads(files["usual_week.json"])[0]["usually"]["monday"] == []
    # A large account takes as many statements as a small one.
    assert statements_for(sqlite_database, canary.user_id) == statements_for(sqlite_database, canary.colleague_id)


def test_every_table_of_people_is_in_the_file_or_says_why_not() -> None:
    with_rows = {name for name, rules in OF_PEOPLE.items() if any(rule.where for rule in rules)}
    assert with_rows <= FILES.keys() | LEFT_OUT.keys()
    assert len(set(FILES.values())) == len(FILES)


def test_account_is_deleted_with_its_password(
    app: Flask, browse: Browse, canary: Canary, sqlite_database: Database
) -> None:
    client = browse(canary.user_id)
    page = client.get(PAGE).text
    assert "Willem Wissel" in page
    assert "Je bezoek" in page
    assert client.post(PAGE, data={"password": "een ander wachtwoord 7"}).status_code == 422
    assert client.post(PAGE, data={"word": "verwijder"}).status_code == 422
    answer = client.post(PAGE, data={"password": "een lang wachtwoord 7", "nonce": "n1"})
    assert (answer.status_code, answer.location) == (302, "/")
    assert "Je account is verwijderd" in client.get("/").text
    assert client.get(PAGE).status_code == 302
    with sqlite_database.read() as session:
        assert hits(session, (TOKEN, EMAIL, NAME)) == []
        user = session.get_one(User, canary.user_id)
    (line,) = noted(app.extensions["matcher_settings"].var)
    assert line.key == (user.id, user.created_at)
    again = app.test_client().post("/accounts/sign-in", data={"email": EMAIL, "password": "een lang wachtwoord 7"})
    assert again.status_code == 422
    others_see(browse, canary, sqlite_database)


STAFF_PAGES = ("", "/region", "/stuck", "/decisions", "/approve")


def others_see(browse: Browse, canary: Canary, database: Database) -> None:
    """Pages about what there was name nobody, and work."""
    with database.write() as session:
        requests = dict(session.execute(select(Match.id, Match.request_id)).all())
        coordinator = make_coordinator(session)
        asker = session.scalars(select(Match.proposed_by_id).where(Match.id == canary.giving)).one()
        make_grant(session, make_user(session), Role.ADMINISTRATOR)
    colleague, guest = browse(canary.colleague_id), browse(canary.guest_id)
    leads = browse(coordinator.id)
    seen = {
        f"match {canary.held}": colleague.get(f"/matches/{canary.held}"),
        f"match {canary.teaching}": guest.get(f"/matches/{canary.teaching}"),
        f"match {canary.giving}": browse(asker or 0).get(f"/matches/{canary.giving}"),
        **{path: colleague.get(path) for path in ("/dashboard", "/requests", "/notices", "/matches")},
        **{path: leads.get(f"/coordination{path}") for path in STAFF_PAGES},
        **{path: leads.get(path) for path in ("/dashboard", "/notices")},
        **{f"request {one}": leads.get(f"/requests/{requests[one]}") for one in (canary.teaching, canary.held)},
        **{f"coordinator's match {one}": leads.get(f"/matches/{one}") for one in (canary.asked, canary.giving)},
    }  # fmt: skip
    assert not {name: answer.status for name, answer in seen.items() if answer.status_code >= 500}
    assert {answer.status_code for name, answer in seen.items() if name.startswith("match ")} == {200}
    assert "Verwijderd account" in seen[f"match {canary.held}"].text
    assert "Verwijderd account" in seen[f"match {canary.giving}"].text
    assert not [name for name, answer in seen.items() if TOKEN in answer.text.casefold()]


def test_without_a_password_a_word_is_typed(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        user_id = make_user(session).id
    client = browse(user_id)
    assert "Typ het woord" in client.get(PAGE).text
    assert client.post(PAGE, data={"word": "ja"}).status_code == 422
    assert client.post(PAGE, data={"word": " Verwijder "}).status_code == 302
    with sqlite_database.read() as session:
        assert session.get_one(User, user_id).erased_at is not None


def test_last_coordinator_and_last_administrator_arrange_something_first(
    browse: Browse, sqlite_database: Database
) -> None:
    with sqlite_database.write() as session:
        user = make_coordinator(session)
        make_grant(session, user, Role.ADMINISTRATOR)
    client = browse(user.id)
    page = client.get(PAGE).text
    assert "enige coördinator van Midden- en Oost-Brabant" in page
    assert "enige beheerder" in page
    assert "voorgoed verwijderen" not in page
    assert client.post(PAGE, data={"word": "verwijder"}).status_code == 422
    with sqlite_database.write() as session:
        assert session.get_one(User, user.id).erased_at is None
        make_coordinator(session)
        make_grant(session, make_user(session), Role.ADMINISTRATOR)
    with sqlite_database.read() as session, in_locale("nl"):
        assert obstacles(session, user.id, now=NOW) == []
    assert client.post(PAGE, data={"word": "verwijder"}).status_code == 302
