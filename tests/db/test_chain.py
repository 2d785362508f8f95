"""The life of a match is enforced by the database: forged steps, states and second births are refused on both."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matcher.accounts.models import Audit
from matcher.matching.models import AllowedTransition, Match, MatchEvent
from matcher.matching.states import ALLOWED_TRANSITIONS, FINAL, Action, MatchState
from matcher.offers.models import OfferRevision
from matcher.requests.models import RequestRevision
from tests.factories import NOW
from tests.factories.matching import make_event, make_match, make_offer, make_request
from tests.factories.people import make_user

OTHERS = [state.value for state in MatchState if state is not MatchState.PROPOSED]
EVENT = text(
    "insert into match_events (match_id, seq, prev_seq, from_state, action, to_state, role, note, details, at)"
    " values (:match, :seq, :prev, :before, :action, :after, 'system', '', '{}', :at)"
)


def forge(session: Session, match: Match, **changes: Any) -> None:
    """The next step of a fresh proposal, as somebody with the database in hand would write it."""
    values = {
        "match": match.id,
        "seq": match.seq + 1,
        "prev": match.seq,
        "before": match.state.value,
        "action": "decline",
        "after": "declined",
        "at": NOW if session.get_bind().dialect.name == "postgresql" else NOW.isoformat(" "),
    }
    with session.begin_nested():
        session.execute(EVENT, {**values, **changes})


def test_honest_step_is_taken(session: Session) -> None:
    match = make_match(session)
    forge(session, match)
    session.execute(text("update matches set seq = 2, state = 'declined' where id = :id"), {"id": match.id})
    session.refresh(match)
    assert match.state is MatchState.DECLINED


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "approve", "after": "approved"},
        {"action": "accept", "after": "approved"},
        {"action": "decline", "after": "accepted"},
        {"action": "dance", "after": "declined"},
        {"before": "accepted", "action": "approve", "after": "approved"},
        {"before": "approved", "action": "report_held", "after": "held"},
        {"seq": 3, "prev": 2},
        {"seq": 3, "prev": 1},
        {"seq": 2, "prev": None, "before": None},
        {"seq": 2, "before": None},
        {"seq": 2, "prev": None},
        {"seq": 1, "prev": None, "before": None, "action": "propose", "after": "proposed"},
        {"seq": 0, "prev": None, "before": None, "action": "propose", "after": "proposed"},
    ],
    ids=lambda changes: "-".join(map(str, changes.values())),
)
def test_forged_step_is_refused(session: Session, changes: dict[str, Any]) -> None:
    match = make_match(session)
    with pytest.raises(IntegrityError):
        forge(session, match, **changes)


def test_birth_in_another_state_is_refused(session: Session) -> None:
    unborn = Match(id=make_match(session).id + 1000, seq=0, state=MatchState.PROPOSED)
    for state in OTHERS:
        with pytest.raises(IntegrityError):
            forge(session, unborn, prev=None, before=None, action="propose", after=state)


def test_second_writer_of_a_step_is_refused(session: Session) -> None:
    match = make_match(session)
    forge(session, match)
    with pytest.raises(IntegrityError):
        forge(session, match, action="accept", after="accepted")


@pytest.mark.parametrize(("before", "action", "after"), ALLOWED_TRANSITIONS)
def test_every_step_of_the_table_is_legal(session: Session, before: str, action: str, after: str) -> None:
    match = make_match(session, state=before)
    forge(session, match, action=action, after=after)


@pytest.mark.parametrize("state", sorted(FINAL))
def test_final_state_is_left_only_by_undo(session: Session, state: MatchState) -> None:
    match = make_match(session, state=state)
    legal = {row for row in ALLOWED_TRANSITIONS if row[0] == state.value}
    assert {action for _before, action, _after in legal} <= {"undo"}
    for target in MatchState:
        for action in (Action.ACCEPT, Action.APPROVE, Action.REPORT_HELD, Action.CANCEL):
            with pytest.raises(IntegrityError):
                forge(session, match, action=action.value, after=target.value)


@pytest.mark.parametrize("seq", [1, 2])
def test_state_without_its_event_is_refused(session: Session, seq: int) -> None:
    match = make_match(session)
    change = text(
        "update matches set state = :state, seq = :seq, place_no = 1, approved_rule = 'x', approved_at = :at"
        " where id = :id"
    )
    for state in OTHERS:
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(change, {"state": state, "seq": seq, "id": match.id, "at": NOW.isoformat(" ")})


def test_match_without_events_is_refused(session: Session) -> None:
    match = make_match(session)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("update matches set id = id + 500 where id = :id"), {"id": match.id})


def test_approval_needs_exactly_one_approver_who_is_no_party(session: Session) -> None:
    match = make_match(session, state="approved")
    for change in (
        "approved_by_id = null",
        "approved_rule = 'known_pair'",
        "approved_at = null",
        "approved_by_id = visitor_id",
        "approved_by_id = teacher_id",
        "visitor_id = null",
        "place_no = null",
    ):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(f"update matches set {change} where id = :id"), {"id": match.id})
    session.execute(
        text("update matches set approved_by_id = null, approved_rule = 'known_pair' where id = :id"), {"id": match.id}
    )


def test_second_live_match_of_a_pair_is_refused(session: Session) -> None:
    request, offer = make_request(session), make_offer(session)
    make_match(session, request=request, offer=offer, state="declined")
    make_match(session, request=request, offer=offer)
    with pytest.raises(IntegrityError), session.begin_nested():
        make_match(session, request=request, offer=offer)


def test_one_place_is_taken_once(session: Session) -> None:
    request = make_request(session, needed=2)
    make_match(session, request=request, state="accepted")
    with pytest.raises(IntegrityError), session.begin_nested():
        make_match(session, request=request, state="accepted")
    make_match(session, request=request, state="accepted", place_no=2)


@pytest.mark.parametrize("model", [MatchEvent, AllowedTransition, RequestRevision, OfferRevision, Audit])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_append_only_rows_cannot_be_touched(session: Session, model: type[Any], verb: str) -> None:
    make_match(session)
    session.add(Audit(at=NOW, action="test", object_type="match"))
    session.flush()
    table, column = model.__tablename__, model.__table__.columns[0].name
    before = len(session.scalars(select(model)).all())
    assert before > 0
    statement = f"delete from {table}" if verb == "delete" else f"update {table} set {column} = {column}"
    with pytest.raises(IntegrityError, match="append_only"), session.begin_nested():
        session.execute(text(statement))
    assert len(session.scalars(select(model)).all()) == before


def test_event_by_a_person_needs_that_person(session: Session) -> None:
    match = make_match(session)
    event = make_event(session, match.id, 2, MatchState.PROPOSED, Action.SUGGEST_MOMENT, MatchState.PROPOSED,
                       actor=make_user(session).id)  # fmt: skip
    assert event.seq == 2
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(
            text("insert into match_events (match_id, seq, prev_seq, from_state, action, to_state, role, note, details,"
                 " at) values (:id, 3, 2, 'proposed', 'decline', 'declined', 'school', '', '{}', :at)"),
            {"id": match.id, "at": NOW.isoformat(" ")},
        )  # fmt: skip
