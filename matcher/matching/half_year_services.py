"""Once per half-year somebody whom nobody asked hears why. Flushes, never commits."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.behalf import KEY
from matcher.accounts.models import User
from matcher.accounts.queries import recipient_of
from matcher.db import lock_row
from matcher.matching.half_year_queries import SUBJECT, TEMPLATE, due_half_year
from matcher.matching.letters import manner_of
from matcher.matching.not_asked import FULL, TOPIC, WhyNotAsked
from matcher.notices.services import enqueue
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.subjects.models import Topic


def note_why_not_asked(session: Session, user_id: int, why: WhyNotAsked, *, now: datetime) -> bool:
    """One letter; a second one in the half-year is never written, also side by side."""
    lock_row(session, User, user_id)
    if not due_half_year(session, now, user_id=user_id):
        return False
    query = select(Offer).where(Offer.person_id == user_id, Offer.state == OfferState.OPEN)
    offers = session.scalars(query.order_by(Offer.id)).all()
    recipient = recipient_of(session, user_id)
    noted = [offer.details.get(KEY) for offer in offers]
    quiet = all(how and not how.get("tell") for how in noted)
    enqueue(
        session,
        recipient=recipient,
        template=TEMPLATE,
        manner=manner_of(TEMPLATE),
        params=_params(session, offers[0], why, recipient.locale),
        subject=SUBJECT,
        subject_id=user_id,
        seq=now.date().toordinal(),
        now=now,
        channels=("inbox",) if quiet else ("mail", "inbox"),
    )
    return True


def _params(session: Session, offer: Offer, why: WhyNotAsked, locale: str) -> dict[str, Any]:
    change = why.change or {"code": "", "params": {}, "count": 0}
    topic = session.get(Topic, change["params"]["topic"]) if change["code"] == TOPIC else None
    return {
        "title": offer.title,
        "requests": why.requests,
        "reasons": [[cause, count] for cause, count in why.reasons.items()],
        "change": change["code"],
        "helps": change["count"],
        "from_km": change["params"].get("from"),
        "to_km": change["params"].get("to"),
        "topic": (topic.en if locale == "en" else topic.nl) if topic is not None else "",
        "cap": offer.yearly_cap if change["code"] == FULL else None,
        "answers_to": "/requests/nearby" if change["code"] in ("", "others") else f"/offers/{offer.id}",
    }
