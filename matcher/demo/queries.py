"""What there is in a generated world, counted; and whether there is one at all."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.queries import user_by_email
from matcher.demo.people_services import ROLE_OF, TOLD, address_of
from matcher.matching.models import Match
from matcher.matching.states import TAKES_PLACE, MatchState
from matcher.matching.suggestion_models import Suggestion, SuggestionRun
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, RequestMoment
from matcher.requests.states import RequestState


def made_at(session: Session) -> datetime | None:
    """When this database got its generated world; None when it has none."""
    found = session.scalar(select(func.max(SuggestionRun.as_of)).where(SuggestionRun.generated))
    return found if user_by_email(session, address_of(TOLD[0])) is not None else None


def is_lived_in(session: Session) -> bool:
    """Whether people who were not generated are in it."""
    return session.scalar(select(User.id).limit(1)) is not None


def open_request_ids(session: Session, *, now: datetime) -> list[int]:
    """Requests that still look for somebody and have a moment ahead."""
    ahead = select(RequestMoment.request_id).where(RequestMoment.start_s > now.timestamp())
    taken = select(Match.request_id).where(Match.state.in_(TAKES_PLACE))
    query = select(Request.id).where(
        Request.state == RequestState.OPEN, Request.id.in_(ahead), Request.id.not_in(taken)
    )
    return list(session.scalars(query.order_by(Request.id)))


def summary(session: Session, *, now: datetime) -> dict[str, Any]:
    """The counts of the summary, as plain values."""
    states = dict(session.execute(select(Match.state, func.count()).group_by(Match.state)).all())
    people = select(func.count(Offer.person_id.distinct())).where(Offer.state == OfferState.OPEN)
    schools = select(func.count(Organisation.id)).where(Organisation.school_sector.is_not(None))
    return {
        "schools": session.scalar(schools),
        "requests": session.scalar(select(func.count(Request.id))),
        "open_request_ids": open_request_ids(session, now=now),
        "professionals": session.scalar(people),
        "suggestions": session.scalar(select(func.count(Suggestion.id))),
        "matches": {state.value: states.get(state, 0) for state in MatchState},
    }


def accounts() -> list[dict[str, str]]:
    """Role and mail address of the told accounts, in the order of the walk through the demonstration."""
    return [{"role": ROLE_OF[account].value, "email": address_of(account)} for account in TOLD]
