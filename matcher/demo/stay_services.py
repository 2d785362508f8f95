"""Internships of teachers in a generated world: places at companies, and a request at every stage. Flushes only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.availability.halfdays import FULL_WEEK
from matcher.availability.states import Delivery, Kind
from matcher.clock import local_date
from matcher.demo import catalogue
from matcher.demo.catalogue import Lesson
from matcher.demo.people_services import grant_role, make_person
from matcher.demo.trying_services import only, tried
from matcher.demo.world import Teacher, World, waking
from matcher.matching.models import Match, MatchMoment
from matcher.matching.moments import parts_of
from matcher.matching.queries import chosen_moment
from matcher.matching.request_services import invite, publish_request
from matcher.matching.services import accept_match, approve_match
from matcher.matching.suggestion_services import store_run, suggest
from matcher.matching.visit_services import report_visit
from matcher.offers.inputs import OfferInput
from matcher.offers.models import Offer
from matcher.offers.place_services import create_place
from matcher.offers.services import open_offer
from matcher.organisations.models import Organisation
from matcher.requests.internship_services import save_internship
from matcher.requests.internships import InternshipWish
from matcher.requests.models import Request
from matcher.subjects.levels import Level

COMPANIES = 4
"""So many companies have a place; the first is that of the told contact."""
HELD_WEEKS_AGO, ASKED_WEEKS_BEFORE = 9, 6
GOAL = "Zien hoe dit vak nu in het bedrijf wordt gedaan, en er lessen van maken."


@dataclass(frozen=True)
class Place:
    offer: Offer
    contact: Actor
    lesson: Lesson


def arrange_stays(session: Session, world: World) -> None:
    """One that took place, some on their way, and some for which people are still to be ticked."""
    places = [_place(session, world, number) for number in range(min(COMPANIES, len(world.companies)))]
    told, others = world.teachers[0], _colleagues(world)
    soon = world.ago(-5 * 7 * 24)
    past = world.now - timedelta(weeks=HELD_WEEKS_AGO)
    asked_then = waking(past - timedelta(weeks=ASKED_WEEKS_BEFORE))
    plans: list[Callable[[], object]] = [
        partial(_hold, session, world, told, places[0], asked_then, past),
        partial(_approve, session, world, told, places[1], world.ago(9 * 24), soon),
        partial(_accept, session, world, others[0], places[0], world.ago(75), soon),
        partial(_invite, session, world, others[1], places[0], world.ago(28), soon),
        partial(_ask, session, world, told, places[2].lesson, world.ago(21), soon),
        partial(_ask, session, world, others[-1], places[0].lesson, world.ago(40), soon),
    ]
    for plan in plans:
        tried(session, plan)


def _colleagues(world: World) -> list[Teacher]:
    """Other teachers of the region who lead no school."""
    first = world.teachers[: len(world.schools)]
    return [each for each in first[1:] if each.school.region_id == world.home_region]


def _place(session: Session, world: World, number: int) -> Place:
    company, codes = world.companies[number]
    lesson = catalogue.lessons()[codes[0]]
    contact = world.accounts["contact"] if number == 0 else _contact(session, world, company)
    given = OfferInput(
        kind=Kind.TEACHER_INTERNSHIP,
        organisation_id=company.id,
        title=f"Meelopen: {lesson.subject[:1].lower()}{lesson.subject[1:]}",
        description="Je loopt mee met mensen die dit elke dag doen, en doet mee waar dat veilig kan.",
        topic_ids=tuple(world.topics[code] for code in lesson.topics),
        levels=tuple(level.value for level in Level),
        delivery=Delivery.AT_COMPANY,
        team=True,
        travel_km=0,
        notice_days=14,
        yearly_cap=None,
        open_cap=3,
        places=2 if number == 0 else 1,
        details={
            "department": ("Werkplaats", "Laboratorium", "Planning", "Binnendienst")[number % 4],
            "supervisor": world.names.next()[0],
            "supervisor_id": None,
            "half_day_mask": FULL_WEEK,
            "confidentiality": number % 2 == 0,
            "safety": True,
            "insurance": True,
            "conditions": "Stevige schoenen" if number == 0 else "",
        },
    )
    offer = create_place(session, actor=contact, given=given, now=world.began)
    offer.generated = True
    return Place(open_offer(session, actor=contact, offer_id=offer.id, now=world.began), contact, lesson)


def _contact(session: Session, world: World, company: Organisation) -> Actor:
    person = make_person(session, world, function="Personeel en opleiding")
    grant_role(session, world, person, Role.COMPANY_CONTACT, organisation=company)
    return actor_for(session, person.id)


def _ask(session: Session, world: World, teacher: Teacher, lesson: Lesson, at: datetime, about: datetime) -> Request:
    """Three whole days in the three weeks from that Monday on; the team leader agreed."""
    first = _monday(local_date(about))
    wish = InternshipWish(
        topic_text=lesson.subject,
        topic_ids=tuple(world.topics[code] for code in lesson.topics),
        learning_goal=GOAL,
        product="Een lessenserie voor de bovenbouw",
        own_words="Ik geef dit vak al jaren uit het boek. Graag zie ik hoe het echt gaat.",
        first=first,
        last=first + timedelta(weeks=3, days=-3),
        holidays=True,
        leader=world.accounts["lead"].name,
        leave_given=True,
        replacement="Collega's nemen mijn lessen over.",
        costs="De school betaalt mijn reiskosten.",
    )
    place = teacher.school.id
    draft = save_internship(session, actor=teacher.actor, now=at, organisation_id=place, data=wish)
    draft.generated = True
    return publish_request(session, draft.id, actor=teacher.actor, now=at)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _invite(session: Session, world: World, teacher: Teacher, place: Place, at: datetime, about: datetime) -> Match:
    request = _ask(session, world, teacher, place.lesson, at, about)
    store_run(session, suggest(session, request_id=request.id, now=at), generated=True)
    then = at + timedelta(minutes=9)
    return only(invite(session, request.id, offer_ids=[place.offer.id], actor=teacher.actor, now=then))


def _accept(session: Session, world: World, teacher: Teacher, place: Place, at: datetime, about: datetime) -> Match:
    match = _invite(session, world, teacher, place, at, about)
    plans = select(MatchMoment.id).where(MatchMoment.match_id == match.id).order_by(MatchMoment.start_s)
    then = waking(at + timedelta(hours=25))
    moment_id = session.scalars(plans).first() or 0
    return accept_match(session, match.id, moment_id=moment_id, actor=place.contact, now=then)


def _approve(session: Session, world: World, teacher: Teacher, place: Place, at: datetime, about: datetime) -> Match:
    match = _accept(session, world, teacher, place, at, about)
    then = waking(at + timedelta(hours=50), working_days=True)
    return approve_match(session, match.id, actor=world.coordinators[match.region_id], now=then)


def _hold(session: Session, world: World, teacher: Teacher, place: Place, at: datetime, about: datetime) -> Match:
    """Both tell which days took place, so that there is a statement of hours."""
    match = _approve(session, world, teacher, place, at, about)
    moment = chosen_moment(session, match.id)
    parts = parts_of(moment) if moment else []
    for number, actor in enumerate((teacher.actor, place.contact), start=1):
        report_visit(
            session,
            match.id,
            happened=True,
            again=True,
            days=[start for start, _end in parts],
            actor=actor,
            now=waking(datetime.fromtimestamp(parts[-1][1], UTC) + timedelta(hours=3 * number)),
            note="Ik weet nu wat onze leerlingen straks moeten kunnen." if number == 1 else "",
        )
    return match
