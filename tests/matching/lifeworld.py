"""Two schools, three companies and everybody in them, for random lives."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.states import Role
from matcher.offers.services import refresh_search_key
from matcher.organisations.models import Organisation
from matcher.safeguarding.models import Proof, SafeguardingRule
from matcher.safeguarding.states import ProofType
from tests.factories import NOW
from tests.factories.matching import make_class, make_request, seed_transitions
from tests.factories.people import (
    make_board,
    make_company,
    make_coordinator,
    make_grant,
    make_professional,
    make_school,
    make_teacher,
    make_user,
)
from tests.matching.lives import another_offer


def make_world(session: Session) -> dict[str, Any]:
    """The ids that the model and the machine work with."""
    seed_transitions(session)
    strict, easy = make_school(session, board=make_board(session)), make_school(session, board=make_board(session))
    session.add(
        SafeguardingRule(kind="guest_lecture", board_id=strict.parent_id, proof=ProofType.VOG, max_age_weeks=200)
    )
    teachers = [make_teacher(session, school=school) for school in (strict, easy)]
    lead = make_user(session)
    make_grant(session, lead, Role.SCHOOL_LEAD, organisation=easy)
    companies = [make_company(session) for _ in range(2)]
    guests = [make_professional(session, company=companies[number]) for number in (0, 0, 1)]
    contact = make_user(session)
    make_grant(session, contact, Role.COMPANY_CONTACT, organisation=companies[0])
    boss, torn = make_coordinator(session), make_coordinator(session)
    make_grant(session, torn, Role.PROFESSIONAL, organisation=companies[1])
    stranger = make_professional(session)
    offers = [another_offer(session, person=guest, company=at, open_cap=20, yearly_cap=None)
              for guest, at in zip(guests, (companies[0], companies[0], companies[1]), strict=True)]  # fmt: skip
    team = another_offer(session, person=guests[1], company=companies[0], open_cap=20, yearly_cap=None)
    team.person_id = None
    session.flush()
    refresh_search_key(session, team.id, now=NOW)
    requests = _requests(session, (strict, easy), teachers)
    session.flush()
    return {
        "requests": requests,
        "offers": {
            offer.id: {"company": offer.organisation_id, "contact": offer.person_id or contact.id}
            for offer in (*offers, team)
        },
        "roles": _roles(session),
        "strict_schools": {strict.id},
        "strict": strict.id,
        "boss": boss.id,
        "people": [each.id for each in (*teachers, lead, *guests, contact, boss, torn, stranger)],
        "guests": [guest.id for guest in guests],
        "torn": (torn.id, "professional", companies[1].id),
        "changing": [
            (guests[2].id, "professional", companies[1].id),
            (torn.id, "professional", companies[1].id),
            *((each.id, "teacher", school.id) for each, school in zip(teachers, (strict, easy), strict=True)),
        ],
        "stoppable": [guests[1].id],
        "withdrawable": list(requests),
        "set_proof": set_proof,
        "set_role": set_role,
        "set_stopped": set_stopped,
    }


def _requests(session: Session, schools: tuple[Organisation, Organisation], teachers: list[User]) -> dict[int, Any]:
    found = {}
    for school, teacher in zip(schools, teachers, strict=True):
        shared = make_class(session, school=school)
        for needed, school_class in ((1, shared), (2, shared), (1, make_class(session, school=school))):
            request = make_request(session, school=school, teacher=teacher, school_class=school_class, needed=needed)
            found[request.id] = {
                "school": school.id,
                "asked_by": teacher.id,
                "teacher": teacher.id,
                "class": school_class.id,
                "needed": needed,
                "state": "open",
            }
    return found


def _roles(session: Session) -> dict[int, set[tuple[str, int]]]:
    roles: dict[int, set[tuple[str, int]]] = {}
    for grant in session.scalars(select(Grant).where(Grant.ended_at.is_(None))):
        roles.setdefault(grant.user_id, set()).add((grant.role.value, grant.organisation_id or 0))
    return roles


def set_proof(session: Session, who: int, school_id: int, until: date | None) -> None:
    """Seen at this school and valid until that day, or not any more."""
    board_id = session.get_one(Organisation, school_id).parent_id
    session.execute(delete(Proof).where(Proof.user_id == who, Proof.board_id == board_id))
    if until is not None:
        session.add(
            Proof(
                user_id=who,
                board_id=board_id,
                type=ProofType.VOG,
                seen_by_id=who,
                seen_at=NOW,
                issued_on=date(2026, 11, 1),
                valid_until=until,
            )
        )
    session.flush()


def set_role(session: Session, who: int, role: str, place: int, on: bool) -> None:
    live = session.scalars(
        select(Grant).where(
            Grant.user_id == who, Grant.role == role, Grant.organisation_id == place, Grant.ended_at.is_(None)
        )
    ).one_or_none()
    if on:
        make_grant(session, session.get_one(User, who), role, organisation=session.get_one(Organisation, place))
    elif live is not None:
        live.ended_at = NOW
    session.flush()


def set_stopped(session: Session, who: int, stopped: bool, now: datetime) -> None:
    session.get_one(User, who).stopped_at = now if stopped else None
    session.flush()
