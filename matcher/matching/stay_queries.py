"""What is held already around an internship: the teacher's own time and the places of a company."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.halfdays import Part
from matcher.availability.models import Booking
from matcher.availability.states import Kind, Party
from matcher.matching.held_queries import held_at
from matcher.matching.models import Match
from matcher.matching.views import RequestView
from matcher.requests.models import Request

PLACES = 100
"""A place's own number is the offer's id times this, plus the number of the place."""


def teacher_of(request: Request) -> int:
    """Who does the internship."""
    return request.teacher_id or request.asked_by_id


def times_away(session: Session, requests: Sequence[Request], now: datetime) -> dict[int, tuple[Part, ...]]:
    """Teacher → what holds them from now on, for the internships among these requests."""
    teachers = {teacher_of(request) for request in requests if request.kind is Kind.TEACHER_INTERNSHIP}
    if not teachers:
        return {}
    query = (
        select(Booking.party_id, Booking.start_s, Booking.end_s)
        .join(Match, Match.id == Booking.match_id)
        .where(Booking.party == Party.PERSON, Booking.party_id.in_(teachers), held_at(session, now))
        .where(Booking.end_s > now.timestamp())
        .order_by(Booking.start_s)
    )
    found: dict[int, list[Part]] = defaultdict(list)
    for teacher, start_s, end_s in session.execute(query):
        found[teacher].append((start_s, end_s))
    return {teacher: tuple(spans) for teacher, spans in found.items()}


def taken_places(
    session: Session, request: RequestView, offer_ids: Collection[int], *, now: datetime
) -> dict[int, tuple[Part, ...]]:
    """Offer → the half-days that internships hold there inside the asked window, one entry for each place."""
    if request.kind is not Kind.TEACHER_INTERNSHIP or not request.moments:
        return {}
    first, last = request.moments[0].start_s, max(moment.end_s for moment in request.moments)
    query = (
        select(Match.offer_id, Booking.start_s, Booking.end_s)
        .join(Match, Match.id == Booking.match_id)
        .where(Match.offer_id.in_(offer_ids), Booking.party == Party.PLACE, held_at(session, now))
        .where(Booking.start_s < last, Booking.end_s > first)
    )
    found: dict[int, list[Part]] = defaultdict(list)
    for offer_id, start_s, end_s in session.execute(query):
        found[offer_id].append((start_s, end_s))
    return {offer_id: tuple(parts) for offer_id, parts in found.items()}
