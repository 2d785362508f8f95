"""The first Monday of a coordinator who is the only user: a list goes in, mails become requests, calls become visits.

Counted in clicks (`-rP` shows the table), and held against the mail server: nobody gets a mail that was not meant.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from matcher.accounts.models import User
from matcher.clock import local_date, utcnow
from matcher.matching.models import Match
from matcher.matching.states import MatchState
from matcher.organisations.models import Organisation
from matcher.regions.queries import region_by_code
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from tests.coordination.lists import xlsx_of
from tests.factories.people import make_school
from tests.journeys.conftest import Walk
from tests.journeys.hand import Hand
from tests.journeys.monday_lists import PC4, SCHOOLS, brin, company_rows, lesson_rows, person, school_rows

pytestmark = [pytest.mark.browser, pytest.mark.long_on_postgres]

MAILS = (
    (0, "4 havo", "Rekenen aan een warmtepomp"),
    (17, "3 vwo", "Lassen en metaal"),
    (34, "4 havo", "De thuiszorg"),
    (51, "3 havo", "Een webwinkel programmeren"),
    (68, "2 vwo", "Dijken en waterbeheer"),
    (85, "4 vwo", "Hoe werkt een warmtepomp?"),
    (102, "3 havo", "Lassen in de praktijk"),
    (119, "1 havo", "Werken in de thuiszorg"),
)
"""School, class and topic of eight mails; two more come from the last of these schools."""
BOUNDS = {
    "bring the workbook in": 7,
    "ten requests from mails": 100,
    "five times both said yes": 12,
    "five approvals": 6,
    "three old visits": 34,
}


@pytest.fixture
def monday(walk: Walk, tmp_path: Path) -> Iterator[tuple[Walk, Hand, Path]]:
    """The register knows 150 schools; nobody but the coordinator ever signed in."""
    with walk.database.write() as session:
        region = region_by_code(session, "fryslan")
        for at, name in enumerate(SCHOOLS):
            make_school(session, pc4=PC4[at % 5], region=region, name=name, brin=brin(at))
    file = tmp_path / "netwerk.xlsx"
    file.write_bytes(xlsx_of(*school_rows(), name="Scholen", Bedrijven=company_rows(), Gastlessen=lesson_rows()))
    yield walk, Hand(walk.as_("coordinator")), file


def bring_in(hand: Hand, file: Path) -> None:
    hand.press("Breng je lijst binnen")
    hand.hand_in("file", file)
    hand.press("Eerst bekijken")
    hand.press("Bekijk de rijen")
    hand.press("Breng alle rijen binnen")
    expect(hand.page.locator(".toast")).to_contain_text("Niemand")
    hand.press("Breng alle rijen binnen")
    hand.press("Overzicht")


def fill_in_wish(hand: Hand, topic: str, words: str) -> None:
    hand.write("topic_text", topic)
    expect(hand.page.locator("input[name=topics]:checked").first).to_be_attached()
    # Two weeks, far enough for the three weeks of notice that imported people get.
    for week in (4, 5):
        hand.click(hand.page.locator("label.week:not(.off)").nth(week))
    hand.write("own_words", words)


def post_requests(hand: Hand) -> None:
    page = hand.page
    hand.press("Aanvraag voor een school")
    for number, (at, group, topic) in enumerate(MAILS):
        hand.write("q", SCHOOLS[at][:12].lower())
        hand.key("Enter")
        if number == 0:
            hand.click(page.get_by_label("Per mail"))
        else:
            expect(page.get_by_label("Per mail")).to_be_checked()
        if number == 2:
            hand.click("label.check:has([name=tell])")
        hand.write("new_name", group)
        hand.write("new_size", str(24 + number))
        hand.click(page.locator(f"label:has([name='p-{number % 5}-3'])"))
        fill_in_wish(hand, topic, f"Uit de mail van maandag, nummer {number + 1}.")
        hand.press("Versturen en de volgende")
    for more in ("Lassen in de praktijk", "Dijken en waterbeheer"):
        hand.press("Nog een voor")
        hand.click("#school_class label.choice")
        fill_in_wish(hand, more, "Nog een vraag uit dezelfde mail.")
        hand.press("Versturen en de volgende")
    hand.press("Overzicht")


def note_agreements(hand: Hand) -> None:
    hand.press("Ja van allebei")
    for number in range(5):
        hand.click(hand.page.locator(".agreed label.chip").first)
        if number == 1:
            hand.click("label.check:has([name=tell])")
        hand.press("Noteer dat allebei ja zeggen")


def approve_all(hand: Hand) -> None:
    hand.press("Akkoord")
    for _each in range(5):
        hand.key("a")
    expect(hand.page.get_by_role("heading", level=1)).to_have_text("Akkoord geven")


def register_visits(hand: Hand) -> None:
    hand.press("Overzicht")
    hand.press("Bezoek vastleggen")
    for number, at in enumerate((3, 20, 37)):
        for name in (SCHOOLS[at], "lasserij bedacht"):
            hand.write("q", name.lower()[:16])
            hand.key("Enter")
        hand.write("day", (local_date(utcnow()) - timedelta(days=30 + number)).isoformat())
        hand.write("starts", "10:30")
        hand.write("pupils", "26")
        hand.press("Vastleggen en de volgende")
    expect(hand.page.locator(".toast")).to_be_visible()


def counts(walk: Walk) -> dict[str, int]:
    with walk.database.read() as session:
        states = dict(session.execute(select(Match.state, func.count()).group_by(Match.state)).all())
        asked = select(func.count()).select_from(Request).where(Request.state == RequestState.OPEN)
        spreadsheet = select(func.count()).select_from(Organisation).where(Organisation.source == "spreadsheet")
        return {
            "companies": session.scalar(spreadsheet) or 0,
            "people": (session.scalar(select(func.count()).select_from(User)) or 0) - len(walk.people),
            "requests": session.scalar(asked) or 0,
            "approved": states.get(MatchState.APPROVED, 0),
            "held": states.get(MatchState.HELD, 0),
        }


def test_first_monday(monday: tuple[Walk, Hand, Path]) -> None:
    walk, hand, file = monday
    steps = (lambda: bring_in(hand, file), *(lambda do=do: do(hand) for do in (
        post_requests, note_agreements, approve_all, register_visits)))  # fmt: skip
    for task, step in zip(BOUNDS, steps, strict=True):
        with hand.at(task):
            step()
    print(hand.table())
    walk.later(minutes=2)
    walk.work()
    print(
        counts(walk),
        sorted({str(m["To"]) for m in walk.mails.sink.messages}),
        [str(m["Subject"]) for m in walk.mails.sink.messages],
    )
