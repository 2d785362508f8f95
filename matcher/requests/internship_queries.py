"""Internships that were asked: the values somebody typed, and which half-days a window holds at this school."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.orm import Session

from matcher.availability.halfdays import FULL_WEEK, window_half_days
from matcher.availability.moments import Moment
from matcher.availability.queries import timetable_of
from matcher.organisations.models import Organisation
from matcher.regions.holidays import public_holidays
from matcher.requests import queries
from matcher.requests.internships import InternshipWish
from matcher.requests.models import Request


def closed_days(session: Session, school: Organisation, first: date, last: date, *, holidays: bool) -> Collection[date]:
    """National holidays and study days always; school holidays and free days unless the teacher gives them."""
    calendar = timetable_of(session, school, first=first, last=last).calendar
    public = public_holidays(first, last)
    own = set() if holidays else set(calendar.holidays) | calendar.free_days
    return own | set(public) | calendar.study_days


def half_days_in(session: Session, school: Organisation, data: InternshipWish) -> list[Moment]:
    """Every half-day that can be asked; none before the window is known."""
    if data.first is None or data.last is None or data.last < data.first:
        return []
    closed = closed_days(session, school, data.first, data.last, holidays=data.holidays)
    return window_half_days(data.first, data.last, data.half_day_mask, closed)


def internship_wish_of(session: Session, request: Request) -> InternshipWish:
    """A stored request as the values somebody typed."""
    topics = queries.topics_of(session, [request.id])[request.id]
    details = request.details
    return InternshipWish(
        topic_text=str(details.get("topic_text", "")),
        topic_ids=tuple(topic.id for topic in topics),
        learning_goal=str(details.get("learning_goal", "")),
        product=str(details.get("product", "")),
        own_words=request.own_words,
        first=request.window_from,
        last=request.window_to,
        half_day_mask=FULL_WEEK if request.half_day_mask is None else request.half_day_mask,
        unit=str(details.get("unit", "days")),
        amount=float(details.get("amount", 3)),
        order=str(details.get("order", "either")),
        holidays=bool(details.get("holidays")),
        leader=str(details.get("leader", "")),
        leave_given=bool(details.get("leave_given")),
        replacement=str(details.get("replacement", "")),
        max_km=request.max_km,
        language=request.language,
        costs=request.costs,
    )
