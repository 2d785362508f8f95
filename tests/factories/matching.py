"""Topics, offers, classes, requests, matches with a whole chain of events, and bookings."""

from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.availability.models import Booking
from matcher.availability.states import Delivery, Kind, Party
from matcher.clock import AMSTERDAM
from matcher.db import next_id
from matcher.matching.model_models import ModelState, ModelVersion
from matcher.matching.models import AllowedTransition, Match, MatchEvent
from matcher.matching.states import ALLOWED_TRANSITIONS, Action, MatchState, Side
from matcher.offers.models import Offer, OfferRevision, OfferTopic
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, RequestMoment, RequestRevision, RequestTopic, SchoolClass
from matcher.requests.states import RequestState
from matcher.subjects.levels import Level, mask_of
from matcher.subjects.models import Topic, TopicType
from tests.factories import NOW
from tests.factories.people import make_coordinator, make_professional, make_school, make_teacher

THURSDAY = date(2026, 12, 10)
PATHS: dict[MatchState, list[tuple[Action, MatchState]]] = {
    MatchState.PROPOSED: [],
    MatchState.ACCEPTED: [(Action.ACCEPT, MatchState.ACCEPTED)],
    MatchState.APPROVED: [(Action.ACCEPT, MatchState.ACCEPTED), (Action.APPROVE, MatchState.APPROVED)],
    MatchState.DECLINED: [(Action.DECLINE, MatchState.DECLINED)],
    MatchState.EXPIRED: [(Action.EXPIRE, MatchState.EXPIRED)],
    MatchState.WITHDRAWN: [(Action.WITHDRAW, MatchState.WITHDRAWN)],
    MatchState.SUPERSEDED: [(Action.SUPERSEDE, MatchState.SUPERSEDED)],
    MatchState.REJECTED: [(Action.ACCEPT, MatchState.ACCEPTED), (Action.REJECT, MatchState.REJECTED)],
}
for _state, _action in (
    (MatchState.HELD, Action.REPORT_HELD),
    (MatchState.MISSED, Action.REPORT_MISSED),
    (MatchState.CANCELLED, Action.CANCEL),
):
    PATHS[_state] = [*PATHS[MatchState.APPROVED], (_action, _state)]

_numbers = count(1)


def make_topic(session: Session, code: str = "natuurkunde", **fields: Any) -> Topic:
    """The topic with this code; made when it is not there yet."""
    topic = session.scalar(select(Topic).where(Topic.code == code))
    if topic is None:
        values: dict[str, Any] = {
            "type": TopicType.SUBJECT,
            "nl": code.capitalize(),
            "en": code.capitalize(),
            "levels": ["havo", "vwo"],
            "near": [],
            **fields,
        }
        topic = _added(session, Topic(code=code, **values))
    return topic


def make_offer(
    session: Session,
    *,
    person: User | None = None,
    company: Organisation | None = None,
    topics: list[Topic] | None = None,
    **fields: Any,
) -> Offer:
    """An open lesson of one professional, with its first revision. Search rows are not made: they are derived."""
    organisation = company or _organisation_of(session, person)
    if person is None:
        person = make_professional(session, company=organisation)
        organisation = organisation or _organisation_of(session, person)
    assert organisation is not None
    levels = fields.pop("levels", ["havo", "vwo"])
    values: dict[str, Any] = {
        "kind": Kind.GUEST_LECTURE,
        "state": OfferState.OPEN,
        "title": f"Les {next(_numbers)}",
        "languages": ["nl"],
        "pc4": organisation.pc4,
        "lat": organisation.lat,
        "lon": organisation.lon,
        "created_at": NOW,
        "changed_at": NOW,
        "details": {"minutes": 50},
        **fields,
    }
    mask = mask_of(Level(level) for level in levels)
    offer = _added(
        session,
        Offer(organisation_id=organisation.id, person_id=person.id, levels=levels, level_mask=mask, **values),
    )
    topic_rows = topics or [make_topic(session)]
    session.add_all(OfferTopic(offer_id=offer.id, topic_id=topic.id) for topic in topic_rows)
    session.add(OfferRevision(offer_id=offer.id, revision=1, at=NOW, snapshot={"title": offer.title}))
    session.flush()
    return offer


def make_class(session: Session, *, school: Organisation, **fields: Any) -> SchoolClass:
    """A class of 28 with lessons on Monday 3rd and Thursday 2nd and 3rd period."""
    values: dict[str, Any] = {
        "name": f"4H{next(_numbers)}",
        "level": "havo",
        "year": 4,
        "size": 28,
        "weekly_periods": [[0, 3, 1], [3, 2, 2]],
        "created_at": NOW,
        **fields,
    }
    return _added(session, SchoolClass(organisation_id=school.id, **values))


def make_request(
    session: Session,
    *,
    school: Organisation | None = None,
    teacher: User | None = None,
    school_class: SchoolClass | None = None,
    topics: list[Topic] | None = None,
    moments: list[tuple[date, str, str]] | None = None,
    **fields: Any,
) -> Request:
    """An open request for a guest lecture, with moments (day, start, end): Thursday 10 and 17 December."""
    school = school or _organisation_of(session, teacher) or make_school(session)
    teacher = teacher or make_teacher(session, school=school)
    school_class = school_class or make_class(session, school=school)
    values: dict[str, Any] = {
        "kind": Kind.GUEST_LECTURE,
        "state": RequestState.OPEN,
        "title": f"Aanvraag {next(_numbers)}",
        "level": school_class.level,
        "year": school_class.year,
        "group_size": school_class.size,
        "delivery": Delivery.ON_SITE,
        "asked_by_id": teacher.id,
        "teacher_id": teacher.id,
        "class_id": school_class.id,
        "region_id": school.region_id,
        "created_at": NOW,
        "changed_at": NOW,
        "published_at": NOW,
        **fields,
    }
    request = _added(session, Request(organisation_id=school.id, **values))
    asked = [(THURSDAY, "10:15", "11:05"), (THURSDAY + timedelta(weeks=1), "10:15", "11:05")]
    for day, starts, ends in asked if moments is None else moments:
        start_s, end_s = epoch(day, starts), epoch(day, ends)
        session.add(
            RequestMoment(
                request_id=request.id, day=day, starts=starts, ends=ends, start_s=start_s, end_s=end_s, periods=[3]
            )
        )
    topic_rows = topics or [make_topic(session)]
    session.add_all(RequestTopic(request_id=request.id, topic_id=topic.id) for topic in topic_rows)
    session.add(RequestRevision(request_id=request.id, revision=1, at=NOW, snapshot={"title": request.title}))
    session.flush()
    return request


def make_match(
    session: Session,
    *,
    request: Request | None = None,
    offer: Offer | None = None,
    state: MatchState | str = MatchState.PROPOSED,
    coordinator: User | None = None,
    at: datetime = NOW,
    **fields: Any,
) -> Match:
    """A match that came to this state by legal events; consents, moments and bookings are left out."""
    seed_transitions(session)
    request, offer = request or make_request(session), offer or make_offer(session)
    path = PATHS[MatchState(state)]
    approved = any(target is MatchState.APPROVED for _action, target in path)
    approver = (coordinator or make_coordinator(session)) if approved else None
    match_id = next_id(session, "matches")
    make_event(session, match_id, 1, None, Action.PROPOSE, MatchState.PROPOSED, at=at, actor=request.asked_by_id)
    before = MatchState.PROPOSED
    for seq, (action, target) in enumerate(path, start=2):
        make_event(session, match_id, seq, before, action, target, at=at)
        before = target
    values: dict[str, Any] = {
        "kind": request.kind,
        "request_revision": request.revision,
        "offer_revision": offer.revision,
        "professional_id": offer.person_id,
        "visitor_id": offer.person_id,
        "teacher_id": request.teacher_id,
        "proposed_by_id": request.asked_by_id,
        "side": Side.SCHOOL,
        "region_id": request.region_id,
        "place_no": 1 if path and path[0][0] is Action.ACCEPT else None,
        "approved_by_id": approver.id if approver else None,
        "approved_at": at if approver else None,
        "created_at": at,
        "changed_at": at,
        **fields,
    }
    match = Match(
        id=match_id, request_id=request.id, offer_id=offer.id, state=MatchState(state), seq=len(path) + 1, **values
    )
    return _added(session, match)


def make_event(
    session: Session,
    match_id: int,
    seq: int,
    before: MatchState | None,
    action: Action,
    after: MatchState,
    *,
    at: datetime = NOW,
    actor: int | None = None,
) -> MatchEvent:
    """One step of a chain; by the system unless an actor of the school is given."""
    event = MatchEvent(
        match_id=match_id,
        seq=seq,
        prev_seq=seq - 1 if seq > 1 else None,
        from_state=before.value if before else None,
        action=action,
        to_state=after.value,
        actor_id=actor,
        role=Side.SCHOOL if actor else Side.SYSTEM,
        at=at,
    )
    return _added(session, event)


def make_booking(
    session: Session, match: Match, *, party: Party, party_id: int, start_s: int, minutes: int = 50, **fields: Any
) -> Booking:
    booking = Booking(
        match_id=match.id, party=party, party_id=party_id, start_s=start_s, end_s=start_s + minutes * 60, **fields
    )
    return _added(session, booking)


CARD: dict[str, Any] = {
    "version": "20261101-0300",
    "window_from": NOW.timestamp() - 90 * 86_400,
    "window_to": NOW.timestamp() - 20 * 86_400,
    "requests": 120,
    "settled": 340,
    "stage": "blend",
    "metrics": {
        "requests": 41,
        "rankers": {
            "model": {"ndcg@10": [0.81, 0.78, 0.84], "ece": [0.03, 0.02, 0.05]},
            "rule": {"ndcg@10": [0.77, 0.74, None], "ece": [None, None, None]},
        },
        "ratios": {"rule": [1.05, 1.01, 1.09]},
        "segments": {"never_served": {"1": [33, 0.01, -0.01, 0.02]}, "level": {"9": [25, 0.0, -0.1, 0.1]}},
        "curves": {"model": [[0.2, 0.18, 60], [0.7, 0.74, 61]]},
        "portrait": {
            "parts": {"near": 40.0, "topic": 60.0},
            "curves": {"distance_km": [[0.0, 0.7], [30.0, 0.4]], "kind": [[0.0, 0.6], [1.0, 0.5]]},
        },
    },
}
"""What a training writes about a version, in short."""


def make_model(session: Session, *, state: ModelState = ModelState.CANDIDATE, **fields: Any) -> ModelVersion:
    """A row as a training leaves it; there is no file."""
    values = {"version": CARD["version"], "file_hash": "0" * 64, "card": CARD, "note": "", "made_at": NOW}
    released_at = NOW if state is ModelState.RELEASED else None
    return _added(
        session, ModelVersion(**values | {"changed_at": NOW, "released_at": released_at} | fields, state=state)
    )


def seed_transitions(session: Session) -> None:
    """The legal steps, for databases that were made without migrations."""
    if session.scalar(select(AllowedTransition).limit(1)) is None:
        session.add_all(
            AllowedTransition(from_state=before, action=action, to_state=after)
            for before, action, after in ALLOWED_TRANSITIONS
        )
        session.flush()


def epoch(day: date, clock: str) -> int:
    """Seconds since 1970 of this wall time in the Netherlands."""
    return int(datetime.combine(day, time.fromisoformat(clock), AMSTERDAM).timestamp())


def _organisation_of(session: Session, person: User | None) -> Organisation | None:
    """Where the person works, by their first live grant."""
    if person is None:
        return None
    query = select(Organisation).join(Grant, Grant.organisation_id == Organisation.id)
    return session.scalar(query.where(Grant.user_id == person.id, Grant.ended_at.is_(None)).order_by(Grant.id))


def _added(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
