"""Requests of any kind: whether a draft holds all that is needed to send it, an earlier one once more, one change."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.requests import queries, services
from matcher.requests.internship_queries import internship_wish_of
from matcher.requests.internship_services import copy_internship, write_internship
from matcher.requests.internships import InternshipWish
from matcher.requests.models import Request
from matcher.requests.vacancies import VacancyWish
from matcher.requests.vacancy_services import copy_vacancy, require_vacancy, vacancy_wish, write_vacancy
from matcher.requests.widening import widened


def require_complete(session: Session, request: Request, *, now: datetime) -> None:
    """Raises InvalidInput with the field that still misses something."""
    if request.kind is Kind.HYBRID_PLACEMENT:
        require_vacancy(session, request, now=now)
    else:
        services.require_complete(session, request, now=now)


def copy_draft(
    session: Session, *, actor: Actor, now: datetime, request_id: int, leave_open: Collection[str] = ()
) -> Request:
    """A new draft with everything of an earlier request that still makes sense; `leave_open`: "dates", "class"."""
    source = queries.request_for(session, actor, request_id)
    copy = _COPIES.get(source.kind, services.copy_request)
    return copy(session, actor=actor, now=now, request_id=request_id, leave_open=leave_open)


def widen(session: Session, request: Request, mark: str, *, now: datetime) -> None:
    """An internship or a vacancy with one change; what does not go with it changes nothing. Raises InvalidInput."""
    if request.kind is Kind.HYBRID_PLACEMENT:
        vacancy = widened(vacancy_wish(session, request), mark)
        if isinstance(vacancy, VacancyWish):
            write_vacancy(session, request, vacancy, now=now)
    elif request.kind is Kind.TEACHER_INTERNSHIP:
        stay = widened(internship_wish_of(session, request), mark)
        if isinstance(stay, InternshipWish):
            write_internship(session, request, stay, now=now)


_COPIES = {Kind.TEACHER_INTERNSHIP: copy_internship, Kind.HYBRID_PLACEMENT: copy_vacancy}
