"""Lists of matches as rows for pages: what was asked of me, what is agreed, what was. Fixed numbers of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.absence_queries import away_until
from matcher.availability.states import Kind
from matcher.i18n import _, format_day_month, ngettext
from matcher.matching.labels import TONES
from matcher.matching.models import Match, MatchMoment
from matcher.matching.page_queries import moment_text
from matcher.matching.people_queries import away_text
from matcher.matching.placement_wording import state_words
from matcher.matching.policy import MatchFacts, holders, sides_of
from matcher.matching.queries import facts_of, matches_of_company_side, matches_of_school_side, moments_of
from matcher.matching.states import LIVE, MatchState
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.internship_wording import asked_line
from matcher.requests.models import Request

VISIT_DAYS = frozenset({MatchState.HELD, MatchState.MISSED})
"""These were over with the day of the visit."""


@dataclass(frozen=True)
class MatchRow:
    """One line of a list; times are aware UTC, texts in the reader's language."""

    id: int
    request_id: int
    title: str
    school: str
    place: str | None
    guest: str | None
    company: str
    state: MatchState
    state_label: str
    tone: str
    when: str
    mine: bool
    expires: datetime | None
    changed_at: datetime
    facts: MatchFacts
    away: str | None = None
    is_over: bool = False
    """Its time has passed; of an agreed one it may not be known yet whether it took place."""

    @property
    def waits_for_reader(self) -> bool:
        """The other side named a moment; the reader says yes or no to it."""
        return self.mine and self.state is MatchState.PROPOSED

    @property
    def stopped_at(self) -> datetime | None:
        """When it was refused, cancelled or ran out: no visit's day says when it was over."""
        visited = self.state in VISIT_DAYS and self.facts.ends is not None
        return None if self.state in LIVE or visited else self.changed_at

    @property
    def ended_at(self) -> datetime:
        return self.stopped_at or self.facts.ends or self.changed_at


@dataclass(frozen=True)
class AskedPage:
    """A professional's or contact's list, in the order in which things need them, as it is `seen`."""

    to_answer: list[MatchRow]
    to_report: list[MatchRow]
    waiting: list[MatchRow]
    agreed: list[MatchRow]
    past: list[MatchRow]
    seen: datetime

    @property
    def is_empty(self) -> bool:
        return not (self.to_answer or self.to_report or self.waiting or self.agreed or self.past)


def asked_page(session: Session, actor: Actor, now: datetime) -> AskedPage:
    """Everything at the company side of this person."""
    return sorted_rows(match_rows(session, matches_of_company_side(session, actor, now), actor, now), now)


def school_rows(session: Session, actor: Actor, now: datetime) -> list[MatchRow]:
    """Everything at the school side of this person."""
    return match_rows(session, matches_of_school_side(session, actor, now), actor, now)


def sorted_rows(rows: list[MatchRow], now: datetime) -> AskedPage:
    live = [row for row in rows if row.state in LIVE]
    answer = [row for row in live if row.mine and row.state is MatchState.PROPOSED]
    report = [row for row in live if row.mine and row.state is MatchState.APPROVED]
    rest = [row for row in live if row not in answer and row not in report]
    return AskedPage(
        to_answer=sorted(answer, key=lambda row: (row.expires or row.changed_at, row.id)),
        to_report=report,
        waiting=[row for row in rest if row.state is MatchState.PROPOSED],
        agreed=sorted(
            (row for row in rest if row.state is not MatchState.PROPOSED),
            key=lambda row: (row.facts.starts or row.changed_at, row.id),
        ),
        past=sorted(
            (row for row in rows if row.state not in LIVE), key=lambda row: (row.ended_at, row.id), reverse=True
        ),
        seen=now,
    )


def match_rows(session: Session, matches: Sequence[Match], actor: Actor, now: datetime) -> list[MatchRow]:
    """Rows in the order of the matches, in thirteen statements however many there are."""
    facts = facts_of(session, matches, now)
    moments = moments_of(session, facts)
    requests = _by_id(session, Request, {match.request_id for match in matches})
    offers = _by_id(session, Offer, {match.offer_id for match in matches})
    organisations = _by_id(
        session,
        Organisation,
        {r.organisation_id for r in requests.values()} | {o.organisation_id for o in offers.values()},
    )
    people = _by_id(session, User, {match.visitor_id or match.professional_id for match in matches})
    away = away_until(session, people, now)
    rows = []
    for match in matches:
        request, offer = requests[match.request_id], offers[match.offer_id]
        school, company = organisations[request.organisation_id], organisations[offer.organisation_id]
        guest = people.get(match.visitor_id or match.professional_id or 0)
        mine_facts, own = facts[match.id], moments.get(match.id, [])
        rows.append(
            MatchRow(
                id=match.id,
                request_id=request.id,
                title=request.title,
                school=school.name,
                place=school.place,
                guest=guest.name if guest else None,
                company=company.name,
                state=match.state,
                state_label=_stands(mine_facts, now),
                tone=TONES[match.state],
                when=_when(request, own, now),
                mine=bool(holders(mine_facts, now) & sides_of(mine_facts, actor)),
                expires=match.expires_at,
                changed_at=match.changed_at,
                facts=mine_facts,
                away=away_text(away[guest.id]) if guest and guest.id in away and match.state in LIVE else None,
                is_over=_is_over(mine_facts, now),
            )
        )
    return rows


def _is_over(facts: MatchFacts, now: datetime) -> bool:
    return facts.ends is not None and now >= facts.ends


def _stands(facts: MatchFacts, now: datetime) -> str:
    """The words of its state; what was approved and is over says that nobody knows yet, as on the start page."""
    if facts.state is MatchState.APPROVED and _is_over(facts, now):
        return _("Not known yet how it went")
    return state_words(facts)


def _when(request: Request, moments: list[MatchMoment], now: datetime) -> str:
    """The chosen moment, or the days that are asked."""
    chosen = next((moment for moment in moments if moment.chosen), None)
    if chosen is not None:
        return moment_text(chosen, now)
    if request.kind is Kind.TEACHER_INTERNSHIP:
        return asked_line(request, now)
    plans = [moment for moment in moments if moment.parts and moment.dropped_at is None]
    if len(plans) == 1:
        return moment_text(plans[0], now)
    left = [moment.day for moment in moments if moment.dropped_at is None]
    days = list(dict.fromkeys(format_day_month(day, now) for day in left))
    if len(days) > 3:
        return ngettext(
            "%(days)s and %(num)s more day", "%(days)s and %(num)s more days", len(days) - 2, days=", ".join(days[:2])
        )
    return _(" or ").join(days)


def _by_id(session: Session, model: Any, ids: set[int | None]) -> dict[int, Any]:
    wanted = [each for each in ids if each is not None]
    if not wanted:
        return {}
    return {row.id: row for row in session.scalars(select(model).where(model.id.in_(wanted)))}
