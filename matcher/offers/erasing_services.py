"""Takes offers of somebody who goes out of sight, and the words that only they had out of the search."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from matcher.offers.models import Offer, OfferWord
from matcher.offers.search_services import refresh_search_key
from matcher.offers.states import OfferState
from matcher.subjects.finding import weighed
from matcher.subjects.lexicon import MARK, number_of
from matcher.subjects.models import SearchTerm

CHUNK = 400


def withdraw_offers_of(session: Session, user_id: int, *, now: datetime) -> int:
    """Nobody finds this person any more. Says how many offers were open."""
    mine = select(Offer).where(Offer.person_id == user_id, Offer.state != OfferState.WITHDRAWN).order_by(Offer.id)
    offers = list(session.scalars(mine.with_for_update()))
    for offer in offers:
        offer.state, offer.changed_at = OfferState.WITHDRAWN, now
        refresh_search_key(session, offer.id, now=now)
    return len(offers)


def forget_words(session: Session, texts: Collection[str]) -> None:
    """Words of these texts that no offer has any more."""
    found = {word for text in texts for word in weighed({"text": text})}
    numbers = sorted({number_of(word) for word in found} | {number_of(MARK + word) for word in found})
    used = exists().where(OfferWord.term_id == SearchTerm.id)
    for first in range(0, len(numbers), CHUNK):
        session.execute(delete(SearchTerm).where(SearchTerm.id.in_(numbers[first : first + CHUNK]), ~used))
