"""Drafts of any kind: whether one holds all that is needed to send it, and an earlier request once more."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.requests import queries, services
from matcher.requests.internship_services import copy_internship
from matcher.requests.models import Request
from matcher.requests.vacancy_services import copy_vacancy, require_vacancy


def require_complete(session: Session, request: Request, *, now: datetime) -> None:
    """Raises InvalidInput with the field that still misses something."""
    if request.kind is Kind.HYBRID_PLACEMENT:
        require_vacancy(session, request, now=now)
    else:
        services.require_complete(session, request, now=now)


def copy_draft(session: Session, *, actor: Actor, now: datetime, request_id: int) -> Request:
    """A new draft with everything of an earlier request that still makes sense."""
    source = queries.request_for(session, actor, request_id)
    copy = _COPIES.get(source.kind, services.copy_request)
    return copy(session, actor=actor, now=now, request_id=request_id)


_COPIES = {Kind.TEACHER_INTERNSHIP: copy_internship, Kind.HYBRID_PLACEMENT: copy_vacancy}
