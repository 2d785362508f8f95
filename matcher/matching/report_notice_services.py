"""Who hears of answers after a visit: the coordinator when they differ, and the contacts of the company when it was
held. Rows only; a task sends them later."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.queries import coordinators_of, members_of, recipient_of
from matcher.accounts.states import Role
from matcher.matching.given_queries import given_by_company
from matcher.matching.models import Match, MatchEvent
from matcher.matching.notice_services import people_of, step_params
from matcher.matching.queries import chosen_moment
from matcher.matching.states import UNDO_SECONDS, Side
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.offers.models import Offer
from matcher.requests.models import Request

DIFFER, THANKS = "matching/answers_differ", "matching/thanks_company"


def tell_of_difference(session: Session, match: Match, request: Request, offer: Offer, *, now: datetime) -> None:
    """On the site only, once: they decide under “does not go by itself”, and what they decide is told to both."""
    params = _params(session, match, request, offer) | {"answers_to": "/coordination/stuck"}
    for recipient in coordinators_of(session, match.region_id):
        _put(session, match, recipient, DIFFER, params | {"side": Side.COORDINATOR.value}, now, ("inbox",))


def thank_company(session: Session, match: Match, request: Request, offer: Offer, *, now: datetime) -> None:
    """The contacts, with what their people gave this school year; not for what somebody does in their own name."""
    if offer.own_name:
        return
    given = given_by_company(session, offer.organisation_id, now)
    totals = {"visits": given.visits, "pupils": given.pupils, "hours": round(given.hours)}
    params = _params(session, match, request, offer) | totals | {"side": Side.COMPANY.value}
    thanked = {each.user_id for each in people_of(session, Side.COMPANY, match, request, offer, now=now)}
    for contact in members_of(session, offer.organisation_id, [Role.COMPANY_CONTACT]):
        if contact.id not in thanked:
            _put(session, match, recipient_of(session, contact.id), THANKS, params, now, ("mail", "inbox"))


def _params(session: Session, match: Match, request: Request, offer: Offer) -> dict[str, Any]:
    last = session.get_one(MatchEvent, (match.id, match.seq))
    return step_params(session, match, request, offer, last, chosen_moment(session, match.id))


def _put(
    session: Session,
    match: Match,
    recipient: Recipient,
    template: str,
    params: dict[str, Any],
    now: datetime,
    channels: tuple[str, ...],
) -> None:
    enqueue(
        session,
        recipient=recipient,
        template=template,
        params=params,
        subject="match",
        subject_id=match.id,
        seq=match.seq,
        now=now,
        hold_seconds=UNDO_SECONDS,
        channels=channels,
    )
