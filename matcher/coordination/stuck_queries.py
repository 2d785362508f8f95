"""What needs a coordinator because it does not go by itself. A fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from matcher.accounts.policy import Actor
from matcher.clock import local_date
from matcher.coordination.approve_queries import approval_queue
from matcher.coordination.cockpit import QueueItem
from matcher.matching.deadlines import name_due
from matcher.matching.labels import SIDES, reason_clause
from matcher.matching.list_queries import MatchRow, match_rows
from matcher.matching.models import Match, MatchMoment, VisitReport
from matcher.matching.states import LIVE, TAKES_PLACE, MatchState
from matcher.matching.suggestion_models import RequestTick, SuggestionRun
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, RequestMoment
from matcher.requests.states import RequestState

MOST = 100
SOON = timedelta(days=14)
GRACE = timedelta(days=2)
"""A school gets this long to choose by itself before the coordinator sees it."""


@dataclass(frozen=True)
class StuckRequest:
    """An open request nobody is busy with. `eligible` is none when nobody looked yet; `next_day` its nearest moment."""

    id: int
    title: str
    school: str
    place: str | None
    since: datetime
    eligible: int | None
    next_day: date | None


@dataclass(frozen=True)
class Answer:
    """What one side said of a visit."""

    who: str
    happened: bool
    reason: str
    note: str


@dataclass(frozen=True)
class Disagreement:
    row: MatchRow
    answers: list[Answer]


@dataclass(frozen=True)
class Stuck:
    """Every list has the most pressing line first."""

    disagreements: list[Disagreement] = field(default_factory=list)
    nobody_fits: list[StuckRequest] = field(default_factory=list)
    nobody_asked: list[StuckRequest] = field(default_factory=list)
    expiring: list[MatchRow] = field(default_factory=list)
    waiting_long: list[QueueItem] = field(default_factory=list)
    nameless: list[MatchRow] = field(default_factory=list)

    @property
    def total(self) -> int:
        lists = (
            self.disagreements,
            self.nobody_fits,
            self.nobody_asked,
            self.expiring,
            self.waiting_long,
            self.nameless,
        )
        return sum(len(each) for each in lists)

    @property
    def in_menu(self) -> int:
        """What `stuck_count` counts: late approvals stand with what waits for approval already."""
        return len(self.disagreements) + len(self.nobody_fits) + len(self.nobody_asked)


def stuck(session: Session, actor: Actor, now: datetime, *, queue: Sequence[QueueItem] | None = None) -> Stuck:
    """`queue` is the approval queue when the caller already has it."""
    waiting = _idle_requests(session, actor.region_ids, now)
    queue = approval_queue(session, actor, now) if queue is None else queue
    return Stuck(
        disagreements=_disagreements(session, actor, now),
        nobody_fits=[each for each in waiting if each.eligible == 0],
        nobody_asked=[each for each in waiting if each.eligible != 0],
        expiring=match_rows(session, session.scalars(_expiring(actor.region_ids, now)).all(), actor, now),
        waiting_long=[item for item in queue if item.late],
        nameless=_nameless(session, actor, now),
    )


def stuck_count(session: Session, region_ids: Iterable[int], now: datetime) -> int:
    """The number in the header: requests nobody is busy with, and visits with two different answers."""
    idle = select(func.count()).select_from(_idle(region_ids, now).order_by(None).subquery())
    differ = select(func.count()).select_from(_differing(region_ids).order_by(None).subquery())
    return (session.scalar(idle) or 0) + (session.scalar(differ) or 0)


def _idle(region_ids: Iterable[int], now: datetime) -> Any:
    """Open requests without a place taken, an invitation under way or somebody still to ask, the nearest day first.

    A request whose moments are all over is out of reach for everybody and not shown.
    """
    busy = exists().where(Match.request_id == Request.id, Match.state.in_(LIVE | TAKES_PLACE))
    pending = exists().where(RequestTick.request_id == Request.id, RequestTick.asked_at.is_(None))
    run = aliased(SuggestionRun)
    newest = select(func.max(run.id)).where(run.request_id == Request.id).correlate(Request).scalar_subquery()
    ahead = select(func.min(RequestMoment.day)).where(
        RequestMoment.request_id == Request.id, RequestMoment.start_s > now.timestamp()
    )
    next_day = ahead.correlate(Request).scalar_subquery()
    no_moments = ~exists().where(RequestMoment.request_id == Request.id)
    return (
        select(
            Request.id,
            Request.title,
            Organisation.name,
            Organisation.place,
            Request.published_at,
            SuggestionRun.eligible,
            next_day.label("next_day"),
        )
        .join(Organisation, Organisation.id == Request.organisation_id)
        .outerjoin(SuggestionRun, SuggestionRun.id == newest)
        .where(Request.state == RequestState.OPEN, Request.region_id.in_(list(region_ids)), ~busy, ~pending)
        .where((Request.published_at < now - GRACE) | (SuggestionRun.eligible == 0))
        .where(next_day.is_not(None) | no_moments)
        .order_by(next_day, Request.published_at, Request.id)
    )


def _idle_requests(session: Session, region_ids: Iterable[int], now: datetime) -> list[StuckRequest]:
    rows = session.execute(_idle(region_ids, now).limit(MOST))
    return [StuckRequest(*row) for row in rows]


def _expiring(region_ids: Iterable[int], now: datetime) -> Select[Match]:
    """Invitations without an answer whose time is nearly up."""
    query = select(Match).where(Match.state == MatchState.PROPOSED, Match.region_id.in_(list(region_ids)))
    query = query.where(Match.expires_at > now, Match.expires_at <= now + GRACE)
    return query.order_by(Match.expires_at, Match.id).limit(MOST)


def _nameless(session: Session, actor: Actor, now: datetime) -> list[MatchRow]:
    """Approved visits ahead whose name is late, the nearest first."""
    query = (
        select(Match, MatchMoment.day)
        .join(MatchMoment, (MatchMoment.match_id == Match.id) & MatchMoment.chosen)
        .where(Match.state == MatchState.APPROVED, Match.region_id.in_(list(actor.region_ids)))
        .where(Match.name_follows, Match.visitor_id.is_(None))
        .where(MatchMoment.start_s > now.timestamp(), MatchMoment.start_s <= (now + SOON).timestamp())
        .order_by(MatchMoment.start_s, Match.id)
    )
    late = [match for match, day in session.execute(query.limit(MOST)) if local_date(now) > name_due(day)]
    return match_rows(session, late, actor, now)


def _differing(region_ids: Iterable[int]) -> Select[Match]:
    yes = exists().where(VisitReport.match_id == Match.id, VisitReport.happened)
    no = exists().where(VisitReport.match_id == Match.id, ~VisitReport.happened)
    query = select(Match).where(Match.state == MatchState.APPROVED, Match.region_id.in_(list(region_ids)), yes, no)
    return query.order_by(Match.changed_at, Match.id)


def _disagreements(session: Session, actor: Actor, now: datetime) -> list[Disagreement]:
    rows = match_rows(session, session.scalars(_differing(actor.region_ids).limit(MOST)).all(), actor, now)
    answers: dict[int, list[Answer]] = defaultdict(list)
    query = select(VisitReport).where(VisitReport.match_id.in_([row.id for row in rows])).order_by(VisitReport.side)
    for report in session.scalars(query):
        words = reason_clause(report.reason)
        answers[report.match_id].append(Answer(str(SIDES[report.side]), report.happened, words, report.note))
    return [Disagreement(row, answers[row.id]) for row in rows]
