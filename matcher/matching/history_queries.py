"""What happened before, up to one moment: asks, answers and visits of people, folded from the chains of events."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from matcher.clock import AMSTERDAM, local_date, school_year, school_year_dates
from matcher.matching.forgotten_models import ForgottenNo
from matcher.matching.held_queries import known_at, moment_of_step
from matcher.matching.memory import Asked, Memory, growing
from matcher.matching.models import Match, MatchEvent, MatchMoment, VisitReport
from matcher.matching.outcomes import standing
from matcher.matching.states import NEVER_SENT, TAKES_PLACE, Action, DeclineReason, MatchState, Side
from matcher.matching.views import Guest, History, RequestView, guest_of
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, RequestTopic

ANSWERS = frozenset({Action.ACCEPT, Action.DECLINE, Action.HAND_OVER, Action.SUGGEST_MOMENT})
IN_TIME = timedelta(days=3)
LOOK_BACK = timedelta(days=3 * 365)


@dataclass(frozen=True)
class Chain:
    """One match as the rows of its steps; `topics` of its request, where a no named them."""

    rows: Sequence[Any]
    topics: frozenset[int]

    def about(self, no: str | None) -> Asked:
        """What was asked then, for the memory of who was asked."""
        first = self.rows[0]
        return Asked(growing(first.created_at), first.lat or 0.0, first.lon or 0.0, first.level, self.topics, no)


@dataclass(frozen=True)
class Ask:
    """What one ask came to. `no`: the coded reason of a no that was not forgotten; `due`: answered, or lapsed."""

    due: bool
    answered: bool
    in_time: bool
    yes: bool
    no: str | None
    is_open: bool


@dataclass
class Tally:
    """One guest's history while it is being counted."""

    history: History = field(default_factory=History)
    memory: Memory = field(default_factory=Memory)
    asked_by: set[int] = field(default_factory=set)

    def add(self, **counts: int) -> None:
        added = {name: getattr(self.history, name) + count for name, count in counts.items()}
        self.history = replace(self.history, **added)


def tallies(
    session: Session, request: RequestView, *, person_ids: Collection[int], offer_ids: Collection[int], as_of: datetime
) -> dict[Guest, Tally]:
    """Per guest everything the facts need, in at most two statements. Steps after `as_of` do not exist."""
    return tallied(chains_of(session, person_ids=person_ids, offer_ids=offer_ids, as_of=as_of), request, as_of)


def chains_of(
    session: Session, *, person_ids: Collection[int], offer_ids: Collection[int], as_of: datetime
) -> list[Chain]:
    """Every match of these guests with its steps; steps after `as_of` do not exist."""
    rows = session.execute(_steps_query(person_ids, offer_ids, as_of)).all()
    chains = [list(chain) for _match_id, chain in groupby(rows, key=lambda row: row.match_id)]
    named = {rows[0].request_id for rows in chains if any(row.reason == DeclineReason.NOT_MY_TOPIC for row in rows)}
    topics = _topics_of(session, named)
    return [Chain(rows, topics[rows[0].request_id]) for rows in chains]


def _topics_of(session: Session, request_ids: Collection[int]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    if request_ids:
        query = select(RequestTopic.request_id, RequestTopic.topic_id).where(RequestTopic.request_id.in_(request_ids))
        for request_id, topic_id in session.execute(query):
            found[request_id].add(topic_id)
    return defaultdict(frozenset, {request_id: frozenset(topics) for request_id, topics in found.items()})


def _steps_query(person_ids: Collection[int], offer_ids: Collection[int], as_of: datetime) -> Any:
    return (
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
            Organisation.lat,
            Organisation.lon,
            ForgottenNo.at.label("forgotten_at"),
        )
        .join(Request, Request.id == Match.request_id)
        .join(Organisation, Organisation.id == Request.organisation_id)
        .join(MatchEvent, and_(MatchEvent.match_id == Match.id, known_at(as_of)))
        .outerjoin(MatchMoment, MatchMoment.id == moment_of_step())
        .outerjoin(ForgottenNo, and_(ForgottenNo.match_id == Match.id, ForgottenNo.at <= as_of))
        .where(
            or_(
                Match.professional_id.in_(person_ids),
                and_(Match.professional_id.is_(None), Match.offer_id.in_(offer_ids)),
            ),
            Match.created_at > as_of - LOOK_BACK,
        )
        .order_by(Match.id, MatchEvent.seq)
    )


def tallied(chains: Iterable[Chain], request: RequestView, as_of: datetime) -> dict[Guest, Tally]:
    """The same steps counted for one request: who came here, at this level, this school year."""
    found: dict[Guest, Tally] = defaultdict(Tally)
    for chain in chains:
        first = chain.rows[0]
        _count(found[guest_of(first.professional_id, first.offer_id)], chain, request, as_of)
    return found


def _count(tally: Tally, chain: Chain, request: RequestView, as_of: datetime) -> None:
    rows = chain.rows
    first, state = rows[0], MatchState(rows[-1].to_state)
    if rows[-1].reason == NEVER_SENT:
        return
    if first.request_id == request.id:
        tally.asked_by.add(request.id)
    ask = ask_of(rows)
    if ask is not None:
        _count_ask(tally, chain, ask, as_of)
    if state in TAKES_PLACE and school_year(day_of(rows)) == request.school_year:
        tally.add(taken=1)
    if state is MatchState.HELD and first.visitor_id in (None, first.professional_id):
        tally.add(
            visits_total=1,
            visits_here=int(first.school_id == request.organisation_id),
            level_visits=int(first.level is not None and first.level == request.level),
        )


def ask_of(rows: Sequence[Any]) -> Ask | None:
    """None when nobody was asked through the service: never sent, come forward, or noted when it was over."""
    if rows[-1].reason == NEVER_SENT or rows[0].side is Side.COMPANY or day_of(rows) < _asked_on(rows):
        return None
    first, state = rows[0], MatchState(rows[-1].to_state)
    answers = [step for step in standing(rows) if step.role is Side.COMPANY and step.action in ANSWERS]
    noes = [step.reason or DeclineReason.NONE_GIVEN for step in answers if step.action is Action.DECLINE]
    return Ask(
        due=bool(answers) or state is MatchState.EXPIRED,
        answered=bool(answers),
        in_time=bool(answers) and answers[0].at - first.created_at <= IN_TIME,
        yes=any(step.action is Action.ACCEPT for step in answers),
        no=noes[-1] if noes and first.forgotten_at is None else None,
        is_open=state is MatchState.PROPOSED,
    )


def _asked_on(rows: Sequence[Any]) -> date:
    asked: datetime = rows[0].created_at
    return asked.astimezone(AMSTERDAM).date()


def day_of(rows: Sequence[Any]) -> date:
    """The day that was last agreed on, else the day of the asking."""
    found: date = next((step.day for step in reversed(standing(rows)) if step.day is not None), _asked_on(rows))
    return found


def _count_ask(tally: Tally, chain: Chain, ask: Ask, as_of: datetime) -> None:
    first = chain.rows[0]
    tally.add(
        asks_due=int(ask.due),
        answered=int(ask.answered),
        answered_in_time=int(ask.in_time),
        yes=int(ask.yes),
        open_asks=int(ask.is_open),
    )
    if ask.due:
        tally.memory.add(chain.about(ask.no), answered=ask.answered, in_time=ask.in_time, yes=ask.yes)
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
        .where(Request.organisation_id.in_(school_ids), Match.state == MatchState.HELD, known_at(as_of))
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
        .where(known_at(as_of), MatchEvent.at > as_of - timedelta(days=365))
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
