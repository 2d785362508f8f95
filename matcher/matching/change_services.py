"""Changing what was agreed: another moment, another visitor, a lapse of safeguarding. Approval stays while nothing that
it rested on changes."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import SYSTEM, Actor
from matcher.availability.states import Kind
from matcher.db import lock_row
from matcher.errors import IllegalMove
from matcher.matching.behalf import OnBehalf, Voice
from matcher.matching.behalf_services import voice
from matcher.matching.booking_services import book, choose_moment
from matcher.matching.door_services import NOT_POSSIBLE_NOW, locked, permitted, step
from matcher.matching.fitness_services import safeguarding_result
from matcher.matching.models import Match, MatchEvent, MatchMoment
from matcher.matching.moment_services import add_half_days, add_moment, moment_of_match
from matcher.matching.notice_services import tell
from matcher.matching.policy import sides_of
from matcher.matching.proposal_services import check_colleague
from matcher.matching.queries import chosen_moment
from matcher.matching.states import Action, MatchState, Side
from matcher.offers.models import Offer
from matcher.requests.models import Request


def ask_move(
    session: Session,
    match_id: int,
    *,
    day: date | None = None,
    starts: str = "",
    ends: str = "",
    half_days: Sequence[int] = (),
    actor: Actor,
    now: datetime,
    note: str = "",
    seq: int | None = None,
) -> Match:
    """One side asks for another moment; the agreed one stands until the other side says yes."""
    match, request, offer = locked(session, match_id, seq=seq)
    facts = permitted(session, match, Action.ASK_MOVE, actor, now)
    side = _party(sides_of(facts, actor))
    if request.kind is Kind.GUEST_LECTURE and day is not None:
        moment = add_moment(session, match, day=day, starts=starts, ends=ends, side=side, now=now)
    else:
        moment = add_half_days(session, match, request, moment_ids=half_days, side=side, now=now)
    event = step(
        session,
        match,
        Action.ASK_MOVE,
        MatchState.APPROVED,
        actor=actor,
        role=side,
        now=now,
        note=note,
        details={"wanted_id": moment.id},
    )
    tell(session, match, request, offer, event)
    return match


def move_match(session: Session, match_id: int, *, actor: Actor, now: datetime, seq: int | None = None) -> Match:
    """The other side agrees: calendars move; a new approval is needed only if safeguarding comes out differently."""
    match, request, offer = locked(session, match_id, seq=seq)
    facts = permitted(session, match, Action.MOVE, actor, now)
    asked = session.get_one(MatchEvent, (match.id, match.seq))
    moment = moment_of_match(session, match, int(asked.details["wanted_id"]), now)
    before = chosen_moment(session, match.id)
    same = _same_safeguarding(session, match, request, before, moment, match.visitor_id, match.visitor_id)
    choose_moment(session, match.id, moment.id)
    book(session, match, request, offer, moment)
    to = MatchState.APPROVED if same else MatchState.ACCEPTED
    return _changed(session, match, request, offer, Action.MOVE, to, actor, _party(sides_of(facts, actor)), now, moment)


def change_visitor(
    session: Session,
    match_id: int,
    *,
    visitor_id: int,
    actor: Actor,
    now: datetime,
    seq: int | None = None,
    on_behalf: OnBehalf | None = None,
) -> Match:
    """A colleague comes instead, or the name that was to follow. The new person's time is held instead."""
    lock_row(session, User, visitor_id)
    match, request, offer = locked(session, match_id, seq=seq)
    said = voice(session, match, request, offer, actor=actor, on_behalf=on_behalf, now=now)
    actor = said.actor
    facts = permitted(session, match, Action.CHANGE_VISITOR, actor, now)
    check_colleague(session, offer, visitor_id, but=match.visitor_id)
    moment = chosen_moment(session, match.id)
    if moment is None:
        raise IllegalMove(NOT_POSSIBLE_NOW)
    same = _same_safeguarding(session, match, request, moment, moment, match.visitor_id, visitor_id)
    match.visitor_id = visitor_id
    book(session, match, request, offer, moment)
    to = MatchState.APPROVED if same else MatchState.ACCEPTED
    side = Side.COMPANY if Side.COMPANY in sides_of(facts, actor) else Side.COORDINATOR
    return _changed(session, match, request, offer, Action.CHANGE_VISITOR, to, actor, side, now, moment, said)


def lapse_match(session: Session, match_id: int, *, now: datetime) -> Match:
    """A proof no longer covers the day: back to the coordinator, both sides told."""
    match, request, offer = locked(session, match_id)
    permitted(session, match, Action.LAPSE, SYSTEM, now)
    moment = chosen_moment(session, match.id)
    return _changed(session, match, request, offer, Action.LAPSE, MatchState.ACCEPTED, SYSTEM, Side.SYSTEM, now, moment)


def _changed(
    session: Session,
    match: Match,
    request: Request,
    offer: Offer,
    action: Action,
    to: MatchState,
    actor: Actor,
    side: Side,
    now: datetime,
    moment: MatchMoment | None,
    said: Voice | None = None,
) -> Match:
    said = said or Voice(actor)
    event = step(
        session,
        match,
        action,
        to,
        actor=actor,
        role=side,
        now=now,
        details={"moment_id": moment.id if moment else None} | said.noted,
        on_behalf_by=said.by_id,
    )
    tell(session, match, request, offer, event)
    return match


def _same_safeguarding(
    session: Session,
    match: Match,
    request: Request,
    before: MatchMoment | None,
    after: MatchMoment,
    visitor_before: int | None,
    visitor_after: int | None,
) -> bool:
    old_day = before.day if before else after.day
    old = safeguarding_result(session, match, request, visitor_before, old_day)
    return old == safeguarding_result(session, match, request, visitor_after, after.day)


def _party(sides: frozenset[Side]) -> Side:
    return Side.SCHOOL if Side.SCHOOL in sides else Side.COMPANY
