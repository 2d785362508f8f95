"""A vacancy that two people were asked for together asks nobody else until that is over. The request is locked."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.errors import Conflict
from matcher.i18n import _l
from matcher.matching.bridges import KEY, is_pair
from matcher.matching.models import Match
from matcher.matching.states import LIVE, MatchState
from matcher.requests.models import Request

OTHERS_ASKED = _l("Somebody was asked for this already. Wait for the answer, or withdraw that question first.")


def check_no_pair(session: Session, request: Request) -> None:
    """While two were asked together nobody else takes it whole; once both are out one person is asked again."""
    if not is_pair(request.details):
        return
    runs = select(Match.id).where(Match.request_id == request.id, Match.state.in_(LIVE | {MatchState.HELD}))
    if session.scalar(runs.limit(1)) is not None:
        raise Conflict(OTHERS_ASKED)
    forget_bridge(session, request)


def forget_bridge(session: Session, request: Request) -> None:
    """The vacancy asks for one person again."""
    request.needed = 1
    request.details = {name: value for name, value in request.details.items() if name != KEY}
    session.flush()
