"""The calendar file of a match, as its page offers it."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.states import Delivery
from matcher.errors import NotFound
from matcher.matching.calendar import build_event
from matcher.matching.models import Match
from matcher.matching.moments import visits_of
from matcher.matching.policy import MatchFacts
from matcher.matching.queries import calendar_number, chosen_moment
from matcher.matching.states import MatchState
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request

_STATUS = {MatchState.ACCEPTED: "TENTATIVE", MatchState.APPROVED: "CONFIRMED", MatchState.HELD: "CONFIRMED"}


def location_of(request: Request, school: Organisation, company: Organisation) -> str:
    """Where they meet, as calendars show it."""
    there = company if request.delivery is Delivery.AT_COMPANY else school
    return ", ".join(part for part in (there.name, there.place) if part)


def calendar_of(session: Session, match: Match, facts: MatchFacts, actor: Actor, now: datetime) -> str:
    """The same id and number as in the mails. Raises NotFound before a moment is agreed."""
    host = session.info.get("host", "matcher.invalid")
    moment = chosen_moment(session, match.id)
    status = _STATUS.get(match.state)
    if moment is None or status is None:
        raise NotFound()
    request = session.get_one(Request, match.request_id)
    school = session.get_one(Organisation, request.organisation_id)
    company = session.get_one(Organisation, session.get_one(Offer, match.offer_id).organisation_id)
    return build_event(
        uid=f"match-{match.id}@{host}",
        sequence=calendar_number(session, match, facts.seq),
        method="REQUEST",
        status=status,
        start=datetime.fromtimestamp(moment.start_s, UTC),
        end=datetime.fromtimestamp(moment.end_s, UTC),
        summary=f"{request.title} – {school.name}",
        description=request.own_words,
        location=location_of(request, school, company),
        organizer=f"noreply@{host}",
        attendees=[actor.email],
        now=now,
        visits=visits_of(moment),
    )
