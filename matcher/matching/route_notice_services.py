"""Whoever gives one school more than a few lessons is told, once, that one can also teach there part of the week."""

from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from matcher.accounts.queries import recipient_of
from matcher.availability.states import Kind
from matcher.clock import school_year, school_year_dates
from matcher.matching.models import Match, MatchMoment
from matcher.matching.states import UNDO_SECONDS, MatchState
from matcher.notices.services import enqueue
from matcher.organisations.models import Organisation
from matcher.requests.models import Request

FEW = 3
ROUTES = "/qualifications"
TEMPLATE = "matching/hybrid_route"
AGREED = (MatchState.APPROVED, MatchState.HELD)


def lessons_at(session: Session, person_id: int, school_id: int, day: date) -> int:
    """Lessons of this person at this school in the school year of that day, agreed or held."""
    first, last = school_year_dates(school_year(day))
    query: Select[int] = (
        select(func.count(Match.id))
        .join(Request, Request.id == Match.request_id)
        .join(MatchMoment, (MatchMoment.match_id == Match.id) & MatchMoment.chosen)
        .where(
            Match.visitor_id == person_id,
            Match.kind == Kind.GUEST_LECTURE,
            Match.state.in_(AGREED),
            Request.organisation_id == school_id,
            MatchMoment.day.between(first, last),
        )
    )
    return session.scalar(query) or 0


def tell_of_route(session: Session, match: Match, request: Request, day: date | None, now: datetime) -> None:
    """After the third; a second time the outbox already has it."""
    if match.kind is not Kind.GUEST_LECTURE or match.state not in AGREED or match.visitor_id is None or day is None:
        return
    count = lessons_at(session, match.visitor_id, request.organisation_id, day)
    if count < FEW:
        return
    school = session.get_one(Organisation, request.organisation_id)
    enqueue(
        session,
        recipient=recipient_of(session, match.visitor_id),
        template=TEMPLATE,
        params={"school": school.name, "count": count, "answers_to": ROUTES},
        subject="hybrid_route",
        subject_id=match.visitor_id,
        seq=1,
        now=now,
        hold_seconds=UNDO_SECONDS,
    )
