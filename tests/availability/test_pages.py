"""A professional's own week in the browser: painting, presets, copies, exceptions, and undo of each."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.services import open_session
from matcher.availability.masks import FULL
from matcher.availability.models import AvailabilityException, WeeklyPattern
from matcher.availability.patterns import default_availability, preset
from matcher.clock import utcnow
from matcher.db import Database
from matcher.offers.models import OfferSearch
from tests.factories.matching import make_offer
from tests.factories.people import make_professional, make_teacher

WEEK = "/availability"


@pytest.fixture
def sign_in(sqlite_database: Database, client: FlaskClient) -> Callable[..., FlaskClient]:
    def as_new(make: Any = make_professional) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=make(session).id, agent="test", now=utcnow())
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return client

    return as_new


def masks(database: Database) -> tuple[list[int], list[int]]:
    with database.read() as session:
        row = session.scalars(select(WeeklyPattern)).one()
        return row.usually, row.never


def shown(html: str) -> dict[str, str]:
    """The painted grid as a browser would send it."""
    return dict(re.findall(r'name="(c-\d-\d+)" value="(\w+)"[^>]* checked', html))


def undo_address(html: str) -> str:
    found = re.search(r'action="(/availability[^"]*/restore\?[^"]*)"', html)
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_page_shows_the_default_week_as_painted(sign_in: Any) -> None:
    html = sign_in().get(WEEK).get_data(as_text=True)
    grid = shown(html)
    assert len(grid) == 7 * 13
    assert (grid["c-0-2"], grid["c-0-0"], grid["c-5-2"]) == ("usual", "unknown", "never")


def test_sending_the_page_back_unchanged_keeps_the_week(sign_in: Any, sqlite_database: Database) -> None:
    client = sign_in()
    answer = client.post(f"{WEEK}/week", data=shown(client.get(WEEK).get_data(as_text=True)))
    assert answer.status_code == 302
    usual, never = masks(sqlite_database)
    assert (tuple(usual), tuple(never)) == (default_availability().usual, default_availability().never)


def test_preset_copy_and_undo(sign_in: Any, sqlite_database: Database) -> None:
    client = sign_in()
    client.post(f"{WEEK}/week", data={"preset": "mornings"})
    assert tuple(masks(sqlite_database)[0]) == preset("mornings").usual
    html = client.get(WEEK).get_data(as_text=True)
    client.post(f"{WEEK}/week", data={**shown(html), "c-0-8": "usual", "copy": "0"})
    usual = masks(sqlite_database)[0]
    assert usual[0] == usual[4] != preset("mornings").usual[0]
    assert client.post(undo_address(client.get(WEEK).get_data(as_text=True))).status_code == 302
    assert tuple(masks(sqlite_database)[0]) == preset("mornings").usual


def test_saved_week_renews_the_search_key_of_ones_offers(sign_in: Any, sqlite_database: Database) -> None:
    people: list[Any] = []

    def with_offer(session: Any) -> Any:
        people.append(make_professional(session))
        make_offer(session, person=people[0])
        return people[0]

    client = sign_in(with_offer)
    for preset_name in ("mornings", "evenings"):
        client.post(f"{WEEK}/week", data={"preset": preset_name})
        with sqlite_database.read() as session:
            keys = session.scalars(select(OfferSearch)).all()
            assert keys
            assert {key.day0 for key in keys} == {FULL & ~preset(preset_name).never[0]}


def test_exception_is_noted_removed_and_put_back(sign_in: Any, sqlite_database: Database) -> None:
    client = sign_in()
    year = utcnow().year + 1
    values = {"kind": "busy", "first": f"{year}-02-28", "last": f"{year}-03-01", "note": "vakantie"}
    assert client.post(f"{WEEK}/exceptions", data=values).status_code == 302
    html = client.get(WEEK).get_data(as_text=True)
    assert "vakantie" in html
    remove = re.search(r'action="(/availability/exceptions/\d+/remove)"', html)
    assert remove is not None
    assert client.post(remove[1]).status_code == 302
    assert client.post(undo_address(client.get(WEEK).get_data(as_text=True))).status_code == 302
    assert client.post(remove[1].replace("/exceptions/", "/exceptions/99")).status_code == 404
    with sqlite_database.read() as session:
        assert session.scalars(select(AvailabilityException)).one().note == "vakantie"


ODD: list[dict[str, str]] = [
    {},
    {"first": "2027-02-29"},
    {"first": "10000-01-01"},
    {"first": "2020-01-01"},
    {"first": "2027-02-02", "last": "2027-02-01"},
    {"first": "2027-02-02", "start": "10:00", "end": "09:00"},
    {"first": "2027-02-02", "start": "25:00"},
    {"first": "2027-02-02", "kind": "maybe"},
    {"first": "2027-02-02", "note": "x" * 101},
]


def test_exceptions_that_cannot_be_keep_what_was_typed(sign_in: Any) -> None:
    client = sign_in()
    for values in ODD:
        answer = client.post(f"{WEEK}/exceptions", data={"kind": "busy", **values})
        assert answer.status_code == 422, values
        assert all(typed in answer.get_data(as_text=True) for name, typed in values.items() if name in {"last", "end"})


def test_undo_with_a_forged_address_is_refused(sign_in: Any) -> None:
    client = sign_in()
    for query in ("", "usual=1&never=2", "usual=zz&never=0", "usual=" + "f" * 300 + "&never=0"):
        assert client.post(f"{WEEK}/week/restore?{query}").status_code == 422


def test_undo_of_an_exception_with_forged_times_is_refused(sign_in: Any) -> None:
    client = sign_in()
    for query in ("", "start=5&end=4", f"start=1&end={10**30}", "start=a&end=b"):
        assert client.post(f"{WEEK}/exceptions/restore?{query}").status_code == 422


def test_teacher_may_not_see_the_page(sign_in: Any) -> None:
    assert sign_in(make_teacher).get(WEEK).status_code == 403


def test_visitor_is_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.get(WEEK).status_code == 302
