"""A large world in small: written in bulk it is what the verbs of the service would have left, whole and marked."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.availability.models import Booking
from matcher.db import Base, Database
from matcher.demo.bulk.deeds import Record
from matcher.demo.bulk.services import Plan, generate_bulk, live_history, populate
from matcher.demo.bulk.writing_services import Writer
from matcher.demo.hidden_rule import temper_of
from matcher.demo.sizes import BulkSize
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Consent, Match, MatchEvent, MatchMoment, VisitReport
from matcher.matching.states import MatchState
from matcher.matching.suggestion_models import RequestTick, Suggestion, SuggestionRun
from matcher.offers.models import Offer, OfferRevision, OfferSearch
from matcher.offers.services import snapshot
from matcher.organisations.models import Organisation
from matcher.ranking.facts import fingerprint, unpack
from matcher.regions.services import seed_regions
from matcher.requests.models import Request, RequestMoment, RequestRevision, RequestTopic
from matcher.safeguarding.services import seed_rules
from matcher.subjects.services import seed_topics
from tests.demo.replay import Replay
from tests.factories import NOW

SMALL = BulkSize(
    "small",
    professionals=90,
    requests=60,
    teachers=16,
    schools=8,
    regions=("fryslan",),
    sample=200,
    kept=20,
    looked_at=400,
)
FEW = BulkSize(**{**vars(SMALL), "name": "few", "professionals": 60, "requests": 16})
COMPARED = (
    Request, RequestMoment, RequestTopic, RequestRevision, SuggestionRun, Suggestion, RequestTick,
    Match, MatchEvent, MatchMoment, Consent, Booking, VisitReport,
)  # fmt: skip
COUNTED_BY_THE_MAPPER = {"requests": {"version"}}
"""How often a row was written says nothing of what it says; everything else must be equal, ids included."""


def lay_ground(session: Session) -> None:
    seed_regions(session, NOW)
    seed_topics(session)
    seed_rules(session)


@pytest.fixture(scope="module")
def world(shared_database: Database):
    with shared_database.session(write=True) as session:
        lay_ground(session)
        generate_bulk(session, Plan(SMALL, NOW, "x"))
        yield session
        session.rollback()


def rows_of(session: Session, model: type[Base]) -> list[dict[str, Any]]:
    left_out = COUNTED_BY_THE_MAPPER.get(model.__tablename__, set())
    table = model.__table__
    rows = session.execute(select(table).order_by(*table.primary_key.columns)).mappings()
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]


def replayed(database: Database, size: BulkSize) -> tuple[dict[str, Any], dict[str, Any], Record]:
    """The rows of one history, written in bulk and lived through the verbs."""
    record, found = Record(keep=True), []
    plan = Plan(size, NOW, "x")
    for through_verbs in (False, True):
        with database.session(write=True) as session:
            lay_ground(session)
            writer = Writer(session)
            population = populate(session, writer, plan)
            if through_verbs:
                Replay(session, kept=size.kept).live(record.deeds)
            else:
                live_history(session, writer, plan, population, record)
                writer.flush()
            session.expire_all()
            found.append({model.__tablename__: rows_of(session, model) for model in COMPARED})
            session.rollback()
    return found[0], found[1], record


def test_bulk_rows_are_those_of_the_verbs(sqlite_database: Database) -> None:
    in_bulk, through_verbs, record = replayed(sqlite_database, FEW)
    for name, rows in in_bulk.items():
        assert rows == through_verbs[name], name
    assert {"ask", "accept", "approve", "report", "supersede"} <= {deed.verb for deed in record.deeds}


def test_every_promise_is_kept(world: Session) -> None:
    assert broken_promises(world) == []


def test_history_has_all_sorts_of_ends_and_a_present(world: Session) -> None:
    states = Counter(world.scalars(select(Match.state)))
    assert states[MatchState.HELD] >= 10
    for state in ("declined", "expired", "superseded"):
        assert states[MatchState(state)] > 0, state
    assert sum(states.values()) > 40
    assert world.scalar(select(func.max(MatchEvent.at))) <= NOW


def test_everything_is_marked_as_generated(world: Session) -> None:
    for model in (Organisation, Offer, Request, Match, SuggestionRun):
        assert world.scalar(select(func.count()).select_from(model).where(~model.generated)) == 0, model


def test_offers_are_as_their_verb_leaves_them(world: Session) -> None:
    offers = world.scalars(select(Offer).order_by(Offer.id).limit(20)).all()
    for offer in offers:
        kept = world.get_one(OfferRevision, (offer.id, offer.revision))
        assert kept.snapshot == snapshot(world, offer)
    assert world.scalar(select(func.count(OfferSearch.offer_id.distinct()))) == world.scalar(
        select(func.count(Offer.id))
    )


def test_suggestions_keep_facts_and_what_was_opened(world: Session) -> None:
    rows = world.scalars(select(Suggestion)).all()
    assert all(unpack(row.facts, fingerprint()).distance_km >= 0 for row in rows)
    first = [row for row in rows if row.position == 1]
    later = [row for row in rows if row.position > 5]
    opened = [sum(row.opened_at is not None for row in part) / len(part) for part in (first, later)]
    assert opened[0] > opened[1], "who stands first is opened more often"
    assert all(row.shown_at is not None for row in rows)


def test_temper_follows_from_seed_and_person() -> None:
    assert temper_of(1, 2) == temper_of(1, 2)
    assert temper_of(1, 2) != temper_of(1, 3)
    assert temper_of(2, 2) != temper_of(1, 2)
