"""What stands behind the link in a letter now: the question, the answer given with it, or what happened meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.errors import NotFound
from matcher.matching.answer_links import AnswerLink
from matcher.matching.models import MatchEvent
from matcher.matching.page_queries import MatchPage, match_page
from matcher.matching.queries import match_for
from matcher.matching.states import Action

SHOWN_AFTER = timedelta(days=30)
"""So long after it was overtaken a link still tells what happened."""
ANSWERS = frozenset({Action.ACCEPT, Action.DECLINE, Action.SUGGEST_MOMENT, Action.MOVE})


class Standing(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"  # by this person, as the very next step
    OVERTAKEN = "overtaken"


@dataclass(frozen=True)
class Behind:
    """The page of the match as this person may see it, and what the link can still do."""

    link: AnswerLink
    actor: Actor
    page: MatchPage
    standing: Standing

    @property
    def is_move(self) -> bool:
        return self.page.may(Action.MOVE.value)

    @property
    def newest(self) -> dict[str, Any]:
        """What happened last, without what people wrote: a letter may be in other hands than its reader's."""
        return {key: value for key, value in self.page.timeline[0].items() if key != "note"}


def behind_link(session: Session, link: AnswerLink | None, now: datetime) -> Behind | None:
    """None for a link that never was one, of somebody who is gone or changed the password, or that is long over."""
    user = session.get(User, link.user_id) if link is not None else None
    if link is None or user is None or user.epoch != link.epoch:
        return None
    try:
        actor = actor_for(session, link.user_id)
        match, facts = match_for(session, link.match_id, actor, now)
    except NotFound:
        return None
    after = session.get(MatchEvent, (match.id, link.seq + 1))
    if match.seq < link.seq or (after is not None and after.at < now - SHOWN_AFTER):
        return None
    page = match_page(session, match, facts, actor, now)
    return Behind(link, actor, page, _standing(session, link, page, now))


def _standing(session: Session, link: AnswerLink, page: MatchPage, now: datetime) -> Standing:
    match = page.match
    if match.seq == link.seq:
        in_time = page.may(Action.MOVE.value) or match.expires_at is None or now < match.expires_at
        may = page.may(Action.ACCEPT.value) or page.may(Action.MOVE.value)
        return Standing.OPEN if may and in_time else Standing.OVERTAKEN
    newest = session.get_one(MatchEvent, (match.id, match.seq))
    own = match.seq == link.seq + 1 and newest.actor_id == link.user_id and newest.action in ANSWERS
    return Standing.ANSWERED if own else Standing.OVERTAKEN
