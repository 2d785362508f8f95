"""Whoever gives one school more than a few lessons is told, once, that one can also teach there part of the week."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from matcher.accounts.queries import recipients_of
from matcher.availability.states import Kind
from matcher.matching.letters import manner_of
from matcher.matching.models import Match
from matcher.matching.route_hint_queries import AGREED, FEW, lessons_at
from matcher.matching.states import UNDO_SECONDS
from matcher.notices.services import enqueue
from matcher.organisations.models import Organisation
from matcher.requests.models import Request

ROUTES = "/qualifications"
TEMPLATE = "matching/hybrid_route"


def tell_of_route(session: Session, match: Match, request: Request, day: date | None, now: datetime) -> None:
    """After the third; a second time the outbox already has it."""
    if match.kind is not Kind.GUEST_LECTURE or match.state not in AGREED or match.visitor_id is None or day is None:
        return
    count = lessons_at(session, match.visitor_id, request.organisation_id, day)
    if count < FEW:
        return
    school = session.get_one(Organisation, request.organisation_id)
    guest = recipients_of(session, [match.visitor_id]).get(match.visitor_id)
    if guest is None:
        return
    enqueue(
        session,
        recipient=guest,
        template=TEMPLATE,
        params={"school": school.name, "count": count, "answers_to": ROUTES},
        subject="hybrid_route",
        subject_id=match.visitor_id,
        seq=1,
        now=now,
        hold_seconds=UNDO_SECONDS,
        manner=manner_of(TEMPLATE),
    )
