"""A moment of an open invitation whose notice time has passed leaves the table by itself; with the last one it ends."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.matching.door_services import locked
from matcher.matching.models import Consent, Match, MatchMoment
from matcher.matching.moment_services import drops_at
from matcher.matching.states import MatchState, Side
from matcher.matching.visit_services import expire_match
from matcher.offers.models import Offer


def drop_moments(session: Session, match_id: int, *, now: datetime) -> int:
    """How many were dropped. What the sides chose is alone on the table: when that drops, nothing is left."""
    match, _request, offer = locked(session, match_id)
    if match.state is not MatchState.PROPOSED:
        return 0
    query = select(MatchMoment).where(MatchMoment.match_id == match.id, MatchMoment.dropped_at.is_(None))
    standing = session.scalars(query.order_by(MatchMoment.start_s)).all()
    over = [moment for moment in standing if _drops_at(session, match, offer, moment) <= now]
    for moment in over:
        moment.dropped_at = now
    session.flush()
    if over and (len(over) == len(standing) or any(moment.chosen for moment in over)):
        match.expires_at = now
        session.flush()
        expire_match(session, match.id, now=now)
    return len(over)


def _drops_at(session: Session, match: Match, offer: Offer, moment: MatchMoment) -> datetime:
    """Who offers to come themselves needs no notice: the moment stands until it begins."""
    asked = session.get(Consent, (match.id, Side.COMPANY))
    notice = offer.notice_days if asked is not None and asked.given_at is None else 0
    return drops_at(moment.start_s, notice, match.changed_at)
