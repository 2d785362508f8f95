"""Internships that teachers ask for: drafts, copies, and the team leader's leave. Sending is a verb of `matching`."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from matcher.accounts.behalf import Heard
from matcher.accounts.policy import Actor
from matcher.accounts.services import record
from matcher.availability.halfdays import LONGEST_WINDOW
from matcher.availability.moments import HORIZON_DAYS, Moment
from matcher.availability.states import Delivery, Kind
from matcher.clock import local_date
from matcher.db import lock_row
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _l
from matcher.organisations.models import Organisation
from matcher.requests import policy, queries, services
from matcher.requests.internship_queries import half_days_in, internship_wish_of
from matcher.requests.internships import ORDERS, UNITS, InternshipWish
from matcher.requests.models import Request

MOST_HALF_DAYS = 260
LEAVE_KEYS = ("leave_by", "leave_at")
"""Who agreed on this page and when; without them the leave is the teacher's own word."""


def save_internship(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    organisation_id: int,
    data: InternshipWish,
    asked_by_id: int | None = None,
    heard: Heard | None = None,
) -> Request:
    """A new draft. A coordinator names who asked and how; anybody else asks for themselves."""
    school = queries.school_for(session, actor, organisation_id)
    request = services.new_draft(
        session, Kind.TEACHER_INTERNSHIP, school, actor=actor, now=now, asked_by_id=asked_by_id, heard=heard
    )
    write_internship(session, request, data, now=now)
    return request


def update_internship(
    session: Session, *, actor: Actor, now: datetime, request_id: int, data: InternshipWish, version: int | None = None
) -> Request:
    """Change a draft; `version` is the one the page was made from. Raises Conflict when it is out of date."""
    request = services.fresh_draft(session, request_id, actor=actor, version=version)
    if request.kind is not Kind.TEACHER_INTERNSHIP:
        raise NotFound()
    write_internship(session, request, data, now=now)
    return request


def copy_internship(
    session: Session, *, actor: Actor, now: datetime, request_id: int, leave_open: Collection[str] = ()
) -> Request:
    """A new draft with everything but the time that has passed or is left open, and the leave, which is asked again."""
    source = queries.request_for(session, actor, request_id)
    wish = internship_wish_of(session, source)
    kept = replace(wish, leave_given=False)
    if "dates" in leave_open or wish.first is None or wish.first < local_date(now):
        kept = replace(kept, first=None, last=None)
    asked_by = source.asked_by_id if policy.asks_on_behalf(actor, source.organisation_id) else None
    return save_internship(
        session, actor=actor, now=now, organisation_id=source.organisation_id, data=kept, asked_by_id=asked_by
    )


def write_internship(session: Session, request: Request, data: InternshipWish, *, now: datetime) -> list[Moment]:
    """Put a wish into the columns, topics and half-days of a request. Raises InvalidInput with the field."""
    school = session.get_one(Organisation, request.organisation_id)
    _check(data, request, now)
    topics = services.topics_with(session, data.topic_ids)
    request.title = services.title_of(data.topic_text, topics)
    request.delivery, request.needed, request.together = Delivery.AT_COMPANY, 1, True
    request.teacher_id = request.asked_by_id
    request.own_words, request.costs, request.language = data.own_words, data.costs, data.language
    request.window_from, request.window_to = data.first, data.last
    request.hours, request.half_day_mask, request.max_km = data.hours, data.half_day_mask, data.max_km
    request.details = _details(request, data)
    request.changed_at = now
    session.flush()
    half_days = half_days_in(session, school, data)
    if len(half_days) > MOST_HALF_DAYS:
        raise InvalidInput(_l("That is a very long time. Choose at most half a year."), "last")
    services.write_topics(session, request.id, topics)
    services.write_moments(session, request.id, half_days)
    session.flush()
    return half_days


def _details(request: Request, data: InternshipWish) -> dict[str, object]:
    """What somebody else agreed to stays while the name and the tick stay."""
    before = request.details or {}
    after = {**before, **data.details}
    if not data.leave_given or data.leader != before.get("leader"):
        after = {key: value for key, value in after.items() if key not in LEAVE_KEYS}
    return after


def _check(data: InternshipWish, request: Request, now: datetime) -> None:
    if data.unit not in UNITS or data.order not in ORDERS:
        raise InvalidInput(_l("Choose one of the list."), "unit")
    today = local_date(now)
    if data.first is not None:
        if data.first < today and data.first != request.window_from:
            raise InvalidInput(_l("This is in the past."), "first")
        if data.first > today + timedelta(days=HORIZON_DAYS):
            raise InvalidInput(_l("Choose a day within a year."), "first")
    if data.first is not None and data.last is not None:
        if data.last < data.first:
            raise InvalidInput(_l("The last day is before the first day."), "last")
        if data.last - data.first > LONGEST_WINDOW:
            raise InvalidInput(_l("That is a very long time. Choose at most half a year."), "last")


def give_leave(session: Session, *, actor: Actor, now: datetime, request_id: int, leader: str = "") -> Request:
    """The team leader agrees: a school leader on this page with one click, or the asker and the coordinator say so with
    a name. Raises NotFound for everybody else, InvalidInput without a name."""
    request = lock_row(session, Request, request_id)
    facts = {"organisation_id": request.organisation_id, "region_id": request.region_id}
    if not policy.can_edit(actor, **facts, asked_by_id=request.asked_by_id):
        raise NotFound()
    if request.kind is not Kind.TEACHER_INTERNSHIP:
        raise NotFound()
    details = dict(request.details)
    if policy.leads_for(actor, request.organisation_id, request.asked_by_id):
        details |= {"leader": actor.name, "leave_by": actor.user_id, "leave_at": now.isoformat()}
    else:
        name = leader.strip() or str(details.get("leader") or "")
        if not name:
            raise InvalidInput(_l("Say who agrees."), "leader")
        details = {key: value for key, value in details.items() if key not in LEAVE_KEYS} | {"leader": name[:120]}
    request.details = details | {"leave_given": True}
    record(
        session,
        action="leave_given",
        object_type="request",
        object_id=request.id,
        actor_id=actor.user_id,
        region_id=request.region_id,
        now=now,
    )
    session.flush()
    return request
