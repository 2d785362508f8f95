"""Finds eligible offers through the search key: topic before cell, growing rings, masks; then exact judgement of a few.

The answer equals that of a full scan; a test holds the two together.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from matcher.availability.states import Delivery
from matcher.matching.eligibility import Verdict, judge
from matcher.matching.key_queries import KEY, Asked, key_statement, topics_asked
from matcher.matching.view_queries import offer_views
from matcher.matching.views import OfferView, RequestView
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.regions.geo import (
    ONLINE_CELL,
    cells_within,
    covered_km,
    distance_km,
    distances_from,
    rings,
)

WANTED = 200
CHUNK = 300
RING_STEPS = (2, 4, 8)  # rings looked at together; beyond the last one everything that is left, in one statement
PAGES_OF = 4  # rows fetched at once for each one wanted: some come twice, some fall to the exact judgement
ALL = 2**31 - 1

Judged = tuple[OfferView, Verdict]
Near = tuple[float, int]  # distance in km, offer id


@dataclass
class Judge:
    """Loads and judges offers in chunks, each offer once."""

    session: Session
    request: RequestView
    now: datetime
    done: dict[int, Judged] = field(default_factory=dict)

    def ensure(self, offer_ids: Iterable[int]) -> None:
        missing = sorted(set(offer_ids) - self.done.keys())
        for view in offer_views(self.session, self.request, missing, now=self.now).values():
            self.done[view.id] = view, judge(self.request, view, now=self.now)

    def eligible(self, chunks: Iterable[list[Near]], wanted: int, *, online: bool) -> list[Judged]:
        """The first `wanted` eligible ones of a stream in order, met online or not."""
        found: list[Judged] = []
        for chunk in chunks:
            self.ensure(offer_id for _km, offer_id in chunk)
            judged = (self.done[offer_id] for _km, offer_id in chunk if offer_id in self.done)
            found += [pair for pair in judged if pair[1].ok and (pair[1].mode is Delivery.ONLINE) == online]
            if len(found) >= wanted:
                break
        return found[:wanted]


def eligible_offers(
    session: Session, request: RequestView, *, now: datetime, wanted: int = WANTED
) -> tuple[list[Judged], Judge]:
    """The nearest `wanted` eligible offers that would meet in person, then the nearest `wanted` that would meet online.

    Order: distance, then offer id. The judge knows everybody that was looked at.
    """
    found_by = Judge(session, request, now)
    near = _in_chunks(in_person(session, request, wanted))
    online = _in_chunks(_online(session, request, wanted))
    first_near, first_online = next(near, []), next(online, [])
    found_by.ensure(offer_id for _km, offer_id in (*first_near, *first_online))
    nearest = found_by.eligible(chain([first_near], near), wanted, online=False)
    return [*nearest, *found_by.eligible(chain([first_online], online), wanted, online=True)], found_by


def _in_chunks(batches: Iterable[list[Near]]) -> Iterator[list[Near]]:
    for batch in batches:
        yield from (batch[first : first + CHUNK] for first in range(0, len(batch), CHUNK))


def in_person(session: Session, request: RequestView, wanted: int | None = None) -> Iterator[list[Near]]:
    """What the key says: offers within both limits with level and a moment, nearest first, about `wanted` at a time.

    Lazy: far rings are asked for only when the near ones run out. Without `wanted` everything.
    """
    if request.delivery is Delivery.ONLINE:
        return
    waiting, asked = _Waiting(request), Asked.of(request)
    for cells, reach in _areas(request, at_once=wanted is None):
        for rows, bound in _pages(session, asked, cells, wanted):
            waiting.add(rows)
            yield from waiting.sure(min(bound, reach), wanted)


def _online(session: Session, request: RequestView, wanted: int) -> Iterator[list[Near]]:
    """Everybody who teaches this online, nearest first: they might come in person another time."""
    if request.delivery not in (Delivery.ONLINE, Delivery.EITHER):
        return
    waiting = _Waiting(request, limited=False)
    for rows, bound in _pages(session, Asked.of(request, online=True), {ONLINE_CELL}, wanted):
        waiting.add(rows)
        yield from waiting.sure(bound, wanted)


class _Waiting:
    """Offers found so far of which nearer ones may still be missing."""

    def __init__(self, request: RequestView, *, limited: bool = True) -> None:
        self._away = distances_from(request.lat, request.lon)
        self._asked = math.inf if request.max_km is None or not limited else float(request.max_km)
        self._guests_travel = limited and request.delivery is not Delivery.AT_COMPANY
        self._seen: set[int] = set()
        self._apart: list[Near] = []

    def add(self, rows: Iterable[Any]) -> None:
        """Measured exactly; an offer under two topics comes twice and counts once."""
        seen, away, asked = self._seen, self._away, self._asked
        for offer_id, lat, lon, travel_km, *_flat in rows:
            if offer_id in seen:
                continue
            seen.add(offer_id)
            km = away(lat, lon)
            if km <= asked and (km <= travel_km or not self._guests_travel):
                self._apart.append((km, offer_id))

    def sure(self, bound: float, wanted: int | None) -> Iterator[list[Near]]:
        """Those within `bound`, beyond which some may be missing; a few are not worth judging apart from the next."""
        if bound >= self._asked:
            bound = math.inf
        sure = sorted(near for near in self._apart if near[0] <= bound)
        if sure and (bound == math.inf or (wanted is not None and len(sure) >= wanted)):
            self._apart = [near for near in self._apart if near[0] > bound]
            yield sure


def _areas(request: RequestView, *, at_once: bool) -> Iterator[tuple[set[int] | None, float]]:
    """Cells around the school not looked at before, and how far around it everything is known with them."""
    within = None if request.max_km is None else set(cells_within(request.lat, request.lon, request.max_km))
    if at_once:
        yield within, math.inf
        return
    ring_sets = rings(request.lat, request.lon)
    looked = 0
    for step in RING_STEPS:
        cells = set().union(*islice(ring_sets, step - looked))
        looked = step
        reach = covered_km(request.lat, request.lon, step - 1)
        yield cells if within is None else cells & within, reach
        if request.max_km is not None and reach >= request.max_km:
            return
    yield within, math.inf


def _pages(
    session: Session, asked: Asked, cells: Collection[int] | None, wanted: int | None
) -> Iterator[tuple[Sequence[Any], float]]:
    """Rows of the key, nearest on the flat map first, and how far everything is known: some first, then the rest.

    The database sorts thousands sooner than they are fetched here, and mostly the first page is enough.
    """
    values = asked.values | {"cells": sorted(cells or ())}
    if wanted is None:
        yield session.execute(key_statement(asked.shape, cells is not None), values).all(), math.inf
        return
    query, first = key_statement(asked.shape, cells is not None, ordered=True), PAGES_OF * wanted
    rows = session.execute(query, values | {"first": first, "skip": 0}).all()
    if len(rows) < first:
        yield rows, math.inf
        return
    yield rows, math.sqrt(rows[-1].flat)
    yield session.execute(query, values | {"first": ALL, "skip": first}).all(), math.inf


def nearest_of_topic(session: Session, request: RequestView, most: int) -> tuple[list[int], int]:
    """Ids of the nearest open offers with a common topic, whatever else excludes them; and how many there are."""
    apart: dict[int, float] = {}
    query = select(KEY.offer_id, KEY.lat, KEY.lon).where(*topics_asked())
    values = {"kind": request.kind.value, "topics": sorted(request.closeness)}
    for row in session.execute(query, values):
        if row.offer_id not in apart:
            apart[row.offer_id] = distance_km(request.lat, request.lon, row.lat, row.lon)
    ordered = sorted((km, offer_id) for offer_id, km in apart.items())
    return [offer_id for _km, offer_id in ordered[:most]], len(ordered)


def open_offers(session: Session, request: RequestView) -> int:
    """How many open offers of this kind there are at all."""
    query = select(func.count()).select_from(Offer)
    return session.scalar(query.where(and_(Offer.kind == request.kind, Offer.state == OfferState.OPEN))) or 0
