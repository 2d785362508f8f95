"""Filling in one side's half of a runbook. Every saving is a version of its own; a stale page overwrites nothing."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.errors import Conflict, Forbidden, IllegalMove, InvalidInput
from matcher.i18n import _l
from matcher.matching.behalf import OnBehalf
from matcher.matching.behalf_services import NOT_HERS, check_heard
from matcher.matching.door_services import NOT_POSSIBLE_NOW, NOT_YOURS, STALE, locked
from matcher.matching.policy import MatchFacts, can_prepare, can_prepare_for, sides_of
from matcher.matching.queries import facts_of_match
from matcher.matching.reminder_services import tell_of_runbook
from matcher.matching.runbook_models import RunbookVersion
from matcher.matching.runbook_queries import newest_version
from matcher.matching.runbooks import HEARD, LONGEST, PARTIES, Item, items_of
from matcher.matching.states import Side

BAD_LINK = _l("A link begins with https://")


def fill_in(
    session: Session,
    match_id: int,
    said: Mapping[Item, str],
    *,
    version: int,
    actor: Actor,
    now: datetime,
    on_behalf: OnBehalf | None = None,
) -> RunbookVersion:
    """This side's half as it is now; `version` is what the page showed. The same words again change nothing.

    A coordinator notes it for the side that told it.

    Raises Forbidden, IllegalMove, Conflict, InvalidInput.
    """
    match, request, offer = locked(session, match_id)
    facts = facts_of_match(session, match, now)
    side = _side(facts, actor, on_behalf, now)
    words = {
        item.value: said.get(item, "").strip()[:LONGEST] for item in items_of(request.kind, request.delivery, side)
    }
    link = words.get(Item.LINK.value, "")
    if link and not link.startswith("https://"):
        raise InvalidInput(BAD_LINK, field=Item.LINK.value)
    before = newest_version(session, match.id, side)
    if before is not None and {key: text for key, text in before.said.items() if key != HEARD} == words:
        return before
    if on_behalf is not None:
        words[HEARD] = on_behalf.how.value
    if version != (before.version if before else 0):
        raise Conflict(STALE)
    row = RunbookVersion(match_id=match.id, side=side, version=version + 1, said=words, by_id=actor.user_id, at=now)
    session.add(row)
    session.flush()
    tell_of_runbook(session, match, request, offer, row, actor=actor, now=now)
    return row


def _side(facts: MatchFacts, actor: Actor, on_behalf: OnBehalf | None, now: datetime) -> Side:
    """Whose half it is. Raises Forbidden, IllegalMove, InvalidInput."""
    sides = sides_of(facts, actor)
    if on_behalf is not None:
        if Side.COORDINATOR not in sides:
            raise Forbidden(NOT_HERS)
        check_heard(on_behalf, now)
        if on_behalf.side not in can_prepare_for(facts, actor, now):
            raise IllegalMove(NOT_POSSIBLE_NOW)
        return on_behalf.side
    if not sides & set(PARTIES):
        raise Forbidden(NOT_YOURS)
    side = can_prepare(facts, actor, now)
    if side is None:
        raise IllegalMove(NOT_POSSIBLE_NOW)
    return side
