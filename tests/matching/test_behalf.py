"""A coordinator notes what somebody said: whose word it is, who wrote it down, and who is mailed of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.behalf import KEY, Heard, How
from matcher.accounts.models import Grant
from matcher.accounts.policy import Actor
from matcher.errors import Conflict, Forbidden, InvalidInput
from matcher.matching.behalf import OnBehalf, Said, quiet_sides
from matcher.matching.behalf_queries import speakers
from matcher.matching.due_services import ask_how_it_was
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Consent, Match, MatchEvent, VisitReport
from matcher.matching.queries import facts_of_match
from matcher.matching.request_services import invite
from matcher.matching.services import (
    accept_match,
    approve_match,
    cancel_match,
    decline_match,
    suggest_moment,
    undo,
    withdraw_match,
)
from matcher.matching.states import Action, CancelReason, DeclineReason, MatchState, Side
from matcher.matching.visit_services import report_visit
from tests.factories import NOW
from tests.factories.matching import THURSDAY
from tests.factories.people import make_coordinator, make_region
from tests.matching.lives import AFTER, Life, make_life


def by(side: Side, *, tell: bool = False) -> OnBehalf:
    return OnBehalf(side=side, how=How.PHONE, at=NOW - timedelta(hours=1), tell=tell)


def yes_noted(life: Life, match: Match, side: Side = Side.COMPANY, *, tell: bool = False) -> Match:
    return accept_match(
        life.session,
        match.id,
        moment_id=life.moments(match)[0].id,
        actor=life.actor(life.coordinator),
        now=NOW,
        on_behalf=by(side, tell=tell),
    )


def mailed(life: Life, match: Match, seq: int | None = None) -> set[str]:
    return {address for _template, address, channel in life.notices(match, seq) if channel == "mail"}


def last_event(life: Life, match: Match) -> MatchEvent:
    return life.session.get_one(MatchEvent, (match.id, match.seq))


def test_yes_by_phone_is_the_guests_and_names_who_noted_it(session: Session) -> None:
    life = make_life(session)
    match = yes_noted(life, life.asked())
    event = last_event(life, match)
    assert (match.state, event.actor_id, event.on_behalf_by_id) == (
        MatchState.ACCEPTED,
        life.offers[0].person_id,
        life.coordinator.id,
    )
    assert (event.role, event.details["how"], event.details["at"]) == (
        Side.COMPANY,
        "phone",
        (NOW - timedelta(hours=1)).isoformat(),
    )
    assert session.get_one(Consent, (match.id, Side.COMPANY)).given_by_id == life.offers[0].person_id


def test_person_is_mailed_only_when_ticked(session: Session) -> None:
    life = make_life(session)
    silent = yes_noted(life, life.asked(0))
    guest = life.guest(0).email
    assert mailed(life, silent, silent.seq) == {life.teacher.email}
    assert (guest, "inbox") in {(address, channel) for _t, address, channel in life.notices(silent, silent.seq)}
    other = make_life(session)
    told = yes_noted(other, other.asked(0), tell=True)
    assert other.guest(0).email in mailed(other, told, told.seq)


def test_coordinator_who_noted_a_yes_may_approve(session: Session) -> None:
    life = make_life(session)
    match = yes_noted(life, life.asked())
    approve_match(session, match.id, actor=life.actor(life.coordinator), now=NOW)
    assert (match.state, match.approved_by_id) == (MatchState.APPROVED, life.coordinator.id)
    assert mailed(life, match, match.seq) == {life.teacher.email}


def test_who_answers_themselves_is_mailed_again(session: Session) -> None:
    life = make_life(session)
    match = yes_noted(life, life.asked())
    cancelled = withdraw_match(session, match.id, reason=CancelReason.ILL, actor=life.guest(), now=NOW)
    assert mailed(life, cancelled, cancelled.seq) == {life.teacher.email}
    assert last_event(life, match).on_behalf_by_id is None


def test_posted_and_accepted_on_behalf_mails_nobody_but_the_invited(session: Session) -> None:
    life = make_life(session)
    life.request.details = {KEY: Heard(how=How.MAIL, at=NOW).details}
    life.request.on_behalf_by_id = life.coordinator.id
    coordinator = life.actor(life.coordinator)
    asked = invite(session, life.request.id, offer_ids=[life.offers[0].id], actor=coordinator, now=NOW)[0]
    assert (asked.side, asked.proposed_by_id, asked.on_behalf_by_id) == (
        Side.SCHOOL,
        life.teacher.id,
        life.coordinator.id,
    )
    assert mailed(life, asked) == {life.guest().email}
    match = yes_noted(life, asked)
    approve_match(session, match.id, actor=coordinator, now=NOW)
    assert mailed(life, match, 2) | mailed(life, match, 3) == set()
    ask_how_it_was(session, match.id, now=AFTER)
    assert mailed(life, match) == {life.guest().email}
    assert broken_promises(session) == []


def test_coordinator_who_ticks_for_a_teacher_keeps_her_mailed(session: Session) -> None:
    life = make_life(session)
    coordinator = life.actor(life.coordinator)
    match = invite(session, life.request.id, offer_ids=[life.offers[0].id], actor=coordinator, now=NOW)[0]
    accept_match(session, match.id, moment_id=life.moments(match)[0].id, actor=life.guest(), now=NOW)
    assert mailed(life, match, match.seq) == {life.teacher.email, life.guest().email}
    approve_match(session, match.id, actor=coordinator, now=NOW)
    assert match.state is MatchState.APPROVED


def test_no_moment_and_end_can_be_noted(session: Session) -> None:
    life = make_life(session, guests=3, needed=3, together=False)
    coordinator = life.actor(life.coordinator)
    first, second, third = (life.asked(number) for number in range(3))
    decline_match(
        session, first.id, reason=DeclineReason.NO_TIME, actor=coordinator, now=NOW, on_behalf=by(Side.COMPANY)
    )
    suggest_moment(
        session,
        second.id,
        day=THURSDAY,
        starts="13:00",
        ends="13:50",
        actor=coordinator,
        now=NOW,
        on_behalf=by(Side.COMPANY),
    )
    withdraw_match(session, third.id, reason=CancelReason.OTHER, actor=coordinator, now=NOW, on_behalf=by(Side.SCHOOL))
    assert [each.state for each in (first, second, third)] == ["declined", "proposed", "withdrawn"]
    assert all(last_event(life, each).on_behalf_by_id == life.coordinator.id for each in (first, second, third))
    yes = accept_match(
        session,
        second.id,
        moment_id=next(moment.id for moment in life.moments(second) if moment.chosen),
        actor=coordinator,
        now=NOW,
        on_behalf=by(Side.SCHOOL),
    )
    assert yes.state is MatchState.ACCEPTED


def test_cancelling_and_report_can_be_noted(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    coordinator = life.actor(life.coordinator)
    for side, actor_id in ((Side.SCHOOL, life.teacher.id), (Side.COMPANY, life.guest().user_id)):
        said = OnBehalf(side=side, how=How.MAIL, at=AFTER)
        report_visit(session, match.id, happened=True, again=True, actor=coordinator, now=AFTER, on_behalf=said)
        assert session.get_one(VisitReport, (match.id, side)).by_id == actor_id
    assert match.state is MatchState.HELD
    other = make_life(session)
    agreed = other.approved()
    cancel_match(
        session,
        agreed.id,
        reason=CancelReason.ILL,
        actor=other.actor(other.coordinator),
        now=NOW,
        on_behalf=by(Side.COMPANY),
    )
    assert agreed.state is MatchState.CANCELLED


def test_noted_yes_can_be_taken_back_by_who_noted_it(session: Session) -> None:
    life = make_life(session)
    match = yes_noted(life, life.asked())
    undo(session, match.id, actor=life.actor(life.coordinator), now=NOW + timedelta(seconds=20))
    assert match.state is MatchState.PROPOSED
    accept_match(session, match.id, moment_id=life.moments(match)[0].id, actor=life.guest(), now=NOW)
    assert life.guest().email in mailed(life, match, match.seq)


def test_only_a_coordinator_of_the_region_notes(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    elsewhere = make_coordinator(session, region=make_region(session, "drenthe", landsdeel="noord"))
    for stranger in (life.actor(elsewhere), life.actor(life.teacher), life.guest(1), life.guest(0)):
        with pytest.raises(Forbidden):
            accept_match(
                session,
                match.id,
                moment_id=life.moments(match)[0].id,
                actor=stranger,
                now=NOW,
                on_behalf=by(Side.COMPANY),
            )
    assert match.state is MatchState.PROPOSED


def test_word_of_tomorrow_and_of_the_unconfirmed_is_refused(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    later = OnBehalf(side=Side.COMPANY, how=How.PHONE, at=NOW + timedelta(days=1))
    coordinator = life.actor(life.coordinator)
    with pytest.raises(InvalidInput):
        decline_match(session, match.id, reason=DeclineReason.OTHER, actor=coordinator, now=NOW, on_behalf=later)
    for grant in life.session.scalars(select(Grant).where(Grant.user_id == life.offers[0].person_id)):
        grant.ended_at = NOW
    session.flush()
    with pytest.raises(Conflict):
        decline_match(
            session, match.id, reason=DeclineReason.OTHER, actor=coordinator, now=NOW, on_behalf=by(Side.COMPANY)
        )


def test_page_offers_only_what_that_side_can_do(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    facts = facts_of_match(session, match, NOW)

    def seen(actor: Actor) -> dict[str, frozenset[str]]:
        found = speakers(session, match, life.request, life.offers[0], facts, actor, NOW)
        return {each.side: each.actions for each in found}

    assert seen(life.actor(life.coordinator)) == {
        "school": frozenset({"withdraw"}),
        "company": frozenset({"accept", "decline", "suggest_moment"}),
    }
    assert seen(life.actor(life.teacher)) == {}


def test_quiet_follows_the_last_own_word() -> None:
    noted = {KEY: {"tell": False}}
    own = Said(2, Action.ACCEPT, Side.COMPANY, None, {})
    silent = Said(3, Action.WITHDRAW, Side.COMPANY, 9, {"tell": False})
    back = Said(4, Action.UNDO, Side.COMPANY, None, {"undone_seq": 3})
    assert quiet_sides([], noted, {}) == {Side.SCHOOL}
    assert quiet_sides([own, silent], {}, noted) == {Side.COMPANY}
    assert quiet_sides([own, silent, back], {}, noted) == frozenset()
    assert quiet_sides([Said(1, Action.PROPOSE, Side.SCHOOL, 9, {"tell": True})], noted, {}) == frozenset()
