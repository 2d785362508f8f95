"""A trial lesson, arranged from a vacancy or a placement: a guest lecture for one class by this one person."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.moments import Week
from matcher.availability.states import Delivery, Kind
from matcher.db import lock_row
from matcher.errors import Conflict, Forbidden, InvalidInput, NotFound
from matcher.i18n import _l
from matcher.matching.begin_services import begin
from matcher.matching.behalf import Voice
from matcher.matching.behalf_services import asking_voice
from matcher.matching.door_services import NOT_YOURS
from matcher.matching.eligibility import NeverCode
from matcher.matching.models import Match
from matcher.matching.proposal_services import check_open
from matcher.matching.request_services import may_send
from matcher.matching.states import LIVE, MatchState, Side
from matcher.matching.suggestion_queries import verdicts
from matcher.matching.trial_queries import trials_for
from matcher.matching.trials import Trial
from matcher.matching.wording import never_sentence
from matcher.offers.models import Offer, OfferRevision, OfferTopic
from matcher.offers.queries import FOR_ONE
from matcher.offers.services import snapshot
from matcher.offers.states import OfferState
from matcher.requests.asking import Wish
from matcher.requests.models import Request, SchoolClass
from matcher.requests.queries import topics_of
from matcher.requests.revision_services import record_revision
from matcher.requests.services import write_request
from matcher.requests.states import RequestState
from matcher.subjects.levels import Level, mask_of

ARRANGED = _l("A trial lesson with this person was arranged already.")
RUNS = LIVE | {MatchState.HELD}
STOPS = (
    NeverCode.BLOCKED,
    NeverCode.SAFEGUARDING,
    NeverCode.NOT_VERIFIED,
    NeverCode.NOT_CONFIRMED,
    NeverCode.DO_NOT_APPROACH,
)
"""Of what excludes a lesson only this stands in the way: the two know each other and choose the rest themselves."""
CLOSED = (NeverCode.VIA_CONTACT, NeverCode.PAUSED)
"""Nor, as long as they do not know each other yet, these."""


def arrange_trial(
    session: Session,
    *,
    vacancy_id: int,
    offer_id: int,
    class_id: int | None,
    weeks: Sequence[Week],
    own_words: str,
    side: Side,
    actor: Actor,
    now: datetime,
) -> Match:
    """The lesson's request and the question to the other side. The caller checked who may do this.

    Raises InvalidInput at the field, Conflict when one was arranged or the rules forbid it.
    """
    offer, vacancy = session.get_one(Offer, offer_id), session.get_one(Request, vacancy_id)
    if offer.person_id is None or {offer.kind, vacancy.kind} != {Kind.HYBRID_PLACEMENT}:
        raise NotFound()
    lock_row(session, User, offer.person_id)
    lock_row(session, Request, vacancy.id)
    if any(lesson.state in RUNS for lesson in trials_for(session, vacancy, offer.person_id)):
        raise Conflict(ARRANGED)
    if not _are_introduced(session, vacancy, offer):
        check_first(session, vacancy, offer, actor=actor, now=now)
    found = _class(session, vacancy, class_id)
    lesson = _offer(session, offer, vacancy, found, actor, now)
    request = _request(session, vacancy, offer.person_id, found, weeks, own_words, actor, side, now)
    verdict = verdicts(session, request.id, [lesson.id], now=now)[lesson.id]
    for code in STOPS:
        if code in verdict.never:
            raise Conflict(never_sentence(code))
    if not verdict.open_moments:
        raise InvalidInput(_l("This person cannot come at any lesson of this class in these weeks."), "weeks")
    said = asking_voice(session, request, actor.user_id or 0) if side is Side.SCHOOL else Voice(actor)
    return begin(
        session,
        request,
        lesson,
        side=side,
        actor=said.actor,
        said=said,
        now=now,
        professional_id=offer.person_id,
        open_moments=set(verdict.open_moments),
        details={"trial_for": vacancy.id},
    )


def check_first(session: Session, vacancy: Request, offer: Offer, *, actor: Actor, now: datetime) -> None:
    """A lesson before anybody was asked for the vacancy is a question to somebody who may be asked for it, by somebody
    who may have people asked. Raises Forbidden, NotFound for an offer nobody can see, Conflict."""
    if not may_send(actor, vacancy):
        raise Forbidden(NOT_YOURS)
    if offer.state is not OfferState.OPEN:
        raise NotFound()
    check_open(session, vacancy)
    verdict = verdicts(session, vacancy.id, [offer.id], now=now)[offer.id]
    for code in (*STOPS, *CLOSED):
        if code in verdict.never:
            raise Conflict(never_sentence(code, vacancy.kind))


def _are_introduced(session: Session, vacancy: Request, offer: Offer) -> bool:
    """Does a match of this person and this vacancy run?"""
    query = select(Match.id).where(Match.request_id == vacancy.id, Match.offer_id == offer.id, Match.state.in_(LIVE))
    return session.scalar(query.limit(1)) is not None


def _class(session: Session, vacancy: Request, class_id: int | None) -> SchoolClass:
    found = session.get(SchoolClass, class_id) if class_id is not None else None
    if found is None or found.organisation_id != vacancy.organisation_id or found.ended_at is not None:
        raise InvalidInput(_l("Choose a class."), "school_class")
    return found


def _request(
    session: Session,
    vacancy: Request,
    person_id: int,
    found: SchoolClass,
    weeks: Sequence[Week],
    own_words: str,
    actor: Actor,
    side: Side,
    now: datetime,
) -> Request:
    request = Request(
        kind=Kind.GUEST_LECTURE,
        organisation_id=vacancy.organisation_id,
        region_id=vacancy.region_id,
        asked_by_id=vacancy.asked_by_id,
        state=RequestState.DRAFT,
        generated=vacancy.generated,
        details=Trial(vacancy.id, person_id).details,
        created_at=now,
        changed_at=now,
    )
    session.add(request)
    wish = Wish(
        class_id=found.id,
        topic_text=vacancy.title,
        topic_ids=tuple(topic.id for topic in topics_of(session, [vacancy.id])[vacancy.id]),
        weeks=tuple(weeks),
        group_size=found.size,
        delivery=Delivery.ON_SITE,
        own_words=own_words.strip() or vacancy.own_words[:1000],
        language=vacancy.language,
    )
    plan = write_request(session, request, wish, now=now)
    if not any(moment.start_s > now.timestamp() for moment in plan.moments):
        raise InvalidInput(_l("Choose at least one week in which this class has a lesson."), "weeks")
    request.state, request.published_at = RequestState.OPEN, now
    session.flush()
    record_revision(session, request, by_id=actor.user_id, now=now)
    return request


def _offer(session: Session, offer: Offer, vacancy: Request, found: SchoolClass, actor: Actor, now: datetime) -> Offer:
    """A lesson only for this: nobody else finds it, and none of this person's own limits on being asked is in it."""
    levels = [level.value for level in Level if level.value in {*offer.levels, found.level}]
    lesson = Offer(
        kind=Kind.GUEST_LECTURE,
        organisation_id=offer.organisation_id,
        person_id=offer.person_id,
        own_name=offer.own_name,
        state=OfferState.WITHDRAWN,
        title=vacancy.title,
        description=offer.description,
        delivery=Delivery.ON_SITE,
        languages=sorted({*offer.languages, vacancy.language}),
        levels=levels,
        level_mask=mask_of(Level(level) for level in levels),
        pc4=offer.pc4,
        lat=offer.lat,
        lon=offer.lon,
        travel_km=offer.travel_km,
        notice_days=0,
        yearly_cap=None,
        open_cap=50,
        details={FOR_ONE: vacancy.id},
        generated=offer.generated,
        created_at=now,
        changed_at=now,
    )
    session.add(lesson)
    session.flush()
    topic_ids = [topic.id for topic in topics_of(session, [vacancy.id])[vacancy.id]]
    session.add_all(OfferTopic(offer_id=lesson.id, topic_id=topic_id) for topic_id in topic_ids)
    session.flush()
    kept = snapshot(session, lesson)
    session.add(OfferRevision(offer_id=lesson.id, revision=1, at=now, by_id=actor.user_id, snapshot=kept))
    session.flush()
    return lesson
