"""A small world in which a match can live: a class, two companies, a coordinator, and shortcuts for the verbs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.matching.models import Match, MatchMoment
from matcher.matching.proposal_services import propose
from matcher.matching.services import accept_match, approve_match
from matcher.matching.states import Side
from matcher.notices.models import Outbox
from matcher.offers.models import Offer
from matcher.offers.services import refresh_search_key
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from tests.factories import NOW
from tests.factories.matching import make_offer, make_request, seed_transitions
from tests.factories.people import make_company, make_coordinator, make_professional, make_school, make_teacher

AFTER = NOW + timedelta(days=30)
"""After every moment that is asked."""


@dataclass
class Life:
    session: Session
    school: Organisation
    teacher: User
    coordinator: User
    request: Request
    offers: list[Offer]

    def actor(self, user: User | int) -> Actor:
        return actor_for(self.session, user if isinstance(user, int) else user.id)

    def guest(self, number: int = 0) -> Actor:
        person_id = self.offers[number].person_id
        assert person_id is not None
        return self.actor(person_id)

    def asked(self, number: int = 0, side: Side = Side.SCHOOL, now: datetime = NOW) -> Match:
        """An invitation to the person behind this offer."""
        by = {Side.SCHOOL: self.actor(self.teacher), Side.COORDINATOR: self.actor(self.coordinator)}
        actor = by.get(side) or self.guest(number)
        return propose(
            self.session, request_id=self.request.id, offer_id=self.offers[number].id, side=side, actor=actor, now=now
        )

    def moments(self, match: Match) -> list[MatchMoment]:
        query = select(MatchMoment).where(MatchMoment.match_id == match.id).order_by(MatchMoment.start_s)
        return list(self.session.scalars(query))

    def accepted(self, number: int = 0, moment: int = 0, now: datetime = NOW) -> Match:
        match = self.asked(number, now=now)
        return accept_match(
            self.session, match.id, moment_id=self.moments(match)[moment].id, actor=self.guest(number), now=now
        )

    def approved(self, number: int = 0, moment: int = 0, now: datetime = NOW) -> Match:
        match = self.accepted(number, moment, now)
        return approve_match(self.session, match.id, actor=self.actor(self.coordinator), now=now)

    def notices(self, match: Match, seq: int | None = None) -> list[tuple[str, str, str]]:
        """(template, recipient's address, channel) of a match's notices."""
        query = select(Outbox).where(Outbox.subject == "match", Outbox.subject_id == match.id).order_by(Outbox.id)
        return [
            (row.template, row.address, row.channel.value)
            for row in self.session.scalars(query)
            if seq is None or row.seq == seq
        ]


def make_life(session: Session, *, guests: int = 2, **request: Any) -> Life:
    """A request for two Thursdays and people who fit it, all confirmed and verified."""
    seed_transitions(session)
    school = make_school(session)
    teacher = make_teacher(session, school=school)
    coordinator = make_coordinator(session)
    offers = [another_offer(session) for _ in range(guests)]
    found = make_request(session, school=school, teacher=teacher, **request)
    return Life(session, school, teacher, coordinator, found, offers)


def another_offer(session: Session, **fields: Any) -> Offer:
    company = fields.pop("company", None) or make_company(session)
    person = fields.pop("person", None) or make_professional(session, company=company)
    values = {"travel_km": 80, "notice_days": 5, "open_cap": 5, **fields}
    offer = make_offer(session, person=person, company=company, **values)
    refresh_search_key(session, offer.id, now=NOW)
    return offer
