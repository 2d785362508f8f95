"""Who has a visit in their calendar and is no longer one of its people: it leaves their calendar too.

A visitor who was replaced, a contact who named a colleague, a second contact who answered while somebody was away, the
side that withdrew itself. Who has it is read from the invitations that went out. Rows only, sent later.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.matching.calendar import build_event
from matcher.matching.models import Match, MatchEvent, MatchMoment
from matcher.matching.moments import visits_of
from matcher.matching.states import UNDO_SECONDS
from matcher.notices.models import Channel, NoticeState, Outbox
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue, withhold

TEMPLATE = "matching/out_of_calendar"


def uninvite(
    session: Session,
    match: Match,
    event: MatchEvent,
    moment: MatchMoment,
    params: dict[str, Any],
    *,
    told: Collection[str],
    number: int,
) -> None:
    """A cancellation for everybody whose newest calendar mail about this match invited them and who got none now.

    An invitation that has not left yet is taken back instead.
    """
    host = session.info.get("host", "matcher.invalid")
    for address, rows in _calendar_mails(session, match.id).items():
        if address in told:
            continue
        left = [row for row in rows if not _waits(row, event.at)]
        for row in rows:
            if row not in left:
                withhold(session, subject="match", subject_id=match.id, seq=row.seq, now=event.at, address=address)
        if not left or left[-1].calendar_method != "REQUEST":
            continue
        last = left[-1]
        enqueue(
            session,
            recipient=Recipient(last.recipient_user_id, address, last.recipient_name, last.locale),
            template=TEMPLATE,
            params=params | {"answers_to": "/dashboard"},
            subject="match",
            subject_id=match.id,
            seq=event.seq,
            now=event.at,
            hold_seconds=UNDO_SECONDS,
            channels=["mail"],
            calendar=_cancellation(match, event, moment, params, host=host, address=address, number=number),
            calendar_method="CANCEL",
        )


def _cancellation(
    match: Match,
    event: MatchEvent,
    moment: MatchMoment,
    params: dict[str, Any],
    *,
    host: str,
    address: str,
    number: int,
) -> str:
    return build_event(
        uid=f"match-{match.id}@{host}",
        sequence=number,
        method="CANCEL",
        status="CANCELLED",
        start=datetime.fromtimestamp(moment.start_s, UTC),
        end=datetime.fromtimestamp(moment.end_s, UTC),
        summary=f"{params['title']} – {params['school']}",
        description="",
        location=params["where"],
        organizer=f"noreply@{host}",
        attendees=[address],
        now=event.at,
        visits=visits_of(moment),
    )


def _waits(row: Outbox, now: datetime) -> bool:
    return row.state is NoticeState.QUEUED and row.attempts == 0 and row.not_before > now


def _calendar_mails(session: Session, match_id: int) -> dict[str, list[Outbox]]:
    """Address → the mails about this match that carry a calendar entry and were not taken back, oldest first."""
    query = select(Outbox).where(
        Outbox.subject == "match",
        Outbox.subject_id == match_id,
        Outbox.channel == Channel.MAIL,
        Outbox.calendar.is_not(None),
        Outbox.state != NoticeState.WITHHELD,
    )
    found: dict[str, list[Outbox]] = defaultdict(list)
    for row in session.scalars(query.order_by(Outbox.id)):
        found[row.address].append(row)
    return found
