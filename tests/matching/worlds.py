"""A small random world on real geometry, and the plain full scan that every quicker way must equal."""

import random
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.masks import FULL
from matcher.availability.models import AvailabilityException, WeeklyPattern
from matcher.availability.states import Delivery, ExceptionKind, OwnerType
from matcher.matching.eligibility import judge
from matcher.matching.search_queries import Judged
from matcher.matching.view_queries import offer_views, request_view
from matcher.offers.models import Offer
from matcher.offers.search_services import refresh_all
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from matcher.subjects.models import Topic
from tests.factories import NOW
from tests.factories.matching import epoch, make_offer, make_request, make_topic
from tests.factories.people import make_company, make_professional, make_school

MONDAY = date(2026, 12, 7)
LEVELS = ["po_boven", "vmbo_kb", "havo", "vwo", "mbo_4"]
HOURS = [("08:30", "09:20"), ("10:15", "11:05"), ("10:15", "12:00"), ("14:10", "15:00"), ("19:30", "20:30")]


def make_topics(session: Session) -> list[Topic]:
    plain = [make_topic(session, f"onderwerp-{number}") for number in range(6)]
    plain[0].near = [plain[1].code]
    plain[3].parent_id = plain[2].id
    session.flush()
    return plain


def place_anywhere(chance: random.Random) -> tuple[float, float]:
    return chance.uniform(51.2, 53.3), chance.uniform(4.0, 6.8)


def fill_world(session: Session, chance: random.Random, *, offers: int) -> None:
    """Offers of all sorts, some of them with a week or exceptions of their own, all in the search key."""
    topics = make_topics(session)
    companies = [make_company(session, verified=chance.random() < 0.9) for _ in range(12)]
    for _ in range(offers):
        make_random_offer(session, chance, topics, chance.choice(companies))
    refresh_all(session, now=NOW)


def make_random_offer(session: Session, chance: random.Random, topics: list[Topic], company: Organisation) -> Offer:
    lat, lon = place_anywhere(chance)
    person = make_professional(session, company=company)
    offer = make_offer(
        session,
        person=person,
        company=company,
        topics=chance.sample(topics, chance.randint(1, 2)),
        levels=chance.sample(LEVELS, chance.randint(1, 4)),
        delivery=chance.choice([Delivery.ON_SITE, Delivery.ON_SITE, Delivery.EITHER, Delivery.ONLINE]),
        languages=chance.choice([["nl"], ["nl", "en"], ["en"]]),
        travel_km=chance.choice([5, 15, 25, 40, 80, 150]),
        notice_days=chance.choice([0, 7, 14, 21, 28]),
        months_off=chance.choice([[], [], [12], [1]]),
        lat=lat,
        lon=lon,
    )
    if chance.random() < 0.5:
        give_week(session, chance, person.id)
    if chance.random() < 0.3:
        give_exception(session, chance, person.id)
    return offer


def give_week(session: Session, chance: random.Random, person_id: int) -> None:
    usual = [chance.getrandbits(60) & chance.getrandbits(60) for _ in range(7)]
    never = [FULL if chance.random() < 0.5 else chance.getrandbits(60) & chance.getrandbits(60) for _ in range(7)]
    usual = [a & ~b for a, b in zip(usual, never, strict=True)]
    row = WeeklyPattern(owner_type=OwnerType.PERSON, owner_id=person_id, valid_from=date(2026, 8, 1), changed_at=NOW)
    row.usually, row.never = usual, never
    session.add(row)


def give_exception(session: Session, chance: random.Random, person_id: int) -> None:
    day = MONDAY + timedelta(days=chance.randrange(21))
    session.add(
        AvailabilityException(
            owner_type=OwnerType.PERSON,
            owner_id=person_id,
            start_s=epoch(day, "07:00"),
            end_s=epoch(day, "21:00"),
            kind=chance.choice([ExceptionKind.FREE, ExceptionKind.BUSY]),
            source="own",
        )
    )


def make_random_request(session: Session, chance: random.Random) -> Request:
    lat, lon = place_anywhere(chance)
    topics = list(session.scalars(select(Topic).where(Topic.code.like("onderwerp-%")).order_by(Topic.id)))
    moments = {
        (MONDAY + timedelta(days=chance.randrange(26)), *chance.choice(HOURS)) for _ in range(chance.randint(1, 5))
    }
    school = make_school(session, lat=lat, lon=lon)
    return make_request(
        session,
        school=school,
        topics=chance.sample(topics, chance.randint(1, 2)),
        moments=sorted(moments),
        level=chance.choice(LEVELS),
        language=chance.choice(["nl", "nl", "nl", "en"]),
        delivery=chance.choice([Delivery.ON_SITE, Delivery.ON_SITE, Delivery.EITHER, Delivery.ONLINE]),
        max_km=chance.choice([None, None, 20, 60]),
    )


def full_scan(session: Session, request_id: int, *, now: datetime, wanted: int) -> list[tuple[int, str]]:
    """Every offer of the kind judged one by one; (offer id, how) of the nearest in person, then the nearest online."""
    request = request_view(session, request_id, now=now)
    ids = list(session.scalars(select(Offer.id).where(Offer.kind == request.kind)))
    views = offer_views(session, request, ids, now=now)
    judged: list[Judged] = [(view, judge(request, view, now=now)) for view in views.values()]
    fitting = sorted((pair for pair in judged if pair[1].ok), key=lambda pair: (pair[1].distance_km, pair[0].id))
    in_person = [pair for pair in fitting if pair[1].mode is not Delivery.ONLINE][:wanted]
    online = [pair for pair in fitting if pair[1].mode is Delivery.ONLINE][:wanted]
    return [(view.id, str(verdict.mode)) for view, verdict in (*in_person, *online)]
