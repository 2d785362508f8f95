"""The quick way finds exactly what a full scan finds, on both engines, at a fixed number of statements."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from benchmarks._offers import draw_offers, new_database, write_world
from benchmarks._oracle import full_scan as scan_in_memory
from benchmarks._requests import write_requests
from matcher.db import Base, Database
from matcher.matching import search_queries
from matcher.matching.search_queries import eligible_offers
from matcher.matching.suggestion_services import suggest
from matcher.matching.view_queries import request_view, request_views
from matcher.offers.models import Offer, OfferSearch
from matcher.offers.search_services import refresh_all, search_rows
from tests.factories import NOW
from tests.factories.matching import make_offer, make_request, make_topic
from tests.factories.people import make_company
from tests.matching.worlds import fill_world, full_scan, make_random_request


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_search_equals_full_scan_for_many_random_requests(session: Session) -> None:
    chance = random.Random(20261121)
    fill_world(session, chance, offers=80)
    found = 0
    for _ in range(100):
        request = make_random_request(session, chance)
        wanted = chance.choice([1, 3, 200])
        view = request_view(session, request.id, now=NOW)
        got, _looked = eligible_offers(session, view, now=NOW, wanted=wanted)
        assert [(offer.id, str(verdict.mode)) for offer, verdict in got] == full_scan(
            session, request.id, now=NOW, wanted=wanted
        )
        found += len(got)
    assert found > 80, "the world must not be empty, or this proves nothing"


def test_search_in_small_chunks_still_equals_full_scan(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_queries, "CHUNK", 3)
    chance = random.Random(7)
    fill_world(session, chance, offers=60)
    for _ in range(10):
        request = make_random_request(session, chance)
        view = request_view(session, request.id, now=NOW)
        got, _looked = eligible_offers(session, view, now=NOW, wanted=4)
        expected = full_scan(session, request.id, now=NOW, wanted=4)
        assert [(offer.id, str(verdict.mode)) for offer, verdict in got] == expected


def test_search_equals_scan_in_memory_for_200_requests_among_two_thousand(database: Database) -> None:
    described = str(CreateTable(Base.metadata.tables["offer_search"]))
    world = new_database(database.engine.url.render_as_string(hide_password=False))
    offers = draw_offers(world, 2_000, 20261122)
    write_world(world, offers)
    ids = write_requests(world, 200, 20261123)
    found = 0
    with world.read() as session:
        for view in request_views(session, ids, now=NOW).values():
            got = [offer.id for offer, _verdict in eligible_offers(session, view, now=NOW)[0]]
            assert got == scan_in_memory(offers, view, 200)
            found += len(got)
        some = session.scalars(select(Offer).where(Offer.id <= 50)).all()
        columns = OfferSearch.__table__.columns.keys()
        kept = session.execute(select(*OfferSearch.__table__.columns).where(OfferSearch.offer_id <= 50))
        written = sorted(tuple(row) for row in kept)
        assert written == sorted(tuple(row[name] for name in columns) for row in search_rows(session, some, now=NOW))
    world.dispose()
    assert found > 1_000
    assert str(CreateTable(Base.metadata.tables["offer_search"])) == described, "loading rows changes no description"


@pytest.mark.parametrize(("few", "many"), [(3, 40)])
def test_statements_do_not_grow_with_candidates(session: Session, few: int, many: int) -> None:
    counts = []
    for number in (few, many):
        topic = make_topic(session, f"aantal-{number}")
        company = make_company(session, pc4="5211")
        for _ in range(number):
            make_offer(session, company=company, topics=[topic])
        request = make_request(session, topics=[topic])
        refresh_all(session, now=NOW)
        suggest(session, request_id=request.id, now=NOW)  # the vocabulary is built once a process
        session.expire_all()
        with counted(session) as statements:
            # Few candidates cost extra questions (why so few); here only what every candidate costs is counted.
            view = request_view(session, request.id, now=NOW)
            got, _looked = eligible_offers(session, view, now=NOW)
        assert len(got) == number
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[1] <= 30
