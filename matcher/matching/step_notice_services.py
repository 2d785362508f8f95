"""Who hears of a step of a placement: the other side, and the coordinator on the site. Rows only, sent later."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.matching.behalf_services import quiet
from matcher.matching.calendar import build_event
from matcher.matching.letters import manner_of
from matcher.matching.models import HybridStepTaken, Match, MatchEvent
from matcher.matching.moments import visits_of
from matcher.matching.notice_services import channels_for, people_of, step_params
from matcher.matching.queries import calendar_number, chosen_moment
from matcher.matching.states import UNDO_SECONDS, HybridStep, Side
from matcher.notices.services import enqueue
from matcher.offers.models import Offer
from matcher.requests.models import Request

TAKEN, BACK = "matching/placement_step", "matching/placement_step_back"


def tell_step(
    session: Session, match: Match, request: Request, offer: Offer, row: HybridStepTaken, *, actor: Actor, now: datetime
) -> None:
    """A step that was taken, or taken back. An end tells both sides, because their calendars change with it."""
    is_back = row.taken_back_at is not None
    params = _params(session, match, request, offer, row, actor)
    unmailed = quiet(session, match, request, offer)
    changes_calendar = row.step is HybridStep.ENDED and bool(row.cut)
    for side in (Side.SCHOOL, Side.COMPANY, Side.COORDINATOR):
        if side is row.side and not changes_calendar and not is_back:
            continue
        for recipient in people_of(session, side, match, request, offer, now=now):
            if recipient.user_id == actor.user_id and not changes_calendar:
                continue
            channels = ("inbox",) if side is Side.COORDINATOR else ("mail", "inbox")
            has_calendar = changes_calendar and side is not Side.COORDINATOR
            enqueue(
                session,
                recipient=recipient,
                template=BACK if is_back else TAKEN,
                params=params | {"side": side.value},
                subject="step",
                subject_id=row.id,
                seq=2 if is_back else 1,
                now=now,
                hold_seconds=UNDO_SECONDS,
                channels=channels_for(side, channels, unmailed),
                calendar=_calendar(session, match, params, recipient.email, now) if has_calendar else None,
                calendar_method="REQUEST" if has_calendar else None,
                manner=manner_of(TAKEN),
            )


def _params(
    session: Session, match: Match, request: Request, offer: Offer, row: HybridStepTaken, actor: Actor
) -> dict[str, Any]:
    last = session.get_one(MatchEvent, (match.id, match.seq))
    params = step_params(session, match, request, offer, last, chosen_moment(session, match.id))
    return params | {
        "actor": actor.name if actor.user_id is not None else None,
        "actor_side": row.side.value,
        "step": row.step.value,
        "step_on": row.on_day.isoformat(),
        "hours": row.hours,
        "has_plan_changed": bool(row.cut),
    }


def _calendar(session: Session, match: Match, params: dict[str, Any], address: str, now: datetime) -> str | None:
    """The term as it is now; the same event in the calendars, so that it changes there."""
    moment, host = chosen_moment(session, match.id), session.info.get("host", "matcher.invalid")
    if moment is None:
        return None
    return build_event(
        uid=f"match-{match.id}@{host}",
        sequence=calendar_number(session, match, match.seq),
        method="REQUEST",
        status="CONFIRMED",
        start=datetime.fromtimestamp(moment.start_s, UTC),
        end=datetime.fromtimestamp(moment.end_s, UTC),
        summary=f"{params['title']} – {params['school']}",
        description=params["own_words"],
        location=params["where"],
        organizer=f"noreply@{host}",
        attendees=[address],
        now=now,
        visits=visits_of(moment),
    )
