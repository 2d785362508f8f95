"""What the clock tells both sides around a visit: that it comes and what is still missing, and that we would like to
hear how it was. Rows only; a task sends them later."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.clock import local_date
from matcher.matching.behalf_services import quiet
from matcher.matching.door_services import locked
from matcher.matching.letters import letter_for
from matcher.matching.models import Match, MatchEvent
from matcher.matching.notice_services import BOTH, channels_for, people_of, place_of, seconds_away, step_params
from matcher.matching.queries import chosen_moment, reports_of, standing_steps
from matcher.matching.reminder_queries import (
    SUBJECTS,
    arranged_seq,
    planned_seq,
    told_people,
    was_asked_again,
    was_told,
)
from matcher.matching.reminders import Reminder, reminder_due
from matcher.matching.runbook_models import RunbookVersion
from matcher.matching.runbook_queries import address_of, halves_of
from matcher.matching.runbooks import Half
from matcher.matching.states import UNDO_SECONDS, HybridStep, MatchState, Side
from matcher.notices.services import enqueue
from matcher.offers.models import Offer
from matcher.requests.models import Request

CHANNELS = ("mail", "inbox")
AGAIN, CHANGED = "matching/how_was_it_again", "matching/runbook_changed"
_OTHER = {Side.SCHOOL: Side.COMPANY, Side.COMPANY: Side.SCHOOL}


def remind(session: Session, match_id: int, *, now: datetime) -> bool:
    """A week and two working days before a visit, once each for as long as it is the same visit."""
    match, request, offer = locked(session, match_id)
    moment = chosen_moment(session, match.id)
    which = reminder_due(moment.day, now) if moment is not None else None
    if match.state is not MatchState.APPROVED or moment is None or which is None or _has_started(session, match, now):
        return False
    template, seq = letter_for(match.kind, which), arranged_seq(session, match.id)
    if was_told(session, match.id, template, seq):
        return False
    # Whom a change of visitor does not concern is not told twice of the same moment.
    has_it = told_people(session, match.id, template, planned_seq(session, match.id))
    last = session.get_one(MatchEvent, (match.id, match.seq))
    params = step_params(session, match, request, offer, last, moment)
    params |= {"address": address_of(session, request, offer)}
    halves, unmailed = halves_of(session, match, request, offer), quiet(session, match, request, offer)
    for side in BOTH:
        for recipient in people_of(session, side, match, request, offer, now=now):
            if side is Side.SCHOOL and recipient.user_id in has_it:
                continue
            away = seconds_away(session, place_of(side, request, offer), recipient, now)
            enqueue(
                session,
                recipient=recipient,
                template=template,
                params=params | {"side": side.value} | _runbook(halves, side, match.id),
                subject="match",
                subject_id=match.id,
                seq=seq,
                now=now,
                hold_seconds=max(UNDO_SECONDS, away),
                channels=channels_for(side, CHANNELS, unmailed),
            )
    return True


def _has_started(session: Session, match: Match, now: datetime) -> bool:
    """A start may be noted before its day."""
    step = standing_steps(session, [match.id])[match.id].get(HybridStep.STARTED)
    return step is not None and step.on_day <= local_date(now)


def _runbook(halves: dict[Side, Half], side: Side, match_id: int) -> dict[str, Any]:
    """What this reader is told: what is known, what they are still asked, and what the other side still owes."""
    mine, theirs = halves[side], halves[_OTHER[side]]
    return {
        "known": [[half.side.value, item.value, text] for half in (theirs, mine) for item, text in half.known],
        "missing": [item.value for item in mine.missing],
        "awaited": [item.value for item in theirs.missing],
        "other_side": theirs.side.value,
        "answers_to": f"/matches/{match_id}/runbook",
    }


def tell_of_runbook(
    session: Session, match: Match, request: Request, offer: Offer, row: RunbookVersion, *, actor: Actor, now: datetime
) -> None:
    """Whoever was already reminded hears what changed since; before that the reminder itself will say it."""
    moment = chosen_moment(session, match.id)
    if match.state is not MatchState.APPROVED or moment is None or not _was_reminded(session, match):
        return
    other = _OTHER[row.side]
    last = session.get_one(MatchEvent, (match.id, match.seq))
    halves, unmailed = halves_of(session, match, request, offer), quiet(session, match, request, offer)
    told = {
        **step_params(session, match, request, offer, last, moment),
        "actor": actor.name,
        "side": other.value,
        "address": address_of(session, request, offer),
    }
    for recipient in people_of(session, other, match, request, offer, now=now):
        enqueue(
            session,
            recipient=recipient,
            template=CHANGED,
            params=told | _runbook(halves, other, match.id),
            subject=f"{row.side.value}_runbook",
            subject_id=match.id,
            seq=row.version,
            now=now,
            hold_seconds=UNDO_SECONDS,
            channels=channels_for(other, CHANNELS, unmailed),
        )


def _was_reminded(session: Session, match: Match) -> bool:
    since = planned_seq(session, match.id)
    return any(was_told(session, match.id, letter_for(match.kind, which), since) for which in Reminder)


def ask_once_more(session: Session, match_id: int, *, now: datetime) -> bool:
    """The side that did not say how it was, once, some working days after the visit."""
    match, request, offer = locked(session, match_id)
    reports = reports_of(session, match.id)
    silent = [side for side in BOTH if side not in reports]
    if match.state is not MatchState.APPROVED or not silent or was_asked_again(session, match.id):
        return False
    last = session.get_one(MatchEvent, (match.id, match.seq))
    params = step_params(session, match, request, offer, last, chosen_moment(session, match.id))
    unmailed = quiet(session, match, request, offer)
    for side in silent:
        for recipient in people_of(session, side, match, request, offer, now=now):
            enqueue(
                session,
                recipient=recipient,
                template=AGAIN,
                params=params | {"side": side.value, "other_said": len(silent) == 1},
                subject=SUBJECTS[side],
                subject_id=match.id,
                seq=1,
                now=now,
                hold_seconds=max(UNDO_SECONDS, seconds_away(session, place_of(side, request, offer), recipient, now)),
                channels=channels_for(side, CHANNELS, unmailed),
            )
    return True
