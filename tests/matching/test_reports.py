"""After the visit: one click, one more question, different answers, thanks, and what is counted of it, once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.db import Database
from matcher.i18n import in_locale
from matcher.matching.due_services import ask_how_it_was
from matcher.matching.given_queries import given_by_company, given_by_person, given_to_school
from matcher.matching.models import Match
from matcher.matching.page_queries import match_page
from matcher.matching.queries import facts_of_match
from matcher.matching.reminder_queries import silent
from matcher.matching.reminder_services import ask_once_more
from matcher.matching.states import MatchState, MissedReason
from matcher.matching.still_true import STILL_TRUE
from matcher.matching.tasks import due_work
from matcher.matching.visit_services import count_reports, report_visit
from matcher.monitor.queries import figures
from matcher.notices.models import Outbox
from matcher.organisations.models import Organisation
from tests.factories.people import make_grant, make_user
from tests.matching.lives import Life, make_life

OVER = datetime(2026, 12, 10, 12, tzinfo=UTC)
"""Thursday noon; the lesson ended an hour ago."""
TUESDAY = OVER + timedelta(days=5)


def letters(session: Session, match: Match, name: str) -> set[tuple[str, str]]:
    """(address, channel) of those who were written to."""
    query = select(Outbox.address, Outbox.channel).where(
        Outbox.subject_id == match.id, Outbox.template == f"matching/{name}"
    )
    return {(address, channel.value) for address, channel in session.execute(query)}


def report(life: Life, match: Match, who: str, *, happened: bool = True, now: datetime = OVER, **said: object) -> None:
    actor = life.actor(life.teacher) if who == "school" else life.guest()
    reason = None if happened else MissedReason.GUEST_ABSENT
    report_visit(life.session, match.id, happened=happened, again=None, reason=reason, actor=actor, now=now, **said)  # type: ignore[arg-type]


def test_side_that_said_nothing_is_asked_once_more(database: Database) -> None:
    with database.write() as session:
        life = make_life(session)
        match = life.approved()
        ask_how_it_was(session, match.id, now=OVER)
        report(life, match, "company")
    assert silent(database, OVER + timedelta(days=4)) == []
    assert due_work(database, None, TUESDAY)["asked once more"] == 1
    assert "asked once more" not in due_work(database, None, TUESDAY + timedelta(days=1))
    with database.write() as session:
        life.session = session
        assert not ask_once_more(session, match.id, now=TUESDAY + timedelta(days=1))
        assert letters(session, match, "how_was_it_again") == {
            (life.teacher.email, "mail"), (life.teacher.email, "inbox"),
        }  # fmt: skip
        ask_school, ask_company = STILL_TRUE["school_report"], STILL_TRUE["company_report"]
        assert ask_school(session, match.id, 1, "matching/how_was_it_again")
        assert not ask_company(session, match.id, 1, "matching/how_was_it_again")
        report(life, match, "school", now=TUESDAY)
        assert not ask_school(session, match.id, 1, "matching/how_was_it_again")


def test_different_answers_are_told_to_the_coordinator_who_decides(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    report(life, match, "school", happened=False)
    assert letters(session, match, "answers_differ") == set()
    report(life, match, "company")
    assert letters(session, match, "answers_differ") == {(life.coordinator.email, "inbox")}
    late = OVER + timedelta(days=40)
    assert not count_reports(session, match.id, now=late)
    report_visit(session, match.id, happened=True, again=None, actor=life.actor(life.coordinator), now=late)
    session.refresh(match)
    assert match.state is MatchState.HELD
    both = {(address, channel) for address in (life.teacher.email, life.guest().email) for channel in ("mail", "inbox")}
    assert letters(session, match, "held") == both


def test_both_sides_read_that_they_say_different_things(session: Session) -> None:
    life = make_life(session)
    match = life.approved()

    def read(who: Actor) -> tuple[str, str]:
        with in_locale("en"):
            page = match_page(session, match, facts_of_match(session, match, OVER), who, OVER)
        return page.ball_tone, page.ball_text

    school, guest = life.actor(life.teacher), life.guest()
    report(life, match, "school", happened=False)
    assert (read(guest), read(school)) == (
        ("wait", "It is your turn: tell how it was."),
        ("info", "It is the guest's turn."),
    )
    report(life, match, "company")
    differ = "The two sides say different things about it. The coordinator of the region looks at it."
    assert read(school) == read(guest) == ("info", differ)
    assert read(life.actor(life.coordinator)) == ("wait", "Your answer counts: the two sides say different things.")


def test_words_of_thanks_reach_the_guest_and_nobody_before_it_is_held(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    report(life, match, "school", thanks="Bedankt, ze hingen aan je lippen.")

    def shown(actor_id: int | None) -> str:
        facts = facts_of_match(session, match, OVER)
        return match_page(session, match, facts, life.actor(actor_id or 0), OVER).after.thanks

    assert shown(life.guest().user_id) == ""
    report(life, match, "company", thanks="dit is niet van de school")
    held = select(Outbox.address, Outbox.params).where(Outbox.template == "matching/held", Outbox.channel == "mail")
    words = {address: params["thanks"] for address, params in session.execute(held)}
    assert words == {life.guest().email: "Bedankt, ze hingen aan je lippen.", life.teacher.email: ""}
    assert shown(life.guest().user_id) == shown(life.coordinator.id) == "Bedankt, ze hingen aan je lippen."


@pytest.mark.parametrize("own_name", [False, True])
def test_contact_of_the_company_hears_what_was_given(session: Session, own_name: bool) -> None:
    life = make_life(session)
    life.offers[0].own_name = own_name
    company = session.get_one(Organisation, life.offers[0].organisation_id)
    contact = make_user(session)
    make_grant(session, contact, Role.COMPANY_CONTACT, organisation=company)
    match = life.approved()
    report(life, match, "school", pupils=27)
    report(life, match, "company", hours=3.5)
    told = select(Outbox.params).where(Outbox.template == "matching/thanks_company", Outbox.channel == "mail")
    found = [(params["visits"], params["pupils"], params["hours"]) for params in session.scalars(told)]
    assert found == ([] if own_name else [(1, 27, 4)])


def test_every_figure_counts_a_visit_once(session: Session) -> None:
    """Of two reports with pupils and hours on both, one number of each counts, and the same one everywhere."""
    life = make_life(session)
    match = life.approved()
    report(life, match, "school", pupils=27, hours=9.0)
    report(life, match, "company", pupils=99, hours=3.5)
    organisation_id, guest_id = life.offers[0].organisation_id, life.guest().user_id or 0
    totals = [
        given_by_company(session, organisation_id, OVER),
        given_by_person(session, guest_id, OVER),
        given_to_school(session, life.school.id, OVER),
    ]
    region = figures(session, year=2026, region_ids=[match.region_id])
    assert {(each.visits, each.pupils, each.hours) for each in (*totals, region)} == {(1, 27, 3.5)}
    assert given_by_company(session, organisation_id, OVER - timedelta(days=365)).visits == 0
