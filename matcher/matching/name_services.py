"""The clock and "someone of our team": the contact is reminded in time, and with the coordinator when it is late."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from matcher.clock import local_date
from matcher.matching.behalf_services import quiet
from matcher.matching.deadlines import is_nameless, name_due, remind_from
from matcher.matching.door_services import locked
from matcher.matching.models import Match, MatchEvent
from matcher.matching.notice_services import channels_for, people_of, seconds_away, step_params
from matcher.matching.queries import chosen_moment
from matcher.matching.states import UNDO_SECONDS, MatchState, Side
from matcher.notices.models import Outbox
from matcher.notices.services import enqueue

WANTED, OVERDUE = "matching/name_wanted", "matching/name_overdue"
BOTH = ("mail", "inbox")


def ask_for_name(session: Session, match_id: int, *, now: datetime) -> bool:
    """Five working days before the visit once, and once more when the name is late. False when nothing is due."""
    match, request, offer = locked(session, match_id)
    moment = chosen_moment(session, match.id)
    nameless = match.state is MatchState.APPROVED and is_nameless(match.name_follows, match.visitor_id)
    if not nameless or moment is None or moment.start_s <= now.timestamp():
        return False
    today = local_date(now)
    late = today > name_due(moment.day)
    template = OVERDUE if late else WANTED
    if today < remind_from(moment.day) or _was_told(session, match, template):
        return False
    last = session.get_one(MatchEvent, (match.id, match.seq))
    params = step_params(session, match, request, offer, last, moment) | {"due_on": name_due(moment.day).isoformat()}
    unmailed = quiet(session, match, request, offer)
    for side in (Side.COMPANY, Side.COORDINATOR) if late else (Side.COMPANY,):
        for recipient in people_of(session, side, match, request, offer, now=now):
            enqueue(
                session,
                recipient=recipient,
                template=template,
                params=params | {"side": side.value},
                subject="match",
                subject_id=match.id,
                seq=match.seq,
                now=now,
                hold_seconds=max(UNDO_SECONDS, seconds_away(session, offer.organisation_id, recipient, now)),
                channels=channels_for(side, BOTH, unmailed),
            )
    return True


def _was_told(session: Session, match: Match, template: str) -> bool:
    """About this very visit: another day asks again, a message in between does not."""
    query = select(exists().where(Outbox.subject == "match", Outbox.subject_id == match.id, Outbox.seq == match.seq,
                                  Outbox.template == template))  # fmt: skip
    return bool(session.scalar(query))
