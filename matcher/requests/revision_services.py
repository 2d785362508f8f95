"""What a request said at a moment, kept for good."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.availability.states import Kind
from matcher.requests import queries
from matcher.requests.models import Request, RequestRevision


def record_revision(session: Session, request: Request, *, by_id: int | None, now: datetime) -> RequestRevision:
    """Keep what the request says now, for good; the caller has raised `request.revision` for a change."""
    row = RequestRevision(
        request_id=request.id, revision=request.revision, at=now, by_id=by_id, snapshot=snapshot(session, request)
    )
    session.add(row)
    session.flush()
    return row


def snapshot(session: Session, request: Request) -> dict[str, object]:
    """The request as plain JSON values."""
    moments = queries.moments_of(session, [request.id])[request.id]
    several = {
        "hours": request.hours,
        "days": request.days,
        "half_day_mask": request.half_day_mask,
        "window": [day.isoformat() if day else None for day in (request.window_from, request.window_to)],
    }
    return (several if request.kind is not Kind.GUEST_LECTURE else {}) | {
        "kind": request.kind.value,
        "title": request.title,
        "class_id": request.class_id,
        "level": request.level,
        "year": request.year,
        "group_size": request.group_size,
        "language": request.language,
        "delivery": request.delivery.value,
        "needed": request.needed,
        "together": request.together,
        "teacher_id": request.teacher_id,
        "own_words": request.own_words,
        "costs": request.costs,
        "max_km": request.max_km,
        "details": request.details,
        "topics": [topic.code for topic in queries.topics_of(session, [request.id])[request.id]],
        "moments": [[m.day.isoformat(), m.starts, m.ends, m.start_s, m.end_s, m.periods] for m in moments],
    }
