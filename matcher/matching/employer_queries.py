"""What an employer sees behind the link: who wants to go where and when. Nothing else of anybody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import LoginToken, User
from matcher.accounts.tokens import Purpose, hashed
from matcher.availability.states import Kind
from matcher.matching.models import Match
from matcher.matching.page_queries import moment_text
from matcher.matching.queries import chosen_moment, facts_of_match
from matcher.matching.states import MatchState, Side
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request


@dataclass(frozen=True)
class EmployerPage:
    person: str
    company: str
    school: str
    place: str
    title: str
    when: str
    is_weekly: bool


def employer_page(session: Session, secret: str, *, now: datetime) -> EmployerPage | None:
    """None for a link that was used, is too old, or whose question changed. Looking does not use it up."""
    subject = session.scalar(
        select(LoginToken.subject).where(
            LoginToken.hash == hashed(secret),
            LoginToken.purpose == Purpose.EMPLOYER_CONSENT,
            LoginToken.used_at.is_(None),
            LoginToken.expires_at > now,
        )
    )
    match = session.get(Match, subject["match_id"]) if subject else None
    moment = chosen_moment(session, match.id) if match else None
    if subject is None or match is None or moment is None or moment.id != subject["moment_id"]:
        return None
    if match.state is not MatchState.PROPOSED or facts_of_match(session, match, now).missing != {Side.EMPLOYER}:
        return None
    request, offer = session.get_one(Request, match.request_id), session.get_one(Offer, match.offer_id)
    school = session.get_one(Organisation, request.organisation_id)
    person = session.get_one(User, match.professional_id)
    return EmployerPage(
        person=person.name,
        company=session.get_one(Organisation, offer.organisation_id).name,
        school=school.name,
        place=school.place or "",
        title=request.title,
        when=moment_text(moment),
        is_weekly=request.kind is Kind.HYBRID_PLACEMENT,
    )
