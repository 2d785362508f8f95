"""Speaking for somebody who phoned, mailed or came by: may this coordinator, and in whose name is it recorded."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.behalf import KEY
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.errors import Conflict, Forbidden, InvalidInput
from matcher.i18n import _l
from matcher.matching.behalf import SPEAKERS, OnBehalf, Said, Voice, quiet_sides
from matcher.matching.behalf_queries import speaker
from matcher.matching.models import Match, MatchEvent
from matcher.matching.policy import sides_of
from matcher.matching.queries import facts_of_match
from matcher.matching.states import Side
from matcher.offers.models import Offer
from matcher.requests.models import Request
from matcher.requests.policy import asks_on_behalf

NOT_HERS = _l("Only a coordinator of the region can note this for somebody else.")
NOBODY = _l("Nobody is known who can speak for this side. Name somebody first.")
NOT_CONFIRMED = _l("This person is not confirmed yet. Confirm them first, then note what they said.")


def voice(
    session: Session,
    match: Match,
    request: Request,
    offer: Offer,
    *,
    actor: Actor,
    on_behalf: OnBehalf | None,
    now: datetime,
) -> Voice:
    """Who acts: the actor, or the person whose word this coordinator notes.

    Raises Forbidden, Conflict, InvalidInput.
    """
    if on_behalf is None:
        return Voice(actor)
    facts = facts_of_match(session, match, now)
    if Side.COORDINATOR not in sides_of(facts, actor) or on_behalf.side not in SPEAKERS:
        raise Forbidden(NOT_HERS)
    check_heard(on_behalf, now)
    speaker_id = speaker(session, on_behalf.side, match, request, offer)
    if speaker_id is None:
        raise Conflict(NOBODY)
    person = actor_for(session, speaker_id)
    if on_behalf.side not in sides_of(facts, person):
        raise Conflict(NOT_CONFIRMED)
    return Voice(person, actor.user_id, on_behalf.details)


def check_heard(on_behalf: OnBehalf, now: datetime) -> None:
    """Nobody phoned tomorrow."""
    if on_behalf.at > now:
        raise InvalidInput(_l("That is still to come. Say when you heard it."), field="heard_on")


def asking_voice(session: Session, request: Request, ticked_by_id: int) -> Voice:
    """In whose name the school invites: a coordinator who ticked did it for the asker, and is recorded beside."""
    who = actor_for(session, ticked_by_id)
    if not asks_on_behalf(who, request.organisation_id):
        return Voice(who)
    # Who asked on the site themselves keeps getting mails, also when the coordinator ticks for them.
    return Voice(actor_for(session, request.asked_by_id), who.user_id, request.details.get(KEY) or {"tell": True})


def quiet(session: Session, match: Match, request: Request, offer: Offer) -> frozenset[Side]:
    """The sides of this match that are not mailed."""
    query = select(
        MatchEvent.seq, MatchEvent.action, MatchEvent.role, MatchEvent.on_behalf_by_id, MatchEvent.details
    ).where(MatchEvent.match_id == match.id)
    chain = [Said(*row) for row in session.execute(query)]
    return quiet_sides(chain, request.details or {}, offer.details or {})
