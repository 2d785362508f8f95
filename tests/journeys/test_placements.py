"""A vacancy for a hybrid teacher in a browser: bridged over two people, and a trial lesson that leads to a start."""

import re
from datetime import date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.queries import user_by_email
from matcher.accounts.states import Role
from matcher.availability.halfdays import HalfDay, mask_of_half_days
from matcher.availability.states import Kind
from matcher.clock import AMSTERDAM, utcnow
from matcher.matching.models import HybridStepTaken, Match, MatchMoment
from matcher.matching.states import HybridStep, MatchState
from matcher.offers.services import refresh_search_key
from matcher.organisations.models import Organisation
from matcher.regions.holidays import school_holidays
from matcher.safeguarding.models import Proof
from matcher.safeguarding.states import ProofType
from matcher.subjects.models import Topic
from matcher.subjects.queries import topics_matching
from tests.factories.matching import make_offer
from tests.factories.people import make_company, make_grant, make_professional, make_user
from tests.journeys.conftest import Walk, link_in
from tests.journeys.test_main_job import calendar_part

pytestmark = [pytest.mark.browser, pytest.mark.long_on_postgres]
TUESDAY, THURSDAY = HalfDay(1, 0), HalfDay(3, 0)
AT_LENGTH = pytest.mark.long
"""Each of the two journeys goes in one language, so that both are walked; in the other one at length."""


def hybrid_people(walk: Walk, language: str, **people: list[HalfDay]) -> None:
    """A leader of the school, and people who want to teach on these half-days; everybody reads this language."""
    with walk.database.write() as session:
        teacher = user_by_email(session, walk.people["teacher"])
        school = session.scalars(select(Organisation).where(Organisation.name == "Het Verzonnen Lyceum")).one()
        assert teacher is not None
        common = {"password_hash": teacher.password_hash, "created_at": utcnow()}
        lead = make_user(session, email="lead@journey.example", name="Lies Leiding", **common)
        make_grant(session, lead, Role.SCHOOL_LEAD, organisation=school)
        for who, half_days in people.items():
            company = make_company(session, pc4="8911", name=f"Bedrijf van {who}")
            values = {"email": f"{who}@journey.example", "name": who.capitalize(), **common}
            person = make_professional(session, company=company, **values)
            hybrid(session, person, company, half_days)
        session.execute(update(User).values(locale=language))
    walk.people |= {who: f"{who}@journey.example" for who in ("lead", *people)}


def hybrid(session: Session, person: User, company: Organisation, half_days: list[HalfDay]) -> None:
    offer = make_offer(
        session,
        person=person,
        company=company,
        kind=Kind.HYBRID_PLACEMENT,
        topics=[session.get_one(Topic, topics_matching(session, "natuurkunde", "nl", 1)[0].id)],
        travel_km=40,
        notice_days=3,
        yearly_cap=None,
        details={"half_day_mask": mask_of_half_days(half_days), "half_days": len(half_days)},
    )
    refresh_search_key(session, offer.id, now=utcnow())


def ask_for_somebody(walk: Walk, first: date, last: date) -> Page:
    """The leader fills in the one page and sees who fits."""
    page = walk.as_("lead")
    page.goto("/requests/new/vacancy")
    page.fill("#topic_text", "natuurkunde")
    expect(page.locator("input[name=topics]:checked").first).to_be_attached()
    page.locator("select[name=level]").select_option("havo")
    for half_day in (TUESDAY, THURSDAY):
        page.locator(f"input[name=half_days_possible][value='{half_day.bit}']").check()
    page.fill("input[name=first]", first.isoformat())
    page.fill("input[name=last]", last.isoformat())
    page.fill("[name=own_words]", "Wie laat 4 havo zien waar natuurkunde goed voor is?")
    page.locator(".submit-bar button[name=go]").click()
    page.wait_for_url(re.compile(r"/requests/\d+$"))
    return page


def says_yes(walk: Walk, who: str) -> Page:
    page = walk.as_(who)
    page.goto(link_in(walk.mails_to(who)[0]))
    page.locator("label.choice").first.click()
    page.locator("form[action$='/accept'] button").click()
    expect(page.locator(".page-head .tag.yes")).to_be_visible()
    return page


def approve(walk: Walk) -> None:
    page = walk.as_("coordinator")
    page.goto("/coordination/approve")
    page.locator("form[action$='/approve'] button:visible").first.click()
    page.wait_for_load_state()


def sent(walk: Walk) -> None:
    walk.later(minutes=2)
    walk.work()


def term() -> tuple[date, date]:
    """Half a year that begins in some weeks, with at least one holiday in it."""
    first = utcnow().date() + timedelta(days=42)
    return first, first + timedelta(days=182)


@pytest.mark.parametrize("language", [pytest.param("nl", marks=AT_LENGTH), "en"])
def test_vacancy_is_bridged_over_two_people(walk: Walk, language: str) -> None:
    hybrid_people(walk, language, anna=[TUESDAY], bram=[THURSDAY])
    first, last = term()
    page = ask_for_somebody(walk, first, last)
    expect(page.locator("#bridges article").first).to_contain_text("Anna")
    page.locator("form[action$='/bridge']", has=page.locator("input[name=offers] + input[name=offers]")).locator(
        "button"
    ).click()
    page.wait_for_load_state()
    sent(walk)
    for who in ("anna", "bram"):
        assert "Lyceum" in walk.mails_to(who)[0]["Subject"]
        says_yes(walk, who)
    approve(walk)
    approve(walk)
    sent(walk)
    page.reload()
    expect(page.locator(".ball.done").first).to_be_visible()
    assert page.locator("html").get_attribute("lang") == language
    (event,) = calendar_part(walk.mails_to("anna")[-1]).walk("VEVENT")
    with walk.database.read() as session:
        school = session.scalars(select(Organisation).where(Organisation.name == "Het Verzonnen Lyceum")).one()
        assert school.holiday_region is not None
        closed = school_holidays(school.holiday_region, first, last)
        states = set(session.scalars(select(Match.state).where(Match.kind == Kind.HYBRID_PLACEMENT)))
    assert states == {MatchState.APPROVED}
    assert event["RRULE"]["FREQ"] == ["WEEKLY"]
    assert event["RRULE"]["BYDAY"] == ["TU"]
    left_out = event["EXDATE"] if isinstance(event["EXDATE"], list) else [event["EXDATE"]]
    without = {moment.dt.date() for each in left_out for moment in each.dts}
    assert {day for day in closed if day.weekday() == 1 and first <= day <= last} <= without | {
        day for day in closed if day < event["DTSTART"].dt.date()
    }


@pytest.mark.parametrize("language", ["nl", pytest.param("en", marks=AT_LENGTH)])
def test_trial_lesson_leads_to_a_start_and_reports(walk: Walk, language: str) -> None:
    hybrid_people(walk, language, anna=[TUESDAY, THURSDAY])
    first, last = term()
    page = ask_for_somebody(walk, first, last)
    page.locator("ul.people > li").first.locator("label.tick").click()
    page.locator("#invite .submit-bar button").click()
    page.wait_for_load_state()
    sent(walk)
    says_yes(walk, "anna")
    approve(walk)
    sent(walk)

    match = give_a_trial_lesson(walk, page)
    assert set(steps(walk, match)) == {HybridStep.TRIAL_LESSON}
    start_with_proof(walk, match, first)

    # After the last day both are asked how it was, and it is complete.
    walk.at(datetime.combine(first + timedelta(days=61), datetime.min.time(), AMSTERDAM))
    walk.work()
    for who in ("lead", "anna"):
        report(walk.as_(who), match.id)
    assert newest(walk, Kind.HYBRID_PLACEMENT).state is MatchState.HELD


def give_a_trial_lesson(walk: Walk, page: Page) -> Match:
    """The leader asks for a lesson with 4Ha; it is given and told, and so the step is taken."""
    page.goto(f"/matches/{newest(walk, Kind.HYBRID_PLACEMENT).id}")
    page.locator("a[href$='/trial-lesson']").click()
    page.locator("#school_class").get_by_text("4Ha", exact=True).click()
    page.locator("input[name=weeks]:not([disabled])").nth(1).check(force=True)
    page.locator("form.ask-form button.btn").click()
    page.wait_for_url(re.compile(r"/matches/\d+$"))
    sent(walk)
    anna = walk.as_("anna")
    anna.goto(link_in(walk.mails_to("anna")[-1]))
    anna.locator("label.choice").first.click()
    anna.locator("form[action$='/accept'] button").click()
    approve(walk)
    lesson = newest(walk, Kind.GUEST_LECTURE)
    walk.at(datetime.fromtimestamp(moment_end(walk, lesson), AMSTERDAM) + timedelta(hours=1))
    for who in ("lead", "anna"):
        report(walk.as_(who), lesson.id)
    return newest(walk, Kind.HYBRID_PLACEMENT)


def start_with_proof(walk: Walk, match: Match, first: date) -> None:
    """No start without the proof; with it the other side hears the first day, and later the last."""
    page = walk.as_("lead")
    page.goto(f"/matches/{match.id}")
    note(page, "started", first.isoformat())
    expect(page.locator(".confirm[open] .error-summary")).to_contain_text("VOG")
    show_proof(walk, match)
    page.goto(f"/matches/{match.id}")
    note(page, "started", first.isoformat())
    expect(page.locator("ol.steps li[aria-current]")).to_be_visible()
    sent(walk)
    assert any(str(first.day) in mail.get_body(("plain",)).get_content() for mail in walk.mails_to("anna")[-2:])  # type: ignore[union-attr]
    note(page, "ended", (first + timedelta(days=60)).isoformat())


def newest(walk: Walk, kind: Kind) -> Match:
    with walk.database.read() as session:
        return session.scalars(select(Match).where(Match.kind == kind).order_by(Match.id.desc()).limit(1)).one()


def steps(walk: Walk, match: Match) -> dict[HybridStep, date]:
    with walk.database.read() as session:
        query = select(HybridStepTaken.step, HybridStepTaken.on_day).where(HybridStepTaken.match_id == match.id)
        return dict(session.execute(query).all())  # type: ignore[arg-type]


def moment_end(walk: Walk, match: Match) -> int:
    with walk.database.read() as session:
        query = select(MatchMoment.end_s).where(MatchMoment.match_id == match.id, MatchMoment.chosen)
        return session.scalars(query).one()


def report(page: Page, match_id: int) -> None:
    page.goto(f"/matches/{match_id}")
    form = page.locator("form[action$='/report']:has(input[name=happened])").first
    form.locator("input[name=happened][value=yes]").check()
    form.locator("input[name=again][value=yes]").check()
    form.locator("button.btn").last.click()
    page.wait_for_load_state()


def note(page: Page, step: str, day: str) -> None:
    form = page.locator(f"form[action$='/steps/{step}']")
    page.locator("details.confirm", has=form).locator("> summary").click()
    form.locator("input[name=on_day]").fill(day)
    form.locator("button:not([data-close])").first.click()
    page.wait_for_load_state()


def show_proof(walk: Walk, match: Match) -> None:
    """What the school's leader does on the page of safety."""
    today = utcnow().date()
    with walk.database.write() as session:
        lead = user_by_email(session, walk.people["lead"])
        school = session.scalars(select(Organisation).where(Organisation.name == "Het Verzonnen Lyceum")).one()
        assert lead is not None
        values = {"user_id": match.professional_id, "board_id": school.parent_id or school.id, "seen_by_id": lead.id}
        days = {"issued_on": today, "valid_until": today + timedelta(days=365), "seen_at": utcnow()}
        session.add(Proof(type=ProofType.VOG, **values, **days))
