"""Whoever leaves, is stopped or takes an offer away: each match ends properly, or somebody can go on with it.

Each way out by itself, on SQLite; all of them in any order on both engines: test_leaving_play.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, SecondContact, User
from matcher.accounts.queries import actor_for, coordinators_of
from matcher.accounts.states import Role
from matcher.db import Database
from matcher.matching.change_services import change_visitor
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match
from matcher.matching.policy import sides_of
from matcher.matching.proposal_services import tick
from matcher.matching.queries import facts_of_match
from matcher.matching.states import MatchState, Side
from matcher.matching.tasks import due_work
from matcher.notices.models import Outbox
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from tests.factories import NOW
from tests.factories.people import make_grant, make_professional, make_teacher, make_user
from tests.matching.lives import Life, make_life

LATER = NOW + timedelta(minutes=2)
STATES = ["asked", "accepted", "approved"]


def leave(session: Session, user_id: int, organisation_id: int, now: datetime = NOW) -> None:
    for grant in session.scalars(select(Grant).where(Grant.user_id == user_id, Grant.ended_at.is_(None))):
        if grant.organisation_id == organisation_id:
            grant.ended_at = now
    session.flush()


def member(session: Session, role: Role, organisation_id: int) -> User:
    user = make_user(session)
    make_grant(session, user, role, organisation=session.get_one(Organisation, organisation_id))
    return user


def lived(database: Database, state: str, prepare: Callable[[Life, Match], None]) -> tuple[int, int]:
    """A match in this state, and what happens to somebody; gives its id and that of its request."""
    with database.write() as session:
        life = make_life(session)
        match = getattr(life, state)()
        prepare(life, match)
        return match.id, match.request_id


def ended(state: str) -> MatchState:
    return MatchState.CANCELLED if state == "approved" else MatchState.WITHDRAWN


# --- each way out -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_guest_who_left_is_replaced_by_the_contact_s_choice(sqlite_database: Database, state: str) -> None:
    def go(life: Life, match: Match) -> None:
        company = life.offers[0].organisation_id
        member(life.session, Role.COMPANY_CONTACT, company)
        leave(life.session, match.professional_id or 0, company)

    match_id, request_id = lived(sqlite_database, state, go)
    assert due_work(sqlite_database, None, LATER)["left"] == 1
    with sqlite_database.read() as session:
        assert session.get_one(Match, match_id).state is ended(state)
        instead = session.scalars(select(Match).where(Match.request_id == request_id, Match.id > match_id)).one()
        assert (instead.state, instead.professional_id, instead.name_follows) == (MatchState.PROPOSED, None, True)
        assert broken_promises(session) == []
    assert "left" not in due_work(sqlite_database, None, LATER)


def test_guest_who_left_a_company_without_contact_just_ends(sqlite_database: Database) -> None:
    def go(life: Life, match: Match) -> None:
        leave(life.session, match.professional_id or 0, life.offers[0].organisation_id)

    match_id, request_id = lived(sqlite_database, "approved", go)
    due_work(sqlite_database, None, LATER)
    with sqlite_database.read() as session:
        assert session.get_one(Match, match_id).state is MatchState.CANCELLED
        assert session.scalar(select(func.count(Match.id)).where(Match.request_id == request_id)) == 1


def test_visit_by_a_colleague_who_is_still_there_stays(sqlite_database: Database) -> None:
    """It is who comes that counts, not who was asked first."""

    def go(life: Life, match: Match) -> None:
        company = life.session.get_one(Organisation, life.offers[0].organisation_id)
        colleague = make_professional(life.session, company=company)
        change_visitor(life.session, match.id, visitor_id=colleague.id, actor=life.guest(), now=NOW)
        leave(life.session, match.professional_id or 0, company.id)

    match_id, _request = lived(sqlite_database, "approved", go)
    due_work(sqlite_database, None, LATER)
    with sqlite_database.read() as session:
        assert session.get_one(Match, match_id).state is MatchState.APPROVED


def test_withdrawn_offer_ends_the_question_and_keeps_the_agreement(sqlite_database: Database) -> None:
    def withdraw(life: Life, match: Match) -> None:
        life.offers[0].state = OfferState.WITHDRAWN

    asked, _request = lived(sqlite_database, "asked", withdraw)
    agreed, _request = lived(sqlite_database, "accepted", withdraw)
    assert due_work(sqlite_database, None, LATER)["ended with the offer"] == 1
    with sqlite_database.read() as session:
        assert session.get_one(Match, asked).state is MatchState.WITHDRAWN
        assert session.get_one(Match, agreed).state is MatchState.ACCEPTED


@pytest.mark.parametrize("named", [True, False])
def test_request_of_a_teacher_who_left_goes_to_a_colleague(sqlite_database: Database, named: bool) -> None:
    """The one the teacher named, else a leader of the school."""
    found: dict[str, int] = {}

    def go(life: Life, match: Match) -> None:
        session, school = life.session, life.school
        leader = member(session, Role.SCHOOL_LEAD, school.id)
        colleague = make_teacher(session, school=school)
        if named:
            session.add(
                SecondContact(
                    user_id=life.teacher.id, organisation_id=school.id, colleague_id=colleague.id, named_at=NOW
                )
            )
        leave(session, life.teacher.id, school.id)
        found["successor"] = colleague.id if named else leader.id

    match_id, request_id = lived(sqlite_database, "approved", go)
    assert due_work(sqlite_database, None, LATER)["handed over"] == 1
    with sqlite_database.read() as session:
        match, request = session.get_one(Match, match_id), session.get_one(Request, request_id)
        assert match.state is MatchState.APPROVED
        assert {request.asked_by_id, request.teacher_id, match.teacher_id} == {found["successor"]}
        told = select(Outbox.recipient_user_id).where(Outbox.template == "matching/request_handed_over")
        assert set(session.scalars(told)) == {found["successor"]}
        assert Side.SCHOOL in sides_of(facts_of_match(session, match, LATER), actor_for(session, found["successor"]))
    assert "handed over" not in due_work(sqlite_database, None, LATER)


def test_request_that_nobody_can_take_over_is_told_to_the_coordinator_once(sqlite_database: Database) -> None:
    _match, request_id = lived(
        sqlite_database, "accepted", lambda life, match: leave(life.session, life.teacher.id, life.school.id)
    )
    assert due_work(sqlite_database, None, LATER)["handed over"] == 1
    assert "handed over" not in due_work(sqlite_database, None, LATER)
    with sqlite_database.read() as session:
        told = select(Outbox.recipient_user_id).where(Outbox.template == "matching/request_handed_over")
        region_id = session.get_one(Request, request_id).region_id
        assert set(session.scalars(told)) == {each.user_id for each in coordinators_of(session, region_id)}


@pytest.mark.parametrize("state", STATES)
def test_school_that_no_longer_takes_part_ends_its_requests(sqlite_database: Database, state: str) -> None:
    def close(life: Life, match: Match) -> None:
        life.school.ended_at = NOW

    match_id, request_id = lived(sqlite_database, state, close)
    due_work(sqlite_database, None, LATER)
    due_work(sqlite_database, None, LATER)
    with sqlite_database.read() as session:
        assert session.get_one(Match, match_id).state is ended(state)
        assert session.get_one(Request, request_id).state is RequestState.WITHDRAWN


def test_nobody_is_asked_for_a_stopped_school(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life = make_life(session)
        ids = [life.offers[0].id]
        tick(session, request_id=life.request.id, offer_ids=ids, actor=life.actor(life.teacher), now=NOW)
        life.school.stopped_at = NOW
    assert "asked" not in due_work(sqlite_database, None, LATER)


def test_region_without_its_coordinator_is_served_by_the_next_node_up(session: Session) -> None:
    life = make_life(session)
    match = life.accepted()
    grants = select(Grant).where(Grant.role == Role.COORDINATOR, Grant.ended_at.is_(None))
    own = session.scalars(grants).one()
    region = own.region_id
    own.ended_at = NOW
    boss = make_user(session, name="Landelijk")
    make_grant(session, boss, Role.ADMINISTRATOR)
    session.flush()
    assert [each.user_id for each in coordinators_of(session, region)] == [boss.id]
    assert match.state is MatchState.ACCEPTED
