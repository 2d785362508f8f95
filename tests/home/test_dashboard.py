"""The dashboard says what needs this person, first."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.db import Database
from matcher.home.board_queries import company_board, school_board
from matcher.home.queries import waiting_counts
from matcher.home.wording import match_row, request_row
from matcher.matching.models import Consent
from matcher.matching.states import MatchState, Side
from tests.factories import NOW
from tests.factories.matching import make_match, make_offer, make_request
from tests.factories.people import (
    make_company,
    make_coordinator,
    make_grant,
    make_professional,
    make_school,
    make_teacher,
    make_user,
)


def test_school_board_request_without_invitations_waits_for_a_choice(session: Session) -> None:
    teacher = make_teacher(session)
    request = make_request(session, teacher=teacher)
    board = school_board(session, actor=actor_for(session, teacher.id), now=NOW)
    assert [(line.request_id, line.needs_choice) for line in board.requests] == [(request.id, True)]


@pytest.mark.parametrize("state", ["accepted", "approved", "held"])
def test_school_board_agreed_request_needs_no_choice(session: Session, state: str) -> None:
    teacher = make_teacher(session)
    make_match(session, request=make_request(session, teacher=teacher), state=state)
    board = school_board(session, actor=actor_for(session, teacher.id), now=NOW)
    assert [line.needs_choice for line in board.requests] == [False]
    assert board.requests[0].is_settled is (state != "accepted")


def test_dashboard_tells_what_waits_for_me_once(
    sqlite_database: Database, sign_in: Callable[[int], FlaskClient]
) -> None:
    """The guest proposed another moment: the request does not stand under what runs as well."""
    with sqlite_database.write() as unit:
        teacher = make_teacher(unit)
        asking = make_request(unit, teacher=teacher, title="Bruggen bouwen")
        match = make_match(unit, request=asking)
        unit.add(Consent(match_id=match.id, party=Side.SCHOOL))
    page = sign_in(teacher.id).get("/dashboard").text
    assert page.count("Bruggen bouwen") == 1
    assert "Antwoord" in page


def test_school_board_of_somebody_else_is_empty(session: Session) -> None:
    make_match(session, request=make_request(session))
    board = school_board(session, actor=actor_for(session, make_teacher(session).id), now=NOW)
    assert not board.requests
    assert not board.waiting


def test_company_board_invitation_without_answer_is_mine(session: Session) -> None:
    guest = make_professional(session, name="Sanne")
    match = make_match(session, offer=make_offer(session, person=guest))
    session.add(Consent(match_id=match.id, party=Side.COMPANY))
    session.flush()
    board = company_board(session, actor=actor_for(session, guest.id), now=NOW)
    assert [(line.match_id, line.state) for line in board.mine] == [(match.id, MatchState.PROPOSED)]


def test_contact_sees_agreed_visits_of_colleagues_and_never_what_they_did_not_accept(session: Session) -> None:
    company = make_company(session)
    guest, contact = make_professional(session, name="Sanne"), make_user(session)
    make_grant(session, guest, Role.PROFESSIONAL, organisation=company)
    make_grant(session, contact, Role.COMPANY_CONTACT, organisation=company)
    agreed, *others = (
        make_match(session, offer=make_offer(session, person=guest, company=company), state=state)
        for state in ("approved", "proposed", "declined", "expired")
    )
    board = company_board(session, actor=actor_for(session, contact.id), now=NOW)
    lines = [*board.mine, *board.waiting, *board.coming, *board.past]
    assert [line.match_id for line in lines] == [agreed.id]
    assert "Sanne · " in str(match_row(lines[0], "/")["meta"])
    assert len(others) == 3


def test_number_of_a_contact_counts_what_the_company_was_asked_as_a_whole(session: Session) -> None:
    company = make_company(session)
    guest, contact = make_professional(session), make_user(session)
    make_grant(session, guest, Role.PROFESSIONAL, organisation=company)
    make_grant(session, contact, Role.COMPANY_CONTACT, organisation=company)
    own = make_match(session, offer=make_offer(session, person=guest, company=company))
    team = make_match(session, offer=make_offer(session, person=guest, company=company))
    team.professional_id, team.name_follows = None, True
    session.add_all(Consent(match_id=match.id, party=Side.COMPANY) for match in (own, team))
    session.flush()
    counts = [waiting_counts(session, actor=actor_for(session, who.id), now=NOW) for who in (guest, contact)]
    assert counts == [{"asked": 1}, {"asked": 1}]
    board = company_board(session, actor=actor_for(session, contact.id), now=NOW)
    assert [line.match_id for line in board.mine] == [team.id]


def test_dashboard_of_teacher_shows_request_and_way_to_ask(
    sqlite_database: Database, sign_in: Callable[[int], FlaskClient]
) -> None:
    with sqlite_database.write() as unit:
        teacher = make_teacher(unit, name="Femke Jansen")
        make_request(unit, teacher=teacher, title="Energietransitie in 4 havo")
    page = sign_in(teacher.id).get("/dashboard").text
    assert "Dag Femke" in page
    assert "Energietransitie in 4 havo" in page
    assert "Kies wie je vraagt" in page


def test_dashboard_of_both_sides_shows_both(sqlite_database: Database, sign_in: Callable[[int], FlaskClient]) -> None:
    with sqlite_database.write() as unit:
        person = make_teacher(unit)
        make_grant(unit, person, Role.PROFESSIONAL, organisation=make_company(unit))
    page = sign_in(person.id).get("/dashboard").text
    assert "Komt bij jou op school" in page
    assert "Jouw bezoeken" in page


def test_dashboard_without_role_asks_to_choose_one(
    sqlite_database: Database, sign_in: Callable[[int], FlaskClient]
) -> None:
    with sqlite_database.write() as unit:
        person = make_user(unit)
    assert "Kies je rol" in sign_in(person.id).get("/dashboard").text


def test_dashboard_of_unconfirmed_teacher_says_so(
    sqlite_database: Database, sign_in: Callable[[int], FlaskClient]
) -> None:
    with sqlite_database.write() as unit:
        person = make_user(unit)
        make_grant(unit, person, Role.TEACHER, organisation=make_school(unit), confirmed=False)
    assert "Nog niemand heeft bevestigd" in sign_in(person.id).get("/dashboard").text


def test_dashboard_of_coordinator_is_reached(sqlite_database: Database, sign_in: Callable[[int], FlaskClient]) -> None:
    with sqlite_database.write() as unit:
        person = make_coordinator(unit)
    client = sign_in(person.id)
    assert client.get("/dashboard").status_code in {200, 302}
    # Has no requests of its own: the trail above one for a school leads to the overview.
    assert "Mijn aanvragen" not in client.get("/requests/new/guest-lecture").text


def test_dashboard_of_administrator_leads_to_the_desk(
    sqlite_database: Database, sign_in: Callable[[int], FlaskClient]
) -> None:
    with sqlite_database.write() as unit:
        person = make_user(unit)
        make_grant(unit, person, Role.ADMINISTRATOR)
    page = sign_in(person.id).get("/dashboard").text
    assert "Beheer" in page
    assert page.count("Er wacht niets.") == 2


def test_dashboard_line_of_a_day_that_is_over_says_that_nothing_is_known_yet(session: Session) -> None:
    match = make_match(session, state="approved")
    guest = actor_for(session, match.professional_id)
    board = company_board(session, actor=guest, now=NOW)
    line = replace(next(iter([*board.mine, *board.waiting, *board.coming])), is_mine=False)
    assert str(match_row(line, "/")["state_label"]) == "Approved"
    assert str(match_row(replace(line, ended=True), "/")["state_label"]) == "Not known yet how it went"
    assert str(match_row(replace(line, stands="Started"), "/")["state_label"]) == "Started"


def test_dashboard_line_of_a_draft_that_is_kept_back_says_so(session: Session) -> None:
    teacher = make_teacher(session)
    make_request(session, teacher=teacher, state="draft")
    line = school_board(session, actor=actor_for(session, teacher.id), now=NOW).requests[0]
    assert [str(request_row(each, "/")["state_label"]) for each in (line, replace(line, held_back=True))] == [
        "Draft",
        "Kept until confirmed",
    ]
