"""Somebody is away: who answers meanwhile, who hears of it, and what waits for their return, on both engines."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.contact_services import name_second_contact
from matcher.accounts.models import Grant, User
from matcher.availability.services import add_exception
from matcher.availability.states import ABSENCE, ExceptionKind, OwnerType
from matcher.errors import Forbidden, InvalidInput, NotFound
from matcher.matching import services
from matcher.matching.due_services import ask_how_it_was
from matcher.matching.policy import allowed_actions, sides_of
from matcher.matching.queries import facts_of_match, matches_of_company_side, matches_of_school_side
from matcher.matching.states import Action, DeclineReason, MatchState, Side
from matcher.notices.models import Outbox
from tests.factories import NOW
from tests.factories.people import make_grant, make_professional, make_teacher
from tests.matching.lives import AFTER, Life, make_life

TODAY, BACK = date(2026, 11, 23), date(2026, 11, 27)


def away(life: Life, person_id: int, first: date = TODAY, last: date = BACK) -> None:
    owner = (OwnerType.PERSON, person_id)
    values = {"kind": ExceptionKind.BUSY, "first": first, "last": last, "source": ABSENCE}
    add_exception(life.session, actor=life.actor(person_id), now=NOW, owner=owner, **values)


def stands_in(life: Life, person_id: int, organisation_id: int, colleague: User) -> None:
    name_second_contact(
        life.session,
        actor=life.actor(person_id),
        organisation_id=organisation_id,
        colleague_id=colleague.id,
        now=NOW,
    )


def test_colleague_answers_for_the_school_only_while_the_teacher_is_away(session: Session) -> None:
    life = make_life(session)
    colleague = make_teacher(session, school=life.school)
    stands_in(life, life.teacher.id, life.school.id, colleague)
    match = life.asked(side=Side.COMPANY)
    moment = life.moments(match)[0].id

    with pytest.raises(Forbidden):
        services.accept_match(session, match.id, moment_id=moment, actor=life.actor(colleague), now=NOW)
    away(life, life.teacher.id)
    after = NOW + timedelta(days=5)
    assert Side.SCHOOL not in sides_of(facts_of_match(session, match, after), life.actor(colleague))
    services.accept_match(session, match.id, moment_id=moment, actor=life.actor(colleague), now=NOW)
    assert match.state is MatchState.ACCEPTED
    assert [found.id for found in matches_of_school_side(session, life.actor(colleague), NOW)] == [match.id]
    assert not matches_of_school_side(session, life.actor(colleague), after)


def test_second_contact_of_a_company_hears_too_and_may_decline(session: Session) -> None:
    life = make_life(session, guests=1)
    guest = life.guest()
    company_id = life.offers[0].organisation_id
    colleague = make_professional(session)
    make_grant(session, colleague, "professional", organisation=life.session.get(type(life.school), company_id))
    stands_in(life, guest.user_id or 0, company_id, colleague)
    away(life, guest.user_id or 0)
    match = life.asked()

    assert {address for _, address, _ in life.notices(match)} == {guest.email, colleague.email}
    assert [found.id for found in matches_of_company_side(session, life.actor(colleague), NOW)] == [match.id]
    services.decline_match(session, match.id, reason=DeclineReason.NO_TIME, actor=life.actor(colleague), now=NOW)
    assert match.state is MatchState.DECLINED


def test_stand_in_of_another_organisation_or_without_a_place_has_no_side(session: Session) -> None:
    life = make_life(session)
    colleague = make_teacher(session, school=life.school)
    stands_in(life, life.teacher.id, life.school.id, colleague)
    away(life, life.teacher.id)
    match = life.asked()
    facts = facts_of_match(session, match, NOW)
    assert sides_of(facts, life.actor(colleague)) == {Side.SCHOOL}
    assert Action.WITHDRAW in allowed_actions(facts, life.actor(colleague), NOW)

    elsewhere = replace(facts, stand_ins=tuple(each._replace(organisation_id=999_999) for each in facts.stand_ins))
    assert not sides_of(elsewhere, life.actor(colleague))
    session.scalars(select(Grant).where(Grant.user_id == colleague.id)).one().ended_at = NOW
    session.flush()
    assert not sides_of(facts, life.actor(colleague))
    assert not facts_of_match(session, match, NOW).stand_ins


def test_only_a_confirmed_colleague_of_the_same_place_can_be_named(session: Session) -> None:
    life = make_life(session)
    stranger = make_teacher(session)
    for wrong in (stranger.id, life.teacher.id, 2**31 - 1):
        with pytest.raises(InvalidInput):
            name_second_contact(
                session, actor=life.actor(life.teacher), organisation_id=life.school.id, colleague_id=wrong, now=NOW
            )
    with pytest.raises(NotFound):
        name_second_contact(
            session, actor=life.actor(stranger), organisation_id=life.school.id, colleague_id=life.teacher.id, now=NOW
        )


def test_time_to_answer_runs_from_the_return_unless_somebody_answers(session: Session) -> None:
    life = make_life(session)
    plain = life.asked(0).expires_at
    away(life, life.offers[1].person_id or 0)
    waits = life.asked(1).expires_at
    assert plain is not None
    assert waits is not None
    assert waits.date() == date(2026, 12, 4) > plain.date()


def test_reminder_waits_for_the_return_without_a_second_contact(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    away(life, life.teacher.id, first=AFTER.date(), last=AFTER.date() + timedelta(days=3))
    assert ask_how_it_was(session, match.id, now=AFTER)
    at = dict(
        session.execute(select(Outbox.address, Outbox.not_before).where(Outbox.template == "matching/how_was_it")).all()
    )
    assert at[life.teacher.email] > AFTER + timedelta(days=3)
    assert at[life.guest().email] < AFTER + timedelta(minutes=2)


def test_absence_excludes_only_the_moments_that_fall_in_it(session: Session) -> None:
    life = make_life(session)
    away(life, life.offers[0].person_id or 0, first=date(2026, 12, 9), last=date(2026, 12, 11))
    match = life.asked()
    assert [moment.day for moment in life.moments(match)] == [date(2026, 12, 17)]
