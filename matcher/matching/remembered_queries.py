"""What the ranking remembers of the reader: asks, answers and noes, as its facts count them. A fixed number of
statements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.clock import local_date, school_year
from matcher.errors import NotFound
from matcher.i18n import current_locale
from matcher.matching.forgotten_models import ForgottenNo
from matcher.matching.history_queries import Ask, Chain, ask_of, chains_of, day_of
from matcher.matching.models import Match, MatchEvent
from matcher.matching.remembered import (
    Counts,
    Remembered,
    RememberedNo,
    changes_words,
    reason_words,
    reasons_for_less,
    reasons_for_more,
    still_counts,
)
from matcher.matching.states import TAKES_PLACE, Action, MatchState, Side
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.regions.geo import distance_km
from matcher.requests.models import Request
from matcher.subjects.levels import Level, group_name
from matcher.subjects.queries import topic_names

MOST_NOES = 30


def remembered_of(session: Session, actor: Actor, *, now: datetime) -> Remembered:
    """Of asks to the reader as a person; what was asked of a team is nobody's memory."""
    chains = chains_of(session, person_ids=[actor.user_id or 0], offer_ids=(), as_of=now)
    asks = [(chain, ask) for chain in chains if (ask := ask_of(chain.rows)) is not None]
    counts = _counts(session, actor, chains, [ask for _chain, ask in asks], now)
    # A forgotten no has lost its reason; the step still tells it.
    refused = [chain for chain, ask in asks if ask.no is not None or chain.rows[0].forgotten_at is not None]
    refused.sort(key=lambda chain: chain.rows[0].created_at, reverse=True)
    return Remembered(
        counts, reasons_for_more(counts), reasons_for_less(counts), _noes(session, refused[:MOST_NOES], now)
    )


def own_no(session: Session, actor: Actor, match_id: int) -> Match:
    """An invitation to the reader that they said no to. Raises NotFound."""
    match = session.get(Match, match_id)
    if match is None or actor.user_id is None or match.professional_id != actor.user_id:
        raise NotFound()
    steps = select(MatchEvent.seq).where(MatchEvent.match_id == match_id, MatchEvent.action == Action.DECLINE)
    if session.scalar(steps.where(MatchEvent.role == Side.COMPANY).limit(1)) is None:
        raise NotFound()
    return match


def forgotten(session: Session, match_id: int) -> ForgottenNo | None:
    return session.get(ForgottenNo, match_id)


def _counts(session: Session, actor: Actor, chains: Sequence[Chain], asks: Sequence[Ask], now: datetime) -> Counts:
    year = school_year(local_date(now))
    states = [(MatchState(chain.rows[-1].to_state), school_year(day_of(chain.rows))) for chain in chains]
    asked_at = [chain.rows[0].created_at for chain in chains if ask_of(chain.rows) is not None]
    query = select(Offer.yearly_cap, Offer.open_cap, Offer.paused_until)
    offers = session.execute(query.where(Offer.person_id == actor.user_id, Offer.state == OfferState.OPEN)).all()
    caps = [row.yearly_cap for row in offers if row.yearly_cap is not None]
    return Counts(
        asked=sum(ask.due for ask in asks),
        answered=sum(ask.answered for ask in asks),
        in_time=sum(ask.in_time for ask in asks),
        yes=sum(ask.yes for ask in asks),
        visits=sum(state is MatchState.HELD for state, _year in states),
        asked_this_year=sum(school_year(local_date(at)) == year for at in asked_at),
        taken=sum(state in TAKES_PLACE and of == year for state, of in states),
        cap=max(caps) if caps and len(caps) == len(offers) else None,
        open_asks=sum(ask.is_open for ask in asks),
        open_cap=max((row.open_cap for row in offers), default=1),
        days_since_ask=min(((now - at).total_seconds() / 86_400 for at in asked_at), default=None),
        is_paused=bool(offers) and all(row.paused_until and row.paused_until > local_date(now) for row in offers),
    )


def _noes(session: Session, chains: Sequence[Chain], now: datetime) -> list[RememberedNo]:
    firsts = [chain.rows[0] for chain in chains]
    query = select(Request.id, Request.title, Organisation.place).join(
        Organisation, Organisation.id == Request.organisation_id
    )
    asked = {row.id: row for row in session.execute(query.where(Request.id.in_({row.request_id for row in firsts})))}
    of_offers = select(Offer.id, Offer.lat, Offer.lon).where(Offer.id.in_({row.offer_id for row in firsts}))
    homes = {row.id: row for row in session.execute(of_offers)}
    names = topic_names(session, {topic for chain in chains for topic in chain.topics}, current_locale())
    found = []
    for chain, first in zip(chains, firsts, strict=True):
        home, no = homes[first.offer_id], _reason(chain.rows)
        km = round(distance_km(first.lat or 0.0, first.lon or 0.0, home.lat, home.lon))
        topics = ", ".join(sorted(names[topic] for topic in chain.topics if topic in names))
        level = group_name(Level(first.level), None, current_locale()) if first.level in set(Level) else ""
        found.append(
            RememberedNo(
                match_id=first.match_id,
                at=first.created_at,
                title=asked[first.request_id].title,
                place=asked[first.request_id].place or "",
                reason=reason_words(no),
                changes=changes_words(no, km=km, topics=topics, level=level),
                share=still_counts(first.created_at, now),
                is_forgotten=first.forgotten_at is not None,
            )
        )
    return found


def _reason(rows: Sequence[Any]) -> str:
    noes = [row.reason for row in rows if row.role is Side.COMPANY and row.action is Action.DECLINE]
    return str(noes[-1] or "none_given") if noes else "none_given"
