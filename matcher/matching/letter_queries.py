"""What notices put into letters of this room just before they leave: a link to answer with where one is asked."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.queries import actor_for
from matcher.links import Links
from matcher.matching.answer_links import AnswerLink, answer_path
from matcher.matching.letters import common
from matcher.matching.models import Match
from matcher.matching.policy import allowed_actions
from matcher.matching.queries import facts_of_match
from matcher.matching.states import Action
from matcher.notices.models import Outbox

ASKS = {
    "matching/proposed": Action.ACCEPT,
    "matching/another_moment": Action.ACCEPT,
    "matching/one_yes": Action.ACCEPT,
    "matching/move_asked": Action.MOVE,
}
"""Which letters ask something, and what a yes to them does."""


def answer_of_letter(session: Session, links: Links, row: Outbox, now: datetime) -> dict[str, Any]:
    """Nothing when the reader cannot answer now, or the letter is about an earlier version: then the page is enough."""
    asked = ASKS.get(common(row.template))
    match = session.get(Match, row.subject_id)
    user = session.get(User, row.recipient_user_id) if row.recipient_user_id is not None else None
    if asked is None or match is None or user is None or match.seq != row.seq or user.stopped_at or user.erased_at:
        return {}
    if asked not in allowed_actions(facts_of_match(session, match, now), actor_for(session, user.id), now):
        return {}
    return {"answer_path": answer_path(links, AnswerLink(match.id, match.seq, user.id, user.epoch))}


LETTER_LINKS = {"match": answer_of_letter}
