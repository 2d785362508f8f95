"""Professionals nobody asked in half a year: whom it is time to tell, and what stood in the way."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from matcher.accounts.models import User
from matcher.clock import local_date
from matcher.matching.eligibility import judge
from matcher.matching.models import Match
from matcher.matching.nearby_queries import flat_square, own_views
from matcher.matching.not_asked import Tally, WhyNotAsked
from matcher.matching.states import Side
from matcher.matching.trials import KEY as TRIAL
from matcher.matching.view_queries import request_views
from matcher.notices.models import Outbox
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.requests.models import Request

TEMPLATE = "matching/half_year_note"
SUBJECT = "half_year_note"
HALF_YEAR = timedelta(days=182)
OFFERS_FOR = timedelta(days=91)
LOOKED_AT = 80
FURTHER_KM = 50
"""How far beyond the own limit is looked: what is further away, nobody will travel for."""


def due_half_year(session: Session, now: datetime, *, limit: int = 1, user_id: int | None = None) -> list[int]:
    """People who offer something for three months or longer, whom nobody asked in half a year, who did not pause and
    were not written to in that time."""
    since = now - HALF_YEAR
    asked = exists().where(Match.professional_id == User.id, Match.side != Side.COMPANY, Match.created_at > since)
    written = exists().where(
        Outbox.subject == SUBJECT, Outbox.subject_id == User.id, Outbox.template == TEMPLATE, Outbox.created_at > since
    )
    resting = aliased(Offer)
    paused = exists().where(resting.person_id == User.id, resting.paused_until > local_date(now))
    query = (
        select(User.id)
        .join(Offer, Offer.person_id == User.id)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .where(Offer.state == OfferState.OPEN, Offer.created_at <= now - OFFERS_FOR)
        .where(User.stopped_at.is_(None), User.erased_at.is_(None), User.do_not_approach_at.is_(None))
        .where(Organisation.stopped_at.is_(None), Organisation.do_not_approach_at.is_(None))
        .where(~asked, ~written, ~paused)
        .group_by(User.id)
        .order_by(func.min(Offer.created_at), User.id)
    )
    return list(session.scalars((query if user_id is None else query.where(User.id == user_id)).limit(limit)))


def offers_something(session: Session, user_id: int) -> bool:
    query = select(Offer.id).where(Offer.person_id == user_id, Offer.state == OfferState.OPEN)
    return session.scalar(query.limit(1)) is not None


def why_not_asked(session: Session, user_id: int, now: datetime) -> WhyNotAsked:
    """Each request of the half-year against the own offers, as things stood when it was sent. Reads only."""
    offers = session.scalars(select(Offer).where(Offer.person_id == user_id, Offer.state == OfferState.OPEN)).all()
    if not offers:
        return WhyNotAsked()
    since = max(now - HALF_YEAR, min(offer.created_at for offer in offers))
    sent = {row.id: row.published_at for row in session.execute(_sent(offers, since))}
    requests = request_views(session, list(sent), now=now)
    views = own_views(session, requests, [offer.id for offer in offers], now=now)
    tally = Tally()
    for request_id, request in requests.items():
        pairs = [(view, judge(request, view, now=sent[request_id])) for view in views[request_id]]
        tally.add(request, pairs)
    return tally.why()


def _sent(offers: Any, since: datetime) -> Any:
    """The latest requests of the same kinds, not too far beyond the own limits."""
    return (
        select(Request.id, Request.published_at)
        .join(Organisation, Organisation.id == Request.organisation_id)
        .where(Request.published_at > since, Request.kind.in_({offer.kind for offer in offers}))
        .where(Request.details[TRIAL].as_string().is_(None), or_(*(_around(offer) for offer in offers)))
        .order_by(Request.published_at.desc(), Request.id)
        .limit(LOOKED_AT)
    )


def _around(offer: Offer) -> ColumnElement[bool]:
    return flat_square(offer) <= float(offer.travel_km + FURTHER_KM) ** 2
