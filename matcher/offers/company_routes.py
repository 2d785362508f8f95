"""The blueprint of this room and what its pages share. They register themselves on it."""

from typing import Any

from flask import Blueprint
from sqlalchemy.orm import Session

from matcher.errors import NotFound
from matcher.i18n import current_locale
from matcher.offers import queries
from matcher.subjects.queries import suggested_topics, topics_with_ids
from matcher.web.guards import actor
from matcher.web.transaction import reading

blueprint = Blueprint("offers", __name__, url_prefix="/offers")
OFFERERS = ("professional", "company_contact")
CHANGERS = (*OFFERERS, "coordinator")
MOST_TOPICS = 12


def ticked_topics(session: Session, form: Any) -> list[int]:
    """The ticked topics; without a script nothing is ticked, and what was typed is recognised here."""
    ticked = [choice.id for choice in topics_with_ids(session, (form.topics.data or [])[:50], current_locale())]
    if not ticked and form.topic_text.data:
        found = suggested_topics(session, form.topic_text.data, current_locale(), 3, guesses=False)
        ticked = [choice.id for choice in found]
    return ticked[:MOST_TOPICS]


def changeable(offer_id: int) -> queries.OfferView:
    view = queries.offer_for(reading(), actor(), offer_id, locale=current_locale())
    if not view.can_change:
        raise NotFound()
    return view
