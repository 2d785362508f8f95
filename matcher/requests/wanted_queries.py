"""The offer with which somebody begins to ask: it goes before everybody else who fits."""

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.errors import NotFound
from matcher.i18n import current_locale
from matcher.offers.queries import OfferView, offer_for
from matcher.offers.states import OfferState


def wanted_offer(session: Session, actor: Actor, kind: Kind, offer_id: int | None) -> OfferView | None:
    """None for what this person may not see, what nobody offers now and what is of another kind."""
    if offer_id is None:
        return None
    try:
        view = offer_for(session, actor, offer_id, locale=current_locale())
    except NotFound:
        return None
    return view if view.offer.kind is kind and view.offer.state is OfferState.OPEN else None
