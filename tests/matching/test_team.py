""" "Someone of our team" and "through our contact": who is asked, who answers, and until when the name is due."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.coordination.stuck_queries import stuck
from matcher.errors import Conflict, NotFound
from matcher.i18n import in_locale
from matcher.matching.change_services import change_visitor
from matcher.matching.deadlines import name_due, remind_from
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match
from matcher.matching.name_services import OVERDUE, WANTED, ask_for_name
from matcher.matching.page_queries import match_page
from matcher.matching.queries import facts_of_match
from matcher.matching.services import accept_match, approve_match
from matcher.matching.states import MatchState
from matcher.matching.still_true import match_still_true
from matcher.notices.letters import letters_of
from matcher.notices.models import Outbox
from matcher.offers.services import release_offer
from tests.factories import NOW
from tests.factories.matching import THURSDAY
from tests.factories.people import make_grant, make_professional, make_user
from tests.matching.lives import Life, make_life
from tests.matching.test_mail_templates import KNOWN, check

MONDAY_BEFORE = datetime(2026, 12, 7, 9, 0, tzinfo=UTC)


def team(session: Session) -> tuple[Life, User, User]:
    """A company that offers somebody of its team, with its contact and a colleague."""
    life = make_life(session, guests=1)
    offer = life.offers[0]
    colleague = session.get_one(User, offer.person_id)
    contact = make_user(session, name="Carla Contact")
    company = session.get_one(type(life.school), offer.organisation_id)
    make_grant(session, contact, "company_contact", organisation=company)
    offer.person_id = None
    session.flush()
    return life, contact, colleague


def agreed(life: Life, contact: User) -> Match:
    match = life.asked()
    actor = life.actor(contact)
    accept_match(life.session, match.id, moment_id=life.moments(match)[0].id, actor=actor, now=NOW)
    return approve_match(life.session, match.id, actor=life.actor(life.coordinator), now=NOW)


def told(session: Session, match: Match, template: str) -> set[str]:
    query = select(Outbox.address).where(Outbox.subject_id == match.id, Outbox.template == template)
    return set(session.scalars(query))


def test_contact_is_asked_and_answers(session: Session) -> None:
    life, contact, colleague = team(session)
    match = life.asked()
    assert {address for _t, address, _c in life.notices(match)} == {contact.email}
    with pytest.raises(Exception, match="not one of the people"):
        accept_match(session, match.id, moment_id=life.moments(match)[0].id, actor=life.actor(colleague), now=NOW)
    agreed_match = accept_match(
        session, match.id, moment_id=life.moments(match)[0].id, actor=life.actor(contact), now=NOW
    )
    assert (agreed_match.state, agreed_match.visitor_id) == (MatchState.ACCEPTED, None)


def test_contact_is_not_asked_to_come_in_person(session: Session) -> None:
    life, contact, colleague = team(session)
    match = life.asked()

    def read(who: User) -> tuple[str, str]:
        with in_locale("en"):
            page = match_page(session, match, facts_of_match(session, match, NOW), life.actor(who), NOW)
        return page.question.split(" about ")[0], page.company_yes

    assert read(contact) == ("Will one of you give a guest lecture", "Yes, one of us will come")
    match.professional_id = colleague.id
    assert read(colleague) == ("Will you give a guest lecture", "Yes, I will come")


def test_name_is_given_by_the_contact_and_its_time_is_held(session: Session) -> None:
    life, contact, colleague = team(session)
    match = agreed(life, contact)
    assert (match.state, match.visitor_id) == (MatchState.APPROVED, None)
    change_visitor(session, match.id, visitor_id=colleague.id, actor=life.actor(contact), now=NOW)
    assert (match.state, match.visitor_id) == (MatchState.APPROVED, colleague.id)
    assert broken_promises(session) == []


def test_days_are_working_days() -> None:
    assert name_due(THURSDAY).isoformat() == "2026-12-07"
    assert remind_from(THURSDAY).isoformat() == "2026-12-03"


def test_clock_reminds_the_contact_once_then_both_when_late(session: Session) -> None:
    life, contact, _colleague = team(session)
    match = agreed(life, contact)
    assert not ask_for_name(session, match.id, now=NOW)
    reminded = MONDAY_BEFORE - timedelta(days=3)
    assert ask_for_name(session, match.id, now=reminded)
    assert not ask_for_name(session, match.id, now=MONDAY_BEFORE)
    assert told(session, match, WANTED) == {contact.email}
    late = MONDAY_BEFORE + timedelta(days=1)
    assert ask_for_name(session, match.id, now=late)
    assert not ask_for_name(session, match.id, now=late)
    assert told(session, match, OVERDUE) == {contact.email, life.coordinator.email}


def test_reminder_is_not_sent_once_there_is_a_name(session: Session) -> None:
    life, contact, colleague = team(session)
    match = agreed(life, contact)
    ask_for_name(session, match.id, now=MONDAY_BEFORE)
    assert match_still_true(session, match.id, match.seq, WANTED)
    change_visitor(session, match.id, visitor_id=colleague.id, actor=life.actor(contact), now=NOW)
    assert not match_still_true(session, match.id, match.seq, WANTED)
    assert not ask_for_name(session, match.id, now=MONDAY_BEFORE)


def test_late_name_stands_in_the_cockpit(session: Session) -> None:
    life, contact, _colleague = team(session)
    match = agreed(life, contact)
    coordinator: Actor = life.actor(life.coordinator)
    assert stuck(session, coordinator, MONDAY_BEFORE).nameless == []
    late = stuck(session, coordinator, MONDAY_BEFORE + timedelta(days=1)).nameless
    assert [row.id for row in late] == [match.id]


def test_invitation_through_the_contact_waits_for_release(session: Session) -> None:
    life = make_life(session)
    offer = life.offers[0]
    company = session.get_one(type(life.school), offer.organisation_id)
    company.via_contact = True
    contact = make_user(session)
    make_grant(session, contact, "company_contact", organisation=company)
    session.flush()
    with pytest.raises(Conflict):
        life.asked()
    for stranger in (life.guest(), life.actor(life.teacher), life.actor(make_professional(session, company=company))):
        with pytest.raises(NotFound):
            release_offer(session, actor=stranger, offer_id=offer.id, released=True, now=NOW)
    release_offer(session, actor=life.actor(contact), offer_id=offer.id, released=True, now=NOW)
    assert life.asked().professional_id == offer.person_id
    other = make_life(session)
    held = other.offers[0]
    session.get_one(type(life.school), held.organisation_id).via_contact = True
    held.details = held.details | {"released_at": NOW.isoformat()}
    make_grant(
        session, contact, "company_contact", organisation=session.get_one(type(life.school), held.organisation_id)
    )
    release_offer(session, actor=other.actor(contact), offer_id=held.id, released=False, now=NOW)
    with pytest.raises(Conflict):
        other.asked()


@pytest.mark.parametrize("template", [WANTED, OVERDUE])
def test_letters_are_whole(app: Flask, template: str) -> None:
    for side in ("company", "coordinator"):
        for locale in ("nl", "en"):
            params = KNOWN | {"action": "approve", "side": side, "actor_side": "system", "due_on": "2026-12-04"}
            check(letters_of(app).letter(template, params, locale=locale, name="Anna"), app, hostile=False)
