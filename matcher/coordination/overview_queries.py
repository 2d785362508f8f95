"""What waits for a coordinator and what happens soon; every decision that was taken. Fixed numbers of statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.i18n import _, format_datetime
from matcher.matching import timeline
from matcher.matching.list_queries import MatchRow, match_rows
from matcher.matching.models import Match, MatchEvent, MatchMoment
from matcher.matching.states import Action, MatchState, Side
from matcher.organisations.models import Organisation
from matcher.requests.models import Request

WEEK = timedelta(days=7)
DECISIONS = (Action.APPROVE, Action.REJECT)


@dataclass(frozen=True)
class DecisionLine:
    """One decision as a line; texts in the reader's language."""

    match_id: int
    title: str
    school: str
    text: str
    who: str
    when: str
    note: str
    tone: str


def coming_visits(session: Session, actor: Actor, now: datetime, *, limit: int = 8) -> list[MatchRow]:
    """Approved visits of these regions in the next seven days, the nearest first."""
    query = (
        select(Match)
        .join(MatchMoment, and_(MatchMoment.match_id == Match.id, MatchMoment.chosen))
        .where(Match.state == MatchState.APPROVED, Match.region_id.in_(actor.region_ids))
        .where(MatchMoment.start_s > now.timestamp(), MatchMoment.start_s <= (now + WEEK).timestamp())
        .order_by(MatchMoment.start_s, Match.id)
    )
    return match_rows(session, session.scalars(query.limit(limit)).all(), actor, now)


def decisions_query(region_ids: Iterable[int]) -> Select[MatchEvent]:
    """What coordinators did, and what rules of a region approved, the latest first; for paging."""
    return (
        select(MatchEvent)
        .join(Match, Match.id == MatchEvent.match_id)
        .where(Match.region_id.in_(list(region_ids)))
        .where(or_(MatchEvent.role == Side.COORDINATOR, MatchEvent.action.in_(DECISIONS)))
        .order_by(MatchEvent.at.desc(), MatchEvent.match_id.desc(), MatchEvent.seq.desc())
    )


def decision_lines(session: Session, events: Sequence[MatchEvent], actor: Actor) -> list[DecisionLine]:
    """The page's events in words, in two statements."""
    titles = _titles(session, {event.match_id for event in events})
    people = {event.actor_id for event in events} - {None}
    query = select(User.id, User.name).where(User.id.in_(people))
    names = {row.id: row.name for row in session.execute(query)}
    return [
        DecisionLine(
            match_id=event.match_id,
            title=titles[event.match_id].title,
            school=titles[event.match_id].name,
            text=timeline.sentence(event.action, event.role, event.from_state, event.reason),
            who=_("you") if event.actor_id == actor.user_id else names.get(event.actor_id or 0, "Matcher"),
            when=format_datetime(event.at),
            note=event.note,
            tone=timeline.tone(event.action),
        )
        for event in events
    ]


def _titles(session: Session, match_ids: Iterable[int]) -> dict[int, Any]:
    """Match → title of the request and name of the school."""
    query = (
        select(Match.id, Request.title, Organisation.name)
        .join(Request, Request.id == Match.request_id)
        .join(Organisation, Organisation.id == Request.organisation_id)
    )
    return {row.id: row for row in session.execute(query.where(Match.id.in_(list(match_ids))))}


def decided_since(session: Session, region_ids: Iterable[int], since: datetime) -> dict[str, Any]:
    """How many approvals and refusals, and how long the approvals took at the middle, in hours."""
    said_yes = select(MatchEvent.match_id, func.max(MatchEvent.at).label("at"))
    said_yes = said_yes.where(MatchEvent.action == Action.ACCEPT, MatchEvent.to_state == MatchState.ACCEPTED.value)
    agreed = said_yes.group_by(MatchEvent.match_id).subquery()
    query = (
        select(MatchEvent.action, MatchEvent.at, agreed.c.at)
        .join(Match, Match.id == MatchEvent.match_id)
        .join(agreed, agreed.c.match_id == MatchEvent.match_id)
        .where(Match.region_id.in_(list(region_ids)), MatchEvent.action.in_(DECISIONS), MatchEvent.at >= since)
    )
    rows = session.execute(query).all()
    hours = sorted((decided - yes).total_seconds() / 3600 for action, decided, yes in rows if action is Action.APPROVE)
    return {
        "approved": len(hours),
        "rejected": len(rows) - len(hours),
        "middle_hours": round(hours[len(hours) // 2]) if hours else None,
    }


def passed_without_approval(
    session: Session, region_ids: Iterable[int] | None, since: datetime, until: datetime
) -> int:
    """Both said yes and the date passed without a decision, in these regions or in the whole country."""
    query = (
        select(func.count())
        .select_from(MatchEvent)
        .join(Match, Match.id == MatchEvent.match_id)
        .where(MatchEvent.action == Action.EXPIRE, MatchEvent.from_state == MatchState.ACCEPTED.value)
        .where(MatchEvent.at >= since, MatchEvent.at < until)
    )
    return session.scalar(query if region_ids is None else query.where(Match.region_id.in_(list(region_ids)))) or 0
