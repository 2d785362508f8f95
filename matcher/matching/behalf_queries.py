"""Whose word a coordinator may note on the page of a match, and what that person could do there now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for, members_of
from matcher.accounts.states import Role
from matcher.errors import NotFound
from matcher.matching.behalf import SPEAKERS
from matcher.matching.models import Match
from matcher.matching.policy import MatchFacts, allowed_actions, sides_of
from matcher.matching.states import Side
from matcher.offers.models import Offer
from matcher.requests.models import Request

NOTABLE = frozenset({"accept", "decline", "suggest_moment", "withdraw", "cancel", "change_visitor", "report_held"})


@dataclass(frozen=True)
class Speaker:
    """One side that spoke to the coordinator; `actions` is what can be noted for them now."""

    side: str
    name: str
    actions: frozenset[str]

    def may(self, action: str) -> bool:
        return action in self.actions


def speaker(session: Session, side: Side, match: Match, request: Request, offer: Offer) -> int | None:
    """Who speaks for a side: the asker, the guest, or for "someone of our team" the first contact."""
    if side is Side.SCHOOL:
        return request.asked_by_id
    person_id = match.visitor_id or match.professional_id
    if person_id is not None and not match.name_follows:
        return person_id
    contacts = members_of(session, offer.organisation_id, [Role.COMPANY_CONTACT])
    return contacts[0].id if contacts else person_id


def speakers(
    session: Session, match: Match, request: Request, offer: Offer, facts: MatchFacts, actor: Actor, now: datetime
) -> list[Speaker]:
    """Nobody for people who are no coordinator here."""
    if Side.COORDINATOR not in sides_of(facts, actor):
        return []
    found = []
    for side in SPEAKERS:
        person = _person(session, speaker(session, side, match, request, offer))
        if person is None or side not in sides_of(facts, person):
            continue
        actions = {action.value for action in allowed_actions(facts, person, now)} & NOTABLE
        if actions:
            found.append(Speaker(side.value, person.name, frozenset(actions)))
    return found


def _person(session: Session, user_id: int | None) -> Actor | None:
    try:
        return actor_for(session, user_id) if user_id is not None else None
    except NotFound:
        return None
