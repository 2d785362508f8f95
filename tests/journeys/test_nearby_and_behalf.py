"""A professional finds a request nearby and the school says yes; a coordinator writes down what was said by phone."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from matcher.matching.models import Match
from matcher.matching.states import MatchState
from matcher.notices.models import Outbox
from tests.journeys.conftest import Walk, link_in
from tests.journeys.test_main_job import ask_for_a_lesson, newest_match

pytestmark = [pytest.mark.browser, pytest.mark.long_on_postgres]


def approved(walk: Walk) -> None:
    page = walk.as_("coordinator")
    page.goto("/coordination/approve")
    page.locator("form[action$='/approve'] button:visible").first.click()
    page.wait_for_load_state()


def test_professional_comes_forward_and_the_school_says_yes(walk: Walk) -> None:
    ask_for_a_lesson(walk)
    guest = walk.as_("guest2")
    guest.get_by_role("link", name=re.compile("Open aanvragen|Open requests")).first.click()
    row = guest.locator("ul.people > li").first
    expect(row).to_contain_text("Het Verzonnen Lyceum")
    row.locator("details.confirm > summary").click()
    row.locator("form[action$='/come-forward'] button").first.click()
    guest.wait_for_url(re.compile(r"/matches/\d+$"))
    walk.later(minutes=2)
    walk.work()
    assert {who for who in walk.people if walk.mails_to(who)} == {"teacher"}
    teacher = walk.as_("teacher")
    teacher.goto(link_in(walk.mails_to("teacher")[0]))
    teacher.locator("label.choice").first.click()
    teacher.locator("form[action$='/accept'] button").click()
    expect(teacher.locator(".page-head .tag.yes")).to_be_visible()
    approved(walk)
    assert newest_match(walk, "guest2").state is MatchState.APPROVED


def post_for_the_teacher(walk: Walk) -> Page:
    page = walk.as_("coordinator")
    page.goto("/requests/new/guest-lecture?q=verzonnen")
    page.get_by_role("link", name="Het Verzonnen Lyceum").first.click()
    page.locator("select[name=asked_by]").select_option(label="Fenna de Vries")
    page.locator("#school_class").get_by_text("4Ha", exact=True).click()
    page.fill("#topic_text", "Rekenen aan een warmtepomp")
    expect(page.locator("input[name=topics]:checked").first).to_be_attached()
    page.locator("input[name=weeks]:not([disabled])").nth(2).check(force=True)
    page.fill("[name=own_words]", "Belde maandag: iets met vermogen, liefst voor kerst.")
    page.locator("button[name=go]").click()
    page.wait_for_url(re.compile(r"/requests/\d+$"))
    return page


def test_coordinator_posts_and_notes_a_yes_and_nobody_gets_a_mail_not_meant(walk: Walk) -> None:
    page = post_for_the_teacher(walk)
    page.locator("ul.people > li", has_text="Gast Nummer 3").locator("label.tick").click()
    page.locator("#invite .submit-bar button").click()
    page.wait_for_load_state()
    match = newest_match(walk, "guest3")
    page.goto(f"/matches/{match.id}")
    page.locator("details.more", has=page.locator("input[name=behalf][value=company]")).locator("> summary").click()
    form = page.locator("form[action$='/accept']", has=page.locator("input[name=behalf]"))
    page.locator("details.confirm", has=form).locator("> summary").click()
    form.locator("label.choice").first.click()
    form.locator("button:not([data-close])").first.click()
    expect(page.locator(".page-head .tag.yes")).to_be_visible()
    approved(walk)
    walk.later(minutes=2)
    walk.work()
    with walk.database.read() as session:
        state, by_id = session.execute(select(Match.state, Match.approved_by_id).where(Match.id == match.id)).one()
        inbox = session.scalars(select(Outbox.template).where(Outbox.address == walk.people["teacher"])).all()
    assert state is MatchState.APPROVED
    assert by_id is not None
    assert "matching/approved" in inbox
    assert walk.mails.sink.messages == []
