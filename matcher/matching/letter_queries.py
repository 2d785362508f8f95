"""What notices put into letters of this room just before they leave: where one is asked, a link to answer with.

A letter that names no moment yet names those that can still be chosen, each with a link that has it ticked.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.queries import actor_for
from matcher.availability.halfday_wording import plan_label
from matcher.availability.wording import moment_label
from matcher.i18n import clock_text, in_locale
from matcher.links import Links
from matcher.matching.answer_links import AnswerLink, answer_path
from matcher.matching.letters import common
from matcher.matching.models import Match, MatchMoment
from matcher.matching.moments import parts_of
from matcher.matching.policy import allowed_actions
from matcher.matching.queries import facts_of_match, moments_of
from matcher.matching.states import Action
from matcher.notices.models import Outbox

ASKS = {
    "matching/proposed": Action.ACCEPT,
    "matching/another_moment": Action.ACCEPT,
    "matching/one_yes": Action.ACCEPT,
    "matching/move_asked": Action.MOVE,
}
"""Which letters ask something, and what a yes to them does."""
MOST_MOMENTS = 3
"""As many as the page behind the link shows unfolded."""


def answer_of_letter(session: Session, links: Links, row: Outbox, now: datetime) -> dict[str, Any]:
    """Nothing when the reader cannot answer now, or the letter is about an earlier version: then the page is enough."""
    asked = ASKS.get(common(row.template))
    match = session.get(Match, row.subject_id)
    user = session.get(User, row.recipient_user_id) if row.recipient_user_id is not None else None
    if asked is None or match is None or user is None or match.seq != row.seq or user.stopped_at or user.erased_at:
        return {}
    if asked not in allowed_actions(facts_of_match(session, match, now), actor_for(session, user.id), now):
        return {}
    found: dict[str, Any] = {"answer_path": answer_path(links, AnswerLink(match.id, match.seq, user.id, user.epoch))}
    return found if row.params.get("day") else found | _moments(session, match, row.locale, now)


def _moments(session: Session, match: Match, locale: str, now: datetime) -> dict[str, Any]:
    """The first that can be chosen, in words, and how many there are besides."""
    stored = moments_of(session, [match.id]).get(match.id, [])
    able = [each for each in stored if each.dropped_at is None and each.start_s > now.timestamp()]
    with in_locale(locale):
        named = [{"value": each.id, "label": _label(each, now)} for each in able[:MOST_MOMENTS]]
    return {"moments": named, "further": len(able) - len(named)}


def _label(moment: MatchMoment, now: datetime) -> str:
    if moment.parts:
        return plan_label(parts_of(moment), now)
    return f"{moment_label(moment.day, moment.periods, now)} ({clock_text(f'{moment.starts}–{moment.ends}')})"


LETTER_LINKS = {"match": answer_of_letter}
