"""Both sides told the coordinator yes: asking and answering in one unit, in their names. Flushes, never commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.behalf import Heard
from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.coordination.agreed_queries import moment_here, request_here
from matcher.errors import Conflict, NotFound
from matcher.matching.behalf import OnBehalf
from matcher.matching.behalf_services import asking_voice
from matcher.matching.door_services import lock_around
from matcher.matching.models import Match, MatchMoment
from matcher.matching.moment_services import MOMENT_GONE
from matcher.matching.proposal_services import propose
from matcher.matching.services import accept_match
from matcher.matching.states import MatchState, Side
from matcher.matching.suggestion_models import Suggestion
from matcher.matching.suggestion_queries import latest_run
from matcher.notices.services import withhold


def note_agreement(
    session: Session,
    *,
    request_id: int,
    offer_id: int,
    moment_id: int,
    actor: Actor,
    now: datetime,
    heard: Heard,
) -> Match:
    """The school asks this guest and the guest says yes to this moment; approval is another step.

    An invitation that waits already is answered. Raises NotFound outside the region, Conflict, InvalidInput.
    """
    lock_around(session, request_id, offer_ids=[offer_id])
    request = request_here(session, actor, request_id)
    if request.kind is not Kind.GUEST_LECTURE:
        raise NotFound()
    asked = moment_here(session, request, moment_id)
    match = _waiting(session, request_id, offer_id)
    if match is None:
        said = asking_voice(session, request, actor.user_id or 0)
        match = propose(
            session,
            request_id=request_id,
            offer_id=offer_id,
            side=Side.SCHOOL,
            actor=said.actor,
            said=said,
            suggestion_id=_suggestion(session, request_id, offer_id),
            now=now,
        )
        # They answered before they were asked: the question itself never leaves.
        withhold(session, subject="match", subject_id=match.id, seq=match.seq, now=now)
    query = select(MatchMoment.id).where(MatchMoment.match_id == match.id, MatchMoment.start_s == asked.start_s)
    moment = session.scalars(query.limit(1)).first()
    if moment is None:
        raise Conflict(MOMENT_GONE)
    spoken = OnBehalf(side=Side.COMPANY, how=heard.how, at=heard.at, tell=heard.tell)
    return accept_match(session, match.id, moment_id=moment, actor=actor, now=now, on_behalf=spoken)


def _waiting(session: Session, request_id: int, offer_id: int) -> Match | None:
    query = select(Match).where(Match.request_id == request_id, Match.offer_id == offer_id)
    return session.scalars(query.where(Match.state == MatchState.PROPOSED, Match.side == Side.SCHOOL).limit(1)).first()


def _suggestion(session: Session, request_id: int, offer_id: int) -> int | None:
    """So that the approval screen shows the reasons."""
    run = latest_run(session, request_id)
    query = select(Suggestion.id).where(Suggestion.offer_id == offer_id)
    return session.scalar(query.where(Suggestion.run_id == run.id)) if run is not None else None
