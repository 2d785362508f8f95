"""Each week the asker hears where a request stands that nobody said yes to. Flushes, never commits."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.behalf import KEY
from matcher.accounts.queries import recipients_of
from matcher.availability.absence_queries import stand_ins
from matcher.db import lock_row
from matcher.i18n import in_locale
from matcher.matching.eligibility import NeverCode
from matcher.matching.labels import reason_label
from matcher.matching.letters import manner_of
from matcher.matching.notice_services import seconds_away
from matcher.matching.states import MatchState
from matcher.matching.suggestion_services import suggest
from matcher.matching.weekly_note_queries import (
    SUBJECT,
    TEMPLATE,
    Standing,
    answers_of,
    due_weekly,
    still_ticked,
)
from matcher.matching.wording import change_sentence, never_sentence
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.organisations.models import Organisation
from matcher.requests.models import Request

MOST_REASONS = 2


def standing_of(session: Session, request_id: int, now: datetime) -> Standing:
    """Counts only: who said what stands on the page of the request. Looks afresh who fits."""
    states, declined = answers_of(session, request_id)
    found = suggest(session, request_id=request_id, now=now)
    in_the_way = {code: count for code, count in found.never.items() if code != NeverCode.ALREADY_ASKED.value}
    return Standing(
        asked=states.total(),
        waiting=states[MatchState.PROPOSED],
        ticked=still_ticked(session, request_id),
        no_answer=states[MatchState.EXPIRED],
        ended=states[MatchState.WITHDRAWN] + states[MatchState.CANCELLED] + states[MatchState.REJECTED],
        declined=dict(sorted(declined.items(), key=lambda item: (-item[1], item[0]))),
        fits=found.eligible,
        changes=list(found.smallest_change),
        never=dict(list(in_the_way.items())[:MOST_REASONS]),
    )


def note_standing(session: Session, request_id: int, standing: Standing, *, now: datetime) -> bool:
    """One letter to the asker, and to the colleague who answers for them; once a week, also side by side."""
    request = lock_row(session, Request, request_id)
    if not due_weekly(session, now, request_id=request.id):
        return False
    school = session.get_one(Organisation, request.organisation_id)
    behalf = request.details.get(KEY)
    channels = ("inbox",) if behalf and not behalf.get("tell") else ("mail", "inbox")
    for recipient in _readers(session, request, now):
        enqueue(
            session,
            recipient=recipient,
            template=TEMPLATE,
            manner=manner_of(TEMPLATE),
            params=_params(request, school, standing, recipient.locale),
            subject=SUBJECT,
            subject_id=request.id,
            seq=now.date().toordinal(),
            now=now,
            hold_seconds=seconds_away(session, school.id, recipient, now),
            channels=channels,
        )
    return True


def _readers(session: Session, request: Request, now: datetime) -> list[Recipient]:
    asker = request.asked_by_id
    second = [each.by_id for each in stand_ins(session, [request.organisation_id], now) if each.for_id == asker]
    found = recipients_of(session, [asker, *second])
    return [found[person_id] for person_id in dict.fromkeys([asker, *second]) if person_id in found]


def _params(request: Request, school: Organisation, standing: Standing, locale: str) -> dict[str, Any]:
    """Codes become words in the reader's language here: a template knows no codes."""
    with in_locale(locale):
        worded = {
            "reasons": [[str(reason_label(code)), count] for code, count in standing.declined.items()],
            "changes": [change_sentence(change) for change in standing.changes],
            "obstacles": [[never_sentence(code, request.kind), count] for code, count in standing.never.items()],
        }
    return (
        standing.params
        | worded
        | {
            "title": request.title,
            "school": school.name,
            "since_on": request.published_at.date().isoformat() if request.published_at else None,
            "answers_to": f"/requests/{request.id}",
        }
    )
