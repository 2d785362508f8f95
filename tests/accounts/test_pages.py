"""Registering, signing in and out, links and passwords as a browser meets them."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from matcher.accounts.models import Audit, LoginToken, User, UserSession
from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.db import Database
from matcher.web.limits import limiter
from tests.accounts.conftest import PASSWORD
from tests.factories.people import make_user

NEW = {"start": "teacher", "name": "Bo Nieuw", "email": "bo@demo.example", "password": "vier blauwe stoelen"}


def masked(text: str) -> str:
    """The page without what is random on it or was typed."""
    text = re.sub(r'value="[^"]*"', "", text)
    return re.sub(r"[\w.+-]+@demo\.example", "ADDRESS", text)


def test_right_password_signs_in(client: FlaskClient, anna: int, sign_in: Callable[..., Any]) -> None:
    assert sign_in(email=" Anna@Demo.Example ").location == "/dashboard"
    assert "Anna de Vries" in client.get("/accounts/").text


@pytest.mark.parametrize("password", ["drie groene fietsen ", "Drie groene fietsen", "iets heel anders"])
def test_wrong_password_is_refused_and_noted(
    sqlite_database: Database, anna: int, sign_in: Callable[..., Any], password: str
) -> None:
    answer = sign_in(password=password)
    assert answer.status_code == 422
    assert "anna@demo.example" in answer.text
    with sqlite_database.read() as session:
        noted = session.scalars(select(Audit)).one()
    assert (noted.action, noted.object_id, noted.details) == ("sign_in_failed", anna, {})


@pytest.mark.parametrize("field", ["stopped_at", "erased_at", "password_hash"])
def test_person_who_may_not_is_refused_like_anybody(
    sqlite_database: Database, anna: int, sign_in: Callable[..., Any], field: str
) -> None:
    with sqlite_database.write() as session:
        session.execute(update(User).values({field: None if field == "password_hash" else utcnow()}))
    answer = sign_in()
    assert (answer.status_code, masked(answer.text)) == (422, masked(sign_in(email="nobody@demo.example").text))


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/accounts/sign-in", {"password": "iets heel anders"}),
        ("/accounts/link", {}),
        ("/accounts/reset", {}),
        ("/accounts/register", {"start": "teacher", "name": "Bo Nieuw", "password": "vier blauwe stoelen"}),
    ],
)
def test_answer_for_known_and_unknown_address_is_the_same(
    client: FlaskClient, anna: int, mails: Callable[[], list[Any]], path: str, data: dict[str, str]
) -> None:
    client.get(path)
    known = client.post(path, data={"email": "anna@demo.example", **data})
    unknown = client.post(path, data={"email": "nobody@demo.example", **data})
    assert known.status_code == unknown.status_code
    assert masked(known.text) == masked(unknown.text)
    assert dict(known.headers).keys() == dict(unknown.headers).keys()
    addresses = [mail.address for mail in mails()]
    assert addresses == ([] if path == "/accounts/sign-in" else ["anna@demo.example", "nobody@demo.example"])


def test_registered_person_exists_only_after_confirming(
    client: FlaskClient, sqlite_database: Database, mails: Callable[[], list[Any]]
) -> None:
    assert client.post("/accounts/register", data=NEW).status_code == 200
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0
    (mail,) = mails()
    assert mail.template == "accounts/confirm_address"
    for _ in range(3):
        assert client.get(mail.params["path"]).status_code == 200
    answer = client.post(mail.params["path"])
    assert answer.location == "/organisations/start?role=teacher"
    assert "Bo Nieuw" in client.get("/accounts/").text
    assert client.post(mail.params["path"]).status_code == 409
    assert client.get(mail.params["path"]).status_code == 410


def test_extra_fields_give_no_rights(
    client: FlaskClient, sqlite_database: Database, mails: Callable[[], list[Any]]
) -> None:
    more = {"role": "administrator", "is_admin": "1", "grants": "coordinator", "email_confirmed_at": "2020-01-01"}
    client.post("/accounts/register", data={**NEW, **more, "epoch": "9"})
    client.post(mails()[0].params["path"], data=more)
    client.post("/accounts/", data={"name": "Bo", "locale": "en", "email": "admin@demo.example", **more})
    with sqlite_database.read() as session:
        user = session.scalars(select(User)).one()
        assert (user.email, user.epoch, user.name, user.locale) == ("bo@demo.example", 1, "Bo", "en")
    assert client.get("/organisations/verify").status_code == 403


@pytest.mark.parametrize("missing", ["start", "name", "email", "password"])
def test_incomplete_registration_keeps_what_was_typed(
    client: FlaskClient, mails: Callable[[], list[Any]], missing: str
) -> None:
    answer = client.post("/accounts/register", data={**NEW, missing: ""})
    assert answer.status_code == 422
    assert all(value in answer.text for name, value in NEW.items() if name not in {missing, "password"})
    assert NEW["password"] not in answer.text
    assert mails() == []


def test_known_address_that_registers_gets_a_link_to_sign_in(
    client: FlaskClient, anna: int, sqlite_database: Database, mails: Callable[[], list[Any]]
) -> None:
    client.post("/accounts/register", data={**NEW, "email": "Anna@demo.example"})
    (mail,) = mails()
    assert (mail.template, mail.recipient_name) == ("accounts/registered_already", "Anna de Vries")
    with sqlite_database.read() as session:
        assert session.scalars(select(User)).one().name == "Anna de Vries"


def test_mailed_link_signs_in_on_post_only_and_once(
    client: FlaskClient, anna: int, mails: Callable[[], list[Any]]
) -> None:
    client.post("/accounts/link", data={"email": "anna@demo.example"})
    path = mails()[0].params["path"]
    assert [client.get(path).status_code for _ in range(3)] == [200, 200, 200]
    assert client.get("/accounts/").status_code == 302
    assert client.post(path).location == "/dashboard"
    assert client.get("/accounts/").status_code == 200
    assert client.post(path).status_code == 409


def test_link_of_one_purpose_opens_no_other_page(
    client: FlaskClient, anna: int, mails: Callable[[], list[Any]]
) -> None:
    client.post("/accounts/link", data={"email": "anna@demo.example"})
    secret = mails()[0].params["path"].rpartition("/")[2]
    assert client.post(f"/accounts/reset/{secret}", data={"password": "vijf oude lampen"}).status_code == 409
    assert client.post(f"/accounts/confirm/{secret}").status_code == 409
    assert client.post(f"/accounts/link/{secret}").status_code == 302


def test_reset_gives_a_new_password_and_ends_sessions(
    app: Flask, client: FlaskClient, anna: int, sign_in: Callable[..., Any], mails: Callable[[], list[Any]]
) -> None:
    elsewhere = app.test_client()
    elsewhere.post("/accounts/sign-in", data={"email": "anna@demo.example", "password": PASSWORD})
    client.post("/accounts/reset", data={"email": "anna@demo.example"})
    path = mails()[0].params["path"]
    assert client.post(path, data={"password": "kort"}).status_code == 422
    assert client.post(path, data={"password": "vijf oude lampen"}).location == "/dashboard"
    assert elsewhere.get("/accounts/").status_code == 302
    assert client.get("/accounts/").status_code == 200
    client.post("/accounts/sign-out")
    assert sign_in().status_code == 422
    assert sign_in(password="vijf oude lampen").status_code == 302
    assert mails()[-1].template == "accounts/password_changed"


def test_cookie_from_before_signing_out_is_dead(
    app: Flask, client: FlaskClient, anna: int, sign_in: Callable[..., Any]
) -> None:
    sign_in()
    kept = client.get_cookie("matcher")
    assert kept is not None
    assert client.post("/accounts/sign-out").status_code == 302
    thief = app.test_client()
    thief.set_cookie("matcher", kept.value)
    assert thief.get("/accounts/").status_code == 302
    assert "sign-in" in thief.get("/accounts/").location


def test_signing_in_gives_a_new_cookie(app: Flask, client: FlaskClient, anna: int, sign_in: Callable[..., Any]) -> None:
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "planted"
        cookie["planted"] = "yes"
    sign_in()
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert len(cookie["_user_id"]) >= 43
        first = cookie["_user_id"]
    client.post("/accounts/sign-out")
    sign_in()
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != first


def test_session_that_was_idle_too_long_is_over(
    client: FlaskClient, sqlite_database: Database, anna: int, sign_in: Callable[..., Any]
) -> None:
    sign_in()
    with sqlite_database.write() as session:
        session.execute(update(UserSession).values(seen_at=utcnow() - timedelta(minutes=119)))
    assert client.get("/accounts/").status_code == 200
    with sqlite_database.read() as session:
        assert utcnow() - session.scalars(select(UserSession.seen_at)).one() < timedelta(minutes=1)
    with sqlite_database.write() as session:
        session.execute(update(UserSession).values(seen_at=utcnow() - timedelta(minutes=121)))
    assert client.get("/accounts/").status_code == 302


def test_other_password_ends_other_sessions_but_not_this(
    app: Flask, client: FlaskClient, anna: int, sign_in: Callable[..., Any]
) -> None:
    elsewhere = app.test_client()
    elsewhere.post("/accounts/sign-in", data={"email": "anna@demo.example", "password": PASSWORD})
    sign_in()
    wrong = client.post("/accounts/password", data={"current": "iets anders", "password": "vijf oude lampen"})
    assert wrong.status_code == 422
    changed = client.post("/accounts/password", data={"current": PASSWORD, "password": "vijf oude lampen"})
    assert changed.status_code == 302
    assert client.get("/accounts/").status_code == 200
    assert elsewhere.get("/accounts/").status_code == 302


def test_one_other_browser_can_be_signed_out(
    app: Flask, client: FlaskClient, sqlite_database: Database, anna: int, sign_in: Callable[..., Any]
) -> None:
    elsewhere = app.test_client()
    elsewhere.post("/accounts/sign-in", data={"email": "anna@demo.example", "password": PASSWORD})
    sign_in()
    with sqlite_database.read() as session:
        ids = list(session.scalars(select(UserSession.id).order_by(UserSession.created_at)))
    client.post("/accounts/sessions/end", data={"session": ids[0]})
    assert elsewhere.get("/accounts/").status_code == 302
    assert client.get("/accounts/").status_code == 200


def test_session_of_somebody_else_cannot_be_ended(
    app: Flask, client: FlaskClient, sqlite_database: Database, anna: int, sign_in: Callable[..., Any]
) -> None:
    with sqlite_database.write() as session:
        open_session(session, user_id=make_user(session).id, agent="", now=utcnow())
        theirs = session.scalars(select(UserSession.id)).one()
    sign_in()
    client.post("/accounts/sessions/end", data={"session": theirs})
    with sqlite_database.read() as session:
        assert session.get(UserSession, theirs) is not None


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/requests/?page=2", "/requests/?page=2"),
        ("//evil.example", "/dashboard"),
        ("/\\evil.example", "/dashboard"),
        ("\\\\evil.example", "/dashboard"),
        ("https://evil.example", "/dashboard"),
        ("https:evil.example", "/dashboard"),
        ("javascript:alert(1)", "/dashboard"),
        ("/%09/evil.example", "/%09/evil.example"),
        ("/\t/evil.example", "/dashboard"),
        ("", "/dashboard"),
    ],
)
def test_next_leads_only_to_own_pages(anna: int, sign_in: Callable[..., Any], target: str, expected: str) -> None:
    assert sign_in(next=target).location in {expected, "/dashboard"}
    assert "evil.example" not in sign_in(next=target).location or expected.startswith("/%09")


def test_visitor_is_sent_back_after_signing_in(client: FlaskClient, anna: int) -> None:
    assert client.get("/accounts/").location == "/accounts/sign-in?next=/accounts/"
    page = client.get("/accounts/sign-in?next=/accounts/").text
    assert 'value="/accounts/"' in page


def test_guessing_is_slowed_down(make_app: Callable[..., Flask], sqlite_database: Database, anna: int) -> None:
    app = make_app(str(sqlite_database.engine.url))
    app.config["RATELIMIT_ENABLED"] = True
    limiter.init_app(app)
    try:
        client = app.test_client()
        data = {"email": "anna@demo.example", "password": "iets heel anders"}
        statuses = [client.post("/accounts/sign-in", data=data).status_code for _ in range(12)]
        other = client.post("/accounts/sign-in", data={**data, "email": "other@demo.example"}).status_code
    finally:
        limiter.enabled = False
    assert statuses == [422] * 10 + [429] * 2
    assert other == 422


def test_old_links_of_unknown_addresses_lead_nowhere(client: FlaskClient, sqlite_database: Database) -> None:
    client.post("/accounts/link", data={"email": "nobody@demo.example"})
    with sqlite_database.read() as session:
        assert session.scalars(select(LoginToken)).one().user_id is None
