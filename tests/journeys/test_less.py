"""The main job of each role with the keyboard alone, and in a browser without scripts."""

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from matcher.accounts.models import Grant, User
from matcher.accounts.queries import user_by_email
from matcher.accounts.states import Role
from matcher.matching.models import Match
from matcher.matching.states import MatchState
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from tests.factories.people import make_grant, make_user
from tests.journeys.conftest import Walk, link_in
from tests.journeys.ways import WAYS, Way, way_for

pytestmark = [pytest.mark.browser, pytest.mark.long_on_postgres, pytest.mark.parametrize("name", WAYS)]


def ask(way: Way) -> None:
    """The teacher asks in one page and invites the first two."""
    way.sign_in("teacher")
    way.press("main a[href*='/requests/new/guest-lecture']")
    way.choose("[name=school_class]:not([value=new])")
    way.write("topic_text", "rekenen aan een warmtepomp")
    weeks = way.page.locator("[name=weeks]:not([disabled])")
    for value in [weeks.nth(number).get_attribute("value") for number in (2, 3)]:
        way.choose(f"[name=weeks][value='{value}']")
    way.write("own_words", "We zijn net klaar met vermogen. Wat reken jij op een gewone dag?")
    way.press("[name=go]")
    expect(way.page.locator("ul.people > li")).to_have_count(5)
    for number in (1, 2):
        way.choose(f"ul.people > li:nth-child({number}) [name=offers]")
    way.press("#invite .submit-bar button")
    expect(way.page.locator("section[aria-labelledby=asked] li")).to_have_count(2)


def asked(walk: Walk) -> list[str]:
    """Who got the question, after the minute in which it can be taken back."""
    walk.later(minutes=2)
    walk.work()
    return [who for who in walk.people if who.startswith("guest") and walk.mails_to(who)]


def states(walk: Walk) -> dict[str, MatchState]:
    with walk.database.read() as session:
        rows = session.execute(select(User.email, Match.state).join(Match, Match.professional_id == User.id))
        return {email.partition("@")[0]: state for email, state in rows}


def test_teacher_asks_guests_answer_and_coordinator_approves(walk: Walk, browser: Browser, name: str) -> None:
    teacher = way_for(walk, browser, name)
    ask(teacher)
    teacher.close()
    first, second = asked(walk)

    guest = way_for(walk, browser, name)
    guest.sign_in(first)
    guest.go(link_in(walk.mails_to(first)[0]))
    guest.choose("[name=moment]")
    guest.press("form[action$='/accept'] button")
    expect(guest.page.locator(".page-head .tag.yes")).to_be_visible()
    guest.close()

    other = way_for(walk, browser, name)
    other.sign_in(second)
    other.go(link_in(walk.mails_to(second)[0]))
    other.unfold("details.confirm:has(form[action$='/decline']) > summary")
    other.choose("form[action$='/decline'] [value=too_far]")
    other.press("form[action$='/decline'] .btn-row button:not([type=button])")
    expect(other.page.locator(".page-head .tag.over")).to_be_visible()
    other.close()

    walk.later(minutes=2)
    coordinator = way_for(walk, browser, name)
    coordinator.sign_in("coordinator")
    coordinator.go("/coordination/approve")
    if coordinator.page.locator("form[action$='/approve']").locator("visible=true").count() == 0:
        coordinator.press(".queue a")
    coordinator.press(".consequence .btn-row > form[action$='/approve'] button")
    coordinator.close()
    assert states(walk) == {first: MatchState.APPROVED, second: MatchState.DECLINED}


def test_somebody_makes_an_account_and_joins_a_school(walk: Walk, browser: Browser, name: str) -> None:
    way = way_for(walk, browser, name)
    way.go("/accounts/register")
    way.press("form:has([name=start]) .btn-row button")
    summary = way.page.locator(".error-summary")
    expect(summary).to_be_visible()
    assert summary.get_attribute("role") == "alert"
    expect(summary).to_be_focused()
    way.choose("[name=start][value=teacher]")
    way.write("name", "Nieuwe Docent")
    way.write("email", "nieuw@journey.example")
    way.write("password", "nog een heel lang wachtwoord")
    way.press("form:has([name=start]) .btn-row button")
    walk.people["new"] = "nieuw@journey.example"
    walk.work()
    way.go(link_in(walk.mails_to("new")[0]))
    way.press("main form button")
    way.write("q", "Verzonnen")
    way.press("form[role=search] button")
    way.press("main a[href*='/join']")
    way.press("main form:has([name=nonce]) button")
    with walk.database.read() as session:
        person = user_by_email(session, walk.people["new"])
        assert person is not None
        assert session.scalars(select(Grant.role).where(Grant.user_id == person.id)).all() == [Role.TEACHER]
    way.close()


def test_leader_confirms_a_teacher_and_a_company_offers_a_place(walk: Walk, browser: Browser, name: str) -> None:
    hashed = walk.app.extensions["matcher_passwords"].hash("een heel lang wachtwoord")
    with walk.database.write() as session:
        school, company = (session.scalars(select(Organisation).where(Organisation.name.like(like))).first()
                           for like in ("Het Verzonnen%", "Warm Bedacht%"))  # fmt: skip
        waiting = make_user(session, name="Wacht Even")
        make_grant(session, waiting, Role.TEACHER, organisation=school, confirmed=False)
        for who, role, place in (("lead", Role.SCHOOL_LEAD, school), ("contact", Role.COMPANY_CONTACT, company)):
            user = make_user(session, name=f"De {who}", email=f"{who}@journey.example", password_hash=hashed)
            make_grant(session, user, role, organisation=place)
            walk.people[who] = user.email
        school_id, waiting_id = school.id, waiting.id

    lead = way_for(walk, browser, name)
    lead.sign_in("lead")
    lead.go(f"/organisations/{school_id}")
    lead.press("form[action$='/confirm'] button")
    lead.close()
    with walk.database.read() as session:
        (grant,) = session.scalars(select(Grant).where(Grant.user_id == waiting_id))
        assert grant.confirmed_at is not None

    contact = way_for(walk, browser, name)
    contact.sign_in("contact")
    contact.go("/offers/new/internship-place")
    contact.write("title", "Meekijken in de werkplaats")
    contact.write("description", "Je loopt drie dagen mee met een monteur van warmtepompen.")
    contact.write("topic_text", "warmtepomp")
    contact.write("supervisor", "Sam Begeleider")
    contact.press("[name=go]")
    assert contact.page.locator(".error-summary").all_inner_texts() == []
    contact.close()
    with walk.database.read() as session:
        assert session.scalars(select(Offer).where(Offer.title == "Meekijken in de werkplaats")).one()
