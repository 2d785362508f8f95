"""Which visits people are to be reminded of, and which sides are to be asked once more how it was."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from matcher.clock import local_date
from matcher.db import Database
from matcher.matching.due_queries import HOW_WAS_IT, MOST
from matcher.matching.letters import every
from matcher.matching.models import HybridStepTaken, Match, MatchEvent, MatchMoment, VisitReport
from matcher.matching.reminders import Reminder, asked_before, days_due
from matcher.matching.states import UNDO_SECONDS, Action, HybridStep, MatchState, Side
from matcher.notices.models import NoticeState, Outbox

_PLANS = (Action.ACCEPT, Action.MOVE)
ARRANGES = (*_PLANS, Action.CHANGE_VISITOR)
"""Steps after which an earlier reminder says something else than what holds now."""
FRESH = {Reminder.WEEK: timedelta(days=1), Reminder.SOON: timedelta(seconds=UNDO_SECONDS)}
"""So long after a step nobody is reminded: the letter about the step has just said it."""
SUBJECTS = {Side.SCHOOL: "school_report", Side.COMPANY: "company_report"}
"""Under these a side is asked once more how it was, so that sending can ask whether it answered."""
LEFT = (NoticeState.SENT, NoticeState.INFLIGHT)


def _last_step(actions: Iterable[Action]) -> Select[int]:
    return select(func.max(MatchEvent.seq)).where(MatchEvent.match_id == Match.id, MatchEvent.action.in_(actions))


def to_remind(database: Database, now: datetime) -> list[int]:
    """Approved visits whose day is near and of which nobody was told yet as they are now."""
    found: list[int] = []
    with database.read() as session:
        for which, days in days_due(now).items():
            near = _near(which, now).where(MatchMoment.day.in_(days)).limit(MOST)
            found += session.scalars(near) if days else []
    return found


def _near(which: Reminder, now: datetime) -> Select[int]:
    told = exists().where(
        Outbox.subject == "match",
        Outbox.subject_id == Match.id,
        Outbox.template.in_(every(which)),
        Outbox.seq >= _last_step(ARRANGES).correlate(Match).scalar_subquery(),
    )
    started = exists().where(
        HybridStepTaken.match_id == Match.id,
        HybridStepTaken.step == HybridStep.STARTED,
        HybridStepTaken.taken_back_at.is_(None),
        HybridStepTaken.on_day <= local_date(now),
    )
    return (
        select(Match.id)
        .join(MatchMoment, (MatchMoment.match_id == Match.id) & MatchMoment.chosen)
        .where(Match.state == MatchState.APPROVED, MatchMoment.start_s > now.timestamp())
        .where(Match.changed_at <= now - FRESH[which], ~told, ~started)
        .order_by(Match.id)
    )


def arranged_seq(session: Session, match_id: int) -> int:
    """The step that made the visit what it is now: agreed, moved, or somebody else coming."""
    return _seq(session, match_id, ARRANGES)


def planned_seq(session: Session, match_id: int) -> int:
    """The step that chose its moment."""
    return _seq(session, match_id, _PLANS)


def _seq(session: Session, match_id: int, actions: Iterable[Action]) -> int:
    return session.scalar(_last_step(actions).where(Match.id == match_id)) or 1


def was_told(session: Session, match_id: int, template: str, since_seq: int) -> bool:
    """Whether this letter was written about the visit as it has been since that step."""
    return bool(session.scalar(select(exists().where(_letter(match_id, template, since_seq)))))


def told_people(session: Session, match_id: int, template: str, since_seq: int) -> set[int]:
    """Who has it."""
    query = select(Outbox.recipient_user_id).where(_letter(match_id, template, since_seq), Outbox.state.in_(LEFT))
    return {person for person in session.scalars(query) if person is not None}


def _letter(match_id: int, template: str, since_seq: int) -> ColumnElement[bool]:
    return (
        (Outbox.subject == "match")
        & (Outbox.subject_id == match_id)
        & (Outbox.template == template)
        & (Outbox.seq >= since_seq)
    )


def silent(database: Database, now: datetime) -> list[int]:
    """Visits of which both sides were asked how it was some working days ago, and at least one said nothing."""
    reports = select(func.count(VisitReport.side)).where(VisitReport.match_id == Match.id).scalar_subquery()
    asked = exists().where(
        Outbox.subject == "match",
        Outbox.subject_id == Match.id,
        Outbox.template.in_(every(HOW_WAS_IT)),
        Outbox.created_at < asked_before(now),
    )
    again = exists().where(_asked_again(Match.id))
    query = select(Match.id).where(Match.state == MatchState.APPROVED, reports < 2, asked, ~again)
    with database.read() as session:
        return list(session.scalars(query.order_by(Match.id).limit(MOST)))


def was_asked_again(session: Session, match_id: int) -> bool:
    return bool(session.scalar(select(exists().where(_asked_again(match_id)))))


def _asked_again(match_id: Any) -> ColumnElement[bool]:
    return and_(Outbox.subject.in_(SUBJECTS.values()), Outbox.subject_id == match_id)
