"""What the guests of a generated world offer, and when they can. Flushes only."""

from datetime import date, time, timedelta
from random import Random

from sqlalchemy import insert
from sqlalchemy.orm import Session

from matcher.availability.masks import EMPTY_WEEK, FULL_WEEK, WeekMask, union, week_of, without
from matcher.availability.models import AvailabilityException, WeeklyPattern
from matcher.availability.moments import day_range
from matcher.availability.patterns import PRESETS
from matcher.availability.states import Delivery, ExceptionKind, Kind, OwnerType
from matcher.clock import local_date
from matcher.demo.catalogue import Lesson, lessons
from matcher.demo.world import Guest, World
from matcher.offers.inputs import OfferInput
from matcher.offers.models import Offer, OfferRevision, OfferTopic
from matcher.offers.search_services import refresh_all
from matcher.offers.services import snapshot
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.subjects.levels import Level, mask_of

TRAVEL_KM = (8, 15, 15, 25, 25, 25, 35, 50, 50, 80)
NOTICE_DAYS = (7, 14, 14, 21, 21, 21, 28)
DELIVERIES = (Delivery.ON_SITE,) * 6 + (Delivery.EITHER,) * 3 + (Delivery.ONLINE,)


def make_offers(session: Session, world: World) -> None:
    """A lesson or two of every guest, lessons by "someone of our team", and the weeks behind them."""
    offers: list[tuple[Offer, OfferInput]] = []
    for number, guest in enumerate(world.guests):
        _give_week(session, world, guest, number)
        for lesson in guest.lessons:
            given = _lesson_offer(world, guest.organisation, lesson, told=number == 0)
            offers.append(_offer(world, guest.organisation, guest.actor.user_id, given))
    company, codes = world.companies[0]
    for code in codes[1:]:
        given = _lesson_offer(world, company, lessons()[code], told=False, team=True)
        offers.append(_offer(world, company, None, given))
    # The same rows as the verbs of offers leave, without renewing the search key after each of them.
    session.add_all(offer for offer, _given in offers)
    session.flush()
    topics = [{"offer_id": offer.id, "topic_id": number} for offer, given in offers for number in given.topic_ids]
    session.execute(insert(OfferTopic), topics)
    session.execute(
        insert(OfferRevision), [_revision(session, world, offer) for offer, _given in offers if _is_open(offer)]
    )


def renew_search(session: Session, world: World, *, at_beginning: bool) -> None:
    """The search key in bulk: once as it was when the history begins, once as it is now."""
    refresh_all(session, now=world.began if at_beginning else world.now)


def _offer(world: World, place: Organisation, person_id: int | None, given: OfferInput) -> tuple[Offer, OfferInput]:
    # Some are still being written.
    told = person_id is None or person_id == world.accounts["professional"].user_id
    state = OfferState.OPEN if told or not world.sometimes(0.04) else OfferState.DRAFT
    offer = Offer(
        kind=given.kind,
        organisation_id=place.id,
        person_id=person_id,
        state=state,
        title=given.title,
        description=given.description,
        delivery=given.delivery,
        languages=list(given.languages),
        levels=list(given.levels),
        level_mask=mask_of(Level(level) for level in given.levels),
        pc4=place.pc4,
        lat=place.lat,
        lon=place.lon,
        travel_km=0 if given.delivery is Delivery.ONLINE else given.travel_km,
        notice_days=given.notice_days,
        yearly_cap=given.yearly_cap,
        open_cap=given.open_cap,
        months_off=list(given.months_off),
        places=given.places,
        own_name=given.own_name,
        details=given.details,
        revision=1,
        generated=True,
        created_at=world.began,
        changed_at=world.began,
    )
    return offer, given


def _is_open(offer: Offer) -> bool:
    return offer.state is OfferState.OPEN


def _revision(session: Session, world: World, offer: Offer) -> dict[str, object]:
    said = snapshot(session, offer)
    return {"offer_id": offer.id, "revision": 1, "at": world.began, "by_id": offer.person_id, "snapshot": said}


def _lesson_offer(world: World, place: Organisation, lesson: Lesson, *, told: bool, team: bool = False) -> OfferInput:
    chance = world.chance
    title = lesson.titles[0] if told else chance.choice(lesson.titles)
    english = title.startswith(("How ", "What ", "From "))
    delivery = Delivery.ON_SITE if told or lesson.minutes > 60 else chance.choice(DELIVERIES)
    return OfferInput(
        kind=Kind.GUEST_LECTURE,
        organisation_id=place.id,
        title=title,
        description=lesson.does,
        topic_ids=tuple(world.topics[code] for code in lesson.topics),
        levels=tuple(level.value for level in _levels(world, lesson, told=told)),
        languages=("en",) if english and chance.random() < 0.5 else chance.choice([("nl",)] * 4 + [("nl", "en")] * 2),
        delivery=delivery,
        team=team,
        travel_km=40 if told else chance.choice(TRAVEL_KM),
        notice_days=14 if told else chance.choice(NOTICE_DAYS),
        yearly_cap=None if told else chance.choice([2, 4, 6, 6, 8, None]),
        open_cap=6 if told or team else chance.choice([1, 1, 1, 2]),
        months_off=() if told else chance.choice([()] * 6 + [(7, 8), (12,), (1,), (6,)]),
        places=1,
        details={
            "minutes": lesson.minutes,
            "materials": lesson.materials,
            "group_most": chance.choice([None, 30, 32, 60, 16 if lesson.minutes > 60 else None]),
        },
    )


def _levels(world: World, lesson: Lesson, *, told: bool) -> list[Level]:
    """Everybody leaves out a group they do not feel at ease with."""
    kept = [level for level in lesson.levels if told or not world.sometimes(0.15)]
    return kept or list(lesson.levels)


def _give_week(session: Session, world: World, guest: Guest, number: int) -> None:
    """One in three keeps the week everybody starts with; the told professional cannot on Wednesdays."""
    week = _told_week() if number == 0 else some_week(world.chance)
    if week is not None:
        usual, never = week
        session.add(
            WeeklyPattern(
                owner_type=OwnerType.PERSON,
                owner_id=guest.actor.user_id,
                valid_from=local_date(world.began),
                usually=list(without(usual, never)),
                never=list(never),
                changed_at=world.began,
            )
        )
    if number and world.sometimes(0.2):
        _give_leave(session, world, guest)


def _told_week() -> tuple[WeekMask, WeekMask]:
    usual = week_of((0, 1, 3, 4), time(8), time(17))
    return usual, without(FULL_WEEK, week_of((0, 1, 3, 4), time(7), time(19)))


def some_week(chance: Random) -> tuple[WeekMask, WeekMask] | None:
    """Which hours usually suit and which never do; None for the week everybody starts with."""
    shape = chance.choice(["start", "start", "preset", "days", "days", "shifts"])
    if shape == "preset":
        usual = PRESETS[chance.choice(sorted(PRESETS))]
        return usual, without(FULL_WEEK, union(usual, week_of(range(5), time(7), time(18))))
    if shape == "days":
        free = sorted(chance.sample(range(5), chance.choice([2, 3, 4])))
        usual = week_of(free, time(8), time(17))
        return usual, without(FULL_WEEK, usual if chance.random() < 0.6 else week_of(range(5), time(8), time(18)))
    if shape == "shifts":
        return EMPTY_WEEK, without(FULL_WEEK, week_of(range(6), time(7), time(22)))
    return None


def _give_leave(session: Session, world: World, guest: Guest) -> None:
    first: date = local_date(world.now) + timedelta(days=world.chance.randrange(7, 80))
    start_s, end_s = day_range(first, first + timedelta(days=world.chance.choice([0, 4, 9])))
    session.add(
        AvailabilityException(
            owner_type=OwnerType.PERSON,
            owner_id=guest.actor.user_id,
            start_s=start_s,
            end_s=end_s,
            kind=ExceptionKind.BUSY,
            source="own",
            note="Vrij",
        )
    )
