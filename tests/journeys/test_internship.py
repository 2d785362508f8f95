"""A teacher's internship in a real browser, from the question to the statement of hours, in both languages."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from matcher.accounts.queries import actor_for, user_by_email
from matcher.accounts.states import Role
from matcher.availability.halfdays import days_of
from matcher.clock import local_date, utcnow
from matcher.matching.models import Match, MatchMoment, VisitReport
from matcher.matching.moments import parts_of
from matcher.matching.states import MatchState
from matcher.offers.place_services import create_place
from matcher.offers.services import open_offer
from matcher.regions.queries import region_by_code
from matcher.subjects.models import Topic
from matcher.subjects.queries import topics_matching
from tests.factories.people import make_company, make_grant, make_user
from tests.journeys.conftest import PASSWORD, Walk, link_in
from tests.journeys.test_main_job import calendar_part, unfolded
from tests.matching.stays import place_input

pytestmark = [pytest.mark.browser, pytest.mark.long_on_postgres]

WORDS = {
    "nl": {"title": "Vraag een docentstage", "fits": "1 plek past bij je docentstage", "approved": "Definitief",
           "line": "Dat zijn 6 dagdelen", "hours": "Urenverklaring", "in_all": "Uren samen"},
    "en": {"title": "Ask for an internship", "fits": "1 place fits your internship", "approved": "Definite",
           "line": "That makes 6 half-days", "hours": "Statement of hours", "in_all": "Hours in all"},
}  # fmt: skip


def offer_a_place(walk: Walk, locale: str) -> None:
    """A company in the same town with a contact and a place for one teacher; both sides read this language."""
    now = utcnow()
    with walk.database.write() as session:
        company = make_company(session, pc4="8911", region=region_by_code(session, "fryslan"), name="Labora Bedacht")
        hashed = walk.app.extensions["matcher_passwords"].hash(PASSWORD)
        email = "contact@journey.example"
        contact = make_user(session, email=email, password_hash=hashed, name="Kees Kontakt", created_at=now)
        make_grant(session, contact, Role.COMPANY_CONTACT, organisation=company)
        teacher = user_by_email(session, walk.people["teacher"])
        assert teacher is not None
        contact.locale = teacher.locale = locale
        topic = session.get_one(Topic, topics_matching(session, "warmtepomp", "nl", 1)[0].id)
        given = place_input(session, company, topic_ids=(topic.id,))
        offer = create_place(session, actor=actor_for(session, contact.id), given=given, now=now)
        open_offer(session, actor=actor_for(session, contact.id), offer_id=offer.id, now=now)
    walk.people["contact"] = email
    walk.locale = "nl-NL" if locale == "nl" else "en-GB"


def ask(walk: Walk, words: dict[str, str]) -> Page:
    """Three whole days within a month, three weeks from now; the company is ticked."""
    page = walk.as_("teacher")
    page.goto("/requests")
    page.get_by_role("link", name=words["title"]).first.click()
    page.wait_for_url("**/requests/new/internship")
    expect(page.get_by_role("heading", level=1)).to_have_text(words["title"])
    page.fill("#topic_text", "warmtepomp")
    expect(page.locator("input[name=topics]:checked").first).to_be_attached()
    page.fill("[name=learning_goal]", "Weten wat een monteur op een dag doet.")
    first = local_date(utcnow()) + timedelta(weeks=3)
    page.fill("[name=first]", first.isoformat())
    page.fill("[name=last]", (first + timedelta(weeks=5)).isoformat())
    page.locator("[name=holidays]").check()
    expect(page.locator("#days-line")).to_contain_text(words["line"])
    page.fill("[name=leader]", "Tess Leider")
    page.locator("[name=leave_given]").check()
    page.locator(".submit-bar button[name=go]").click()
    page.wait_for_url(re.compile(r"/requests/\d+$"))
    expect(page.locator("#fits")).to_have_text(words["fits"])
    expect(page.locator("ul.people > li")).to_contain_text("Labora Bedacht")
    page.locator("ul.people label.tick").click()
    page.locator("#invite .submit-bar button").click()
    page.wait_for_load_state()
    walk.later(minutes=2)
    walk.work()
    return page


def the_match(walk: Walk) -> tuple[Match, MatchMoment | None]:
    with walk.database.read() as session:
        match = session.scalars(select(Match)).one()
        chosen = select(MatchMoment).where(MatchMoment.match_id == match.id, MatchMoment.chosen)
        return match, session.scalars(chosen).one_or_none()


def accept_a_plan(walk: Walk) -> None:
    company = walk.as_("contact")
    company.goto(link_in(walk.mails_to("contact")[0]))
    company.locator("label.choice").first.click()
    company.locator("form[action$='/accept'] button").click()
    expect(company.locator(".page-head .tag.yes")).to_be_visible()


def agree_on_other_days(walk: Walk) -> None:
    """The company ticks three whole days itself; the teacher says yes to them."""
    company = walk.as_("contact")
    company.goto(link_in(walk.mails_to("contact")[0]))
    form = unfolded(company, "/suggest-moment")
    for row in (0, 1, 2):
        boxes = form.locator("tbody tr").nth(row + 1).locator("td").nth(2).locator("input")
        expect(boxes).to_have_count(2)
        for number in (0, 1):
            boxes.nth(number).check()
    form.locator("button:not([data-close])").first.click()
    company.wait_for_load_state()
    walk.later(minutes=2)
    walk.work()
    teacher = walk.as_("teacher")
    teacher.goto(link_in(walk.mails_to("teacher")[-1]))
    teacher.locator("label.choice:not(:has(input[disabled]))").first.click()
    teacher.locator("form[action$='/accept'] button").click()
    expect(teacher.locator(".page-head .tag.yes")).to_be_visible()


def approve(walk: Walk, words: dict[str, str]) -> MatchMoment:
    """Both get one invitation that holds the three days."""
    coordinator = walk.as_("coordinator")
    coordinator.goto("/coordination/approve")
    coordinator.locator("form[action$='/approve'] button:visible").first.click()
    coordinator.wait_for_load_state()
    walk.later(minutes=2)
    walk.work()
    match, moment = the_match(walk)
    assert match.state is MatchState.APPROVED
    assert moment is not None
    days = days_of(parts_of(moment))
    assert len(days) == 3
    for who in ("teacher", "contact"):
        mail = walk.mails_to(who)[-1]
        assert words["approved"] in str(mail["Subject"])
        events = calendar_part(mail).walk("VEVENT")
        assert {event["STATUS"] for event in events} == {"CONFIRMED"}
        assert events[0]["RRULE"]["FREQ"] == ["WEEKLY"]
        assert events[0]["DTSTART"].dt.timestamp() == days[0][0]
    return moment


def report(walk: Walk, moment: MatchMoment, words: dict[str, str]) -> None:
    """The last half-day did not take place; both say so, and the statement counts the rest."""
    walk.at(datetime.fromtimestamp(moment.end_s, UTC) + timedelta(hours=20))
    before = len(walk.mails.sink.messages)
    for _round in range(3):
        walk.work()
        walk.later(minutes=2)
    assert len(walk.mails.sink.messages) == before + 2
    for who in ("contact", "teacher"):
        page = walk.as_(who)
        page.goto(link_in(walk.mails_to(who)[-1]))
        form = page.locator("form[action$='/report']")
        form.locator("label", has=page.locator("input[name=happened][value=yes]")).click()
        form.locator("label", has=page.locator("input[name=days]")).last.click()
        form.get_by_role("button").last.click()
        page.wait_for_load_state()
    match, _moment = the_match(walk)
    assert match.state is MatchState.HELD
    with walk.database.read() as session:
        reports = session.scalars(select(VisitReport).where(VisitReport.match_id == match.id)).all()
        assert [(each.hours, len(each.parts)) for each in reports] == [(20, 5), (20, 5)]
    page = walk.as_("teacher")
    page.goto(f"/matches/{match.id}")
    page.get_by_role("link", name=words["hours"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["hours"])
    expect(page.locator("main")).to_contain_text(words["in_all"])
    expect(page.locator("main")).to_contain_text("20")
    expect(page.locator("tbody tr")).to_have_count(3)


@pytest.mark.parametrize("locale", ["nl", pytest.param("en", marks=pytest.mark.long)])
def test_internship_from_question_to_statement_of_hours(walk: Walk, locale: str) -> None:
    words = WORDS[locale]
    offer_a_place(walk, locale)
    ask(walk, words)
    if locale == "nl":
        accept_a_plan(walk)
    else:
        agree_on_other_days(walk)
    report(walk, approve(walk, words), words)
