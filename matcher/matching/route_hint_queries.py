"""How many lessons somebody gives at one school in a school year; after a few, a weekly half-day is worth a thought."""

from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from matcher.availability.states import Kind
from matcher.clock import school_year, school_year_dates
from matcher.matching.models import Match, MatchMoment
from matcher.matching.states import MatchState
from matcher.requests.models import Request

FEW = 3
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


def knows_school_well(session: Session, match: Match, request: Request, day: date | None) -> bool:
    """Whether the guest of this lesson gave at least three there."""
    if match.kind is not Kind.GUEST_LECTURE or match.state not in AGREED or match.visitor_id is None or day is None:
        return False
    return lessons_at(session, match.visitor_id, request.organisation_id, day) >= FEW
