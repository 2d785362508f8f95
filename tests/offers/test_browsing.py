"""Browsing: the list and the map agree, every choice narrows, and nothing found is never without advice."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from matcher.accounts.services import open_session
from matcher.availability.states import Delivery
from matcher.clock import utcnow
from matcher.db import Database
from matcher.offers.browsing import gathered, square
from matcher.offers.search_services import refresh_all
from tests.factories.matching import make_offer, make_topic
from tests.factories.people import make_company, make_school, make_teacher
from tests.house.test_lists import counted

TOWNS = ("5211", "5611", "3511", "9711")


@pytest.fixture
def teacher(sqlite_database: Database, client: FlaskClient) -> FlaskClient:
    """Somebody of a school in 's-Hertogenbosch; twelve offers in four towns, every third online too."""
    with sqlite_database.write() as session:
        topics = [make_topic(session, "lassen"), make_topic(session, "zorg")]
        for number in range(12):
            company = make_company(session, pc4=TOWNS[number % 4], name=f"Bedrijf {number}")
            make_offer(
                session,
                company=company,
                title=f"Les nummer {number} over {'lassen' if number % 2 else 'zorg'}",
                topics=[topics[(number + 1) % 2]],
                delivery=Delivery.EITHER if number % 3 == 0 else Delivery.ON_SITE,
                levels=["havo"] if number < 6 else ["vwo"],
            )
        refresh_all(session, now=utcnow())
        person = make_teacher(session, school=make_school(session, pc4="5211"), locale="en")
        token = open_session(session, user_id=person.id, agent="test", now=utcnow())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client


def listed(text: str) -> int:
    found = re.search(r'<h2 id="found">(\d+) offers?', text)
    return int(found[1]) if found else 0


def circles(text: str) -> dict[str, int]:
    """Address of a circle → its number."""
    found = re.findall(r'<a href="([^"]*spot=[^"]*)"[^>]*><circle[^>]*></circle><text[^>]*>(\d+)</text>', text)
    return {address.replace("&amp;", "&"): int(count) for address, count in found}


ASKED = ("", "?q=lassen", "?q=lassen&level=havo", "?delivery=online", "?km=50&order=near")


def test_map_counts_what_the_list_has_and_leads_to_it(teacher: FlaskClient) -> None:
    for asked in ASKED:
        _agree(teacher, asked)


def _agree(teacher: FlaskClient, asked: str) -> None:
    text = teacher.get(f"/offers/browse{asked}").text
    on_the_map = circles(text)
    assert sum(on_the_map.values()) == listed(text) > 0
    for address, count in on_the_map.items():
        assert listed(teacher.get(address).text) == count, address


def test_every_choice_narrows(teacher: FlaskClient, sqlite_database: Database) -> None:
    every = listed(teacher.get("/offers/browse").text)
    assert every == 12
    choices = {"q=lassen": 6, "level=vwo": 6, "delivery=online": 4, "kind=guest_lecture": 12, "km=5": 6, "km=50": 10}
    for asked, count in choices.items():
        assert listed(teacher.get(f"/offers/browse?{asked}").text) == count, asked
    with sqlite_database.read() as session:
        topic = make_topic(session, "zorg").id
    assert listed(teacher.get(f"/offers/browse?subject={topic}").text) == 6


def test_nearest_come_first_when_asked(teacher: FlaskClient) -> None:
    text = teacher.get("/offers/browse?order=near").text
    shown = [int(km or 0) for km in re.findall(r"(?:about (\d+) km|less than 1 km) away", text)]
    assert shown == sorted(shown)
    assert len(set(shown)) > 2


def test_nothing_found_says_what_to_let_go_of(teacher: FlaskClient) -> None:
    text = teacher.get("/offers/browse?q=lassen&delivery=at_company&level=havo").text
    assert "Nothing found" in text
    ways = re.findall(r'<li><a class="btn ghost" href="([^"]+)">([^<]+) · (\d+) offers?</a>', text)
    assert ways
    for address, _label, count in ways:
        assert listed(teacher.get(address.replace("&amp;", "&")).text) == int(count)
    assert "Show all offers" in teacher.get("/offers/browse?q=flapdrolhuh").text


def test_each_choice_can_be_taken_off_by_itself(teacher: FlaskClient) -> None:
    text = teacher.get("/offers/browse?q=lassen&level=havo&delivery=on_site&kind=zz").text
    off = re.findall(r'<a class="chip" href="([^"]+)" aria-label="Without “([^”]+)”"', text)
    assert [what for _address, what in off] == ["Havo (senior general)", "At school"]
    for address, _what in off:
        assert "q=lassen" in address
        assert listed(teacher.get(address.replace("&amp;", "&")).text) >= listed(text)


def test_school_that_finds_nothing_can_ask_for_it(teacher: FlaskClient) -> None:
    assert "/requests/new/guest-lecture" in teacher.get("/offers/browse?q=flapdrolhuh").text.split("Nothing found")[1]


def test_odd_choices_count_as_none(teacher: FlaskClient) -> None:
    for odd in ("spot=x", "spot=1.2.3", "spot=9999.9999", "subject=x", "km=-1", "level=zz", "page=0", "order=x"):
        assert teacher.get(f"/offers/browse?{odd}").status_code == 200, odd


def test_page_of_many_needs_no_more_statements(teacher: FlaskClient, sqlite_database: Database, app: Any) -> None:
    database = app.extensions["matcher_db"]
    teacher.get("/offers/browse?q=lassen")
    with counted(database) as few:
        teacher.get("/offers/browse?q=lassen")
    with sqlite_database.write() as session:
        for _number in range(6):
            make_offer(session, title="Les over lassen", topics=[make_topic(session, "lassen")])
        refresh_all(session, now=utcnow())
    teacher.get("/offers/browse?q=lassen")
    with counted(database) as many:
        teacher.get("/offers/browse?q=lassen")
    assert len(many) == len(few)


def test_circles_count_everything_and_lie_inside_their_square() -> None:
    points = [(51.69, 5.30, 3), (51.70, 5.31, 2), (53.22, 6.57, 1)]
    found = gathered(points)
    assert [each.count for each in found] == [5, 1]
    for lat, lon, _count in points:
        assert any(
            south <= lat < north and west <= lon < east
            for (south, west), (north, east) in filter(None, (square(each.key) for each in found))
        )
