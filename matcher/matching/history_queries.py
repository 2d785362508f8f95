"""What happened before, up to one moment: asks, answers and visits of people, folded from the chains of events."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from matcher.clock import AMSTERDAM, local_date, school_year, school_year_dates
from matcher.matching.models import Match, MatchEvent, MatchMoment, VisitReport
from matcher.matching.states import NEVER_SENT, TAKES_PLACE, Action, MatchState, Side
from matcher.matching.views import History, RequestView
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request

ANSWERS = frozenset({Action.ACCEPT, Action.DECLINE, Action.HAND_OVER, Action.SUGGEST_MOMENT})
IN_TIME = timedelta(days=3)
LOOK_BACK = timedelta(days=3 * 365)

Guest = tuple[str, int]  # ("person", user id) or ("offer", offer id) where nobody is named


def guest_of(person_id: int | None, offer_id: int) -> Guest:
    return ("person", person_id) if person_id is not None else ("offer", offer_id)


@dataclass
class Tally:
    """One guest's history while it is being counted."""

    history: History = field(default_factory=History)
    asked_by: set[int] = field(default_factory=set)

    def add(self, **counts: int) -> None:
        added = {name: getattr(self.history, name) + count for name, count in counts.items()}
        self.history = replace(self.history, **added)


def tallies(
    session: Session, request: RequestView, *, person_ids: Collection[int], offer_ids: Collection[int], as_of: datetime
) -> dict[Guest, Tally]:
    """Per guest everything the facts need, in one statement. Steps after `as_of` do not exist."""
    return tallied(chains_of(session, person_ids=person_ids, offer_ids=offer_ids, as_of=as_of), request, as_of)


def chains_of(
    session: Session, *, person_ids: Collection[int], offer_ids: Collection[int], as_of: datetime
) -> list[list[Any]]:
    """Every match of these guests as the rows of its steps; steps after `as_of` do not exist."""
    query = (
        select(
            Match.id.label("match_id"),
            Match.professional_id,
            Match.visitor_id,
            Match.offer_id,
            Match.request_id,
            Match.side,
            Match.created_at,
            Request.organisation_id.label("school_id"),
            Request.level,
            MatchMoment.day,
            MatchEvent.action,
            MatchEvent.to_state,
            MatchEvent.role,
            MatchEvent.reason,
            MatchEvent.at,
        )
        .join(Request, Request.id == Match.request_id)
        .join(MatchEvent, and_(MatchEvent.match_id == Match.id, MatchEvent.at <= as_of))
        .outerjoin(MatchMoment, and_(MatchMoment.match_id == Match.id, MatchMoment.chosen))
        .where(
            or_(
                Match.professional_id.in_(person_ids),
                and_(Match.professional_id.is_(None), Match.offer_id.in_(offer_ids)),
            ),
            Match.created_at > as_of - LOOK_BACK,
        )
        .order_by(Match.id, MatchEvent.seq)
    )
    return [list(chain) for _match_id, chain in groupby(session.execute(query), key=lambda row: row.match_id)]


def tallied(chains: Iterable[Sequence[Any]], request: RequestView, as_of: datetime) -> dict[Guest, Tally]:
    """The same steps counted for one request: who came here, at this level, this school year."""
    found: dict[Guest, Tally] = defaultdict(Tally)
    for rows in chains:
        _count(found[guest_of(rows[0].professional_id, rows[0].offer_id)], rows, request, as_of)
    return found


def _count(tally: Tally, rows: Sequence[Any], request: RequestView, as_of: datetime) -> None:
    first, state = rows[0], MatchState(rows[-1].to_state)
    if rows[-1].reason == NEVER_SENT:
        return
    if first.request_id == request.id:
        tally.asked_by.add(request.id)
    if first.side is not Side.COMPANY and not _was_registered(first):
        _count_ask(tally, first, state, list(_standing(rows)), as_of)
    day = first.day or first.created_at.astimezone(AMSTERDAM).date()
    if state in TAKES_PLACE and school_year(day) == request.school_year:
        tally.add(taken=1)
    if state is MatchState.HELD and first.visitor_id in (None, first.professional_id):
        tally.add(
            visits_total=1,
            visits_here=int(first.school_id == request.organisation_id),
            level_visits=int(first.level is not None and first.level == request.level),
        )


def _was_registered(first: Any) -> bool:
    """Noted when it was over: nobody was asked through the service, so it says nothing about answering."""
    return first.day is not None and first.day < first.created_at.astimezone(AMSTERDAM).date()


def _standing(rows: Sequence[Any]) -> Iterator[Any]:
    """The steps that were not undone."""
    kept: list[Any] = []
    for row in rows:
        if row.action is Action.UNDO:
            kept.pop()
        else:
            kept.append(row)
    return iter(kept)


def _count_ask(tally: Tally, first: Any, state: MatchState, steps: list[Any], as_of: datetime) -> None:
    answers = [step for step in steps if step.role is Side.COMPANY and step.action in ANSWERS]
    due = bool(answers) or state is MatchState.EXPIRED
    tally.add(
        asks_due=int(due),
        answered=int(bool(answers)),
        answered_in_time=int(bool(answers) and answers[0].at - first.created_at <= IN_TIME),
        yes=int(any(step.action is Action.ACCEPT for step in answers)),
        open_asks=int(state is MatchState.PROPOSED),
    )
    days = (as_of - first.created_at).total_seconds() / 86_400
    known = tally.history.days_since_ask
    tally.history = replace(tally.history, days_since_ask=days if known is None else min(known, days))


def partnerships(session: Session, school_id: int, company_ids: Collection[int], *, as_of: datetime) -> dict[int, int]:
    """Per organisation how many visits of its people at this school were held."""
    found = partnerships_at(session, [school_id], company_ids, as_of=as_of)
    return {company_id: count for (_school, company_id), count in found.items()}


def partnerships_at(
    session: Session, school_ids: Collection[int], company_ids: Collection[int], *, as_of: datetime
) -> dict[tuple[int, int], int]:
    """(School, organisation) → visits of its people that were held there."""
    query = (
        select(Request.organisation_id, Offer.organisation_id, func.count())
        .select_from(Match)
        .join(Request, Request.id == Match.request_id)
        .join(Offer, Offer.id == Match.offer_id)
        .join(MatchEvent, and_(MatchEvent.match_id == Match.id, MatchEvent.seq == Match.seq))
        .where(Request.organisation_id.in_(school_ids), Match.state == MatchState.HELD, MatchEvent.at <= as_of)
        .where(Offer.organisation_id.in_(company_ids))
        .group_by(Request.organisation_id, Offer.organisation_id)
    )
    return {(row[0], row[1]): row[2] for row in session.execute(query)}


def visits_at_schools(session: Session, school_ids: Collection[int], *, as_of: datetime) -> dict[int, int]:
    """Per school the visits held there in the year before."""
    query = (
        select(Request.organisation_id, func.count())
        .select_from(Match)
        .join(Request, Request.id == Match.request_id)
        .join(MatchEvent, and_(MatchEvent.match_id == Match.id, MatchEvent.seq == Match.seq))
        .where(Request.organisation_id.in_(school_ids), Match.state == MatchState.HELD)
        .where(MatchEvent.at <= as_of, MatchEvent.at > as_of - timedelta(days=365))
        .group_by(Request.organisation_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def hours_given(session: Session, company_ids: Collection[int], *, as_of: datetime) -> dict[int, float]:
    """Hours in kind this school year per organisation that set itself a budget; what people do in their own name is not
    the employer's."""
    if not company_ids:
        return {}
    first_day: date = school_year_dates(school_year(local_date(as_of)))[0]
    began = datetime(first_day.year, first_day.month, first_day.day, tzinfo=AMSTERDAM)
    query = (
        select(Offer.organisation_id, func.sum(VisitReport.hours))
        .select_from(VisitReport)
        .join(Match, Match.id == VisitReport.match_id)
        .join(Offer, Offer.id == Match.offer_id)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .where(Organisation.hours_budget.is_not(None), Offer.organisation_id.in_(company_ids))
        .where(VisitReport.side == Side.COMPANY, VisitReport.at >= began, VisitReport.at <= as_of)
        .where(VisitReport.happened, Offer.own_name.is_(False))
        .group_by(Offer.organisation_id)
    )
    return {company_id: float(hours or 0.0) for company_id, hours in session.execute(query)}
