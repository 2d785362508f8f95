"""Who could fill a vacancy together or in part, computed as things stand now; and how an asked bridge stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.halfday_wording import half_day_name
from matcher.availability.halfdays import half_day_at
from matcher.availability.states import Kind
from matcher.matching import bridges
from matcher.matching.bridges import Able, bridge_of
from matcher.matching.eligibility import NeverCode
from matcher.matching.models import Match
from matcher.matching.pairs import facts_batch
from matcher.matching.running_ranker import RULE
from matcher.matching.search_queries import Judge, Judged, nearest_of_topic
from matcher.matching.states import UNDO_SECONDS, MatchState
from matcher.matching.view_queries import request_view
from matcher.matching.views import RequestView
from matcher.matching.wording import fit_blocks, fit_words
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType
from matcher.requests.models import Request, RequestMoment

LOOKED_AT = 400


@dataclass(frozen=True)
class Share:
    """One person with their half-days, ready for a page."""

    offer_id: int
    name: str
    what: str
    half_days: list[str]
    score: float

    @property
    def blocks(self) -> int:
        return fit_blocks(self.score, RULE.name)

    @property
    def fit(self) -> str:
        return fit_words(self.score, RULE.name)


@dataclass(frozen=True)
class Bridges:
    """`pairs`: two people together; `fewer`: one person, part of it."""

    pairs: list[tuple[Share, Share]]
    fewer: list[Share]

    def __bool__(self) -> bool:
        return bool(self.pairs or self.fewer)


@dataclass(frozen=True)
class Asked:
    """The bridge that was asked: its matches with their states."""

    sort: str
    matches: list[Match]
    by_id: int | None
    at: datetime

    @property
    def standing(self) -> str:
        return bridges.standing([match.state for match in self.matches])


def able_for(
    session: Session, request_id: int, *, now: datetime, ranked: bool = True
) -> tuple[RequestView, list[Able]]:
    """Everybody whom nothing but the number of half-days excludes; `ranked` with their score, else that is nothing."""
    request = request_view(session, request_id, now=now)
    ids, _count = nearest_of_topic(session, request, LOOKED_AT)
    judge = Judge(session, request, now)
    judge.ensure(ids)
    found = [pair for pair in judge.done.values() if pair[1].never == (NeverCode.DAYS,) and pair[0].person_id]
    scores = _scores(request, found, now) if ranked and found else [0.0] * len(found)
    return request, [
        Able(offer.id, offer.person_id or 0, score, verdict.open_moments, offer.most_weekly)
        for (offer, verdict), score in zip(found, scores, strict=True)
    ]


def _scores(request: RequestView, found: list[Judged], now: datetime) -> list[float]:
    # A learned chance is about being asked for everything, which nobody here is.
    batch = facts_batch(request, [offer for offer, _v in found], [verdict for _o, verdict in found], as_of=now)
    scores: list[float] = np.round(RULE.rank(batch).scores, 9).tolist()
    return scores


def bridges_for(session: Session, request: Request, *, now: datetime, names: bool) -> Bridges | None:
    """What could be asked instead of one person who does it all; None for another kind of request."""
    if request.kind is not Kind.HYBRID_PLACEMENT:
        return None
    view, able = able_for(session, request.id, now=now)
    may_share = bool(request.details.get("shared", True))
    together = bridges.pairs(able, view.weekly) if may_share else []
    partly = bridges.fewer(able, view.weekly)
    offer_ids = {each.offer_id for pair in together for each in (pair.first, pair.second)}
    people = _people(session, offer_ids | {each.offer_id for each, _ids in partly}, names)
    words = _half_days(session, request.id)

    def shown(each: Able, ids: tuple[int, ...]) -> Share:
        name, what = people[each.offer_id]
        return Share(each.offer_id, name, what, [text for key, text in words.items() if key in ids], each.score)

    return Bridges(
        pairs=[(shown(pair.first, pair.shares[0]), shown(pair.second, pair.shares[1])) for pair in together],
        fewer=[shown(each, ids) for each, ids in partly],
    )


def _people(session: Session, offer_ids: set[int], names: bool) -> dict[int, tuple[str, str]]:
    """Offer → name and what they do; without `names` the function and the place only."""
    query = (
        select(Offer, User.name, User.function, Organisation.name, Organisation.place, Organisation.type)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .join(User, User.id == Offer.person_id)
        .where(Offer.id.in_(offer_ids))
    )
    found = {}
    for offer, name, function, company, place, sort in session.execute(query):
        private = offer.own_name or sort is OrganisationType.SELF_EMPLOYED
        shown = name if names else function or offer.title
        parts = (function, company if names and not private else None, place)
        found[offer.id] = shown, " · ".join(part for part in parts if part and part != shown)
    return found


def _half_days(session: Session, request_id: int) -> dict[int, str]:
    """Half-days of a vacancy in order of the week."""
    query = select(RequestMoment.id, RequestMoment.start_s).where(RequestMoment.request_id == request_id)
    rows = sorted(session.execute(query), key=lambda row: half_day_at(row.start_s))
    return {row.id: half_day_name(half_day_at(row.start_s)) for row in rows}


def asked_bridge(session: Session, request: Request) -> Asked | None:
    found = bridge_of(request.details)
    if found is None:
        return None
    matches = session.scalars(select(Match).where(Match.id.in_(found["matches"])).order_by(Match.id)).all()
    return Asked(found["sort"], list(matches), found.get("by"), datetime.fromisoformat(found["at"]))


def can_undo_asking(asked: Asked, actor: Actor, now: datetime) -> bool:
    """Within the minute, by the same person, as long as nobody answered."""
    if asked.sort == bridges.KEPT or asked.by_id != actor.user_id:
        return False
    fresh = now - asked.at <= timedelta(seconds=UNDO_SECONDS)
    return fresh and all(match.state is MatchState.PROPOSED for match in asked.matches)
