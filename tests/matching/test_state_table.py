"""The table of moves, one row a line, against the rules, the one door and the database, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from matcher.accounts.policy import SYSTEM
from matcher.accounts.queries import actor_for
from matcher.errors import IllegalMove
from matcher.matching.door_services import step
from matcher.matching.models import Match, MatchEvent
from matcher.matching.states import ALLOWED_TRANSITIONS, FINAL, MOVES, Action, MatchState, Side
from tests.factories import NOW
from tests.factories.matching import make_match

# The table of the domain, written out by hand: from, action, to.
TABLE = """
proposed  suggest_moment  proposed
proposed  accept          proposed
proposed  accept          accepted
proposed  decline         declined
proposed  hand_over       declined
proposed  expire          expired
proposed  supersede       superseded
proposed  withdraw        withdrawn
proposed  undo            proposed
accepted  withdraw        withdrawn
accepted  approve         approved
accepted  reject          rejected
accepted  expire          expired
accepted  undo            proposed
approved  ask_move        approved
approved  move            approved
approved  move            accepted
approved  change_visitor  approved
approved  change_visitor  accepted
approved  lapse           accepted
approved  cancel          cancelled
approved  report_held     held
approved  report_missed   missed
approved  undo            accepted
declined  undo            proposed
rejected  undo            accepted
"""
LEGAL = [tuple(line.split()) for line in TABLE.split("\n") if line]
ILLEGAL = [
    (state.value, action.value, target.value)
    for state in MatchState
    for action in Action
    for target in MatchState
    if (state.value, action.value, target.value) not in LEGAL
]


def test_table_equals_the_domain_line_by_line() -> None:
    assert sorted(LEGAL) == ALLOWED_TRANSITIONS
    assert MOVES[(None, Action.PROPOSE)].to == {MatchState.PROPOSED}
    assert len(ILLEGAL) == len(MatchState) ** 2 * len(Action) - len(LEGAL)


def test_final_states_have_no_way_out_but_undo() -> None:
    for state, action in MOVES:
        if state in FINAL:
            assert action is Action.UNDO


@pytest.mark.parametrize(("state", "action", "target"), LEGAL)
def test_legal_row_passes_the_door_and_the_database(session: Session, state: str, action: str, target: str) -> None:
    match = make_match(session, state=state)
    before = match.seq
    if target in {"approved", "held", "missed"} and match.approved_at is None:
        match.approved_rule, match.approved_at = "known_pairs", NOW
    if target in {"accepted", "approved", "held"}:
        match.place_no = 1

    event = step(session, match, Action(action), MatchState(target), actor=SYSTEM, role=Side.SYSTEM, now=NOW)

    assert (match.state, match.seq) == (target, before + 1)
    assert (event.from_state, event.to_state, event.prev_seq) == (state, target, before)


@pytest.mark.parametrize("state", list(MatchState))
def test_illegal_rows_are_refused_by_the_door(session: Session, state: MatchState) -> None:
    match = make_match(session, state=state)
    for from_state, action, target in ILLEGAL:
        if from_state == state:
            with pytest.raises(IllegalMove):
                step(session, match, Action(action), MatchState(target), actor=SYSTEM, role=Side.SYSTEM, now=NOW)
    assert match.state is state


@pytest.mark.parametrize("state", list(MatchState))
def test_illegal_rows_are_refused_by_the_database(session: Session, state: MatchState) -> None:
    match = make_match(session, state=state)
    session.flush()
    for from_state, action, target in ILLEGAL:
        if from_state != state:
            continue
        with pytest.raises(DatabaseError), session.begin_nested():
            session.execute(
                text(
                    "insert into match_events (match_id, seq, prev_seq, from_state, action, to_state, role, note,"
                    " details, at) values (:id, :seq, :prev, :old, :action, :new, 'system', '', '{}', :at)"
                ),
                {
                    "id": match.id,
                    "seq": match.seq + 1,
                    "prev": match.seq,
                    "old": from_state,
                    "action": action,
                    "new": target,
                    "at": NOW.isoformat(),
                },
            )


@pytest.mark.parametrize("forged", [state for state in MatchState if state is not MatchState.PROPOSED])
def test_forged_state_is_refused_by_raw_sql(session: Session, forged: MatchState) -> None:
    match = make_match(session)
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(text("update matches set state = :s where id = :id"), {"s": forged.value, "id": match.id})


FORGERIES = {
    "a sequence without its event": "update matches set seq = seq + 1 where id = :id",
    "an event skipped": "insert into match_events (match_id, seq, prev_seq, from_state, action, to_state, role, note,"
    " details, at) values (:id, 3, 2, 'accepted', 'approve', 'approved', 'system', '', '{}', '2026-11-23 08:00:00')",
    "a second birth": "insert into match_events (match_id, seq, action, to_state, role, note, details, at)"
    " values (:id, 1, 'propose', 'proposed', 'system', '', '{}', '2026-11-23 08:00:00')",
    "born accepted": "insert into match_events (match_id, seq, action, to_state, role, note, details, at)"
    " values (999999, 1, 'accept', 'accepted', 'system', '', '{}', '2026-11-23 08:00:00')",
    "an event by nobody": "insert into match_events (match_id, seq, prev_seq, from_state, action, to_state, role, note,"
    " details, at) values (:id, 2, 1, 'proposed', 'decline', 'declined', 'company', '', '{}', '2026-11-23 08:00:00')",
    "an altered event": "update match_events set to_state = 'accepted' where match_id = :id",
    "a removed event": "delete from match_events where match_id = :id",
    "a removed rule": "delete from allowed_transitions",
    "a match without a chain": "insert into matches (id, kind, request_id, offer_id, request_revision, offer_revision,"
    " name_follows, side, wave, state, seq, region_id, keep_in_mind, generated, created_at, changed_at)"
    " select 999998, kind, request_id, offer_id, 1, 1, name_follows, side, 1, 'declined', 1, region_id, keep_in_mind,"
    " generated, created_at, changed_at from matches where id = :id",
    "a place without a number": "update matches set place_no = 0 where id = :id",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_is_refused_by_raw_sql(session: Session, name: str) -> None:
    match = make_match(session)
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(text(FORGERIES[name]), {"id": match.id})


@pytest.mark.parametrize("party", ["visitor_id", "professional_id", "teacher_id", "proposed_by_id"])
def test_approver_who_is_a_party_is_refused_by_raw_sql(session: Session, party: str) -> None:
    match = make_match(session, state=MatchState.APPROVED)
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(text(f"update matches set approved_by_id = {party} where id = :id"), {"id": match.id})


def test_approval_by_person_and_rule_at_once_is_refused_by_raw_sql(session: Session) -> None:
    match = make_match(session, state=MatchState.APPROVED)
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(text("update matches set approved_rule = 'known_pairs' where id = :id"), {"id": match.id})


def test_two_live_matches_of_a_pair_are_refused(session: Session) -> None:
    first = make_match(session)
    request, offer = first.request_id, first.offer_id
    other = make_match(session)
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(
            text("update matches set request_id = :r, offer_id = :o where id = :id"),
            {"r": request, "o": offer, "id": other.id},
        )


def test_same_place_twice_is_refused(session: Session) -> None:
    first = make_match(session, state=MatchState.ACCEPTED)
    other = make_match(session, state=MatchState.ACCEPTED)
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(
            text("update matches set request_id = :r where id = :id"), {"r": first.request_id, "id": other.id}
        )


def test_version_of_another_writer_is_noticed(session: Session) -> None:
    match = make_match(session)
    actor = actor_for(session, match.proposed_by_id or 0)
    event = step(
        session, match, Action.WITHDRAW, MatchState.WITHDRAWN, actor=actor, role=Side.SCHOOL, now=NOW, reason="other"
    )
    assert session.get_one(MatchEvent, (match.id, 2)) is event
    assert session.get_one(Match, match.id).changed_at == NOW
    assert event.at - NOW < timedelta(seconds=1)
