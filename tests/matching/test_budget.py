"""Ask budgets: what takes a place of a school year's maximum, what gives it back, and that nobody gets beyond it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
import time_machine
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.accounts.services import open_session
from matcher.accounts.states import Role
from matcher.db import Database
from matcher.errors import Conflict
from matcher.matching import services, visit_services
from matcher.matching.budget_models import AskCounter, BudgetOf
from matcher.matching.budget_services import take
from matcher.matching.eligibility import NeverCode
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match
from matcher.matching.proposal_services import propose
from matcher.matching.states import CancelReason, DeclineReason, MatchState, MissedReason, Side
from matcher.matching.suggestion_queries import verdicts
from matcher.matching.suggestion_services import suggest
from matcher.matching.wording import change_sentence
from matcher.migrate import alembic_config
from matcher.organisations.models import Organisation
from tests.factories import NOW
from tests.factories.matching import make_request, seed_transitions
from tests.factories.people import make_company, make_coordinator, make_grant, make_school, make_teacher, make_user
from tests.matching.lives import AFTER, Life, another_offer, make_life

pytestmark = pytest.mark.usefixtures("patient")
ASKERS = 64
YEAR = 2026
ADDED_BY = "0019"
"""The migration with the counters."""


def taken(session: Session, owner: BudgetOf, owner_id: int, period: int = YEAR) -> int:
    row = session.get(AskCounter, (owner, owner_id, period), populate_existing=True)
    return row.taken if row else 0


def person_and_company(life: Life, number: int = 0) -> tuple[int, int]:
    offer = life.offers[number]
    return (
        taken(life.session, BudgetOf.PERSON, offer.person_id or 0),
        taken(life.session, BudgetOf.ORGANISATION, offer.organisation_id),
    )


def limit(life: Life, most: int | None, number: int = 0) -> None:
    life.session.get_one(Organisation, life.offers[number].organisation_id).ask_limit = most
    life.session.flush()


def another_request(life: Life, moments: list[tuple[date, str, str]] | None = None) -> None:
    school = make_school(life.session)
    life.school, life.teacher = school, make_teacher(life.session, school=school)
    life.request = make_request(life.session, school=school, teacher=life.teacher, moments=moments)


def test_question_takes_a_place_and_a_no_gives_it_back(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    assert person_and_company(life) == (1, 1)
    services.decline_match(session, match.id, reason=DeclineReason.NO_TIME, actor=life.guest(), now=NOW)
    assert person_and_company(life) == (0, 0)
    services.undo(session, match.id, actor=life.guest(), now=NOW)
    assert person_and_company(life) == (1, 1)
    assert broken_promises(session) == []


def test_agreed_and_held_visits_count_and_missed_ones_do_not(session: Session) -> None:
    life = make_life(session)
    held = life.approved()
    assert person_and_company(life) == (1, 1)
    for actor in (life.actor(life.teacher), life.guest()):
        visit_services.report_visit(session, held.id, happened=True, again=True, actor=actor, now=AFTER)
    assert person_and_company(life) == (1, 1)
    another_request(life)
    missed = life.approved(1)
    assert person_and_company(life, 1) == (1, 1)
    for actor in (life.actor(life.teacher), life.guest(1)):
        reason = MissedReason.GUEST_ABSENT
        visit_services.report_visit(
            session, missed.id, happened=False, again=None, reason=reason, actor=actor, now=AFTER
        )
    assert person_and_company(life, 1) == (0, 0)
    assert broken_promises(session) == []


@pytest.mark.parametrize("end", ["withdraw", "cancel", "expire", "supersede"])
def test_whatever_ends_otherwise_gives_back(session: Session, end: str) -> None:
    life = make_life(session)
    if end == "cancel":
        match = life.approved()
        services.cancel_match(session, match.id, reason=CancelReason.ILL, actor=life.guest(), now=NOW)
    elif end == "withdraw":
        match = life.accepted()
        services.withdraw_match(session, match.id, reason=CancelReason.ILL, actor=life.guest(), now=NOW)
    elif end == "expire":
        match = life.asked()
        assert visit_services.expire_match(session, match.id, now=AFTER)
    else:
        match = life.asked()
        assert visit_services.supersede_match(session, match.id, now=NOW)
    assert match.counted_year is None
    assert person_and_company(life) == (0, 0)


def test_who_comes_forward_takes_a_place_when_the_school_says_yes(session: Session) -> None:
    life = make_life(session)
    match = life.asked(side=Side.COMPANY)
    assert person_and_company(life) == (0, 0)
    moment = life.moments(match)[0].id
    services.accept_match(session, match.id, moment_id=moment, actor=life.actor(life.teacher), now=NOW)
    assert person_and_company(life) == (1, 1)


def test_more_yes_than_the_maximum_is_refused_kindly(session: Session) -> None:
    """Somebody who came forward at two schools and wants one visit a year."""
    life = make_life(session)
    life.offers[0].yearly_cap = 1
    first = life.asked(side=Side.COMPANY)
    another_request(life)
    second = life.asked(side=Side.COMPANY)
    services.accept_match(
        session, second.id, moment_id=life.moments(second)[0].id, actor=life.actor(life.teacher), now=NOW
    )
    school = session.get_one(Match, first.id)
    teacher = actor_for(session, school.teacher_id or 0)
    with pytest.raises(Conflict, match="maximum"):
        services.accept_match(session, first.id, moment_id=life.moments(first)[1].id, actor=teacher, now=NOW)


def test_open_question_holds_the_last_place(session: Session) -> None:
    life = make_life(session)
    life.offers[0].yearly_cap, life.offers[0].open_cap = 1, 5
    life.asked()
    another_request(life)
    verdict = verdicts(session, life.request.id, [life.offers[0].id], now=NOW)[life.offers[0].id]
    assert verdict.never == (NeverCode.OPEN_ASKS,)


def test_limit_of_an_organisation_holds_over_all_its_people_and_schools(session: Session) -> None:
    life = make_life(session)
    company = session.get_one(Organisation, life.offers[0].organisation_id)
    life.offers.append(another_offer(session, company=company))
    limit(life, 1)
    life.asked()
    another_request(life)
    verdict = verdicts(session, life.request.id, [life.offers[2].id], now=NOW)[life.offers[2].id]
    assert verdict.never == (NeverCode.COMPANY_CAP,)
    with pytest.raises(Conflict, match="organisation"):
        life.asked(2)
    assert taken(session, BudgetOf.PERSON, life.offers[2].person_id or 0) == 0, "from every budget or from none"


def test_new_year_is_what_helps_where_only_maximums_are_in_the_way(session: Session) -> None:
    life = make_life(session)
    for number in (0, 1):
        limit(life, 0, number)
    found = suggest(session, request_id=life.request.id, now=NOW)
    assert (found.never, found.eligible) == ({NeverCode.COMPANY_CAP.value: 2}, 0)
    assert [(change["code"], change["count"]) for change in found.smallest_change] == [("next_year", 2)]
    assert change_sentence(found.smallest_change[0]).endswith("2 people fit")


@time_machine.travel(NOW, tick=False)
def test_contact_sets_the_limit_of_the_organisation(sqlite_database: Database, app: Flask) -> None:
    with sqlite_database.write() as session:
        company = make_company(session)
        contact = make_user(session)
        make_grant(session, contact, Role.COMPANY_CONTACT, organisation=company)
        cookie_value = open_session(session, user_id=contact.id, agent="test", now=NOW)
        place_id = company.id
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = cookie_value
    for typed, status, kept in (("12", 302, 12), ("-1", 422, 12), ("veel", 422, 12), ("", 302, None)):
        answer = client.post(f"/organisations/{place_id}/settings", data={"ask_limit": typed})
        assert answer.status_code == status
        assert status == 302 or f'value="{typed}"' in answer.text, "what was typed is still there"
        with sqlite_database.read() as session:
            assert session.get_one(Organisation, place_id).ask_limit == kept


def test_own_name_is_not_counted_for_the_organisation(session: Session) -> None:
    life = make_life(session)
    life.offers[0].own_name = True
    limit(life, 0)
    life.asked()
    assert person_and_company(life) == (1, 0)


def test_visit_counts_in_the_school_year_of_its_day(session: Session) -> None:
    summer = [(date(2027, 6, 24), "10:15", "11:05"), (date(2027, 9, 9), "10:15", "11:05")]
    life = make_life(session, moments=summer)
    now = NOW + timedelta(days=190)
    match = life.asked(now=now)
    person = life.offers[0].person_id or 0
    assert (taken(session, BudgetOf.PERSON, person), taken(session, BudgetOf.PERSON, person, YEAR + 1)) == (1, 0)
    services.accept_match(session, match.id, moment_id=life.moments(match)[1].id, actor=life.guest(), now=now)
    assert (taken(session, BudgetOf.PERSON, person), taken(session, BudgetOf.PERSON, person, YEAR + 1)) == (0, 1)
    assert broken_promises(session) == []


def test_database_itself_refuses_more_than_the_maximum(session: Session) -> None:
    assert take(session, BudgetOf.PERSON, 7, YEAR, cap=1)
    assert not take(session, BudgetOf.PERSON, 7, YEAR, cap=1)
    assert not take(session, BudgetOf.PERSON, 8, YEAR, cap=0)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(AskCounter).values(taken=AskCounter.taken + 1))
    assert take(session, BudgetOf.PERSON, 7, YEAR, cap=1, forced=True), "what took place counts whatever was wanted"
    assert taken(session, BudgetOf.PERSON, 7) == 2


# --- many at once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rounds", [2, pytest.param(200, marks=pytest.mark.integrity)])
def test_of_64_askers_exactly_as_many_as_are_left_get_a_place(database: Database, rounds: int) -> None:
    for number in range(rounds):
        left = (1, 3, 10)[number % 3]
        assert sum(_all_at_once(_taker(database, number, left))) == left, f"round {number}"
        with database.read() as session:
            assert taken(session, BudgetOf.PERSON, number + 1) == left
    assert sum(_all_at_once(_careless(database, rounds, 3))) > 3, "the control: looking first and writing later"


def _taker(database: Database, number: int, left: int) -> Callable[[int], bool]:
    def ask(asker: int) -> bool:
        with database.write() as session:
            return take(session, BudgetOf.PERSON, number + 1, YEAR, cap=left)

    return ask


def _careless(database: Database, number: int, left: int) -> Callable[[int], bool]:
    """What the counter would be without its one statement: read, decide, write."""
    meet = Barrier(ASKERS)

    def ask(asker: int) -> bool:
        with database.read() as session:
            before = taken(session, BudgetOf.PERSON, number + 1)
        meet.wait(timeout=60)
        if before >= left:
            return False
        with database.write() as session:
            return take(session, BudgetOf.PERSON, number + 1, YEAR, cap=None)

    return ask


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.integrity)])
def test_64_schools_ask_one_person_who_wants_three_visits(database: Database, rounds: int) -> None:
    """The whole verb, with judging and locks; a second limit is that of the organisation."""
    for number in range(rounds):
        most = 3 if number % 2 else 5
        with database.write() as session:
            seed_transitions(session)
            make_coordinator(session)
            offer = another_offer(session, open_cap=50, yearly_cap=3 if most == 3 else None)
            session.get_one(Organisation, offer.organisation_id).ask_limit = None if most == 3 else most
            asked = []
            for _ in range(ASKERS):
                school = make_school(session)
                teacher = make_teacher(session, school=school)
                asked.append((make_request(session, school=school, teacher=teacher).id, teacher.id))
            offer_id, person_id = offer.id, offer.person_id or 0
        done = _all_at_once(_proposer(database, asked, offer_id))
        assert sum(done) == most
        with database.read() as session:
            waiting = select(Match.id).where(Match.offer_id == offer_id, Match.state == MatchState.PROPOSED)
            assert len(session.scalars(waiting).all()) == most
            assert taken(session, BudgetOf.PERSON, person_id) == most
            assert broken_promises(session) == []


def _proposer(database: Database, asked: list[tuple[int, int]], offer_id: int) -> Callable[[int], bool]:
    with database.read() as looking:
        actors = [actor_for(looking, teacher) for _request, teacher in asked]

    def ask(asker: int) -> bool:
        request_id, _teacher = asked[asker]
        try:
            with database.write() as session:
                propose(
                    session, request_id=request_id, offer_id=offer_id, side=Side.SCHOOL, actor=actors[asker], now=NOW
                )
        except Conflict:
            return False
        return True

    return ask


def _all_at_once(ask: Callable[[int], bool]) -> list[bool]:
    barrier = Barrier(ASKERS)

    def one(number: int) -> bool:
        barrier.wait(timeout=60)
        return ask(number)

    with ThreadPoolExecutor(ASKERS) as pool:
        return list(pool.map(one, range(ASKERS)))


# --- what was there before there were counters ------------------------------------------------------------------------


def test_counters_of_what_was_there_before_are_what_the_verbs_count(
    database: Database,
) -> None:
    with database.write() as session:
        life = make_life(session, guests=3)
        life.asked(2)
        life.approved()
        another_request(life)
        life.asked(1, side=Side.COMPANY)
        counted = _counters(session)
    with database.engine.connect() as connection:
        config = alembic_config(connection)
        before = ScriptDirectory.from_config(config).get_revision(ADDED_BY).down_revision
        command.downgrade(config, str(before))
        connection.commit()
        command.upgrade(config, "head")
        connection.commit()
    with database.read() as session:
        assert _counters(session) == counted
        assert broken_promises(session) == []


def _counters(session: Session) -> list[tuple[str, int, int, int]]:
    query = text("select owner, owner_id, period, taken from ask_counters where taken > 0 order by 1, 2, 3")
    return [tuple(row) for row in session.execute(query)]
