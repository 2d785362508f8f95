"""A teacher who asks for an internship and companies with a place, made by the very services people use."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.availability.halfdays import FULL_WEEK
from matcher.availability.models import Booking
from matcher.availability.states import Delivery, Kind, Party
from matcher.matching.models import Match, MatchMoment
from matcher.matching.proposal_services import propose
from matcher.matching.request_services import publish_request
from matcher.matching.services import accept_match, approve_match
from matcher.matching.states import Side
from matcher.offers.inputs import OfferInput
from matcher.offers.models import Offer
from matcher.offers.place_services import create_place
from matcher.offers.services import open_offer
from matcher.organisations.models import Organisation
from matcher.requests.internship_services import save_internship
from matcher.requests.internships import InternshipWish
from matcher.requests.models import Request, RequestMoment
from tests.factories import NOW
from tests.factories.matching import make_topic, seed_transitions
from tests.factories.people import make_company, make_coordinator, make_grant, make_school, make_teacher, make_user

FIRST, LAST = date(2027, 1, 11), date(2027, 1, 29)
"""Three whole school weeks."""
AFTER = datetime(2027, 2, 20, 12, tzinfo=NOW.tzinfo)


def wish(session: Session, **changes: Any) -> InternshipWish:
    values: dict[str, Any] = {
        "topic_text": "hoe een laboratorium werkt",
        "topic_ids": (make_topic(session).id,),
        "learning_goal": "Weten wat een analist doet.",
        "product": "Een les",
        "first": FIRST,
        "last": LAST,
        "leader": "Tess Leider",
        "leave_given": True,
        **changes,
    }
    return InternshipWish(**values)


def place_input(session: Session, company: Organisation, **changes: Any) -> OfferInput:
    mask = changes.pop("half_day_mask", FULL_WEEK)
    details = {
        "department": "Laboratorium",
        "supervisor": "Sam Begeleider",
        "half_day_mask": mask,
        "confidentiality": True,
        **changes.pop("details", {}),
    }
    values: dict[str, Any] = {
        "kind": Kind.TEACHER_INTERNSHIP,
        "organisation_id": company.id,
        "title": "Meekijken in het lab",
        "description": "Je loopt mee met een analist.",
        "topic_ids": (make_topic(session).id,),
        "levels": ("havo", "vwo"),
        "delivery": Delivery.AT_COMPANY,
        "team": True,
        "travel_km": 0,
        "notice_days": 7,
        "yearly_cap": None,
        "open_cap": 5,
        "details": details,
        **changes,
    }
    return OfferInput(**values)


@dataclass
class Stay:
    session: Session
    school: Organisation
    teacher: User
    lead: User
    coordinator: User
    contacts: list[User] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    def actor(self, user: User) -> Actor:
        return actor_for(self.session, user.id)

    def place(self, **changes: Any) -> Offer:
        """A company of its own with a contact and an open place."""
        company = make_company(self.session)
        contact = make_user(self.session)
        make_grant(self.session, contact, Role.COMPANY_CONTACT, organisation=company)
        given = place_input(self.session, company, **changes)
        offer = create_place(self.session, actor=self.actor(contact), given=given, now=NOW)
        open_offer(self.session, actor=self.actor(contact), offer_id=offer.id, now=NOW)
        self.contacts.append(contact)
        self.offers.append(offer)
        return offer

    def request(self, teacher: User | None = None, **changes: Any) -> Request:
        """Sent."""
        person = self.actor(teacher or self.teacher)
        request = save_internship(
            self.session, actor=person, now=NOW, organisation_id=self.school.id, data=wish(self.session, **changes)
        )
        return publish_request(self.session, request.id, actor=person, now=NOW)

    def asked(self, request: Request, number: int = 0) -> Match:
        asker = actor_for(self.session, request.asked_by_id)
        return propose(
            self.session,
            request_id=request.id,
            offer_id=self.offers[number].id,
            side=Side.SCHOOL,
            actor=asker,
            now=NOW,
        )

    def plans(self, match: Match) -> list[MatchMoment]:
        query = select(MatchMoment).where(MatchMoment.match_id == match.id).order_by(MatchMoment.id)
        return list(self.session.scalars(query))

    def accepted(self, request: Request, number: int = 0) -> Match:
        match = self.asked(request, number)
        contact = self.actor(self.contacts[number])
        return accept_match(self.session, match.id, moment_id=self.plans(match)[0].id, actor=contact, now=NOW)

    def approved(self, request: Request, number: int = 0) -> Match:
        match = self.accepted(request, number)
        return approve_match(self.session, match.id, actor=self.actor(self.coordinator), now=NOW)

    def bookings(self, match: Match) -> dict[Party, list[int]]:
        """Party → when its live bookings begin."""
        query = select(Booking).where(Booking.match_id == match.id, Booking.live).order_by(Booking.start_s)
        found: dict[Party, list[int]] = {}
        for row in self.session.scalars(query):
            found.setdefault(row.party, []).append(row.start_s)
        return found

    def half_days(self, request: Request, *days: date) -> list[int]:
        """The ids of all asked half-days on these days."""
        query = select(RequestMoment).where(RequestMoment.request_id == request.id, RequestMoment.day.in_(days))
        return [row.id for row in self.session.scalars(query.order_by(RequestMoment.start_s))]


def make_stay(session: Session) -> Stay:
    seed_transitions(session)
    school = make_school(session)
    teacher = make_teacher(session, school=school)
    lead = make_user(session, name="Lea Leider")
    make_grant(session, lead, Role.SCHOOL_LEAD, organisation=school)
    return Stay(session, school, teacher, lead, make_coordinator(session))


def later(days: int) -> date:
    return FIRST + timedelta(days=days)
