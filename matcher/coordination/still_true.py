"""Is a notice of this room still true just before it is sent?"""

from sqlalchemy.orm import Session

from matcher.coordination.models import SentOn
from matcher.matching.models import Match
from matcher.matching.states import MatchState


def sent_on_still_true(session: Session, sent_on_id: int, seq: int, template: str) -> bool:
    """Only while the same agreement waits and nobody took it."""
    row = session.get(SentOn, sent_on_id)
    match = session.get(Match, row.match_id) if row is not None else None
    if row is None or match is None:
        return False
    return match.state is MatchState.ACCEPTED and match.seq == row.seq and row.taken_at is None


STILL_TRUE = {"sent_on": sent_on_still_true}
