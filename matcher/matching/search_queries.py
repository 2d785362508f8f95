"""Finds eligible offers through the search key: topic before cell, growing rings, masks; then exact judgement of a few.

The answer equals that of a full scan; a test holds the two together.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from matcher.availability.states import Delivery
from matcher.matching.eligibility import Verdict, judge
from matcher.matching.view_queries import offer_views
from matcher.matching.views import OfferView, RequestView
from matcher.offers.models import Offer, OfferSearch
from matcher.offers.states import OfferState
from matcher.regions.geo import EARTH_RADIUS_KM, ONLINE_CELL, covered_km, distance_km, rings

WANTED = 200
CHUNK = 300
RING_STEPS = (2, 4, 8)  # rings looked at together; beyond the last one everything that is left, in one statement
KM_PER_DEGREE = EARTH_RADIUS_KM * math.pi / 180
LEAST_COSINE = math.cos(math.radians(54.0))  # the north of the country: makes the flat distance never too long
MARGIN = 0.998
DAYS = tuple(getattr(OfferSearch, f"day{day}") for day in range(7))

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
    near = _in_chunks(_in_person(session, request, wanted))
    online = _in_chunks(_online(session, request))
    first_near, first_online = next(near, []), next(online, [])
    found_by.ensure(offer_id for _km, offer_id in (*first_near, *first_online))
    in_person = found_by.eligible(chain([first_near], near), wanted, online=False)
    return [*in_person, *found_by.eligible(chain([first_online], online), wanted, online=True)], found_by


def _in_chunks(batches: Iterable[list[Near]]) -> Iterator[list[Near]]:
    for batch in batches:
        yield from (batch[first : first + CHUNK] for first in range(0, len(batch), CHUNK))


def _in_person(session: Session, request: RequestView, wanted: int) -> Iterator[list[Near]]:
    """Offers within both limits, nearest first. Lazy: far rings are asked for only when the near ones run out."""
    if request.delivery is Delivery.ONLINE:
        return
    waiting: dict[int, float] = {}
    seen: set[int] = set()
    ring_sets = rings(request.lat, request.lon)
    looked = 0
    for step in (*RING_STEPS, None):
        cells = set().union(*islice(ring_sets, step - looked)) if step else None
        _add_near(session, request, cells, seen, waiting)
        looked = step or looked
        reach = covered_km(request.lat, request.lon, looked - 1) if step else math.inf
        if request.max_km is not None and reach >= request.max_km:
            reach = math.inf
        sure = sorted((km, offer_id) for offer_id, km in waiting.items() if km <= reach)
        if len(sure) >= wanted or reach == math.inf:  # fewer are not worth judging apart from the next rings
            for _km, offer_id in sure:
                del waiting[offer_id]
            yield sure
        if reach == math.inf:
            return


def _add_near(
    session: Session, request: RequestView, cells: set[int] | None, seen: set[int], waiting: dict[int, float]
) -> None:
    where = [OfferSearch.cell != ONLINE_CELL] if cells is None else [OfferSearch.cell.in_(sorted(cells))]
    for row in session.execute(_key_query(request, [*where, *_within_reach(request), *_can(request)])):
        if row.offer_id in seen:
            continue
        seen.add(row.offer_id)
        km = distance_km(request.lat, request.lon, row.lat, row.lon)
        if request.max_km is not None and km > request.max_km:
            continue
        if request.delivery is Delivery.AT_COMPANY or km <= row.travel_km:
            waiting[row.offer_id] = km


def _online(session: Session, request: RequestView) -> Iterator[list[Near]]:
    """Everybody who teaches this online, nearest first: they might come in person another time."""
    if request.delivery not in (Delivery.ONLINE, Delivery.EITHER):
        return
    rows = session.execute(_key_query(request, [OfferSearch.cell == ONLINE_CELL, *_can(request)]))
    apart = {row.offer_id: distance_km(request.lat, request.lon, row.lat, row.lon) for row in rows}
    yield sorted((km, offer_id) for offer_id, km in apart.items())


def _key_query(request: RequestView, where: list[ColumnElement[bool]]) -> Any:
    # No DISTINCT: an offer under two topics comes twice, which is cheaper to drop here than to sort there.
    return select(OfferSearch.offer_id, OfferSearch.lat, OfferSearch.lon, OfferSearch.travel_km).where(
        OfferSearch.kind == request.kind.value, OfferSearch.topic_id.in_(sorted(request.closeness)), *where
    )


def _within_reach(request: RequestView) -> list[ColumnElement[bool]]:
    """A flat distance that is never longer than the real one, so that nobody is lost; exact ones follow."""
    up = (OfferSearch.lat - request.lat) * (KM_PER_DEGREE * MARGIN)
    right = (OfferSearch.lon - request.lon) * (KM_PER_DEGREE * LEAST_COSINE * MARGIN)
    squared = up * up + right * right
    conditions = []
    if request.max_km is not None:
        conditions.append(squared <= float(request.max_km**2))
    if request.delivery is not Delivery.AT_COMPANY:
        conditions.append(squared <= OfferSearch.travel_km * OfferSearch.travel_km)
    return conditions


def _can(request: RequestView) -> list[ColumnElement[bool]]:
    """Level, and at least one asked moment without a "never" quarter."""
    conditions: list[ColumnElement[bool]] = []
    if request.level_bit:
        conditions.append(OfferSearch.level_mask.bitwise_and(request.level_bit) != 0)
    asked = sorted({(moment.weekday, moment.mask) for moment in request.moments})
    if asked:
        conditions.append(or_(*(DAYS[day].bitwise_and(mask) == mask for day, mask in asked)))
    return conditions


def nearest_of_topic(session: Session, request: RequestView, most: int) -> tuple[list[int], int]:
    """Ids of the nearest open offers with a common topic, whatever else excludes them; and how many there are."""
    apart: dict[int, float] = {}
    for row in session.execute(_key_query(request, [])):
        if row.offer_id not in apart:
            apart[row.offer_id] = distance_km(request.lat, request.lon, row.lat, row.lon)
    ordered = sorted((km, offer_id) for offer_id, km in apart.items())
    return [offer_id for _km, offer_id in ordered[:most]], len(ordered)


def open_offers(session: Session, request: RequestView) -> int:
    """How many open offers of this kind there are at all."""
    query = select(func.count()).select_from(Offer)
    return session.scalar(query.where(and_(Offer.kind == request.kind, Offer.state == OfferState.OPEN))) or 0
