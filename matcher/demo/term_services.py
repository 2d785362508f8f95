"""Hybrid placements in a generated world: people who want to teach some half-days a week, a placement that began with
a trial lesson, one bridged over two people, and vacancies that still look for somebody. Flushes only."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.halfdays import HalfDay, mask_of_half_days
from matcher.availability.moments import coming_weeks
from matcher.availability.queries import timetable_of
from matcher.availability.states import Delivery, Kind
from matcher.clock import local_date
from matcher.demo.catalogue import Lesson
from matcher.demo.trying_services import only, tried
from matcher.demo.world import Guest, Teacher, World, waking
from matcher.matching.bridge_services import ask_pair
from matcher.matching.models import Match, MatchMoment
from matcher.matching.queries import chosen_moment
from matcher.matching.request_services import invite, publish_request
from matcher.matching.services import accept_match, approve_match
from matcher.matching.states import HybridStep, Side
from matcher.matching.step_services import take_step
from matcher.matching.suggestion_services import store_run, suggest
from matcher.matching.trial_services import arrange_trial
from matcher.matching.visit_services import report_visit
from matcher.offers.hybrid_services import create_hybrid
from matcher.offers.inputs import OfferInput
from matcher.offers.models import Offer
from matcher.offers.services import open_offer
from matcher.requests.models import Request
from matcher.requests.vacancies import VacancyWish
from matcher.requests.vacancy_services import save_vacancy
from matcher.safeguarding.services import mark_proof_seen
from matcher.subjects.levels import Level
from matcher.subjects.teaching import Licence, RouteWish

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (HalfDay(weekday, 0) for weekday in range(5))
TOLD_HALF_DAYS = (MONDAY, TUESDAY, THURSDAY, FRIDAY)
STARTED_WEEKS_AGO, WEEKS_BEFORE = 6, 12
WEEKS_OF_A_TERM = 18


def arrange_terms(session: Session, world: World) -> None:
    """The told leader has a colleague since some weeks and looks for more; others look as well."""
    lead, told = _led_by_told(world), world.guests[0]
    offer = _offer(session, world, told, told.lessons[0], TOLD_HALF_DAYS)
    pair = _pair(world, told)
    offers = [
        _offer(session, world, guest, guest.lessons[0], [half_day])
        for guest, half_day in zip(pair, (MONDAY, WEDNESDAY), strict=False)
    ]
    plans: list[Callable[[], object]] = [partial(_begin, session, world, lead, told, offer)]
    if len(offers) == 2:
        plans.append(partial(_bridge, session, world, lead, pair, offers))
    asking = partial(_invite, session, world, guest=told, offer=offer, at=world.ago(30), half_days=(MONDAY, FRIDAY))
    plans.append(lambda: any(tried(session, partial(asking, leader=leader)) for leader in _other_leads(world)))
    plans.append(partial(_ask, session, world, lead, told.lessons[0], world.ago(18), (TUESDAY, WEDNESDAY, FRIDAY)))
    for plan in plans:
        tried(session, plan)


def _led_by_told(world: World) -> Teacher:
    return next(each for each in world.teachers if each.actor is world.accounts["lead"])


def _other_leads(world: World) -> list[Teacher]:
    """Leaders of other schools of the region that teach at a level for which the told lesson was made."""
    number, levels = len(world.schools), world.guests[0].lessons[0].levels
    return [
        each
        for each in world.teachers[number + 1 : 2 * number]
        if each.school.region_id == world.home_region and any(Level(level) in levels for level in each.school.levels)
    ]


def _pair(world: World, told: Guest) -> list[Guest]:
    """Two people of the region with the same lesson, other than the told one's; nobody when there are none."""
    seen: dict[str, Guest] = {}
    for guest in world.guests[1:]:
        lesson = guest.lessons[0]
        if guest.organisation.region_id != world.home_region or lesson is told.lessons[0]:
            continue
        other = seen.setdefault(lesson.code, guest)
        if other is not guest and {Level.HAVO, Level.VWO} & set(lesson.levels):
            return [other, guest]
    return []


def _offer(
    session: Session, world: World, guest: Guest, lesson: Lesson, half_days: tuple[HalfDay, ...] | list[HalfDay]
) -> Offer:
    given = OfferInput(
        kind=Kind.HYBRID_PLACEMENT,
        organisation_id=guest.organisation.id,
        title=lesson.subject,
        description="Ik wil graag een of twee ochtenden in de week voor de klas staan, naast mijn werk.",
        topic_ids=tuple(world.topics[code] for code in lesson.topics),
        levels=tuple(level.value for level in lesson.levels),
        delivery=Delivery.ON_SITE,
        travel_km=60,
        notice_days=21,
        yearly_cap=None,
        open_cap=6,
        details={
            "topic_text": lesson.subject,
            "half_day_mask": mask_of_half_days(half_days),
            "half_days": min(2, len(half_days)),
            "hours": None,
            "licence": Licence.NONE.value,
            "route": RouteWish.PERHAPS.value,
            "employer_view": "informed",
            "employer_consent": False,
            "employer_name": "",
            "employer_email": "",
        },
    )
    offer = create_hybrid(session, actor=guest.actor, given=given, now=world.began)
    offer.generated = True
    return open_offer(session, actor=guest.actor, offer_id=offer.id, now=world.began)


def _ask(
    session: Session,
    world: World,
    leader: Teacher,
    lesson: Lesson,
    at: datetime,
    half_days: tuple[HalfDay, ...],
    *,
    weeks_ahead: int = 7,
) -> Request:
    """Two half-days a week for a term, sent."""
    first = local_date(at) + timedelta(weeks=weeks_ahead)
    first -= timedelta(days=first.weekday())
    taught = [level for level in lesson.levels if level.value in leader.school.levels] or [Level.HAVO]
    wish = VacancyWish(
        topic_text=lesson.subject,
        topic_ids=tuple(world.topics[code] for code in lesson.topics),
        level=taught[-1].value,
        half_days=2,
        half_day_mask=mask_of_half_days(half_days),
        hours=8.0,
        first=first,
        last=first + timedelta(weeks=WEEKS_OF_A_TERM, days=-3),
        pays="Volgens de cao, schaal LB",
        own_words="We zoeken iemand uit de praktijk die vast meedraait. Een collega begeleidt je vanaf de eerste dag.",
    )
    draft = save_vacancy(session, actor=leader.actor, now=at, organisation_id=leader.school.id, data=wish)
    draft.generated = True
    return publish_request(session, draft.id, actor=leader.actor, now=at)


def _invite(
    session: Session,
    world: World,
    leader: Teacher,
    guest: Guest,
    offer: Offer,
    at: datetime,
    half_days: tuple[HalfDay, ...],
    *,
    weeks_ahead: int = 7,
) -> Match:
    request = _ask(session, world, leader, guest.lessons[0], at, half_days, weeks_ahead=weeks_ahead)
    store_run(session, suggest(session, request_id=request.id, now=at), generated=True)
    then = at + timedelta(minutes=9)
    return only(invite(session, request.id, offer_ids=[offer.id], actor=leader.actor, now=then))


def _accept(session: Session, match: Match, guest: Guest, at: datetime) -> Match:
    """Yes to the first of what was asked."""
    found = select(MatchMoment.id).where(MatchMoment.match_id == match.id, MatchMoment.dropped_at.is_(None))
    moment_id = session.scalars(found.order_by(MatchMoment.start_s)).first() or 0
    return accept_match(session, match.id, moment_id=moment_id, actor=guest.actor, now=at)


def _approve(session: Session, world: World, match: Match, at: datetime) -> Match:
    return approve_match(session, match.id, actor=world.coordinators[match.region_id], now=at)


def _begin(session: Session, world: World, leader: Teacher, guest: Guest, offer: Offer) -> None:
    """Introduced, a trial lesson that went well, an offer, and since some weeks a colleague."""
    started = waking(world.now - timedelta(weeks=STARTED_WEEKS_AGO))
    asked = waking(started - timedelta(weeks=WEEKS_BEFORE))
    match = _invite(session, world, leader, guest, offer, asked, (TUESDAY, THURSDAY), weeks_ahead=WEEKS_BEFORE)
    _accept(session, match, guest, waking(asked + timedelta(days=2)))
    _approve(session, world, match, waking(asked + timedelta(days=3), working_days=True))
    met = waking(asked + timedelta(days=9), working_days=True)
    _step(session, leader, match, HybridStep.INTRODUCTION, met)
    tried(session, partial(_try_lesson, session, world, leader, guest, match, met + timedelta(days=1)))
    offered = waking(started - timedelta(days=10), working_days=True)
    _step(session, leader, match, HybridStep.OFFER_MADE, offered)
    plan = chosen_moment(session, match.id)
    _show_proof(session, leader, guest, offered)
    _step(session, leader, match, HybridStep.STARTED, started, on_day=plan.day if plan else None)


def _show_proof(session: Session, leader: Teacher, guest: Guest, at: datetime) -> None:
    """The leader saw a certificate of conduct."""
    issued = local_date(at) - timedelta(days=12)
    mark_proof_seen(
        session,
        actor=leader.actor,
        school_id=leader.school.id,
        user_id=guest.actor.user_id or 0,
        issued_on=issued,
        valid_until=issued + timedelta(days=3 * 365),
        now=at,
    )


def _step(
    session: Session, leader: Teacher, match: Match, step: HybridStep, at: datetime, *, on_day: date | None = None
) -> None:
    take_step(session, match.id, step, on_day=on_day or local_date(at), actor=leader.actor, now=at)


def _try_lesson(session: Session, world: World, leader: Teacher, guest: Guest, placement: Match, at: datetime) -> None:
    """One lesson in a class of the same school, held and told by both; so the placement has taken that step."""
    told, today = world.teachers[0], local_date(at)
    timetable = timetable_of(session, leader.school, first=today, last=today.replace(year=today.year + 1))
    weeks = [each.week for each in coming_weeks(today, timetable.calendar) if each.holiday is None][:4]
    lesson = arrange_trial(
        session,
        vacancy_id=placement.request_id,
        offer_id=placement.offer_id,
        class_id=told.classes[0].id,
        weeks=weeks,
        own_words="Kom een les geven, dan weten we allebei of het klikt.",
        side=Side.SCHOOL,
        actor=leader.actor,
        now=at,
    )
    _accept(session, lesson, guest, waking(at + timedelta(hours=20)))
    _approve(session, world, lesson, waking(at + timedelta(hours=40), working_days=True))
    moment = chosen_moment(session, lesson.id)
    over = datetime.fromtimestamp(moment.end_s if moment else 0, UTC)
    for hours, actor, counted in ((2, leader.actor, {"pupils": 27}), (5, guest.actor, {"hours": 2.5})):
        then = waking(over + timedelta(hours=hours))
        report_visit(session, lesson.id, happened=True, again=True, actor=actor, now=then, **counted)


def _bridge(session: Session, world: World, leader: Teacher, pair: list[Guest], offers: list[Offer]) -> None:
    """Nobody can on both half-days; one of the two is introduced, the other waits for the coordinator."""
    asked = world.ago(4 * 24)
    request = _ask(session, world, leader, pair[0].lessons[0], asked, (MONDAY, WEDNESDAY))
    then, ids = asked + timedelta(minutes=12), [offer.id for offer in offers]
    matches = ask_pair(session, request.id, offer_ids=ids, actor=leader.actor, now=then)
    for number, (match, guest) in enumerate(zip(matches, pair, strict=True), start=1):
        _accept(session, match, guest, waking(asked + timedelta(hours=9 * number)))
    _approve(session, world, matches[0], world.ago(26))
