"""What the clock does, through the whole round, on both engines; and a round that runs twice does nothing twice."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant
from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.db import Database
from matcher.jobs.faults import MOST, taken
from matcher.matching import proposal_services, request_services, services, visit_services
from matcher.matching.models import Match, Message
from matcher.matching.states import DeclineReason, MatchState
from matcher.matching.suggestion_models import RequestTick, SuggestionRun
from matcher.matching.tasks import _each, due_work
from matcher.matching.turn_queries import kept_turn
from matcher.notices.models import Outbox
from matcher.organisations.models import Organisation
from matcher.regions.policy import APPROVAL, KNOWN_PAIRS
from matcher.regions.services import set_region_rule
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from tests.factories import NOW
from tests.factories.matching import make_request
from tests.matching.lives import AFTER, Life, make_life

LATER = NOW + timedelta(minutes=2)


def _life(database: Database, verb: Any = None, **fields: Any) -> dict[str, int]:
    """A world written for good; returns the ids that a test needs."""
    with database.write() as session:
        life = make_life(session, **fields)
        match = verb(life) if verb else None
        return {
            "match": match.id if match else 0,
            "request": life.request.id,
            "school": life.school.id,
            "teacher": life.teacher.id,
            "coordinator": life.coordinator.id,
            "region": life.request.region_id,
            "offers": [offer.id for offer in life.offers],  # type: ignore[dict-item]
        }


def _state(database: Database, match_id: int) -> MatchState:
    with database.read() as session:
        return session.get_one(Match, match_id).state


def test_round_expires_what_nobody_answered_and_does_it_once(database: Database) -> None:
    ids = _life(database, lambda life: life.asked())
    later = NOW + timedelta(days=10)
    assert due_work(database, None, LATER).get("expired") is None
    assert due_work(database, None, later)["expired"] == 1
    assert due_work(database, None, later).get("expired") is None
    assert _state(database, ids["match"]) is MatchState.EXPIRED


def test_round_supersedes_after_the_undo_window(database: Database) -> None:
    def two(life: Life) -> Match:
        other = life.asked(1)
        life.accepted(0)
        return other

    ids = _life(database, two)
    assert due_work(database, None, NOW + timedelta(seconds=30)).get("superseded") is None
    assert due_work(database, None, LATER)["superseded"] == 1
    assert _state(database, ids["match"]) is MatchState.SUPERSEDED


def test_round_asks_the_next_ticked_person(database: Database) -> None:
    def ticked(life: Life) -> Match:
        actor = life.actor(life.teacher)
        ids = [offer.id for offer in life.offers]
        proposal_services.tick(life.session, request_id=life.request.id, offer_ids=ids, actor=actor, now=NOW)
        first = proposal_services.ask_next(life.session, life.request.id, now=NOW)[0]
        return services.decline_match(
            life.session, first.id, reason=DeclineReason.NO_TIME, actor=life.guest(0), now=NOW
        )

    ids = _life(database, ticked, guests=4)
    assert due_work(database, None, NOW + timedelta(seconds=30)).get("asked") is None
    assert due_work(database, None, LATER)["asked"] == 1
    with database.read() as session:
        waiting = select(RequestTick).where(RequestTick.request_id == ids["request"], RequestTick.asked_at.is_(None))
        assert session.scalars(waiting).all() == []


def test_known_pair_is_approved_by_the_rule_of_the_region_and_by_name(database: Database) -> None:
    def held_once_and_again(life: Life) -> Match:
        before = life.approved()
        for actor in (life.actor(life.teacher), life.guest()):
            visit_services.report_visit(life.session, before.id, happened=True, again=True, actor=actor, now=AFTER)
        life.request = make_request(life.session, school=life.school, teacher=life.teacher, moments=_january())
        return life.accepted(now=AFTER)

    ids = _life(database, held_once_and_again)
    later = AFTER + timedelta(minutes=2)
    due_work(database, None, later)
    assert _state(database, ids["match"]) is MatchState.ACCEPTED
    with database.write() as session:
        _rule(session, ids["region"], later)
    assert due_work(database, None, later)["approved"] == 1
    with database.read() as session:
        match = session.get_one(Match, ids["match"])
        assert (match.approved_rule, match.approved_by_id) == (KNOWN_PAIRS, None)


def _rule(session: Session, region_id: int, now: datetime) -> None:
    set_region_rule(session, region_id=region_id, kind=None, key=APPROVAL, value=KNOWN_PAIRS, set_by_id=None, now=now)


def _january() -> list[Any]:
    return [(date(2027, 2, 4), "10:15", "11:05")]


def test_first_visit_of_a_pair_waits_for_the_coordinator_under_that_rule(database: Database) -> None:
    ids = _life(database, lambda life: life.accepted())
    with database.write() as session:
        _rule(session, ids["region"], NOW)
    due_work(database, None, LATER)
    assert _state(database, ids["match"]) is MatchState.ACCEPTED


def test_round_asks_both_sides_how_it_was_once_and_closes_silence(database: Database) -> None:
    ids = _life(database, lambda life: life.approved())
    assert due_work(database, None, AFTER)["asked how"] == 1
    assert due_work(database, None, AFTER).get("asked how") is None
    with database.read() as session:
        query = select(Outbox.address).where(Outbox.template == "matching/how_was_it", Outbox.channel == "mail")
        assert len(set(session.scalars(query))) == 2
    assert due_work(database, None, AFTER + timedelta(days=30))["counted"] == 1
    assert _state(database, ids["match"]) is MatchState.MISSED


def test_unconfirmed_teacher_is_kept_and_sent_after_confirmation(database: Database) -> None:
    with database.write() as session:
        life = make_life(session)
        life.request.state, life.request.published_at = RequestState.DRAFT, None
        life.request.own_words = "Wat doe jij op een gewone dag?"
        grant = session.scalars(select(Grant).where(Grant.user_id == life.teacher.id)).one()
        grant.confirmed_at = None
        session.flush()
        actor = life.actor(life.teacher)
        kept = request_services.publish_request(session, life.request.id, actor=actor, now=NOW)
        assert (kept.state, kept.held_back, kept.revision) == (RequestState.DRAFT, True, 2)
        ids = [offer.id for offer in life.offers]
        assert request_services.invite(session, life.request.id, offer_ids=ids, actor=actor, now=NOW) == []
        request_id, grant_id = life.request.id, grant.id
        assert "your place" in kept_turn(session, kept, actor)[0]
        assert life.teacher.name in kept_turn(session, kept, life.actor(life.coordinator))[0]
    due_work(database, None, LATER)
    with database.read() as session:
        assert session.scalars(select(Match)).all() == []
    with database.write() as session:
        session.get_one(Grant, grant_id).confirmed_at = LATER
    done = due_work(database, None, LATER)
    assert (done["sent"], done["suggested"], done["asked"]) == (1, 1, 1)
    with database.read() as session:
        sent = session.get_one(Request, request_id)
        assert (sent.state, sent.held_back, sent.revision) == (RequestState.OPEN, False, 3)
        assert len(session.scalars(select(Match)).all()) == 2
        runs = session.scalars(select(SuggestionRun.request_revision)).all()
        assert runs == [3]


def test_stopped_company_ends_its_open_invitations_and_visits(database: Database) -> None:
    ids = _life(database, lambda life: life.approved())
    with database.write() as session:
        match = session.get_one(Match, ids["match"])
        grant = select(Grant).where(Grant.user_id == match.visitor_id, Grant.role == Role.PROFESSIONAL)
        company = session.get_one(Organisation, session.scalars(grant).one().organisation_id or 0)
        company.stopped_at = LATER
    assert due_work(database, None, LATER)["ended"] == 1
    assert _state(database, ids["match"]) is MatchState.CANCELLED


def test_request_whose_moments_are_over_is_closed(database: Database) -> None:
    ids = _life(database)
    assert due_work(database, None, AFTER)["closed"] == 1
    with database.read() as session:
        assert session.get_one(Request, ids["request"]).state is RequestState.CLOSED


def test_withdrawn_request_takes_everything_with_it(session: Session) -> None:
    life = make_life(session)
    proposed, approved = life.asked(1), None
    approved = life.approved(0)
    request_services.withdraw_request(session, life.request.id, actor=life.actor(life.teacher), now=NOW)
    assert (proposed.state, approved.state) == (MatchState.WITHDRAWN, MatchState.CANCELLED)
    assert life.request.state is RequestState.WITHDRAWN


def test_message_reaches_the_other_side_and_strangers_may_not_write(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    message = services.post_message(session, match.id, body=" Waar parkeer ik? ", actor=life.guest(), now=NOW)
    assert session.get_one(Message, message.id).body == "Waar parkeer ik?"
    told = session.scalars(select(Outbox.address).where(Outbox.subject == "message", Outbox.channel == "mail")).all()
    assert told == [life.teacher.email]
    stranger: Actor = life.guest(1)
    with pytest.raises(Exception, match="not one of the people"):
        services.post_message(session, match.id, body="Hoi", actor=stranger, now=NOW)


def test_row_with_a_fault_keeps_no_other_row_waiting(database: Database) -> None:
    def verb(_session: Any, row_id: int) -> bool:
        return 10 // (row_id - 2) != 0

    assert _each(database, [1, 2, 3], verb) == 2
    assert taken() == ["row 2: ZeroDivisionError"]
    with pytest.raises(ZeroDivisionError):
        _each(database, [2] * 99, verb)
    assert len(taken()) == MOST
