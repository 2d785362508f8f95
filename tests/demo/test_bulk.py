"""A large world in small: written in bulk it is what the verbs of the service would have left, whole and marked."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.availability.models import Booking
from matcher.availability.states import Kind
from matcher.db import Base, Database
from matcher.demo.bulk.deeds import Record
from matcher.demo.bulk.services import Plan, generate_bulk, generate_large, live_history, populate
from matcher.demo.bulk.writing_services import Writer
from matcher.demo.sizes import BULK_SIZES, BulkSize
from matcher.matching.budget_models import AskCounter
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Consent, HybridStepTaken, Match, MatchEvent, MatchMoment, VisitReport
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
    professionals=140,
    requests=60,
    teachers=16,
    schools=8,
    regions=("fryslan",),
    sample=200,
    kept=20,
    looked_at=400,
)
MIXED = ((Kind.GUEST_LECTURE, 0.5), (Kind.TEACHER_INTERNSHIP, 0.3), (Kind.HYBRID_PLACEMENT, 0.2))
FEW = replace(SMALL, name="few", professionals=80, requests=30, shares=MIXED)
TELLING_SEED = 145
"""Of a few requests: visits of all three kinds, and most ways to end."""
MANY = replace(SMALL, name="many", professionals=120, requests=200, teachers=40, shares=MIXED)
VERBS = {name for name in vars(Replay) if not name.startswith("_")} - {"live", "actor"}
RARE = {"reject", "withdraw", "cancel", "step", "proof"}
COMPARED = (
    Request, RequestMoment, RequestTopic, RequestRevision, SuggestionRun, Suggestion, RequestTick,
    Match, MatchEvent, MatchMoment, Consent, Booking, VisitReport, HybridStepTaken, AskCounter,
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


def replayed(database: Database, size: BulkSize, *, seed: int) -> tuple[dict[str, Any], dict[str, Any], Record]:
    """The rows of one history, written in bulk and lived through the verbs."""
    record, found = Record(keep=True), []
    plan = Plan(size, NOW, "x", seed=seed)
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
    in_bulk, through_verbs, record = replayed(sqlite_database, FEW, seed=TELLING_SEED)
    for name, rows in in_bulk.items():
        assert rows == through_verbs[name], name
    verbs = {deed.verb for deed in record.deeds}
    assert {
        "ask_next",
        "accept",
        "decline",
        "approve",
        "cancel",
        "supersede",
        "report",
        "count",
        "close",
        "step",
    } <= verbs
    assert {row["kind"] for row in in_bulk["matches"] if row["state"] is MatchState.HELD} == set(Kind)


@pytest.mark.long
@pytest.mark.parametrize("seed", [2, 3])
def test_whole_town_in_bulk_is_that_of_the_verbs(sqlite_database: Database, seed: int) -> None:
    in_bulk, through_verbs, record = replayed(sqlite_database, MANY, seed=seed)
    for name, rows in in_bulk.items():
        assert rows == through_verbs[name], name
    verbs = {deed.verb for deed in record.deeds}
    assert verbs >= VERBS - RARE


@pytest.mark.long
@pytest.mark.real_data
def test_region_stands_at_real_schools_and_keeps_its_promises(database: Database, reference_data: Path) -> None:
    size = replace(BULK_SIZES["region"], professionals=400, requests=600, teachers=300)
    with database.session(write=True) as session:
        generate_large(session, Plan(size, NOW, "x", reference_data=reference_data))
        assert broken_promises(session) == []
        asked = select(Organisation.generated, func.count()).join(Request, Request.organisation_id == Organisation.id)
        schools = dict(session.execute(asked.group_by(Organisation.generated)).all())
        assert schools[False] > 8 * schools[True], "only the mbo is invented"
        assert session.scalar(select(func.count(Request.id))) == pytest.approx(600, abs=20)
        session.rollback()


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
