"""A small world of placements: a vacancy for two half-days a week, and people who can on some of them."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.availability.halfdays import HalfDay, mask_of_half_days
from matcher.availability.models import Booking
from matcher.availability.states import Kind
from matcher.matching.models import Match, MatchMoment
from matcher.matching.moments import parts_of
from matcher.matching.proposal_services import propose
from matcher.matching.request_services import publish_request
from matcher.matching.services import accept_match, approve_match
from matcher.matching.states import Side
from matcher.notices.models import Outbox
from matcher.offers.models import Offer
from matcher.offers.services import refresh_search_key
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from matcher.requests.vacancies import VacancyWish
from matcher.requests.vacancy_services import save_vacancy
from matcher.safeguarding.models import Proof
from matcher.safeguarding.services import seed_rules
from matcher.safeguarding.states import ProofType
from tests.factories import NOW
from tests.factories.matching import make_offer, make_topic, seed_transitions
from tests.factories.people import (
    make_company,
    make_coordinator,
    make_grant,
    make_professional,
    make_school,
    make_teacher,
    make_user,
)

TUESDAY = HalfDay(1, 0)
TUESDAY_LATE = HalfDay(1, 1)
THURSDAY = HalfDay(3, 0)
FIRST, LAST = date(2027, 1, 4), date(2027, 7, 9)


@dataclass
class Term:
    session: Session
    school: Organisation
    lead: User
    teacher: User
    coordinator: User
    request: Request

    def actor(self, user: User | int) -> Actor:
        return actor_for(self.session, user if isinstance(user, int) else user.id)

    def guest(self, match: Match) -> Actor:
        assert match.professional_id is not None
        return self.actor(match.professional_id)

    def person(self, *half_days: HalfDay, **fields: object) -> Offer:
        """Somebody who wants to teach on these half-days."""
        return a_person(self.session, *half_days, **fields)

    def asked(self, offer: Offer) -> Match:
        return propose(
            self.session,
            request_id=self.request.id,
            offer_id=offer.id,
            side=Side.SCHOOL,
            actor=self.actor(self.lead),
            now=NOW,
        )

    def yes(self, match: Match) -> Match:
        (moment,) = self.session.scalars(select(MatchMoment).where(MatchMoment.match_id == match.id))
        return accept_match(self.session, match.id, moment_id=moment.id, actor=self.guest(match), now=NOW)

    def approved(self, match: Match) -> Match:
        return approve_match(self.session, self.yes(match).id, actor=self.actor(self.coordinator), now=NOW)

    def introduced(self) -> Match:
        """Approved with somebody who can on both half-days."""
        return self.approved(self.asked(self.person(TUESDAY, THURSDAY)))

    def plan(self, match: Match) -> list[tuple[int, int]]:
        query = select(MatchMoment).where(MatchMoment.match_id == match.id, MatchMoment.dropped_at.is_(None))
        return parts_of(self.session.scalars(query).one())

    def bookings(self, match: Match) -> list[Booking]:
        query = select(Booking).where(Booking.match_id == match.id, Booking.live).order_by(Booking.start_s)
        return list(self.session.scalars(query))

    def notices(self, subject: str, subject_id: int) -> list[tuple[str, str, str]]:
        """(template, address, state) of what was put in the outbox, mails only."""
        query = select(Outbox).where(Outbox.subject == subject, Outbox.subject_id == subject_id).order_by(Outbox.id)
        rows = self.session.scalars(query).all()
        return [(row.template, row.address, row.state.value) for row in rows if row.channel.value == "mail"]

    def show_proof(self, match: Match, issued: date = date(2026, 12, 1)) -> None:
        self.session.add(
            Proof(
                user_id=match.professional_id,
                type=ProofType.VOG,
                board_id=self.school.parent_id or self.school.id,
                issued_on=issued,
                valid_until=issued + timedelta(days=365),
                seen_by_id=self.lead.id,
                seen_at=NOW,
            )
        )
        self.session.flush()


def a_wish(topic_id: int, **fields: object) -> VacancyWish:
    """Two half-days a week of Tuesday, Tuesday afternoon and Thursday, from January to July."""
    values: dict[str, object] = {
        "topic_text": "natuurkunde",
        "topic_ids": (topic_id,),
        "level": "havo",
        "half_days": 2,
        "half_day_mask": mask_of_half_days([TUESDAY, THURSDAY]),
        "first": FIRST,
        "last": LAST,
        "own_words": "Wie laat 4 havo zien waar natuurkunde goed voor is?",
        **fields,
    }
    return VacancyWish(**values)  # type: ignore[arg-type]


def a_person(session: Session, *half_days: HalfDay, **fields: object) -> Offer:
    company = make_company(session)
    person = make_professional(session, company=company)
    details = {"half_day_mask": mask_of_half_days(half_days), **fields.pop("details", {})}  # type: ignore[dict-item]
    offer = make_offer(
        session,
        person=person,
        company=company,
        kind=Kind.HYBRID_PLACEMENT,
        travel_km=80,
        notice_days=5,
        open_cap=5,
        yearly_cap=None,
        details=details,
        **fields,
    )
    refresh_search_key(session, offer.id, now=NOW)
    return offer


def make_term(session: Session, **wish: object) -> Term:
    """A school with a leader and an open vacancy."""
    seed_transitions(session)
    seed_rules(session)
    school = make_school(session)
    lead, teacher = make_user(session), make_teacher(session, school=school)
    make_grant(session, lead, Role.SCHOOL_LEAD, organisation=school)
    coordinator = make_coordinator(session)
    draft = save_vacancy(
        session,
        actor=actor_for(session, lead.id),
        now=NOW,
        organisation_id=school.id,
        data=a_wish(make_topic(session).id, **wish),
    )
    publish_request(session, draft.id, actor=actor_for(session, lead.id), now=NOW)
    return Term(session, school, lead, teacher, coordinator, draft)
