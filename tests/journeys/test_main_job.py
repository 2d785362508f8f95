"""The main job in a real browser, mails read back from a real mail server, on both engines."""

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from icalendar import Calendar, Component
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from matcher.accounts.queries import user_by_email
from matcher.matching.models import Match, MatchMoment, VisitReport
from matcher.matching.states import MatchState
from tests.journeys.conftest import Walk, link_in

pytestmark = pytest.mark.browser


def ask_for_a_lesson(walk: Walk) -> Page:
    """The teacher fills in the one page and sees who fits."""
    page = walk.as_("teacher")
    page.get_by_role("link", name="Vraag een gastles").first.click()
    page.locator("#school_class").get_by_text("4Ha", exact=True).click()
    page.fill("#topic_text", "Wie laat 4 havo rekenen aan het rendement van een warmtepomp?")
    expect(page.locator("input[name=topics]:checked").first).to_be_attached()
    weeks = page.locator("input[name=weeks]:not([disabled])")
    for number in (2, 3):
        weeks.nth(number).check(force=True)
    page.fill("[name=own_words]", "We zijn net klaar met het hoofdstuk over vermogen. Wat reken jij op een gewone dag?")
    page.locator("button[name=go]").click()
    page.wait_for_url(re.compile(r"/requests/\d+$"))
    return page


def tick(page: Page, count: int) -> list[str]:
    """The first people on the page, in its order; returns their names."""
    rows = page.locator("ul.people > li")
    names = [rows.nth(number).locator("h3").inner_text() for number in range(count)]
    for number in range(count):
        rows.nth(number).locator("label.tick").click()
    page.locator("#invite .submit-bar button").click()
    page.wait_for_load_state()
    return names


def unfolded(page: Page, verb: str) -> Locator:
    """The form of a verb, after its button was pressed."""
    form = page.locator(f"form[action$='{verb}']")
    page.locator("details.confirm", has=form).locator("summary").click()
    return form


def calendar_part(mail: EmailMessage) -> Calendar:
    part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    return Calendar.from_ical(part.get_content())


def newest_match(walk: Walk, who: str) -> Match:
    with walk.database.read() as session:
        person = user_by_email(session, walk.people[who])
        assert person is not None
        return session.scalars(
            select(Match).where(Match.professional_id == person.id).order_by(Match.id.desc()).limit(1)
        ).one()


def guest_of(name: str) -> str:
    return "guest" + name[-1]


def test_guest_lecture_from_question_to_count(walk: Walk) -> None:
    page = ask_for_a_lesson(walk)
    expect(page.get_by_role("heading", level=1)).to_contain_text("4Ha")
    expect(page.locator("ul.people > li")).to_have_count(5)
    assert page.locator("ul.people .why li").count() >= 5
    names = tick(page, 3)
    expect(page.locator("section[aria-labelledby=asked] li")).to_have_count(3)

    # Nothing leaves before the undo window is over; then all three are asked.
    walk.work()
    assert walk.mails.sink.messages == []
    walk.later(minutes=2)
    walk.work()
    first = guest_of(names[0])
    asked = walk.mails_to(first)
    assert len(asked) == 1
    assert {guest_of(name) for name in names} == {w for w in walk.people if w.startswith("guest") and walk.mails_to(w)}

    # The first says yes to one moment, through the address in the mail.
    guest = walk.as_(first)
    guest.goto(link_in(asked[0]))
    guest.locator("label.choice").first.click()
    guest.locator("form[action$='/accept'] button").click()
    expect(guest.locator(".page-head .tag.yes")).to_be_visible()
    walk.later(minutes=2)
    walk.work()
    tentative = calendar_part(walk.mails_to(first)[-1]).walk("VEVENT")[0]
    assert tentative["STATUS"] == "TENTATIVE"

    match, moment = approve(walk, first, tentative)
    report_and_count(walk, first, match, moment)


def approve(walk: Walk, first: str, tentative: Component) -> tuple[Match, MatchMoment]:
    """The coordinator gives approval; both get a definite invitation for the same hour."""
    coordinator = walk.as_("coordinator")
    coordinator.goto("/coordination/approve")
    coordinator.locator("form[action$='/approve'] button:visible").first.click()
    coordinator.wait_for_load_state()
    walk.later(minutes=2)
    walk.work()
    match = newest_match(walk, first)
    assert match.state is MatchState.APPROVED
    events = []
    for who in ("teacher", first):
        calendar = calendar_part(walk.mails_to(who)[-1])
        assert calendar["METHOD"] == "REQUEST"
        event = calendar.walk("VEVENT")[0]
        assert event["STATUS"] == "CONFIRMED"
        assert event["SEQUENCE"] > tentative["SEQUENCE"]
        assert event["UID"] == tentative["UID"]
        events.append((event["DTSTART"].dt, event["DTEND"].dt))
    with walk.database.read() as session:
        moment = session.scalars(select(MatchMoment).where(MatchMoment.match_id == match.id, MatchMoment.chosen)).one()
    assert {start.astimezone(UTC).timestamp() for start, _ in events} == {moment.start_s}
    assert str(events[0][0].tzinfo) == "Europe/Amsterdam"
    return match, moment


def report_and_count(walk: Walk, first: str, match: Match, moment: MatchMoment) -> None:
    """The day after, both say how it was, and it counts."""
    walk.at(datetime.fromtimestamp(moment.end_s, UTC) + timedelta(hours=20))
    walk.work()
    for who in (first, "teacher"):
        visitor = walk.as_(who)
        visitor.goto(link_in(walk.mails_to(who)[-1]))
        report = visitor.locator("form[action$='/report']")
        report.locator("label", has=visitor.locator("input[name=happened][value=yes]")).click()
        report.locator("label", has=visitor.locator("input[name=again][value=yes]")).click()
        report.locator("input[name=pupils]").fill("27")
        report.locator("input[name=hours]").fill("3")
        report.get_by_role("button").last.click()
        visitor.wait_for_load_state()
    assert newest_match(walk, first).state is MatchState.HELD
    with walk.database.read() as session:
        reports = session.scalars(select(VisitReport).where(VisitReport.match_id == match.id)).all()
    assert [(report.pupils, report.again) for report in reports] == [(27, True), (27, True)]
    figures = walk.as_("coordinator")
    figures.goto("/monitor")
    expect(figures.locator("main")).to_contain_text("27")


@pytest.mark.long_on_postgres
def test_another_moment_a_colleague_and_a_no(walk: Walk) -> None:
    names = tick(ask_for_a_lesson(walk), 4)
    walk.later(minutes=2)
    walk.work()
    first, second, fourth = (guest_of(names[number]) for number in (0, 1, 3))
    assert walk.mails_to(fourth) == []

    # The second cannot, with a reason; once that can no longer be undone, the fourth is asked.
    page = walk.as_(second)
    page.goto(link_in(walk.mails_to(second)[0]))
    dialog = unfolded(page, "/decline")
    dialog.locator("label", has=page.locator("input[value=too_far]")).click()
    dialog.get_by_role("button").first.click()
    expect(page.locator(".page-head .tag.over")).to_be_visible()
    walk.later(minutes=2)
    walk.work()
    walk.later(minutes=2)
    walk.work()
    assert len(walk.mails_to(fourth)) == 1

    # The first suggests another moment; the teacher says yes to it.
    page = walk.as_(first)
    page.goto(link_in(walk.mails_to(first)[0]))
    day = page.locator("label.choice").first.inner_text()
    assert day
    dialog = unfolded(page, "/suggest-moment")
    with walk.database.read() as session:
        asked = session.scalars(
            select(MatchMoment)
            .where(MatchMoment.match_id == newest_match(walk, first).id)
            .order_by(MatchMoment.start_s)
        ).first()
    assert asked is not None
    dialog.locator("input[name=day]").fill(asked.day.isoformat())
    dialog.locator("input[name=starts]").fill("15:30")
    dialog.locator("input[name=ends]").fill("16:20")
    dialog.get_by_role("button").first.click()
    page.wait_for_load_state()
    walk.later(minutes=2)
    walk.work()
    teacher = walk.as_("teacher")
    teacher.goto(link_in(walk.mails_to("teacher")[-1]))
    expect(teacher.locator("main")).to_contain_text("15.30")
    teacher.locator("label.choice:not(:has(input[disabled]))").first.click()
    teacher.locator("form[action$='/accept'] button").click()
    expect(teacher.locator(".page-head .tag.yes")).to_be_visible()


@pytest.mark.long_on_postgres
def test_colleague_takes_over(walk: Walk) -> None:
    page = ask_for_a_lesson(walk)
    row = page.locator("ul.people > li", has_text="Gast Nummer 1")
    row.locator("label.tick").click()
    page.locator("#invite .submit-bar button").click()
    page.wait_for_load_state()
    walk.later(minutes=2)
    walk.work()
    guest = walk.as_("guest1")
    guest.goto(link_in(walk.mails_to("guest1")[0]))
    dialog = unfolded(guest, "/hand-over")
    dialog.locator("select[name=colleague]").select_option(label="Collega Van Een")
    dialog.get_by_role("button").first.click()
    guest.wait_for_load_state()
    walk.later(minutes=2)
    walk.work()
    colleague = walk.as_("colleague")
    colleague.goto(link_in(walk.mails_to("colleague")[0]))
    colleague.locator("label.choice").first.click()
    colleague.locator("form[action$='/accept'] button").click()
    expect(colleague.locator(".page-head .tag.yes")).to_be_visible()
    assert newest_match(walk, "colleague").state is MatchState.ACCEPTED
