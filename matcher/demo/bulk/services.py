"""Makes a large generated world around what is already in the database, in one unit of work. Flushes, never commits."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.states import Role
from matcher.availability.models import Booking
from matcher.availability.states import Kind
from matcher.clock import AMSTERDAM, local_date, school_year
from matcher.demo.bulk.agenda import Agenda
from matcher.demo.bulk.asking import Desk
from matcher.demo.bulk.candidates import Index
from matcher.demo.bulk.chains import Chains
from matcher.demo.bulk.deeds import Record
from matcher.demo.bulk.ground import Asker, Population
from matcher.demo.bulk.history import Life
from matcher.demo.bulk.lives import Asked
from matcher.demo.bulk.naming import ManyNames
from matcher.demo.bulk.offers_services import Supply
from matcher.demo.bulk.schools_services import SchoolBuilder, Staffing
from matcher.demo.bulk.writing_services import Writer
from matcher.demo.services import generate
from matcher.demo.sizes import SIZES, BulkSize
from matcher.demo.world import SEED, waking
from matcher.matching.budget_models import AskCounter
from matcher.matching.models import Consent, HybridStepTaken, Match, MatchEvent, MatchMoment, VisitReport
from matcher.matching.suggestion_models import RequestTick, Suggestion, SuggestionRun
from matcher.matching.view_queries import Around
from matcher.offers.models import Offer
from matcher.offers.search_services import refresh_all
from matcher.regions.models import Postcode, Region
from matcher.requests.models import Request, RequestMoment, RequestRevision, RequestTopic
from matcher.safeguarding.models import Proof
from matcher.safeguarding.queries import rules_of_boards
from matcher.subjects.models import Topic

YEARS = 2
BUSY_MONTHS = {1: 1.0, 2: 0.9, 3: 1.1, 4: 0.8, 5: 0.6, 6: 0.4, 7: 0.1, 8: 0.3, 9: 1.2, 10: 1.2, 11: 1.1, 12: 0.6}
"""When schools ask: much in autumn and early spring, little before the summer."""
LATELY, LATELY_DAYS = 0.03, 9
"""The share of requests of the last days besides those that fall in them anyway, so that much is under way now."""
TELL_EVERY = 1_000
CACHE_KB = 262_144

Progress = Callable[[str, int, int], None]
"""What is being made, how many are there, how many there will be."""


def no_progress(what: str, done: int, wanted: int) -> None:
    """Nobody is watching."""


@dataclass
class Plan:
    """What the whole of it needs: the size, the clock, the seed, and who wants to know how far it is."""

    size: BulkSize
    now: datetime
    password_hash: str
    seed: int = SEED
    reference_data: Path | None = None
    tell: Progress = no_progress

    @property
    def began(self) -> datetime:
        """The first of August, two school years before the one that runs."""
        first = date(school_year(local_date(self.now)) - YEARS, 8, 1)
        return datetime.combine(first, time(9), AMSTERDAM).astimezone(self.now.tzinfo)


def generate_large(session: Session, plan: Plan) -> Population:
    """A hamlet made through the verbs, with the accounts that are told and everything that waits for them; and around
    it so many people and requests that both together have the size."""
    plan.tell("hamlet with the told accounts", 0, 1)
    hamlet, kept = SIZES["hamlet"], plan.reference_data
    generate(session, size=hamlet, now=plan.now, password_hash=plan.password_hash, reference_data=kept, seed=plan.seed)
    plan.tell("hamlet with the told accounts", 1, 1)
    people = session.scalar(select(func.count(Offer.person_id.distinct()))) or 0
    requests = session.scalar(select(func.count(Request.id))) or 0
    size = replace(plan.size, professionals=plan.size.professionals - people, requests=plan.size.requests - requests)
    return generate_bulk(session, replace(plan, size=size))


def generate_bulk(session: Session, plan: Plan, *, record: Record | None = None) -> Population:
    """People, places and their history. The same plan on the same database gives the same rows."""
    session.flush()
    session.expunge_all()
    _give_room(session)
    writer = Writer(session)
    population = populate(session, writer, plan)
    with _no_collecting():
        live_history(session, writer, plan, population, record or Record())
    writer.close()
    plan.tell("rows", writer.written, writer.written)
    session.execute(text("ANALYZE"))
    return population


def _give_room(session: Session) -> None:
    """SQLite otherwise writes the same pages out again and again while one large unit of work grows."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text(f"PRAGMA cache_size=-{CACHE_KB}"))


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Rows live for a while and end by themselves (`Asked.forget`): looking for rings among them would find nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def populate(session: Session, writer: Writer, plan: Plan) -> Population:
    """Everybody and everything that is offered, and the search key of it."""
    dice = Random(plan.seed)
    topics = dict(session.execute(select(Topic.code, Topic.id)).all())
    places = _places(session, plan.size)
    schools = SchoolBuilder(session, writer, dice, began=plan.began, now=plan.now).make(
        plan.size.schools, places, plan.reference_data
    )
    names = ManyNames(dice, set(session.scalars(select(User.email))))
    staffing = Staffing(writer, dice, names, began=plan.began, password_hash=plan.password_hash)
    regions = sorted({school.region_id for school in schools})
    coordinators = {region: staffing.add(Role.COORDINATOR, "Regiocoördinator", region_id=region) for region in regions}
    askers = staffing.teachers(plan.size.teachers, schools)
    supply = Supply(writer, dice, names, staffing, topics=topics, began=plan.began, now=plan.now, seed=plan.seed)
    offers = supply.make(plan.size.professionals, places)
    plan.tell("professionals", plan.size.professionals, plan.size.professionals)
    writer.flush()
    refresh_all(session, now=plan.now)
    session.expunge_all()
    plan.tell("offers in the search key", len(offers), len(offers))
    return Population(schools, askers, offers, coordinators, topics)


def live_history(session: Session, writer: Writer, plan: Plan, population: Population, record: Record) -> None:
    """The requests of two school years and what became of them, written as they come to an end."""
    dice = Random(plan.seed + 1)
    agenda = Agenda(writer.next_id)
    desk = _desk(session, writer, plan, population, agenda)
    chains = Chains(population, agenda, writer.next_id)

    def over(asked: Asked) -> None:
        write_asked(writer, asked)
        asked.forget()
        writer.relieve()

    life = Life(desk, chains, dice, plan.now, over, record)
    asked_so_far = 0

    def asked_one() -> None:
        nonlocal asked_so_far
        asked_so_far += 1
        if asked_so_far % TELL_EVERY == 0:
            plan.tell("requests", asked_so_far, plan.size.requests)

    leads = [asker for asker in population.askers if asker.leads]
    others = [asker for asker in population.askers if not asker.leads] or population.askers
    shares = dict(plan.size.shares)
    for number in range(plan.size.requests):
        kind = dice.choices(list(shares), list(shares.values()))[0]
        who = {Kind.TEACHER_INTERNSHIP: others, Kind.HYBRID_PLACEMENT: leads}.get(kind) or population.askers
        asker = who[number % len(who)]
        life.plan(_some_day(dice, plan, asker), kind, asker, asked_one)
    life.live_until_now()
    write_counters(writer, population)
    plan.tell("requests", asked_so_far, plan.size.requests)


def _some_day(dice: Random, plan: Plan, asker: Asker) -> datetime:
    """A school day since the beginning; busy months more often."""
    days = (plan.now - plan.began).days
    lately = dice.random() < LATELY
    while True:
        day_number = days - dice.randrange(LATELY_DAYS) if lately else dice.randrange(days)
        at = plan.began + timedelta(days=day_number, seconds=dice.randrange(50_000))
        if at >= plan.now:
            continue
        day = local_date(at)
        school_day = day.weekday() < 5 and day not in asker.school.timetable.calendar.holidays
        if school_day and dice.random() < BUSY_MONTHS[day.month]:
            return waking(at)


def _desk(session: Session, writer: Writer, plan: Plan, population: Population, agenda: Agenda) -> Desk:
    rows = session.execute(select(Topic.id, Topic.code, Topic.nl)).all()
    return Desk(
        numbers=writer.next_id,
        around=Around(session),
        topic_codes={row.id: row.code for row in rows},
        topic_numbers={row.code: row.id for row in rows},
        topic_names={row.id: row.nl for row in rows},
        rules=rules_of_boards(session, {school.board_id for school in population.schools}),
        index=Index(population, agenda),
        agenda=agenda,
        sample=plan.size.sample,
        kept=plan.size.kept,
        looked_at=plan.size.looked_at,
    )


def write_counters(writer: Writer, population: Population) -> None:
    """What the whole history took of everybody's budgets."""
    for (owner, owner_id, period), (taken, cap) in sorted(population.counters.items()):
        row = {"owner": owner, "owner_id": owner_id, "period": period, "taken": taken, "cap": cap}
        writer.add(AskCounter, row)


def write_asked(writer: Writer, asked: Asked) -> None:
    """Every row of a request and its matches, as they stand."""
    writer.add(Request, asked.row)
    writer.add_all(RequestMoment, asked.moments)
    writer.add_all(RequestTopic, asked.topics)
    writer.add(RequestRevision, asked.revision)
    if asked.run is not None:
        writer.add(SuggestionRun, asked.run)
    writer.add_all(Suggestion, [shown.row for shown in asked.shown])
    writer.add_all(RequestTick, [tick for tick, _shown in asked.ticks])
    for pair in asked.pairs:
        writer.add_all(MatchEvent, pair.events)
        writer.add(Match, pair.row)
        writer.add_all(MatchMoment, pair.moments)
        writer.add_all(Consent, pair.consents)
        writer.add_all(Booking, pair.bookings)
        writer.add_all(VisitReport, pair.reports)
        writer.add_all(HybridStepTaken, pair.steps)
        writer.add_all(Proof, pair.proofs)


def _places(session: Session, size: BulkSize) -> list[Postcode]:
    query = select(Postcode).join(Region, Region.id == Postcode.region_id)
    if size.regions is not None:
        query = query.where(Region.code.in_(size.regions))
    return list(session.scalars(query.order_by(Postcode.pc4)))
