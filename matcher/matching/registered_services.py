"""A visit that was arranged elsewhere is registered after it took place: every legal step at once, told to nobody."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.states import Delivery, Kind
from matcher.errors import Forbidden
from matcher.matching.door_services import NOT_YOURS, born, step
from matcher.matching.models import Consent, Match, MatchMoment, VisitReport
from matcher.matching.states import NOTED_AT, REGISTERED, Action, MatchState, MissedReason, Side
from matcher.offers.models import Offer, OfferRevision, OfferTopic
from matcher.offers.services import snapshot as offer_snapshot
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.organisations.policy import can_verify
from matcher.requests.models import Request, RequestMoment, RequestTopic
from matcher.requests.revision_services import record_revision
from matcher.requests.states import RequestState
from matcher.subjects.levels import GROUPS, Level, mask_of
from matcher.subjects.words import fold

ASKED_BEFORE = timedelta(days=14)


@dataclass(frozen=True)
class PastVisit:
    """What is known of a visit that is over. Without `guest_id` somebody of the organisation came."""

    school: Organisation
    organisation: Organisation
    guest_id: int | None
    teacher_id: int | None
    title: str
    topic_ids: tuple[int, ...]
    day: date
    starts: str
    ends: str
    start_s: int
    end_s: int
    level: str | None = None
    year: int | None = None
    pupils: int | None = None
    hours: float | None = None
    happened: bool = True


def register_visit(session: Session, visit: PastVisit, *, actor: Actor, now: datetime) -> Match:
    """The closed request, the offer and the match with its whole chain, dated on the day. Raises Forbidden."""
    if actor.user_id is None or not can_verify(actor, visit.school) or visit.school.region_id is None:
        raise Forbidden(NOT_YOURS)
    over = datetime.fromtimestamp(visit.end_s, UTC)
    request = _request(session, visit, actor.user_id, over)
    offer = _offer(session, visit, actor.user_id, over)
    match = Match(
        kind=Kind.GUEST_LECTURE,
        request_id=request.id,
        offer_id=offer.id,
        request_revision=request.revision,
        offer_revision=offer.revision,
        professional_id=visit.guest_id,
        visitor_id=visit.guest_id,
        name_follows=visit.guest_id is None,
        teacher_id=visit.teacher_id,
        proposed_by_id=actor.user_id,
        on_behalf_by_id=actor.user_id,
        side=Side.COORDINATOR,
        region_id=request.region_id,
        wave=1,
    )
    details = {REGISTERED: True, NOTED_AT: now.astimezone(UTC).isoformat()}
    born(session, match, actor=actor, role=Side.COORDINATOR, now=over, details=details)
    moment = _moment(session, match, visit)
    _walk(session, match, visit, actor, over, {**details, "moment_id": moment.id})
    _reports(session, match, visit, actor.user_id, now)
    return match


def _walk(
    session: Session, match: Match, visit: PastVisit, actor: Actor, over: datetime, details: dict[str, Any]
) -> None:
    def go(action: Action, to: MatchState, reason: str | None = None) -> None:
        step(
            session,
            match,
            action,
            to,
            actor=actor,
            role=Side.COORDINATOR,
            now=over,
            reason=reason,
            details=details,
            on_behalf_by=actor.user_id,
        )

    match.place_no = 1
    go(Action.ACCEPT, MatchState.ACCEPTED)
    session.add_all(
        Consent(match_id=match.id, party=party, given_at=over, given_by_id=actor.user_id, seq=match.seq)
        for party in (Side.SCHOOL, Side.COMPANY)
    )
    match.approved_rule, match.approved_at = REGISTERED, over
    go(Action.APPROVE, MatchState.APPROVED)
    if visit.happened:
        go(Action.REPORT_HELD, MatchState.HELD)
    else:
        go(Action.REPORT_MISSED, MatchState.MISSED, MissedReason.OTHER.value)


def _reports(session: Session, match: Match, visit: PastVisit, by_id: int, now: datetime) -> None:
    """Pupils are counted from the school's answer and hours from the company's, so both get one."""
    reason = None if visit.happened else MissedReason.OTHER.value
    for side, pupils, hours in ((Side.SCHOOL, visit.pupils, None), (Side.COMPANY, None, visit.hours)):
        session.add(
            VisitReport(
                match_id=match.id,
                side=side,
                happened=visit.happened,
                reason=reason,
                pupils=pupils if visit.happened else None,
                hours=hours if visit.happened else None,
                by_id=by_id,
                at=now,
            )
        )
    session.flush()


def _moment(session: Session, match: Match, visit: PastVisit) -> MatchMoment:
    moment = MatchMoment(
        match_id=match.id,
        day=visit.day,
        starts=visit.starts,
        ends=visit.ends,
        start_s=visit.start_s,
        end_s=visit.end_s,
        periods=[],
        suggested_by=Side.COORDINATOR,
        chosen=True,
    )
    session.add(moment)
    session.flush()
    return moment


def _request(session: Session, visit: PastVisit, by_id: int, over: datetime) -> Request:
    asked = over - ASKED_BEFORE
    request = Request(
        kind=Kind.GUEST_LECTURE,
        organisation_id=visit.school.id,
        region_id=visit.school.region_id,
        asked_by_id=visit.teacher_id or by_id,
        on_behalf_by_id=by_id,
        teacher_id=visit.teacher_id,
        state=RequestState.CLOSED,
        title=visit.title,
        level=visit.level,
        year=visit.year,
        group_size=visit.pupils or None,
        window_from=visit.day,
        window_to=visit.day,
        details={REGISTERED: True},
        created_at=asked,
        changed_at=over,
        published_at=asked,
        ended_at=over,
    )
    session.add(request)
    session.flush()
    session.add(
        RequestMoment(
            request_id=request.id,
            day=visit.day,
            starts=visit.starts,
            ends=visit.ends,
            start_s=visit.start_s,
            end_s=visit.end_s,
            periods=[],
        )
    )
    session.add_all(RequestTopic(request_id=request.id, topic_id=topic) for topic in visit.topic_ids)
    session.flush()
    record_revision(session, request, by_id=by_id, now=over)
    return request


def _offer(session: Session, visit: PastVisit, by_id: int, over: datetime) -> Offer:
    """The guest's offer of that name, else one that nobody finds: what was given once is not promised again."""
    query = select(Offer).where(
        Offer.organisation_id == visit.organisation.id,
        Offer.person_id.is_not_distinct_from(visit.guest_id),
        Offer.kind == Kind.GUEST_LECTURE,
    )
    for offer in session.scalars(query.order_by(Offer.id)):
        if fold(offer.title) == fold(visit.title) and _has_revision(session, offer):
            return offer
    levels = [visit.level] if visit.level else [level.value for level in GROUPS["vo"]]
    offer = Offer(
        kind=Kind.GUEST_LECTURE,
        organisation_id=visit.organisation.id,
        person_id=visit.guest_id,
        state=OfferState.WITHDRAWN,
        title=visit.title,
        delivery=Delivery.ON_SITE,
        languages=["nl"],
        levels=levels,
        level_mask=mask_of(map(Level, levels)),
        pc4=visit.organisation.pc4,
        lat=visit.organisation.lat,
        lon=visit.organisation.lon,
        on_behalf_by_id=by_id,
        details={REGISTERED: True},
        revision=1,
        created_at=over,
        changed_at=over,
    )
    session.add(offer)
    session.flush()
    session.add_all(OfferTopic(offer_id=offer.id, topic_id=topic) for topic in visit.topic_ids)
    session.flush()
    session.add(
        OfferRevision(offer_id=offer.id, revision=1, at=over, by_id=by_id, snapshot=offer_snapshot(session, offer))
    )
    session.flush()
    return offer


def _has_revision(session: Session, offer: Offer) -> bool:
    query = select(OfferRevision.offer_id).where(
        OfferRevision.offer_id == offer.id, OfferRevision.revision == offer.revision
    )
    return session.scalar(query) is not None
