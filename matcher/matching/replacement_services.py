"""Somebody called off close to the date: who could come instead is looked up, asked, and told about at once."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.matching.behalf_services import quiet
from matcher.matching.models import Match, MatchEvent, MatchMoment
from matcher.matching.notice_services import channels_for, people_of, step_params
from matcher.matching.proposal_services import ask_next
from matcher.matching.states import Side
from matcher.matching.suggestion_services import Suggested, store_run
from matcher.notices.services import enqueue
from matcher.offers.models import Offer
from matcher.requests.models import Request

LETTER = "matching/replacement"


def look_for_another(session: Session, match_id: int, suggested: Suggested, *, now: datetime) -> list[Match]:
    """Keep the new suggestions, ask who is next in the row, and tell the asker and the coordinator. The search itself
    was done before this unit."""
    store_run(session, suggested)
    asked = ask_next(session, suggested.request_id, now=now)
    match = session.get_one(Match, match_id)
    request, offer = session.get_one(Request, match.request_id), session.get_one(Offer, match.offer_id)
    last = session.get_one(MatchEvent, (match.id, match.seq))
    moment = session.get(MatchMoment, last.details.get("moment_id") or 0)
    params = step_params(session, match, request, offer, last, moment)
    params |= {"asked": len(asked), "found": suggested.eligible, "answers_to": f"/requests/{request.id}"}
    unmailed = quiet(session, match, request, offer)
    for side in (Side.SCHOOL, Side.COORDINATOR):
        for recipient in people_of(session, side, match, request, offer, now=now):
            enqueue(
                session,
                recipient=recipient,
                template=LETTER,
                params=params | {"side": side.value},
                subject="match",
                subject_id=match.id,
                seq=match.seq,
                now=now,
                hold_seconds=0,
                channels=channels_for(side, ("mail", "inbox"), unmailed),
            )
    return asked
