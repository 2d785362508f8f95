"""Steps of which somebody never heard, and letters about steps that were never taken: found, and what can be mended.

A step and its letters are one transaction, so only damage leaves such gaps. Mending sends the same letters once more,
and only those that are missing are new.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from matcher.matching.door_services import locked
from matcher.matching.models import Match, MatchEvent
from matcher.matching.notice_services import AUDIENCES, tell
from matcher.matching.states import Action, MatchState, Side
from matcher.notices.models import Outbox

PATIENCE, LOOKS_BACK = timedelta(minutes=15), timedelta(days=3)
TOLD_SIDES = frozenset({Side.SCHOOL, Side.COMPANY})


class Step(NamedTuple):
    match_id: int
    seq: int


def untold_steps(session: Session, now: datetime) -> list[Step]:
    """Newest steps of the last days of which fewer people were told than there are sides that must hear of it."""
    heard = (
        select(func.count(Outbox.address.distinct()))
        .where(Outbox.subject == "match", Outbox.subject_id == MatchEvent.match_id, Outbox.seq == MatchEvent.seq)
        .scalar_subquery()
    )
    told_before = exists().where(Outbox.subject == "match", Outbox.subject_id == MatchEvent.match_id)
    query = (
        select(MatchEvent.match_id, MatchEvent.seq, MatchEvent.action, MatchEvent.to_state, MatchEvent.role, heard)
        .join(Match, and_(Match.id == MatchEvent.match_id, Match.seq == MatchEvent.seq))
        .where(MatchEvent.at > now - LOOKS_BACK, MatchEvent.at <= now - PATIENCE, ~Match.generated, told_before)
        .order_by(MatchEvent.match_id)
    )
    return [
        Step(match_id, seq)
        for match_id, seq, action, state, role, count in session.execute(query)
        if count < _sides_to_tell(action, MatchState(state), role)
    ]


def letters_without_step(session: Session) -> list[int]:
    """Notices about a match or a version of it that is not there."""
    step = exists().where(MatchEvent.match_id == Outbox.subject_id, MatchEvent.seq == Outbox.seq)
    query = select(Outbox.id).where(Outbox.subject == "match", ~step)
    return list(session.scalars(query.order_by(Outbox.id)))


def tell_again(session: Session, step: Step, *, now: datetime) -> bool:
    """False when nobody was missed, or when something happened since that was told in its place."""
    match, request, offer = locked(session, step.match_id)
    if match.seq != step.seq:
        return False
    before = _count(session, step)
    tell(session, match, request, offer, session.get_one(MatchEvent, (step.match_id, step.seq)))
    return _count(session, step) > before


def _count(session: Session, step: Step) -> int:
    mine = (Outbox.subject == "match", Outbox.subject_id == step.match_id, Outbox.seq == step.seq)
    return session.scalar(select(func.count(Outbox.id)).where(*mine)) or 0


def _sides_to_tell(action: Action, to: MatchState, by: Side) -> int:
    sides = {
        side
        for audience in AUDIENCES.get((action, to), ())
        for side in audience.sides
        if not (audience.others_only and side is by)
    }
    return len(sides & TOLD_SIDES)
