"""May this visit take place as it stands: verified sides, a known guest, an adult in the room, safeguarding."""

from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matcher.accounts.queries import members_of
from matcher.accounts.states import COMPANY_ROLES, SCHOOL_ROLES
from matcher.availability.states import Delivery, Kind
from matcher.errors import Conflict
from matcher.i18n import _l
from matcher.matching.models import Match
from matcher.matching.queries import chosen_moment
from matcher.matching.states import LIVE
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from matcher.safeguarding.policy import Result
from matcher.safeguarding.queries import result_for


def check_approvable(session: Session, match: Match, request: Request, offer: Offer, now: datetime) -> None:
    """Raises Conflict with what is missing and who can mend it."""
    moment = chosen_moment(session, match.id)
    school = session.get_one(Organisation, request.organisation_id)
    company = session.get_one(Organisation, offer.organisation_id)
    for organisation in (school, company):
        if organisation.verified_at is None or organisation.stopped_at is not None:
            raise Conflict(_l("One of the organisations is not verified. Verify it first."))
    if match.kind is Kind.GUEST_LECTURE and match.teacher_id is None and request.delivery is not Delivery.ONLINE:
        raise Conflict(_l("No teacher is named who stays in the room. Ask the school to name one."))
    if match.kind is Kind.TEACHER_INTERNSHIP and not request.details.get("leave_given"):
        raise Conflict(
            _l("The team leader's leave is missing. The teacher or the school leader gives it on the request.")
        )
    if match.visitor_id is not None:
        confirmed = {user.id for user in members_of(session, company.id, COMPANY_ROLES)}
        if match.visitor_id not in confirmed:
            raise Conflict(_l("The guest is not confirmed as a member of the company. Confirm the guest first."))
    teachers = {user.id for user in members_of(session, school.id, SCHOOL_ROLES)}
    if match.teacher_id is not None and match.teacher_id not in teachers:
        raise Conflict(_l("The teacher is not confirmed as a member of the school. Confirm the teacher first."))
    # A hybrid teacher shows the proof before the start; approval only introduces them.
    if moment is None or match.kind is Kind.HYBRID_PLACEMENT:
        return
    if not safeguarding_result(session, match, request, match.visitor_id, moment.day).met:
        raise Conflict(
            _l("The school board asks for a certificate of conduct (VOG) that nobody has seen yet for that day.")
        )


def safeguarding_result(
    session: Session, match: Match, request: Request, visitor_id: int | None, on_day: date
) -> Result:
    """What the rules ask of this visit and whether this visitor meets it that day."""
    return result_for(
        session,
        kind=match.kind.value,
        level=request.level,
        supervised=match.teacher_id is not None,
        structural=match.kind is Kind.HYBRID_PLACEMENT,
        school_id=request.organisation_id,
        user_id=visitor_id,
        on_day=on_day,
    )


def check_can_go_on(session: Session, match: Match, request: Request) -> None:
    """An ended match that would live again: its request is open still, and nobody asked these people anew. The locks
    are held. Raises Conflict."""
    if request.state is not RequestState.OPEN:
        raise Conflict(_l("This request is not open any more."))
    same = [Match.offer_id == match.offer_id]
    if match.professional_id is not None and match.kind is not Kind.TEACHER_INTERNSHIP:
        same.append(Match.professional_id == match.professional_id)
    others = select(Match.id).where(Match.request_id == request.id, Match.id != match.id, Match.state.in_(LIVE))
    if session.scalar(others.where(or_(*same)).limit(1)) is not None:
        raise Conflict(_l("This person was already asked for this request."))
