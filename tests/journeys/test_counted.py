"""The main job of every role, counted on a phone in Dutch; on a desktop and in English when it is named (`-m long`).
Where they begin, nothing on the page moves by itself.

`-rP` prints the table of docs/journeys.md. The document holds the bound: a job may become shorter, never longer.
"""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from matcher.accounts.models import User
from matcher.accounts.states import Role
from matcher.clock import utcnow
from matcher.matching.models import Match
from matcher.matching.states import MatchState
from matcher.organisations.models import Organisation
from tests.factories.people import make_grant, make_user
from tests.journeys.conftest import PASSWORD, Walk, link_in
from tests.journeys.counted import Ledger, Person, written_down
from tests.journeys.shift import MOST, moved_on, moved_when_pushed

pytestmark = [pytest.mark.browser, pytest.mark.long_on_postgres]
expect.set_options(timeout=20_000)
PHONE, DESKTOP = (360, 800), (1280, 900)
TWO_MINUTES = 120
"""What the page on which somebody makes an account promises."""
REGISTERING = {("teacher", "register and join a school"), ("professional", "register and join a company")}
TOPIC, WORDS = "warmtepomp", "Wat reken jij op een gewone dag?"


@pytest.fixture
def staff(walk: Walk) -> Walk:
    """Beside the people of every journey: a school leader, a company's contact, an administrator, a new teacher."""
    with walk.database.write() as session:
        hashed, now = walk.app.extensions["matcher_passwords"].hash(PASSWORD), utcnow()
        places = {place.name: place for place in session.scalars(select(Organisation))}
        school, company = places["Het Verzonnen Lyceum"], places["Warm Bedacht 1"]
        roles = (
            ("lead", Role.SCHOOL_LEAD, school, True),
            ("contact", Role.COMPANY_CONTACT, company, True),
            ("administrator", Role.ADMINISTRATOR, None, True),
            ("newcomer", Role.TEACHER, school, False),
        )
        for who, role, place, confirmed in roles:
            person = make_user(session, email=f"{who}@journey.example", name=f"Persoon {who.title()}",
                               password_hash=hashed, created_at=now)  # fmt: skip
            make_grant(session, person, role, organisation=place, confirmed=confirmed)
            walk.people[who] = person.email
    return walk


@pytest.mark.parametrize(
    ("size", "language"),
    [
        pytest.param(PHONE, "nl", id="phone-nl"),
        pytest.param(PHONE, "en", id="phone-en", marks=pytest.mark.long),
        pytest.param(DESKTOP, "nl", id="desktop-nl", marks=pytest.mark.long),
        pytest.param(DESKTOP, "en", id="desktop-en", marks=pytest.mark.long),
    ],
)
def test_no_main_job_takes_more_than_is_written_down(staff: Walk, size: tuple[int, int], language: str) -> None:
    with staff.database.write() as session:
        session.execute(update(User).values(locale=language))
    staff.locale = {"nl": "nl-NL", "en": "en-GB"}[language]
    ledger = Ledger()
    jobs = (newcomers_register, school_asks, guests_answer, region_decides, school_goes_on, company_offers, all_is_kept)
    for walked in jobs:
        walked(staff, ledger, size)
    print(f"{size[0]} px, {language}\n{ledger.table()}")
    written = written_down()
    assert ledger.counts.keys() == written.keys()
    assert all(ledger.counts[job].seconds < TWO_MINUTES for job in REGISTERING)
    grown = {job: (found, written[job]) for job, found in ledger.counts.items() if found.grown_beyond(written[job])}
    assert not grown
    nothing_moves_by_itself(staff, size)


def here(staff: Walk, who: str, size: tuple[int, int], path: str = "/dashboard") -> Page:
    page = staff.as_(who)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(path)
    return page


def newcomers_register(staff: Walk, ledger: Ledger, size: tuple[int, int]) -> None:
    """From the home page to the place where somebody works, with one mail on the way. The words are of usual length."""
    for role, job, start, place in (
        ("teacher", "register and join a school", "teacher", "lyceum"),
        ("professional", "register and join a company", "company", "warm bedacht 3"),
    ):
        who = f"new_{role}"
        staff.people[who] = f"{role}.nieuw@school-of-bedrijf.example"
        page = newcomer(staff, size)
        with ledger.of(role, job, page) as person:
            person.tap(f"main a[href$='/accounts/register?start={start}']", leaves=True)
            person.write("name", "Nieuwe Collega")
            person.write("email", staff.people[who])
            person.write("password", PASSWORD)
            person.tap("form:has([name=password]) .btn-row button", leaves=True)
            staff.work()
            person.follow(link_in(staff.mails_to(who)[-1]))
            person.tap("main form button", leaves=True)
            person.find(place)
            person.tap("main a[href*='/join']", leaves=True)
            if role == "professional":
                person.tap("label.choice:has([name=role][value=professional])")
            person.tap("main form:has([name=nonce]) .btn-row button", leaves=True)
        expect(page.locator(".toast")).to_be_visible()
        page.context.close()


def newcomer(staff: Walk, size: tuple[int, int]) -> Page:
    """Somebody who was never here."""
    context = staff.browser.new_context(
        base_url=staff.base, locale=staff.locale, viewport={"width": size[0], "height": size[1]}
    )
    page = context.new_page()
    page.goto("/")
    return page


def school_asks(staff: Walk, ledger: Ledger, size: tuple[int, int]) -> None:
    """From the first page to three people who were asked; the draft keeps itself on the way."""
    page = here(staff, "teacher", size)
    with ledger.of("teacher", "ask for a guest lecture and invite three people", page) as person:
        person.tap("main a[href$='/requests/new/guest-lecture']", leaves=True)
        person.tap("#school_class label.choice")
        person.write("topic_text", TOPIC)
        expect(page.locator("input[name=topics]:checked").first).to_be_attached()
        for week in (3, 4):
            person.tap(page.locator("label.week:not(.off)").nth(week))
        person.write("own_words", WORDS)
        expect(page.locator(".along-people label.tick")).to_have_count(5)
        expect(page.locator("[data-part=kept]")).not_to_be_empty()
        for row in range(3):
            person.tap(page.locator(".along-people label.tick").nth(row))
        person.tap("aside button[name=go]", leaves=True)
    page.wait_for_url(re.compile(r"/requests/\d+$"))
    expect(page.locator("section[aria-labelledby=asked] li")).to_have_count(3)
    staff.later(minutes=2)
    staff.work()


def answer_link(staff: Walk, who: str, *, moment: bool = False) -> str:
    """The first address in the newest letter that answers without signing in; `moment`: that of the first moment which
    the letter names."""
    body = staff.mails_to(who)[-1].get_body(("html",))
    assert body is not None
    found = re.search(
        r'https?://[^/\s"]+(/answer/[^\s?"]+%s)' % (r"\?moment=\d+" if moment else ""), body.get_content()
    )
    assert found is not None
    return found[1]


def guests_answer(staff: Walk, ledger: Ledger, size: tuple[int, int]) -> None:
    """Three people with the same question: yes, no, and a colleague who takes over. Nobody signs in."""
    asked = [who for who in staff.people if who.startswith("guest") and staff.mails_to(who)]
    assert "guest1" in asked, "whoever has a colleague is among the first"
    asked = sorted(asked, key=lambda who: who == "guest1")
    jobs = (
        ("say yes to one moment, from the mail", _say_yes, True),
        ("say no, from the mail", _say_no, False),
        ("hand over to a colleague, from the mail", _hand_over, False),
    )
    for who, (job, answer, moment) in zip(asked, jobs, strict=True):
        page = here(staff, who, size, "/help")
        page.context.clear_cookies()
        with ledger.of("professional", job, page) as person:
            answer(person, answer_link(staff, who, moment=moment), size)
        expect(page.locator("main .facts").first).to_be_visible()
    page = here(staff, "guest5", size)
    with ledger.of("professional", "start from a ready-made week", page) as person:
        if size == PHONE:
            person.tap("header summary")
        person.tap("header a[href='/availability']", leaves=True)
        person.tap("button[name=preset]", leaves=True)
    expect(page.locator(".toast")).to_be_visible()


def _say_yes(person: Person, address: str, size: tuple[int, int]) -> None:
    person.follow(address)
    button = person.page.locator("form:has([name=answer][value=accept]) button")
    box = button.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= size[1], "the question, the moments and the yes stand on one screen"
    expect(person.page.locator("form:has([name=answer][value=accept]) input[name=moment]:checked")).to_have_count(1)
    person.tap(button, leaves=True)


def _say_no(person: Person, address: str, size: tuple[int, int]) -> None:
    person.follow(address + "?answer=no")
    person.tap(person.page.locator("label:has(input[value=no_time])"))
    person.tap("form:has([name=answer][value=decline]) button", leaves=True)


def _hand_over(person: Person, address: str, size: tuple[int, int]) -> None:
    person.follow(address + "?answer=colleague")
    person.click("select[name=colleague]")
    person.page.locator("select[name=colleague]").select_option(label="Collega Van Een")
    person.tap("form:has([name=answer][value=hand_over]) button", leaves=True)


def region_decides(staff: Walk, ledger: Ledger, size: tuple[int, int]) -> None:
    page = here(staff, "coordinator", size, "/coordination")
    with ledger.of("coordinator", "approve what both sides agreed", page) as person:
        person.tap("main a[href^='/coordination/approve']", leaves=True)
        person.tap("form[action$='/approve'] button[data-key=a]", leaves=True)
    staff.later(minutes=2)
    staff.work()
    with staff.database.read() as session:
        agreed = session.scalars(select(Match.id).where(Match.state == MatchState.APPROVED)).one()
    page = here(staff, "coordinator", size, "/coordination")
    with ledger.of("coordinator", "note the plan for the day that somebody told by phone", page) as person:
        person.follow(f"/matches/{agreed}")
        person.tap("#runbook details:has([name=behalf][value=school]) summary")
        person.write("room", "Lokaal 12")
        person.tap("#runbook form:has([name=behalf][value=school]) button", leaves=True)
    expect(page.locator("#runbook")).to_contain_text("Lokaal 12")


def school_goes_on(staff: Walk, ledger: Ledger, size: tuple[int, int]) -> None:
    page = here(staff, "teacher", size, "/requests")
    with ledger.of("teacher", "ask an earlier request once more", page) as person:
        person.tap("main a.row-link[href^='/requests/']", leaves=True)
        person.tap("form[action$='/copy'] button", leaves=True)
        person.tap(page.locator("label.week:not(.off)").nth(6))
        expect(page.locator(".along-people label.tick").first).to_be_visible()
        person.tap(".along-people label.tick")
        person.tap("aside button[name=go]", leaves=True)
    expect(page.locator("section[aria-labelledby=asked] li")).to_have_count(1)
    page = here(staff, "lead", size)
    with ledger.of("school leader", "confirm a new colleague", page) as person:
        person.tap("main a[href^='/organisations/']", leaves=True)
        person.tap("form[action$='/confirm'] button", leaves=True)
    expect(page.locator(".toast")).to_be_visible()


def company_offers(staff: Walk, ledger: Ledger, size: tuple[int, int]) -> None:
    page = here(staff, "contact", size, "/offers")
    with ledger.of("company contact", "offer an internship place for teachers", page) as person:
        person.tap("main a[href*='internship']", leaves=True)
        person.write("title", "Een dag mee met de monteur")
        person.write("description", "Je gaat mee naar klanten en ziet wat er komt kijken.")
        person.write("topic_text", TOPIC)
        expect(page.locator("input[name=topics]:checked").first).to_be_attached()
        for half_day in (0, 1):
            person.tap(page.locator("label:has([name=half_days])").nth(half_day))
        person.tap("button[name=go]", leaves=True)
    expect(page.locator(".toast")).to_be_visible()


def all_is_kept(staff: Walk, ledger: Ledger, size: tuple[int, int]) -> None:
    page = here(staff, "administrator", size)
    with ledger.of("administrator", "see whether everything runs", page) as person:
        person.tap("main a[href='/status']", leaves=True)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def nothing_moves_by_itself(staff: Walk, size: tuple[int, int]) -> None:
    """The first page, a draft with who fits beside it, candidates, one's own time."""
    teacher, page = staff.pages["teacher"], newcomer(staff, size)
    asked = teacher.url
    teacher.goto("/requests/new/guest-lecture")
    teacher.fill("[name=topic_text]", TOPIC)
    expect(teacher).to_have_url(re.compile(r"/requests/\d+/edit$"))
    found = {
        "home": moved_on(page, "/"),
        "draft": moved_on(teacher, teacher.url, until="[data-part=people] section"),
        "candidates": moved_on(teacher, asked),
        "my time": moved_on(staff.pages["guest5"], "/availability"),
    }
    assert {name: much for name, much in found.items() if much >= MOST} == {}
    assert moved_when_pushed(page) >= MOST
    page.context.close()
