"""Nobody who leaves takes a match along: the request goes to a colleague, the invitation to the contact, or it ends."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import SYSTEM
from matcher.accounts.queries import actor_for, coordinators_of, recipient_of
from matcher.accounts.services import record
from matcher.accounts.wordless import with_asker
from matcher.availability.states import Kind
from matcher.db import lock_row
from matcher.errors import Conflict, NotFound
from matcher.matching.begin_services import begin
from matcher.matching.door_services import lock_around, locked
from matcher.matching.due_queries import LEFT
from matcher.matching.leaving_queries import can_be_replaced, has_contact, successor_of
from matcher.matching.models import Match
from matcher.matching.proposal_services import check_open
from matcher.matching.request_services import end_request
from matcher.matching.states import LIVE, CancelReason, Side
from matcher.matching.visit_services import end_by_system
from matcher.notices.services import enqueue
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from matcher.requests.states import RequestState


def end_for_leaver(session: Session, match_id: int, *, now: datetime) -> Match | None:
    """The guest left: the match ends, everybody hears. For a lesson of the employer its contact is asked who comes
    instead; gives that new invitation."""
    end_by_system(session, match_id, reason=CancelReason.OTHER.value, now=now)
    match, request, offer = locked(session, match_id)
    if match.side is Side.COMPANY or not can_be_replaced(match, offer):
        return None
    if not has_contact(session, offer.organisation_id) or _is_closed(session, offer.organisation_id):
        return None
    try:
        check_open(session, request)
        return begin(
            session,
            request,
            offer,
            side=match.side,
            actor=actor_for(session, request.asked_by_id if match.side is Side.SCHOOL else match.proposed_by_id or 0),
            now=now,
            professional_id=None,
            wave=match.wave,
            suggestion_id=match.suggestion_id,
            details={"instead_of": match.id},
        )
    except (Conflict, NotFound):
        # The places are taken, the budget is spent, or the asker is gone as well: then nobody else is asked.
        return None


def _is_closed(session: Session, organisation_id: int) -> bool:
    place = session.get_one(Organisation, organisation_id)
    return place.stopped_at is not None or place.ended_at is not None


def end_invitation(session: Session, match_id: int, *, now: datetime) -> bool:
    """What was offered is not offered any more; what was agreed stays."""
    end_by_system(session, match_id, reason=CancelReason.OTHER.value, now=now)
    return True


def end_school_request(session: Session, request_id: int, *, now: datetime) -> bool:
    """The school no longer takes part: its request ends with everything that hangs on it."""
    lock_around(session, request_id)
    request = lock_row(session, Request, request_id)
    return end_request(session, request, reason=CancelReason.OTHER, now=now)


def hand_over_request(session: Session, request_id: int, *, now: datetime) -> bool:
    """The asker left. A colleague goes on; without one the coordinator speaks for the school. An internship was the
    asker's own and ends."""
    lock_around(session, request_id)
    request = lock_row(session, Request, request_id)
    if request.kind is Kind.TEACHER_INTERNSHIP:
        return end_request(session, request, reason=CancelReason.OTHER, now=now)
    before, successor = request.asked_by_id, successor_of(session, request, now)
    if successor is None:
        request.details = {**request.details, LEFT: now.isoformat()}
        session.flush()
        _tell(session, request, before, now, successor)
        return True
    request.asked_by_id, request.changed_at = successor, now
    kept = {key: value for key, value in request.details.items() if key != LEFT}
    request.details = with_asker(kept, before)
    if request.teacher_id == before:
        request.teacher_id = successor
    session.flush()
    taught = (Match.request_id == request.id) & Match.state.in_(LIVE) & (Match.teacher_id == before)
    for match in session.scalars(select(Match).where(taught)):
        match.teacher_id = successor
    session.flush()
    record(
        session,
        action="request_handed_over",
        object_type="request",
        object_id=request.id,
        actor_id=SYSTEM.user_id,
        region_id=request.region_id,
        details={"to": successor},
        now=now,
    )
    _tell(session, request, before, now, successor)
    return True


def _tell(session: Session, request: Request, before: int, now: datetime, successor: int | None) -> None:
    """Whoever goes on with it: the colleague, or those who serve the region."""
    if request.state is not RequestState.OPEN:
        return
    people = coordinators_of(session, request.region_id) if successor is None else [recipient_of(session, successor)]
    school = session.get_one(Organisation, request.organisation_id)
    params = {
        "request_id": request.id,
        "title": request.title,
        "school": school.name,
        "place": school.place,
        "before": session.get_one(User, before).name,
        "is_mine": successor is not None,
        "answers_to": f"/requests/{request.id}",
    }
    for recipient in people:
        enqueue(
            session,
            recipient=recipient,
            template="matching/request_handed_over",
            params=params,
            subject="request",
            subject_id=request.id,
            seq=before,
            now=now,
            hold_seconds=0,
        )
