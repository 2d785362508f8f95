"""The trial lessons of somebody whom a school may take as a hybrid teacher."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.states import Kind
from matcher.matching.models import Match
from matcher.matching.trials import Trial, trial_of
from matcher.requests.models import Request


def trials_for(session: Session, vacancy: Request, person_id: int | None) -> list[Match]:
    """Whatever became of them, the newest first."""
    if person_id is None:
        return []
    query = (
        select(Match, Request)
        .join(Request, Request.id == Match.request_id)
        .where(
            Match.professional_id == person_id,
            Match.kind == Kind.GUEST_LECTURE,
            Request.organisation_id == vacancy.organisation_id,
        )
        .order_by(Match.id.desc())
    )
    link = Trial(vacancy.id, person_id)
    return [lesson for lesson, asked in session.execute(query) if trial_of(asked.details) == link]
