"""How often somebody may be asked, for the page of their week: the pause, and the limits of each lesson."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.clock import local_date
from matcher.offers.forms import LimitsForm, PauseForm
from matcher.offers.queries import own_live_offers
from matcher.offers.wording import limit_facts


def own_limits(session: Session, actor: Actor, *, now: datetime) -> dict[str, Any]:
    """Until when nobody asks, and each own offer with its limits; only those of a lesson are chosen."""
    offers = own_live_offers(session, actor)
    rows = []
    for offer in offers:
        form = LimitsForm.of(offer, formdata=None) if offer.kind is Kind.GUEST_LECTURE else None
        if form is not None:
            form.show_limits(offer.yearly_cap, offer.open_cap)
            form.version.data = str(offer.version)
        rows.append((offer, limit_facts(offer), form))
    paused = [offer.paused_until for offer in offers if offer.paused_until and offer.paused_until > local_date(now)]
    return {"rows": rows, "paused_until": max(paused, default=None), "form": PauseForm(formdata=None)}
