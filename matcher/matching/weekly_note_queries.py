"""Requests nobody said yes to: which of them it is time to write about, and where each stands, in numbers."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from matcher.clock import local_date
from matcher.matching.eligibility import NeverCode
from matcher.matching.models import Match
from matcher.matching.states import NEVER_SENT, TAKES_PLACE, MatchState
from matcher.matching.suggestion_models import RequestTick
from matcher.matching.suggestion_services import suggest
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
MOST_REASONS = 2


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


def standing_of(session: Session, request_id: int, now: datetime) -> Standing:
    """Counts only: who said what stands on the page of the request. Looks afresh who fits."""
    query = select(Match.state, Match.reason, func.count()).where(Match.request_id == request_id)
    rows = session.execute(query.group_by(Match.state, Match.reason)).all()
    states: Counter[MatchState] = Counter()
    declined: Counter[str] = Counter()
    for state, reason, count in rows:
        if reason == NEVER_SENT:
            continue
        states[state] += count
        if state is MatchState.DECLINED:
            declined[reason or "none_given"] += count
    ticked = select(func.count()).where(RequestTick.request_id == request_id, RequestTick.asked_at.is_(None))
    found = suggest(session, request_id=request_id, now=now)
    in_the_way = {code: count for code, count in found.never.items() if code != NeverCode.ALREADY_ASKED.value}
    return Standing(
        asked=states.total(),
        waiting=states[MatchState.PROPOSED],
        ticked=session.scalar(ticked) or 0,
        no_answer=states[MatchState.EXPIRED],
        ended=states[MatchState.WITHDRAWN] + states[MatchState.CANCELLED] + states[MatchState.REJECTED],
        declined=dict(sorted(declined.items(), key=lambda item: (-item[1], item[0]))),
        fits=found.eligible,
        changes=list(found.smallest_change),
        never=dict(list(in_the_way.items())[:MOST_REASONS]),
    )
