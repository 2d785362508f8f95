"""Asking two people together or one in fewer half-days, and what a school does when one of two says no."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.errors import Conflict, Forbidden, IllegalMove, InvalidInput
from matcher.i18n import _l
from matcher.matching.behalf_services import asking_voice
from matcher.matching.bridge_queries import able_for, asked_bridge, can_undo_asking
from matcher.matching.bridges import FEWER, KEPT, KEY, PAIR, Able, share
from matcher.matching.bridges import fewer as partly
from matcher.matching.door_services import NOT_POSSIBLE_NOW, NOT_YOURS, locked, step
from matcher.matching.models import Match
from matcher.matching.pair_services import OTHERS_ASKED, forget_bridge
from matcher.matching.proposal_services import check_open, lock_people, propose
from matcher.matching.request_services import editable, may_send
from matcher.matching.states import LIVE, NEVER_SENT, Action, CancelReason, MatchState, Side
from matcher.matching.visit_services import end_by_system
from matcher.notices.services import withhold
from matcher.requests.models import Request

CHANGED = _l("This has changed in the meantime. Look at who could do it now.")


def ask_pair(
    session: Session, request_id: int, *, offer_ids: Sequence[int], actor: Actor, now: datetime
) -> list[Match]:
    """Both are asked for their own half-days; both have to say yes and be approved. Raises Conflict."""
    request, able = _ready(session, request_id, offer_ids, actor, now)
    wanted = max(1, round(request.days or 1))
    chosen = [able[offer_id] for offer_id in dict.fromkeys(offer_ids) if offer_id in able]
    if len(chosen) != 2 or chosen[0].person_id == chosen[1].person_id or not request.details.get("shared", True):
        raise Conflict(CHANGED)
    shares = share(chosen[0], chosen[1], wanted)
    if shares is None:
        raise Conflict(CHANGED)
    request.needed = 2
    session.flush()
    matches = [_asked(session, request, each, ids, PAIR, actor, now) for each, ids in zip(chosen, shares, strict=True)]
    _remember(session, request, PAIR, matches, actor, now)
    return matches


def ask_fewer(session: Session, request_id: int, *, offer_id: int, actor: Actor, now: datetime) -> Match:
    """One person for the half-days that suit. Raises Conflict."""
    request, able = _ready(session, request_id, [offer_id], actor, now)
    found = partly([able[offer_id]] if offer_id in able else [], max(1, round(request.days or 1)))
    if not found:
        raise Conflict(CHANGED)
    forget_bridge(session, request)
    match = _asked(session, request, found[0][0], found[0][1], FEWER, actor, now)
    _remember(session, request, FEWER, [match], actor, now)
    return match


def undo_bridge(session: Session, request_id: int, *, actor: Actor, now: datetime) -> None:
    """Within the minute nothing was sent: nobody was asked. Raises IllegalMove when it is too late."""
    _lock_asked(session, request_id)
    request = editable(session, request_id, actor)
    asked = asked_bridge(session, request)
    if asked is None or not can_undo_asking(asked, actor, now):
        raise IllegalMove(NOT_POSSIBLE_NOW)
    said = asking_voice(session, request, actor.user_id or 0)
    for match in asked.matches:
        locked(session, match.id)
        step(
            session,
            match,
            Action.WITHDRAW,
            MatchState.WITHDRAWN,
            actor=said.actor,
            role=Side.SCHOOL,
            now=now,
            reason=NEVER_SENT,
            on_behalf_by=said.by_id,
        )
        withhold(session, subject="match", subject_id=match.id, now=now)
    forget_bridge(session, request)


def keep_one(session: Session, request_id: int, *, actor: Actor, now: datetime) -> Match:
    """One of two said no: the other stays, in fewer half-days, and no second person is looked for."""
    _lock_asked(session, request_id)
    request = editable(session, request_id, actor)
    left = _left(session, request)
    if left.place_no not in (None, 1):
        left.place_no = 1
        session.flush()
    forget_bridge(session, request)
    _remember(session, request, KEPT, [left], actor, now)
    return left


def look_again(session: Session, request_id: int, *, actor: Actor, now: datetime) -> None:
    """Start over: who is left hears that it does not go on, and the vacancy asks for everything once more."""
    _lock_asked(session, request_id)
    request = editable(session, request_id, actor)
    asked = asked_bridge(session, request)
    if asked is None or asked.sort != PAIR or asked.standing not in {"broken", "over"}:
        raise IllegalMove(NOT_POSSIBLE_NOW)
    # First, so that nobody is told of half a bridge that still waits for a choice.
    forget_bridge(session, request)
    for match in asked.matches:
        if match.state in LIVE:
            end_by_system(session, match.id, reason=CancelReason.PARTNER_LEFT.value, now=now)


def _lock_asked(session: Session, request_id: int) -> None:
    """The people of the bridge before their request."""
    request = session.get(Request, request_id)
    asked = asked_bridge(session, request) if request is not None else None
    lock_people(session, [match.offer_id for match in asked.matches] if asked else [])


def _left(session: Session, request: Request) -> Match:
    asked = asked_bridge(session, request)
    if asked is None or asked.sort != PAIR or asked.standing != "broken":
        raise IllegalMove(NOT_POSSIBLE_NOW)
    return next(match for match in asked.matches if match.state in LIVE or match.state is MatchState.HELD)


def _ready(
    session: Session, request_id: int, offer_ids: Sequence[int], actor: Actor, now: datetime
) -> tuple[Request, dict[int, Able]]:
    """People before the request, as everywhere; nobody else may be asked at the same time."""
    lock_people(session, offer_ids)
    request = editable(session, request_id, actor)
    if not may_send(actor, request):
        raise Forbidden(NOT_YOURS)
    if not offer_ids:
        raise InvalidInput(_l("Choose whom you want to ask."))
    check_open(session, request)
    live = select(Match.id).where(Match.request_id == request.id, Match.state.in_(LIVE)).limit(1)
    if session.scalar(live) is not None:
        raise Conflict(OTHERS_ASKED)
    _view, able = able_for(session, request.id, now=now, ranked=False)
    return request, {each.offer_id: each for each in able}


def _asked(
    session: Session, request: Request, able: Able, ids: Sequence[int], sort: str, actor: Actor, now: datetime
) -> Match:
    said = asking_voice(session, request, actor.user_id or 0)
    return propose(
        session,
        request_id=request.id,
        offer_id=able.offer_id,
        side=Side.SCHOOL,
        actor=said.actor,
        said=said,
        now=now,
        half_days=ids,
        details={KEY: sort},
    )


def _remember(
    session: Session, request: Request, sort: str, matches: Sequence[Match], actor: Actor, now: datetime
) -> None:
    bridge: dict[str, Any] = {
        "sort": sort,
        "matches": [match.id for match in matches],
        "at": now.isoformat(),
        "by": actor.user_id,
    }
    request.details = {**request.details, KEY: bridge}
    session.flush()
