"""The first Monday of a coordinator who is the only user: a list goes in, mails become requests, calls become visits.

Counted in clicks (`-rP` shows the table), and held against the mail server: nobody gets a mail that was not meant.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from matcher.accounts.models import User
from matcher.clock import local_date, utcnow
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match
from matcher.matching.states import MatchState
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.regions.queries import region_by_code
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from tests.coordination.lists import xlsx_of
from tests.factories.people import make_school
from tests.journeys.conftest import Walk
from tests.journeys.hand import Hand
from tests.journeys.monday_lists import PC4, SCHOOLS, brin, company_rows, lesson_rows, school_rows

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
MORE_OF_THE_LAST = ("Lassen in de praktijk", "Dijken en waterbeheer")
WANTS_MAILS = 2
"""The teacher of this mail asked to hear of it, and so did the guest of the agreement before it."""
BOUNDS = {
    "a workbook of 450 rows and 40 lessons": 10,
    "ten requests from mails": 98,
    "five times both said yes": 12,
    "five approvals": 6,
    "three old visits": 26,
}


@pytest.fixture
def hand(walk: Walk) -> Hand:
    """The register knows 150 schools; of all people the coordinator alone signs in."""
    with walk.database.write() as session:
        region = region_by_code(session, "fryslan")
        for at, name in enumerate(SCHOOLS):
            make_school(session, pc4=PC4[at % 5], region=region, name=name, brin=brin(at))
    return Hand(walk.as_("coordinator"))


def workbook(folder: Path, **company: str) -> Path:
    file = folder / "netwerk.xlsx"
    companies = company_rows(**company)
    file.write_bytes(xlsx_of(*school_rows(), name="Scholen", Bedrijven=companies, Gastlessen=lesson_rows()))
    return file


def bring_in(hand: Hand, folder: Path) -> None:
    """First with a wrong row, which holds everything back; then as it was put right, its columns known by now."""
    hand.press("Breng je lijst binnen")
    hand.hand_in("file", workbook(folder, kvk_of_first="12"))
    hand.press("Eerst bekijken")
    hand.press("Bekijk de rijen")
    expect(hand.page.locator(".error-summary")).to_contain_text("niets")
    expect(hand.page.locator("tbody tr").first).to_contain_text("Bedrijven 2")
    hand.press("Breng je lijst binnen")
    hand.hand_in("file", workbook(folder))
    hand.press("Eerst bekijken")
    hand.press("Breng alle rijen binnen")
    expect(hand.page.locator(".toast")).to_contain_text("Niemand krijgt een mail")
    hand.press("Breng alle rijen binnen")
    hand.press("Overzicht")


def fill_in_wish(hand: Hand, topic: str, words: str) -> None:
    hand.write("topic_text", topic)
    expect(hand.page.locator("input[name=topics]:checked").first).to_be_attached()
    # Two weeks, beyond the three weeks of notice that imported people get.
    for week in (4, 5):
        hand.click(hand.page.locator("label.week:not(.off)").nth(week))
    hand.write("own_words", words)


def post_requests(hand: Hand) -> None:
    hand.press("Aanvraag voor een school")
    for number, (at, group, topic) in enumerate(MAILS):
        hand.find(SCHOOLS[at][:12])
        if number == 0:
            hand.click(hand.page.get_by_label("Per mail"))
        expect(hand.page.get_by_label("Per mail")).to_be_checked()
        if number == WANTS_MAILS:
            hand.click("label.check:has([name=tell])")
        hand.write("new_name", group)
        hand.write("new_size", str(24 + number))
        hand.click(f"label:has([name='p-{number % 5}-3'])")
        fill_in_wish(hand, topic, f"Uit de mail van maandag, nummer {number + 1}.")
        hand.press("Versturen en de volgende")
    for topic in MORE_OF_THE_LAST:
        hand.press("Nog een voor")
        hand.click("#school_class label.choice")
        fill_in_wish(hand, topic, "Nog een vraag uit dezelfde mail.")
        hand.press("Versturen en de volgende")
    hand.press("Overzicht")


def note_agreements(hand: Hand) -> None:
    hand.press("Ja van allebei")
    for number in range(5):
        hand.click(".agreed label.chip")
        if number == WANTS_MAILS - 1:
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
        hand.find(SCHOOLS[at][:12])
        hand.find("lasserij bedacht")
        hand.write("day", (local_date(utcnow()) - timedelta(days=30 + number)).isoformat())
        hand.write("starts", "10:30")
        hand.write("pupils", "26")
        hand.press("Vastleggen en de volgende")
        expect(hand.page.locator(".toast")).to_contain_text("niemand kreeg een bericht")


def what_is_there(walk: Walk) -> dict[str, int]:
    with walk.database.read() as session:
        assert broken_promises(session) == []
        states = dict(session.execute(select(Match.state, func.count()).group_by(Match.state)).all())
        imported = Organisation.source == "spreadsheet"
        counted = {
            "companies": select(func.count()).select_from(Organisation).where(imported),
            "lessons": select(func.count()).select_from(Offer).where(Offer.on_behalf_by_id.is_not(None)),
            "requests": select(func.count()).select_from(Request).where(Request.state == RequestState.OPEN),
            "people": select(func.count()).select_from(User).where(User.password_hash.is_(None)),
        }
        found = {name: session.scalar(query) or 0 for name, query in counted.items()}
    return found | {"approved": states.get(MatchState.APPROVED, 0), "held": states.get(MatchState.HELD, 0)}


def test_first_monday(walk: Walk, hand: Hand, tmp_path: Path) -> None:
    steps = (lambda: bring_in(hand, tmp_path), *(lambda do=do: do(hand) for do in (
        post_requests, note_agreements, approve_all, register_visits)))  # fmt: skip
    for task, step in zip(BOUNDS, steps, strict=True):
        with hand.at(task):
            step()
    print(hand.table())
    assert {task: hand.total(task) for task in BOUNDS if hand.total(task) > BOUNDS[task]} == {}
    assert what_is_there(walk) == {
        "companies": 300, "people": 423, "lessons": 40, "requests": 10, "approved": 5, "held": 3
    }  # fmt: skip
    walk.later(minutes=2)
    walk.work()
    walk.later(days=1)
    walk.work()
    with walk.database.read() as session:
        guest = session.scalars(
            select(User.email).join(Match, Match.visitor_id == User.id).join(Request, Request.id == Match.request_id)
            .where(Match.state == MatchState.APPROVED).order_by(Request.id).offset(WANTS_MAILS - 1).limit(1)
        ).one()  # fmt: skip
    at = MAILS[WANTS_MAILS][0]
    got = {(mail["To"].addresses[0].addr_spec.lower(), str(mail["Subject"])[:10]) for mail in walk.mails.sink.messages}
    assert got == {(guest, "Definitief"), (f"docent{at}@school{at}.example", "Definitief")}
    assert len(walk.mails.sink.messages) == 2
