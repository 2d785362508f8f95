"""Keeps the words of open offers equal to their texts, so that people find them by what they say."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.offers.models import Offer, OfferWord
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType
from matcher.subjects.finding import WEIGHTS, weighed
from matcher.subjects.lexicon import MARK, number_of
from matcher.subjects.lexicon_services import add_words

CHUNK = 500


def write_words(session: Session, offers: Sequence[Offer]) -> None:
    """Write the words of these offers anew; an offer that is not open has none."""
    session.execute(delete(OfferWord).where(OfferWord.offer_id.in_([offer.id for offer in offers])))
    found = _texts(session, [offer.id for offer in offers if offer.state is OfferState.OPEN])
    add_words(session, {word for words in found.values() for word in words})
    rows = [
        {"term_id": number_of(word), "offer_id": offer_id, "weight": weight}
        for offer_id, words in found.items()
        for word, weight in words.items()
    ]
    if rows:
        session.execute(insert(OfferWord), rows)


def write_missing_words(session: Session) -> int:
    """For open offers that have none, as after an upgrade; how many there were."""
    bare = ~select(OfferWord.offer_id).where(OfferWord.offer_id == Offer.id).exists()
    ids = list(session.scalars(select(Offer.id).where(Offer.state == OfferState.OPEN, bare).order_by(Offer.id)))
    for first in range(0, len(ids), CHUNK):
        query = select(Offer).where(Offer.id.in_(ids[first : first + CHUNK])).order_by(Offer.id)
        write_words(session, list(session.scalars(query)))
    return len(ids)


def _texts(session: Session, offer_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Offer → word → weight. Names of people are never searched; of organisations only those that schools may read."""
    query = (
        select(Offer.id, Offer.title, Offer.description, Offer.details, Offer.own_name, User.function)
        .add_columns(Organisation.name, Organisation.place, Organisation.type)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Offer.person_id)
        .where(Offer.id.in_(offer_ids))
    )
    found = {}
    for row in session.execute(query):
        text = " ".join((row.description, *_told(row.details)))
        parts = {"title": row.title, "text": text, "function": row.function or "", "place": row.place or ""}
        found[row.id] = weighed(parts)
        if not row.own_name and row.type is not OrganisationType.SELF_EMPLOYED:
            found[row.id] |= {MARK + word: WEIGHTS["name"] for word in weighed({"name": row.name})}
    return found


def _told(details: Any) -> Iterable[str]:
    """What is written in the details of a kind, without its codes."""
    return (value for value in (details or {}).values() if isinstance(value, str) and " " in value)
