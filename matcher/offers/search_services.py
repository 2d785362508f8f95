"""Keeps the search key equal to what it is derived from: an open offer's topics, place, level and week."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from matcher.availability.masks import FULL
from matcher.availability.patterns import search_never
from matcher.availability.queries import Owner, availabilities, owner_of
from matcher.availability.states import Delivery, OwnerType
from matcher.clock import local_date
from matcher.offers.models import Offer, OfferSearch, OfferTopic
from matcher.offers.states import OfferState
from matcher.offers.word_services import write_words
from matcher.regions.geo import ONLINE_CELL, cell_of

KNOWN_AHEAD = timedelta(days=400)


def refresh_search_key(session: Session, offer_id: int, *, now: datetime) -> None:
    """Write the rows of one offer anew; an offer that is not open has none."""
    _refresh(session, select(Offer).where(Offer.id == offer_id), now)


def refresh_person(session: Session, user_id: int, *, now: datetime) -> None:
    """After somebody's week or exceptions changed."""
    _refresh(session, select(Offer).where(Offer.person_id == user_id), now, words=False)


def refresh_organisation(session: Session, organisation_id: int, *, now: datetime) -> None:
    """After an organisation moved."""
    _refresh(session, select(Offer).where(Offer.organisation_id == organisation_id), now)


def refresh_all(session: Session, *, now: datetime) -> None:
    """Everything: after an import, or when a world was generated in bulk."""
    _refresh(session, select(Offer), now)


def renew_owner(session: Session, *, owner: Owner, now: datetime) -> None:
    """Somebody's time changed: a person's, or that of an offer which names nobody."""
    owner_type, owner_id = owner
    if owner_type is OwnerType.PERSON:
        refresh_person(session, owner_id, now=now)
    else:
        refresh_search_key(session, owner_id, now=now)


CHUNK = 500


def _refresh(session: Session, query: Any, now: datetime, *, words: bool = True) -> None:
    session.flush()
    offers = list(session.scalars(query.order_by(Offer.id)))
    for first in range(0, len(offers), CHUNK):
        part = offers[first : first + CHUNK]
        session.execute(delete(OfferSearch).where(OfferSearch.offer_id.in_([offer.id for offer in part])))
        rows = search_rows(session, [offer for offer in part if offer.state is OfferState.OPEN], now=now)
        if rows:
            session.execute(insert(OfferSearch), rows)
        if words:
            write_words(session, part)


def search_rows(session: Session, offers: list[Offer], *, now: datetime) -> list[dict[str, Any]]:
    """The rows these open offers should have, as values."""
    owners = {offer.id: owner_of(person_id=offer.person_id, offer_id=offer.id) for offer in offers}
    now_s = int(now.timestamp())
    to_s = int((now + KNOWN_AHEAD).timestamp())
    weeks = availabilities(session, set(owners.values()), on=local_date(now), from_s=now_s, to_s=to_s)
    topics: dict[int, list[int]] = {offer.id: [] for offer in offers}
    query = select(OfferTopic).where(OfferTopic.offer_id.in_(list(topics)))
    for row in session.scalars(query):
        topics[row.offer_id].append(row.topic_id)
    return [
        values
        for offer in offers
        for values in _rows_of(offer, topics[offer.id], search_never(weeks[owners[offer.id]], now_s=now_s))
    ]


def cells_of(offer: Offer) -> list[int]:
    """Where an offer is found: in its own cell, in the online cell, or in both."""
    cells = [] if offer.delivery is Delivery.ONLINE else [cell_of(offer.lat, offer.lon)]
    return [*cells, ONLINE_CELL] if offer.delivery in (Delivery.ONLINE, Delivery.EITHER) else cells


def _rows_of(offer: Offer, topic_ids: Iterable[int], never: Iterable[int]) -> list[dict[str, Any]]:
    days = {f"day{day}": FULL & ~mask for day, mask in enumerate(never)}
    return [
        {
            "kind": offer.kind.value,
            "topic_id": topic_id,
            "cell": cell,
            "offer_id": offer.id,
            "lat": offer.lat,
            "lon": offer.lon,
            "travel_km": offer.travel_km,
            "level_mask": offer.level_mask,
            **days,
        }
        for topic_id in sorted(topic_ids)
        for cell in cells_of(offer)
    ]
