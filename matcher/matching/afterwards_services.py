"""Registers a visit that was arranged elsewhere: a whole legal chain at once, marked, and nobody hears of it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for, members_of
from matcher.accounts.services import record
from matcher.accounts.states import COMPANY_ROLES, SCHOOL_ROLES
from matcher.availability.halfdays import Part, hours_of
from matcher.availability.states import Delivery, Kind
from matcher.clock import local_date
from matcher.db import BIGGEST_ID, lock_row
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.i18n import _l
from matcher.matching.afterwards import MARK, MARKED, PastVisit
from matcher.matching.afterwards_time_services import asked_times, steps_of
from matcher.matching.booking_services import book
from matcher.matching.door_services import born, step
from matcher.matching.hold_services import supervisor_of
from matcher.matching.models import Consent, HybridStepTaken, Match, MatchMoment, VisitReport
from matcher.matching.moments import columns_of, parts_of
from matcher.matching.states import Action, HybridStep, MatchState, Side
from matcher.offers.models import Offer, OfferRevision, OfferTopic
from matcher.offers.services import snapshot
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType
from matcher.requests.models import Request, RequestMoment, RequestTopic
from matcher.requests.revision_services import record_revision
from matcher.requests.states import RequestState
from matcher.subjects.levels import Level, mask_of
from matcher.subjects.models import Topic

PLACES = (OrganisationType.COMPANY, OrganisationType.SELF_EMPLOYED)


def register_visit(session: Session, *, visit: PastVisit, actor: Actor, now: datetime) -> Match:
    """Raises NotFound outside the coordinator's region, InvalidInput with the field, Conflict for a second time."""
    school, company = _places(session, visit, actor)
    asked = asked_times(session, visit, school, now.timestamp())
    parts = sorted(part for found in asked for part in found)
    steps = steps_of(visit, parts, local_date(now))
    _check_people(session, visit, actor)
    _lock(session, visit, school)
    _check_new(session, visit, parts[0][0], parts[-1][1])
    offer = _offer(session, visit, company, actor, now)
    request = _request(session, visit, school, offer, parts, actor, now)
    session.add_all(RequestMoment(request_id=request.id, **_columns(visit, found)) for found in asked)
    session.flush()
    record_revision(session, request, by_id=actor.user_id, now=now)
    match = _begun(session, visit, request, offer, actor, now)
    moment = MatchMoment(match_id=match.id, suggested_by=Side.SCHOOL, chosen=True, **columns_of(parts))
    if visit.span is None:
        moment.parts = []
    session.add(moment)
    session.flush()
    _chain(session, visit, match, moment, actor, now)
    if visit.span is not None:
        book(session, match, request, offer, moment)
    _take_steps(session, match, visit, steps, actor, now)
    _report(session, visit, match, moment, actor, now)
    return match


def _lock(session: Session, visit: PastVisit, school: Organisation) -> None:
    """Everybody whose time is written down, then the place, as every step of a match does."""
    place = session.get(Offer, visit.offer_id) if visit.offer_id and visit.kind is Kind.TEACHER_INTERNSHIP else None
    people = {visit.guest_id, supervisor_of(place) if place else None, visit.teacher_id if visit.span else None}
    for person_id in sorted(each for each in people if each is not None):
        lock_row(session, User, person_id)
    if place is not None:
        lock_row(session, Offer, place.id)
    lock_row(session, Organisation, school.id)


def _columns(visit: PastVisit, parts: list[Part]) -> dict[str, Any]:
    """A moment of a request; only a half-day of every week has parts."""
    columns = columns_of(parts)
    del columns["shape_key"]
    return columns | ({"parts": []} if visit.kind is not Kind.HYBRID_PLACEMENT else {})


def _places(session: Session, visit: PastVisit, actor: Actor) -> tuple[Organisation, Organisation]:
    school = session.get(Organisation, visit.school_id) if 0 < visit.school_id <= BIGGEST_ID else None
    company = session.get(Organisation, visit.company_id) if 0 < visit.company_id <= BIGGEST_ID else None
    if school is None or school.type is not OrganisationType.SCHOOL or not actor.is_coordinator_of(school.region_id):
        raise NotFound()
    if company is None or company.type not in PLACES:
        raise NotFound()
    if {school.id, company.id} & actor.organisation_ids:
        raise Conflict(_l("You belong to one of the sides, so another coordinator registers this visit."))
    return school, company


def _check_people(session: Session, visit: PastVisit, actor: Actor) -> None:
    teachers = {user.id for user in members_of(session, visit.school_id, SCHOOL_ROLES, confirmed=False)}
    if visit.teacher_id not in teachers:
        raise InvalidInput(_l("Say which teacher was there."), field="teacher")
    if visit.kind is Kind.HYBRID_PLACEMENT and visit.guest_id is None:
        raise InvalidInput(_l("Say who taught."), field="guest")
    guests = {user.id for user in members_of(session, visit.company_id, COMPANY_ROLES, confirmed=False)}
    if visit.guest_id is not None and visit.guest_id not in guests:
        raise InvalidInput(_l("This person does not belong to that company."), field="guest")
    if actor.user_id in {visit.teacher_id, visit.guest_id}:
        raise Conflict(_l("You belong to one of the sides, so another coordinator registers this visit."))


def _check_new(session: Session, visit: PastVisit, start_s: int, end_s: int) -> None:
    """The same company and teacher, at that hour, for the same kind: it is the same visit."""
    query = (
        select(Match.id)
        .join(Request, Request.id == Match.request_id)
        .join(Offer, Offer.id == Match.offer_id)
        .join(MatchMoment, (MatchMoment.match_id == Match.id) & MatchMoment.chosen)
        .where(Request.organisation_id == visit.school_id, Offer.organisation_id == visit.company_id)
        .where(Request.kind == visit.kind)
        .where(Match.state.in_((MatchState.ACCEPTED, MatchState.APPROVED, MatchState.HELD)))
        .where(MatchMoment.start_s < end_s, MatchMoment.end_s > start_s, Match.teacher_id == visit.teacher_id)
    )
    if session.scalar(query.limit(1)) is not None:
        raise Conflict(_l("This visit is already in Matcher."))


def _offer(session: Session, visit: PastVisit, company: Organisation, actor: Actor, now: datetime) -> Offer:
    """What was given; an offer made for this stays withdrawn, so that nobody is asked for it."""
    if visit.offer_id is not None:
        found = session.get(Offer, visit.offer_id)
        if found is None or found.organisation_id != company.id or found.person_id not in (None, visit.guest_id):
            raise InvalidInput(_l("Choose a lesson of this guest or of the team."), field="offer")
        if found.kind is not visit.kind:
            raise InvalidInput(_l("Choose one of the list."), field="offer")
        return found
    levels = [visit.level] if visit.level else [level.value for level in Level]
    offer = Offer(
        kind=visit.kind,
        organisation_id=company.id,
        person_id=visit.guest_id,
        state=OfferState.WITHDRAWN,
        title=visit.title,
        delivery=Delivery.AT_COMPANY if visit.kind is Kind.TEACHER_INTERNSHIP else Delivery.ON_SITE,
        languages=["nl"],
        levels=levels,
        level_mask=mask_of(Level(level) for level in levels),
        pc4=company.pc4,
        lat=company.lat or 0.0,
        lon=company.lon or 0.0,
        details=dict(MARKED),
        revision=1,
        on_behalf_by_id=actor.user_id,
        created_at=now,
        changed_at=now,
    )
    session.add(offer)
    session.flush()
    session.add_all(OfferTopic(offer_id=offer.id, topic_id=topic) for topic in _topics(session, visit))
    session.flush()
    values: dict[str, Any] = {"at": now, "by_id": actor.user_id, "snapshot": snapshot(session, offer)}
    session.add(OfferRevision(offer_id=offer.id, revision=1, **values))
    session.flush()
    return offer


def _topics(session: Session, visit: PastVisit) -> list[int]:
    found = list(session.scalars(select(Topic.id).where(Topic.id.in_(visit.topic_ids)).order_by(Topic.id)))
    if not found:
        raise InvalidInput(_l("Say what it was about."), field="topic_text")
    return found


def _request(
    session: Session,
    visit: PastVisit,
    school: Organisation,
    offer: Offer,
    parts: list[Part],
    actor: Actor,
    now: datetime,
) -> Request:
    request = Request(
        kind=visit.kind,
        organisation_id=school.id,
        region_id=school.region_id,
        asked_by_id=visit.teacher_id,
        on_behalf_by_id=actor.user_id,
        teacher_id=visit.teacher_id,
        state=RequestState.CLOSED,
        title=visit.title,
        level=visit.level,
        year=visit.year,
        group_size=visit.pupils,
        delivery=offer.delivery,
        window_from=visit.day,
        window_to=visit.span.last if visit.span else visit.day,
        details=MARKED | {"on_behalf": visit.heard.details} | _details(visit, len(parts)),
        created_at=now,
        changed_at=now,
        published_at=now,
        ended_at=now,
    )
    if visit.span is not None:
        term = visit.kind is Kind.HYBRID_PLACEMENT
        request.half_day_mask = visit.span.half_day_mask
        request.days = float(visit.span.half_days_a_week) if term else None
        request.hours = visit.span.hours_a_week if term else hours_of(parts)
    session.add(request)
    session.flush()
    session.add_all(RequestTopic(request_id=request.id, topic_id=topic) for topic in _topics(session, visit))
    session.flush()
    return request


def _details(visit: PastVisit, half_days: int) -> dict[str, Any]:
    """What the pages of an internship and a vacancy read besides the columns."""
    if visit.kind is Kind.TEACHER_INTERNSHIP:
        return {"topic_text": visit.title, "unit": "half_days", "amount": half_days, "leave_given": True}
    return {"topic_text": visit.title} if visit.kind is Kind.HYBRID_PLACEMENT else {}


def _begun(session: Session, visit: PastVisit, request: Request, offer: Offer, actor: Actor, now: datetime) -> Match:
    """Asked by the school, in the coordinator's words."""
    match = Match(
        kind=request.kind,
        request_id=request.id,
        offer_id=offer.id,
        request_revision=request.revision,
        offer_revision=offer.revision,
        professional_id=visit.guest_id,
        visitor_id=visit.guest_id,
        name_follows=visit.guest_id is None and visit.kind is Kind.GUEST_LECTURE,
        teacher_id=visit.teacher_id,
        proposed_by_id=visit.teacher_id,
        on_behalf_by_id=actor.user_id,
        side=Side.SCHOOL,
        region_id=request.region_id,
    )
    teacher, noted = actor_for(session, visit.teacher_id), visit.heard.details | {MARK: True}
    born(session, match, actor=teacher, role=Side.SCHOOL, now=now, details=noted, on_behalf_by=actor.user_id)
    return match


def _chain(session: Session, visit: PastVisit, match: Match, moment: MatchMoment, actor: Actor, now: datetime) -> None:
    """Yes, approved, held: the guest in the coordinator's words, the rest in her own."""
    guest = actor_for(session, visit.guest_id) if visit.guest_id is not None else actor
    details = visit.heard.details | {MARK: True, "moment_id": moment.id}
    steps: dict[str, Any] = {"now": now, "details": details}
    match.place_no = 1
    yes = step(session, match, Action.ACCEPT, MatchState.ACCEPTED, actor=guest, role=Side.COMPANY,
               on_behalf_by=actor.user_id, **steps)  # fmt: skip
    for party, by_id, seq in ((Side.SCHOOL, visit.teacher_id, 1), (Side.COMPANY, visit.guest_id, yes.seq)):
        session.add(Consent(match_id=match.id, party=party, given_at=now, given_by_id=by_id, seq=seq))
    match.approved_by_id, match.approved_at = actor.user_id, now
    step(session, match, Action.APPROVE, MatchState.APPROVED, actor=actor, role=Side.COORDINATOR, **steps)
    step(session, match, Action.REPORT_HELD, MatchState.HELD, actor=actor, role=Side.COORDINATOR, **steps)


def _take_steps(
    session: Session, match: Match, visit: PastVisit, steps: Mapping[HybridStep, date], actor: Actor, now: datetime
) -> None:
    common = {"match_id": match.id, "side": Side.COORDINATOR, "by_id": actor.user_id, "at": now, "cut": []}
    for taken, day in steps.items():
        weekly = visit.span.hours_a_week if visit.span and taken is HybridStep.STARTED else None
        session.add(HybridStepTaken(step=taken, on_day=day, hours=weekly, **common))
    session.flush()


def _report(session: Session, visit: PastVisit, match: Match, moment: MatchMoment, actor: Actor, now: datetime) -> None:
    """Both sides say that it took place; of several visits, that all of them did."""
    values: dict[str, Any] = {"happened": True, "by_id": actor.user_id, "at": now}
    hours = visit.hours
    if visit.span is not None:
        parts = parts_of(moment)
        values |= {"parts": [list(part) for part in parts], "part": 1.0}
        hours = hours if hours is not None else hours_of(parts)
    session.add(VisitReport(match_id=match.id, side=Side.SCHOOL, pupils=visit.pupils, note=visit.note, **values))
    session.add(VisitReport(match_id=match.id, side=Side.COMPANY, hours=hours, **values))
    record(
        session,
        action="visit_registered",
        object_type="match",
        object_id=match.id,
        actor_id=actor.user_id,
        region_id=match.region_id,
        now=now,
    )
    session.flush()
