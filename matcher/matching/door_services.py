"""The one door: every change of a match's state passes `step`. Also the locks to hold before it, in one order."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.db import BIGGEST_ID, lock_row, next_id
from matcher.errors import Conflict, Forbidden, IllegalMove, NotFound
from matcher.i18n import _l
from matcher.matching.afterwards import MARK
from matcher.matching.budget_services import settle
from matcher.matching.hold_services import supervisor_of
from matcher.matching.models import Match, MatchEvent
from matcher.matching.policy import MatchFacts, allowed_actions, sides_of
from matcher.matching.queries import facts_of_match
from matcher.matching.states import LIVE, MOVES, REGISTERED, TAKES_PLACE, Action, MatchState, Side
from matcher.matching.stay_queries import teacher_of
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.asking import class_ids_of
from matcher.requests.models import Request, SchoolClass

PAST = {MARK, REGISTERED}
"""Details of a step that was taken elsewhere and is only noted here."""
NOT_POSSIBLE_NOW = _l("This cannot be done now: the match changed in the meantime. Look at what happened.")
NOT_YOURS = _l("You are not one of the people who may do this.")
STALE = _l("Somebody changed this while you were looking. Look at what happened and decide again.")


def locked(session: Session, match_id: int, *, seq: int | None = None) -> tuple[Match, Request, Offer]:
    """The match with everything a step may book or count, locked in the fixed order person → organisation → class →
    place → request → match.

    ``seq`` is the version the page showed; another one raises Conflict. Raises NotFound.
    """
    columns = (
        Match.professional_id,
        Match.visitor_id,
        Match.offer_id,
        Match.request_id,
        Request.class_id,
        Request.kind,
        Request.details,
    )
    query = select(*columns).join(Request, Request.id == Match.request_id).where(Match.id == match_id)
    found = session.execute(query).one_or_none() if 0 < match_id <= BIGGEST_ID else None
    if found is None:
        raise NotFound()
    is_stay = found.kind is Kind.TEACHER_INTERNSHIP
    people = {found.professional_id, found.visitor_id, *(_of_stay(session, found) if is_stay else ())}
    for person_id in sorted(people - {None}):
        lock_row(session, User, person_id)
    lock_companies(session, [found.offer_id])
    for class_id in sorted(class_ids_of(found.class_id, found.details)):
        lock_row(session, SchoolClass, class_id)
    if is_stay:
        lock_row(session, Offer, found.offer_id)
    request = lock_row(session, Request, found.request_id)
    match = lock_row(session, Match, match_id)
    check_version(match, seq)
    return match, request, session.get_one(Offer, match.offer_id)


def lock_around(session: Session, request_id: int, *, offer_ids: Collection[int] = ()) -> None:
    """Everything a step of any live match of this request, or of one with these offers, may book: locked before the
    request itself, in the fixed order."""
    query = select(Match.professional_id, Match.visitor_id, Match.offer_id)
    live = session.execute(query.where(Match.request_id == request_id, Match.state.in_(LIVE))).all()
    request = session.get(Request, request_id) if 0 < request_id <= BIGGEST_ID else None
    if request is None:
        raise NotFound()
    offers = {*offer_ids, *(row.offer_id for row in live)}
    people: set[int | None] = {each for row in live for each in (row.professional_id, row.visitor_id)}
    people |= set(session.scalars(select(Offer.person_id).where(Offer.id.in_(offers))))
    if request.kind is Kind.TEACHER_INTERNSHIP:
        people |= {teacher_of(request), *(supervisor_of(session.get_one(Offer, number)) for number in offers)}
    for person_id in sorted(each for each in people if each is not None):
        lock_row(session, User, person_id)
    lock_companies(session, offers)
    for class_id in sorted(request.class_ids):
        lock_row(session, SchoolClass, class_id)
    for offer_id in sorted(offers) if request.kind is Kind.TEACHER_INTERNSHIP else ():
        lock_row(session, Offer, offer_id)


def lock_companies(session: Session, offer_ids: Collection[int]) -> None:
    """The organisations behind these offers, ids rising: their budgets are counted under this lock."""
    for company_id in sorted(set(session.scalars(select(Offer.organisation_id).where(Offer.id.in_(offer_ids))))):
        lock_row(session, Organisation, company_id)


def _of_stay(session: Session, found: Any) -> set[int | None]:
    """Whose time an internship holds: the teacher's, and the supervisor's when there is one of their own."""
    offer = session.get_one(Offer, found.offer_id)
    return {teacher_of(session.get_one(Request, found.request_id)), supervisor_of(offer)}


def check_version(match: Match, seq: int | None) -> None:
    """``seq`` is the version the page showed. Raises Conflict for another one."""
    if seq is not None and match.seq != seq:
        raise Conflict(STALE)


def permitted(session: Session, match: Match, action: Action, actor: Actor, now: datetime) -> MatchFacts:
    """The facts, after asking the rules. Raises IllegalMove when this cannot be done now, Forbidden for a stranger."""
    facts = facts_of_match(session, match, now)
    if action in allowed_actions(facts, actor, now):
        return facts
    if not sides_of(facts, actor):
        raise Forbidden(NOT_YOURS)
    raise IllegalMove(NOT_POSSIBLE_NOW)


def born(
    session: Session,
    match: Match,
    *,
    actor: Actor,
    role: Side,
    now: datetime,
    details: dict[str, Any],
    on_behalf_by: int | None = None,
) -> None:
    """The first event and then the match itself, so that its key to the event is checked at once."""
    match.id = next_id(session, "matches")
    match.seq, match.state = 1, MatchState.PROPOSED
    match.created_at = match.changed_at = now
    event = _event(match, Action.PROPOSE, MatchState.PROPOSED, 1, None, actor, role, now, None, "", details)
    event.on_behalf_by_id = on_behalf_by
    session.add(event)
    session.flush()
    session.add(match)
    session.flush()
    settle(session, match, forced=bool(PAST & details.keys()))


def step(
    session: Session,
    match: Match,
    action: Action,
    to: MatchState,
    *,
    actor: Actor,
    role: Side,
    now: datetime,
    reason: str | None = None,
    note: str = "",
    details: dict[str, Any] | None = None,
    on_behalf_by: int | None = None,
) -> MatchEvent:
    """Write the event, then the state. The caller has asked `permitted`; the table is asked here once more.

    A match that leaves approval forgets who approved it: constraint and state change in one statement.
    """
    move = MOVES.get((match.state, action))
    if move is None or to not in move.to:
        raise IllegalMove(NOT_POSSIBLE_NOW)
    event = _event(match, action, to, match.seq + 1, match.state, actor, role, now, reason, note, details or {})
    event.on_behalf_by_id = on_behalf_by
    session.add(event)
    session.flush()
    match.seq, match.state, match.changed_at, match.reason = event.seq, to, now, reason
    if to in {MatchState.PROPOSED, MatchState.ACCEPTED}:
        match.approved_by_id = match.approved_rule = match.approved_at = None
    if to not in TAKES_PLACE:
        match.place_no = None
    session.flush()
    settle(session, match, forced=_is_past(event, action))
    return event


def _is_past(event: MatchEvent, action: Action) -> bool:
    """No maximum refuses what took place elsewhere and is only noted, nor an agreed visit that moves to another day."""
    return bool(PAST & event.details.keys()) or action in {Action.MOVE, Action.ASK_MOVE}


def _event(
    match: Match,
    action: Action,
    to: MatchState,
    seq: int,
    from_state: MatchState | None,
    actor: Actor,
    role: Side,
    now: datetime,
    reason: str | None,
    note: str,
    details: dict[str, Any],
) -> MatchEvent:
    return MatchEvent(
        match_id=match.id,
        seq=seq,
        prev_seq=seq - 1 if from_state is not None else None,
        from_state=from_state.value if from_state is not None else None,
        action=action,
        to_state=to.value,
        actor_id=actor.user_id,
        role=role,
        reason=reason,
        note=note,
        details=details,
        at=now,
    )
