"""Invented guests around three real schools, each made to fit or to fall off for one known reason.

The schools come through `matcher import schools`, everything else through the verbs people use; where a past is needed
that nobody can live through in a test, its rows are written.
"""

import csv
import gzip
import math
import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.queries import actor_for
from matcher.availability.masks import EMPTY_WEEK, WeekMask, week_of
from matcher.availability.moments import Week, WeeklyPeriod
from matcher.availability.services import add_exception, save_week
from matcher.availability.states import Delivery, ExceptionKind, Kind, OwnerType, Party
from matcher.db import next_id
from matcher.matching.models import Match, MatchEvent
from matcher.matching.request_services import publish_request
from matcher.matching.states import Action, MatchState, Side
from matcher.offers.inputs import OfferInput
from matcher.offers.models import Offer
from matcher.offers.search_services import refresh_person
from matcher.offers.services import create_offer, open_offer, pause_offers
from matcher.organisations.models import Organisation
from matcher.requests.asking import Wish
from matcher.requests.class_services import create_class
from matcher.requests.models import Request
from matcher.requests.services import save_draft
from matcher.safeguarding.models import Block
from matcher.subjects.models import Topic
from tests.factories import NOW
from tests.factories.matching import epoch, make_booking, make_event, make_match, make_request
from tests.factories.people import make_company, make_grant, make_teacher, make_user

LESSONS = (WeeklyPeriod(0, 3), WeeklyPeriod(3, 2, 2))
WEEKS = (Week(2026, 50), Week(2026, 51), Week(2027, 2))
"""Mondays and Thursdays from 7 December; the Christmas holidays lie between the second and the third week."""
THURSDAY = date(2026, 12, 17)
FITS = "fits"
HISTORY = datetime(2026, 3, 10, 9, tzinfo=NOW.tzinfo)  # the school year before
THIS_YEAR = datetime(2026, 10, 6, 9, tzinfo=NOW.tzinfo)
SHIPPED = Path(__file__).parents[2] / "matcher" / "regions" / "data" / "postcodes.csv"
_numbers = count(1)


@dataclass(frozen=True)
class Asked:
    """What a real school asks; `near` is a neighbour of the topic in the thesaurus, `elsewhere` another level."""

    code: str
    level: str
    year: int
    topic: str
    near: str
    elsewhere: str
    delivery: Delivery = Delivery.ON_SITE


SCHOOLS = {
    "po": Asked("07WT00", "po_boven", 7, "weather_climate", "nature", "vwo"),
    "vo": Asked("02UE00", "havo", 4, "ai", "data_statistics", "vso", Delivery.EITHER),
    "vso": Asked("23GY01", "vso", 3, "cooking", "baking", "havo"),
}
"""In Groningen, Utrecht and Breda: three provinces, three holiday regions, three sorts of school."""
ELSEWHERE = "01KF00"


@dataclass(frozen=True)
class Guest:
    """One offer: how far away (km from, to), what of it differs, and how it should come out."""

    out: str
    km: tuple[float, float] = (0, 14)
    offer: dict[str, Any] = field(default_factory=dict)
    company: dict[str, Any] = field(default_factory=dict)
    past: str = ""
    topic: str = "topic"
    level: str = "level"


ON_THURSDAYS = (week_of([3], time(8), time(17)), week_of([0], time(7), time(22)))
NOTHING_KNOWN: tuple[WeekMask, WeekMask] = (EMPTY_WEEK, EMPTY_WEEK)
NOT_THEN = (week_of([1], time(8), time(17)), week_of([0, 3], time(7), time(22)))
CAST = [
    *(Guest(FITS) for _ in range(4)),
    Guest(FITS, (18, 24)),
    Guest(FITS, (14, 24), {"travel_km": 60}),
    Guest(FITS, (60, 90), {"travel_km": 120}),
    Guest(FITS, (40, 49), {"travel_km": 50}),
    Guest(FITS, topic="near"),
    Guest(FITS, (14, 24), topic="near"),
    Guest(FITS, offer={"notice_days": 30}),
    Guest(FITS, offer={"notice_days": 49}),
    Guest(FITS, offer={"details": {"minutes": 50, "group_most": 12}}),
    Guest(FITS, offer={"yearly_cap": None, "languages": ("en", "nl")}),
    Guest(FITS, past="thursdays"),
    Guest(FITS, past="nothing known"),
    Guest(FITS, past="away"),
    Guest(FITS, past="booked"),
    Guest(FITS, past="team"),
    Guest(FITS, past="been here", offer={"yearly_cap": 4}),
    Guest(FITS, past="colleague was here"),
    Guest(FITS, past="answers", offer={"yearly_cap": None}),
    Guest(FITS, past="silent", offer={"yearly_cap": None}),
    Guest(FITS, past="nearly full", offer={"yearly_cap": 3}),
    Guest(FITS, past="asked lately", offer={"yearly_cap": None}),
    Guest(FITS, company={"via_contact": True}, offer={"own_name": True}),
    Guest("topic", topic="banking"),
    Guest("level", level="elsewhere"),
    Guest("language", offer={"languages": ("en",)}),
    Guest("distance", (27, 35)),
    Guest("distance", (100, 180)),
    Guest("blocked", past="blocks the school"),
    Guest("blocked", past="blocked by the teacher"),
    Guest("paused", past="paused"),
    Guest("not_verified", company={"verified": False}),
    Guest("not_confirmed", past="not confirmed"),
    Guest("notice", offer={"notice_days": 90}),
    Guest("moments", offer={"months_off": (12, 1)}),
    Guest("moments", past="not then"),
    Guest("cap", past="full", offer={"yearly_cap": 1}),
    Guest("open_asks", past="asked elsewhere"),
    Guest("already_asked", past="asked for this"),
    Guest("not_open", past="draft"),
    Guest("via_contact", company={"via_contact": True}),
]
ONLINE = {
    "po": [Guest("delivery", offer={"delivery": Delivery.ONLINE})],
    "vo": [
        Guest(FITS, (100, 150), {"delivery": Delivery.ONLINE}),
        Guest(FITS, (60, 150), {"delivery": Delivery.EITHER}),
        Guest(FITS, (0, 14), {"delivery": Delivery.EITHER}),
    ],
    "vso": [
        Guest(FITS, (0, 14), {"delivery": Delivery.EITHER}),
        Guest("delivery", offer={"delivery": Delivery.ONLINE}),
    ],
}


@dataclass(frozen=True)
class Ask:
    """A request in the database with who stands around it: offer id → how it should come out."""

    request_id: int
    school: Asked
    out: dict[int, str]


def haversine(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Written for this test alone, by the other formula with atan2."""
    lat1, lon1, lat2, lon2 = (math.radians(value) for value in (*here, *there))
    a = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 6371.0088 * 2 * math.atan2(math.sqrt(a), math.sqrt(1 - a))


def school_positions(file: Path) -> dict[str, tuple[float, float]]:
    """Location code → degrees, from the published file itself."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        return {row["vestigingscode"]: (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(text)}


def postcode_positions() -> dict[str, tuple[float, float]]:
    with SHIPPED.open(encoding="utf-8", newline="") as text:
        return {row["pc4"]: (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(text, delimiter=";")}


def location(session: Session, code: str) -> Organisation:
    """The school with this location code."""
    query = select(Organisation).where(Organisation.brin == code[:4], Organisation.location == code[4:])
    return session.scalars(query).one()


class Neighbourhood:
    """A school that asks, and guests on real postcodes around it."""

    def __init__(self, session: Session, school: Asked, position: tuple[float, float], chance: random.Random) -> None:
        self.session, self.asked, self.chance = session, school, chance
        self.school, self.elsewhere = location(session, school.code), location(session, ELSEWHERE)
        self.far = {pc4: haversine(position, there) for pc4, there in postcode_positions().items()}
        self.teacher = make_teacher(session, school=self.school)
        self.actor = actor_for(session, self.teacher.id)

    def topic(self, name: str) -> int:
        code = getattr(self.asked, name, name)
        return self.session.scalars(select(Topic.id).where(Topic.code == code)).one()

    def ask(self, *, topic: str = "topic", **wish: Any) -> Request:
        """A class, entered once, and a published request for it."""
        group = create_class(
            self.session,
            actor=self.actor,
            now=NOW,
            organisation_id=self.school.id,
            name=f"Groep {next(_numbers)}",
            level=self.asked.level,
            year=self.asked.year,
            size=24,
            weekly=LESSONS,
        )
        said: dict[str, Any] = {
            "weeks": WEEKS,
            "delivery": self.asked.delivery,
            "own_words": "Wie vertelt dit?",
            **wish,
        }
        data = Wish(class_id=group.id, topic_ids=(self.topic(topic),), group_size=24, **said)
        draft = save_draft(self.session, actor=self.actor, now=NOW, organisation_id=self.school.id, data=data)
        return publish_request(self.session, draft.id, actor=self.actor, now=NOW)

    def place(self, km: tuple[float, float]) -> str:
        """A postcode so far from the school."""
        return self.chance.choice(sorted(pc4 for pc4, away in self.far.items() if km[0] <= away <= km[1]))

    def settle(self, guest: Guest, request: Request | None = None) -> Offer:
        """The guest with a company of their own, an offer, and what happened before."""
        pc4 = self.place(guest.km)
        company = make_company(self.session, pc4=pc4, **guest.company)
        person = make_user(self.session)
        role = "company_contact" if guest.past == "team" else "professional"
        make_grant(self.session, person, role, organisation=company, confirmed=guest.past != "not confirmed")
        actor = actor_for(self.session, person.id)
        given = OfferInput(
            kind=Kind.GUEST_LECTURE,
            organisation_id=company.id,
            title=f"Les {next(_numbers)}",
            description="",
            topic_ids=(self.topic(guest.topic),),
            levels=(getattr(self.asked, guest.level),),
            pc4=pc4,
            team=guest.past == "team",
            **{"details": {"minutes": 50}, **guest.offer},
        )
        offer = create_offer(self.session, actor=actor, given=given, now=NOW)
        if guest.past != "draft":
            open_offer(self.session, actor=actor, offer_id=offer.id, now=NOW)
        if guest.past:
            self.happen(guest.past, offer, person, request)
        return offer

    def happen(self, past: str, offer: Offer, person: User, request: Request | None) -> None:
        weeks = {"thursdays": ON_THURSDAYS, "nothing known": NOTHING_KNOWN, "not then": NOT_THEN}
        actor, owner = actor_for(self.session, person.id), (OwnerType.PERSON, person.id)
        if past in weeks:
            usual, never = weeks[past]
            save_week(self.session, actor=actor, now=NOW, owner=owner, usual=usual, never=never)
        elif past == "away":
            add_exception(self.session, actor=actor, now=NOW, owner=owner, kind=ExceptionKind.BUSY, first=THURSDAY)
        elif past == "paused":
            pause_offers(self.session, actor=actor, until=date(2027, 1, 11), now=NOW)
        elif past in ("blocks the school", "blocked by the teacher"):
            mine = past == "blocks the school"
            by, of = (person.id, None) if mine else (self.teacher.id, person.id)
            school = self.school.id if mine else None
            self.session.add(Block(by_user_id=by, of_user_id=of, of_organisation_id=school, at=HISTORY))
        else:
            self.remember(past, offer, request)
        refresh_person(self.session, person.id, now=NOW)

    def remember(self, past: str, offer: Offer, request: Request | None) -> None:
        """Matches of before: (how many, with which state, when) elsewhere, or here."""
        held = {"nearly full": 2, "full": 1}
        asks = {"answers": (3, HISTORY), "silent": (3, HISTORY), "asked lately": (1, NOW - timedelta(days=5, hours=3))}
        if past in ("been here", "colleague was here"):
            by = offer if past == "been here" else self.colleague(offer)
            for _ in range(2):
                done = make_request(
                    self.session, school=self.school, teacher=self.teacher, moments=[], level=self.asked.level
                )
                make_match(self.session, request=done, offer=by, state=MatchState.HELD, at=HISTORY)
        elif past in asks:
            times, at = asks[past]
            for _ in range(times):
                make_ask(self.session, self.other_request(), offer, answered=past != "silent", at=at)
        elif past in held:
            for _ in range(held[past]):
                make_match(self.session, request=self.other_request(), offer=offer, state=MatchState.HELD, at=THIS_YEAR)
        elif past == "booked":
            agreed = make_match(self.session, request=self.other_request(), offer=offer, state=MatchState.APPROVED)
            hours = {"start_s": epoch(THURSDAY, "08:00"), "minutes": 240}
            make_booking(self.session, agreed, party=Party.PERSON, party_id=offer.person_id or 0, **hours)
        elif past == "asked elsewhere":
            make_match(self.session, request=self.other_request(), offer=offer)
        elif past == "asked for this":
            make_match(self.session, request=request, offer=offer, state=MatchState.DECLINED)

    def other_request(self) -> Request:
        """Of another school, at another level."""
        return make_request(self.session, school=self.elsewhere, moments=[], level=self.asked.elsewhere)

    def colleague(self, offer: Offer) -> Offer:
        """Somebody of the same company who was here, with a topic nobody asks."""
        company = self.session.get_one(Organisation, offer.organisation_id)
        person = make_user(self.session)
        make_grant(self.session, person, "professional", organisation=company)
        given = OfferInput(
            kind=Kind.GUEST_LECTURE,
            organisation_id=company.id,
            title="Geld",
            description="",
            topic_ids=(self.topic("banking"),),
            levels=(self.asked.level,),
            pc4=offer.pc4,
        )
        return create_offer(self.session, actor=actor_for(self.session, person.id), given=given, now=NOW)


def make_ask(session: Session, request: Request, offer: Offer, *, answered: bool, at: datetime) -> None:
    """A school asked; the guest said no after a day, or let it expire."""
    action, state = (Action.DECLINE, MatchState.DECLINED) if answered else (Action.EXPIRE, MatchState.EXPIRED)
    number, later = next_id(session, "matches"), at + timedelta(days=1)
    make_event(session, number, 1, None, Action.PROPOSE, MatchState.PROPOSED, at=at, actor=request.asked_by_id)
    last = MatchEvent(match_id=number, seq=2, prev_seq=1, from_state="proposed", action=action, to_state=state.value)
    last.at, last.role, last.actor_id = (
        later,
        Side.COMPANY if answered else Side.SYSTEM,
        offer.person_id if answered else None,
    )
    session.add(last)
    session.flush()
    match = Match(id=number, kind=request.kind, request_id=request.id, request_revision=1, offer_id=offer.id)
    match.offer_revision, match.state, match.seq, match.side = 1, state, 2, Side.SCHOOL
    match.professional_id = match.visitor_id = offer.person_id
    match.teacher_id, match.proposed_by_id = request.teacher_id, request.asked_by_id
    match.region_id, match.created_at, match.changed_at = request.region_id, at, later
    session.add(match)
    session.flush()
