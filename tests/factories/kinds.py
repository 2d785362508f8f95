"""Requests and offers of several visits: an internship with its place, a vacancy with somebody for it."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.availability.halfdays import FULL_WEEK, half_days_of, term_visits, window_half_days
from matcher.availability.moments import Moment
from matcher.availability.states import Delivery, Kind
from matcher.offers.models import Offer
from matcher.offers.services import refresh_search_key
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, RequestMoment
from tests.factories import NOW
from tests.factories.matching import make_offer, make_request
from tests.factories.people import make_company, make_professional

MONDAY = date(2027, 1, 18)
CHRISTMAS = frozenset(date(2026, 12, 21) + timedelta(days=number) for number in range(14))


def make_internship(
    session: Session,
    *,
    first: date = MONDAY,
    weeks: int = 2,
    mask: int = FULL_WEEK,
    hours: float = 24,
    unit: str = "days",
    order: str = "either",
    **fields: Any,
) -> Request:
    """An open request for an internship at a company: three days in two weeks."""
    last = first + timedelta(weeks=weeks, days=-1)
    values: dict[str, Any] = {
        "kind": Kind.TEACHER_INTERNSHIP,
        "delivery": Delivery.AT_COMPANY,
        "hours": hours,
        "half_day_mask": mask,
        "window_from": first,
        "window_to": last,
        "details": {"unit": unit, "order": order, "leave_given": True},
        **fields,
    }
    request = make_request(session, moments=[], **values)
    request.class_id = request.level = request.year = request.group_size = None
    for moment in window_half_days(first, last, mask, CHRISTMAS):
        session.add(_asked(request.id, [moment], single=True))
    session.flush()
    return request


def make_place(session: Session, *, places: int = 1, **fields: Any) -> Offer:
    """A place for internships at a company, with nobody named."""
    company: Organisation = fields.pop("company", None) or make_company(session)
    values: dict[str, Any] = {"delivery": Delivery.AT_COMPANY, "notice_days": 5, "open_cap": 20, "yearly_cap": None}
    offer = make_offer(
        session,
        company=company,
        kind=Kind.TEACHER_INTERNSHIP,
        places=places,
        **values | {"details": {"department": "Laboratorium"}, **fields},
    )
    offer.person_id = None
    session.flush()
    refresh_search_key(session, offer.id, now=NOW)
    return offer


def make_vacancy(
    session: Session,
    *,
    first: date = MONDAY,
    weeks: int = 10,
    mask: int = FULL_WEEK,
    half_days: int = 2,
    closed: frozenset[date] = frozenset(),
    **fields: Any,
) -> Request:
    """A vacancy for a hybrid teacher: two half-days a week, ten weeks."""
    last = first + timedelta(weeks=weeks, days=-1)
    values: dict[str, Any] = {
        "kind": Kind.HYBRID_PLACEMENT,
        "days": half_days,
        "half_day_mask": mask,
        "window_from": first,
        "window_to": last,
        **fields,
    }
    request = make_request(session, moments=[], **values)
    request.class_id = None
    for each in half_days_of(mask):
        session.add(_asked(request.id, term_visits(first, last, each, closed), single=False))
    session.flush()
    return request


def make_hybrid_offer(session: Session, *, person: User | None = None, **fields: Any) -> Offer:
    """Somebody of a company who wants to teach some half-days a week."""
    person = person or make_professional(session, company=make_company(session))
    values: dict[str, Any] = {"travel_km": 80, "notice_days": 5, "open_cap": 20, "yearly_cap": None, **fields}
    offer = make_offer(session, person=person, kind=Kind.HYBRID_PLACEMENT, **values)
    refresh_search_key(session, offer.id, now=NOW)
    return offer


def half_days_asked(session: Session, request: Request) -> list[RequestMoment]:
    query = select(RequestMoment).where(RequestMoment.request_id == request.id).order_by(RequestMoment.start_s)
    return list(session.scalars(query))


def _asked(request_id: int, visits: list[Moment], *, single: bool) -> RequestMoment:
    first, last = visits[0], visits[-1]
    return RequestMoment(
        request_id=request_id,
        day=first.date,
        starts=f"{first.start:%H:%M}",
        ends=f"{first.end:%H:%M}",
        start_s=first.start_s,
        end_s=last.end_s,
        periods=[],
        parts=[] if single else [[visit.start_s, visit.end_s] for visit in visits],
    )
