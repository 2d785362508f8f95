"""One yes: what it holds and whether it is the last one needed. The verbs that ask the rules first are in services."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.matching.behalf import Voice
from matcher.matching.booking_services import book, choose_moment, free_place
from matcher.matching.door_services import step
from matcher.matching.models import Consent, Match, MatchMoment
from matcher.matching.moments import parts_of
from matcher.matching.notice_services import tell
from matcher.matching.policy import MatchFacts
from matcher.matching.states import Action, MatchState, Side
from matcher.offers.models import Offer
from matcher.requests.models import Request


def say_yes(
    session: Session,
    match: Match,
    request: Request,
    offer: Offer,
    facts: MatchFacts,
    side: Side,
    moment: MatchMoment,
    before: MatchMoment | None,
    said: Voice,
    now: datetime,
) -> Match:
    """The yes itself, after the rules were asked; also an employer's, who has no account."""
    complete = facts.missing <= {side}
    details: dict[str, Any] = {
        "moment_id": moment.id,
        "side": side.value,
        "moment_before": before.id if before else None,
    }
    if complete:
        # Who comes too late is told before anything is written.
        place_no, asked = free_place(session, match, request), parts_of(moment)
        book(session, match, request, offer, moment)
        match.place_no, match.visitor_id = place_no, match.visitor_id or match.professional_id
        # What crosses an earlier agreement leaves the plan; kept here, so that an undone yes gives it back.
        given_up = [list(part) for part in asked if part not in parts_of(moment)]
        details |= {"given_up": given_up} if given_up else {}
    choose_moment(session, match.id, moment.id)
    event = step(
        session,
        match,
        Action.ACCEPT,
        MatchState.ACCEPTED if complete else MatchState.PROPOSED,
        actor=said.actor,
        role=side,
        now=now,
        details=details | said.noted,
        on_behalf_by=said.by_id,
    )
    consent = session.get_one(Consent, (match.id, side))
    consent.given_at, consent.given_by_id, consent.seq = now, said.actor.user_id, event.seq
    tell(session, match, request, offer, event)
    return match
