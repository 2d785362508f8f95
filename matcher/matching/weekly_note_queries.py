"""Requests nobody said yes to: which of them it is time to write about, and where each stands, in numbers."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from matcher.clock import local_date
from matcher.matching.models import Match
from matcher.matching.states import NEVER_SENT, TAKES_PLACE, DeclineReason, MatchState
from matcher.matching.suggestion_models import RequestTick
from matcher.matching.trials import KEY as TRIAL
from matcher.notices.models import Outbox
from matcher.organisations.models import Organisation
from matcher.regions.holidays import school_holidays
from matcher.regions.states import HolidayRegion
from matcher.requests.models import Request
from matcher.requests.states import RequestState

TEMPLATE = "matching/weekly_note"
SUBJECT = "request_note"
WEEK = timedelta(days=7)
SLACK = timedelta(hours=12)
"""The worker does not come at the same second each week."""


@dataclass(frozen=True)
class Standing:
    """Where a request stands: how many were asked, and what became of it. `fits`: people who could still be asked;
    `changes` what would bring somebody in, `never` what stands in the way of most."""

    asked: int = 0
    waiting: int = 0
    ticked: int = 0
    no_answer: int = 0
    ended: int = 0
    declined: dict[str, int] = field(default_factory=dict)
    fits: int = 0
    changes: list[dict[str, Any]] = field(default_factory=list)
    never: dict[str, int] = field(default_factory=dict)

    @property
    def params(self) -> dict[str, Any]:
        return asdict(self) | {"said_no": sum(self.declined.values())}


def due_weekly(session: Session, now: datetime, *, limit: int = 1, request_id: int | None = None) -> list[int]:
    """Open requests with a free place, a week or longer ago, that were not written about this week. Not in the
    holidays of the school."""
    today = local_date(now)
    closed = [region for region in HolidayRegion if school_holidays(region, today, today)]
    written = exists().where(
        Outbox.subject == SUBJECT,
        Outbox.subject_id == Request.id,
        Outbox.template == TEMPLATE,
        Outbox.created_at > now - WEEK + SLACK,
    )
    query = (
        select(Request.id)
        .join(Organisation, Organisation.id == Request.organisation_id)
        .where(is_unanswered(), Request.published_at <= now - WEEK, ~written)
        .where(Organisation.holiday_region.is_(None) | Organisation.holiday_region.not_in(closed))
        .order_by(Request.published_at, Request.id)
    )
    if request_id is not None:
        query = query.where(Request.id == request_id)
    return list(session.scalars(query.limit(limit)))


def is_unanswered() -> ColumnElement[bool]:
    """Still looked for: open, to everybody, and with a free place."""
    taken = select(func.count(Match.id)).where(Match.request_id == Request.id, Match.state.in_(TAKES_PLACE))
    return and_(
        Request.state == RequestState.OPEN,
        Request.details[TRIAL].as_string().is_(None),
        taken.correlate(Request).scalar_subquery() < Request.needed,
    )


def is_still_sought(session: Session, request_id: int) -> bool:
    return session.scalar(select(Request.id).where(Request.id == request_id, is_unanswered())) is not None


def answers_of(session: Session, request_id: int) -> tuple[Counter[MatchState], Counter[str]]:
    """What became of its invitations, and for which reasons people said no."""
    query = select(Match.state, Match.reason, func.count()).where(Match.request_id == request_id)
    states: Counter[MatchState] = Counter()
    declined: Counter[str] = Counter()
    for state, reason, count in session.execute(query.group_by(Match.state, Match.reason)):
        if reason == NEVER_SENT:
            continue
        states[state] += count
        if state is MatchState.DECLINED:
            declined[reason or DeclineReason.NONE_GIVEN.value] += count
    return states, declined


def still_ticked(session: Session, request_id: int) -> int:
    """How many stand on the list and were not asked yet."""
    query = select(func.count()).select_from(RequestTick)
    query = query.where(RequestTick.request_id == request_id, RequestTick.asked_at.is_(None))
    return session.scalar(query) or 0
