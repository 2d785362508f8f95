"""What happens to a whole request: sent, taken back to change it, withdrawn with everything that hangs on it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.states import SCHOOL_ROLES
from matcher.db import check_shown, lock_row
from matcher.errors import Conflict, NotFound
from matcher.i18n import _l
from matcher.matching.door_services import lock_around
from matcher.matching.kept_queries import kept
from matcher.matching.models import Match
from matcher.matching.proposal_services import ask_next, copy_ticks, lock_people, tick, waiting_offers
from matcher.matching.queries import mark_of_request
from matcher.matching.states import LIVE, TAKES_PLACE, CancelReason, MatchState
from matcher.matching.visit_services import end_by_system
from matcher.requests import policy
from matcher.requests.complete_services import require_complete
from matcher.requests.models import Request, RequestRevision
from matcher.requests.revision_services import record_revision
from matcher.requests.services import spread_lessons
from matcher.requests.states import RequestState


def publish_request(session: Session, request_id: int, *, actor: Actor, now: datetime) -> Request:
    """Send a draft. Of somebody whose place at the school is not confirmed yet it is kept, and sent once it is.

    A second click finds it open and changes nothing. Raises InvalidInput for what is missing.
    """
    request = editable(session, request_id, actor)
    if request.state is RequestState.OPEN:
        return request
    if request.state is not RequestState.DRAFT:
        raise Conflict(_l("This request was withdrawn. Copy it to ask again."))
    require_complete(session, request, now=now)
    if not may_send(actor, request):
        _keep(session, request, by_id=actor.user_id, now=now)
        return request
    _open(session, request, by_id=actor.user_id, now=now)
    return request


def may_send(actor: Actor, request: Request) -> bool:
    """Who is confirmed at the school, or coordinates its region: nobody else has people asked."""
    confirmed = any(actor.has_in(role, request.organisation_id) for role in SCHOOL_ROLES)
    return confirmed or actor.is_coordinator_of(request.region_id)


def _keep(session: Session, request: Request, *, by_id: int | None, now: datetime) -> None:
    """Held back, with a revision, so that the asker already sees who would fit (without names) and can tick."""
    request.revision = _next_revision(session, request)
    request.held_back, request.changed_at = True, now
    session.flush()
    record_revision(session, request, by_id=by_id, now=now)


def _next_revision(session: Session, request: Request) -> int:
    last = session.scalar(select(func.max(RequestRevision.revision)).where(RequestRevision.request_id == request.id))
    return (last or 0) + 1


def send_held_back(session: Session, request_id: int, *, actor: Actor, now: datetime) -> bool:
    """After confirmation: a fresh check, then open. False when it can no longer be sent as it is."""
    request = lock_row(session, Request, request_id)
    if not request.held_back or request.state is not RequestState.DRAFT or not may_send(actor, request):
        return False
    require_complete(session, request, now=now)
    _open(session, request, by_id=actor.user_id, now=now)
    return True


def _open(session: Session, request: Request, *, by_id: int | None, now: datetime) -> None:
    """Every lesson of it: a series becomes so many requests."""
    for lesson in spread_lessons(session, request, now=now):
        _open_one(session, lesson, by_id=by_id, now=now)
        if lesson.id != request.id:
            copy_ticks(session, request.id, lesson.id)


def renew(session: Session, request: Request, *, by_id: int | None, now: datetime) -> None:
    """An open request as it reads from now on."""
    request.revision, request.changed_at = _next_revision(session, request), now
    session.flush()
    record_revision(session, request, by_id=by_id, now=now)


def _open_one(session: Session, request: Request, *, by_id: int | None, now: datetime) -> None:
    request.revision = _next_revision(session, request)
    request.state, request.held_back = RequestState.OPEN, False
    request.published_at, request.changed_at, request.ended_at = now, now, None
    session.flush()
    record_revision(session, request, by_id=by_id, now=now)


def take_back_to_draft(session: Session, request_id: int, *, actor: Actor, now: datetime) -> Request:
    """To change an open request; only while nobody was asked or said yes. Raises Conflict."""
    request = editable(session, request_id, actor)
    if request.state is RequestState.DRAFT:
        return request
    if request.state is not RequestState.OPEN or _live(session, request.id):
        raise Conflict(_l("People were already asked. Withdraw the invitations first, or copy the request."))
    if session.scalar(select(Match.id).where(Match.request_id == request.id, Match.state == MatchState.HELD)):
        raise Conflict(_l("A visit took place already. Copy the request to ask once more."))
    request.state, request.changed_at = RequestState.DRAFT, now
    session.flush()
    return request


def withdraw_request(
    session: Session,
    request_id: int,
    *,
    actor: Actor,
    now: datetime,
    reason: CancelReason = CancelReason.OTHER,
    mark: int | None = None,
) -> Request:
    """The school asks no more: open invitations and agreements end with it, everybody hears. `mark`: how it stood on
    the page, so that nobody ends an agreement they did not see."""
    lock_around(session, request_id)
    request = editable(session, request_id, actor)
    if request.state is not RequestState.WITHDRAWN:
        check_shown(mark_of_request(session, request), mark)
    end_request(session, request, reason=reason, now=now)
    return request


def end_request(session: Session, request: Request, *, reason: CancelReason, now: datetime) -> bool:
    """Withdrawn, with its open invitations and agreements; the caller holds everything that these may book."""
    if request.state is RequestState.WITHDRAWN:
        return False
    request.state, request.ended_at, request.changed_at = RequestState.WITHDRAWN, now, now
    session.flush()
    for match_id in _live(session, request.id):
        end_by_system(session, match_id, reason=reason.value, now=now)
    return True


def close_request(session: Session, request_id: int, *, now: datetime) -> bool:
    """The last moment is over and nothing lives any more: the request is finished, not withdrawn."""
    request = lock_row(session, Request, request_id)
    if request.state is not RequestState.OPEN or _live(session, request.id):
        return False
    request.state, request.ended_at, request.changed_at = RequestState.CLOSED, now, now
    session.flush()
    return True


def invite(
    session: Session,
    request_id: int,
    *,
    offer_ids: Sequence[int],
    actor: Actor,
    now: datetime,
    revision: int | None = None,
) -> list[Match]:
    """Ask the ticked people in this order; three at once, the rest as places in the row come free.

    Of somebody who is not confirmed yet the ticks are kept; they are asked once the request is sent. For a series they
    are asked for every lesson that nobody gives yet. `revision`: what the page showed.
    """
    lessons = lessons_to_ask(session, request_id)
    others = [offer_id for lesson in lessons for offer_id in waiting_offers(session, lesson)]
    again = [match.offer_id for lesson in lessons for match in kept(session, lesson)]
    lock_people(session, [*offer_ids, *others, *again])
    asked: list[Match] = []
    for lesson_id in lessons:
        request = editable(session, lesson_id, actor)
        if lesson_id == request_id:
            check_shown(request.revision, revision)
        tick(session, request_id=request.id, offer_ids=offer_ids, actor=actor, now=now)
        asked += ask_next(session, request.id, now=now) if may_send(actor, request) else []
    return asked


def lessons_to_ask(session: Session, request_id: int) -> list[int]:
    """This request, and the open ones of its series with a place left; ids rising, as they are locked."""
    request = session.get(Request, request_id)
    if request is None or request.series_id is None:
        return [request_id]
    taken = (
        select(func.count(Match.id))
        .where(Match.request_id == Request.id, Match.state.in_(TAKES_PLACE))
        .scalar_subquery()
    )
    query = select(Request.id).where(
        Request.series_id == request.series_id, Request.state == RequestState.OPEN, taken < Request.needed
    )
    return sorted({request_id, *session.scalars(query)})


def editable(session: Session, request_id: int, actor: Actor) -> Request:
    """The request, locked, if this person may change it. Raises NotFound for unknown and foreign ones alike."""
    request = lock_row(session, Request, request_id)
    if not policy.can_edit(
        actor,
        organisation_id=request.organisation_id,
        region_id=request.region_id,
        asked_by_id=request.asked_by_id,
    ):
        raise NotFound()
    return request


def _live(session: Session, request_id: int) -> list[int]:
    query = select(Match.id).where(Match.request_id == request_id, Match.state.in_(LIVE)).order_by(Match.id)
    return list(session.scalars(query))
