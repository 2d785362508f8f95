"""The reverse of suggestions: open requests that fit one's own offers, ranked, in a fixed number of statements."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.availability.queries import owner_of
from matcher.availability.states import Delivery, Kind
from matcher.matching.budget_queries import company_left, taken_by_companies
from matcher.matching.eligibility import NeverCode, Verdict, judge
from matcher.matching.history_queries import chains_of, hours_given, partnerships_at, tallied
from matcher.matching.key_queries import KM_PER_DEGREE, LEAST_COSINE, MARGIN
from matcher.matching.models import Match
from matcher.matching.nearby_text_queries import answering
from matcher.matching.nearby_views import Fit, Nearby, Wanted
from matcher.matching.offer_row_queries import bare_view, offer_query, with_budget
from matcher.matching.pairs import facts_batch, reason_detail
from matcher.matching.running_ranker import RULE
from matcher.matching.states import TAKES_PLACE
from matcher.matching.stay_queries import taken_places
from matcher.matching.trials import KEY as TRIAL
from matcher.matching.view_queries import (
    holds_around,
    offer_topics,
    past_of,
    request_views,
    weeks_around,
)
from matcher.matching.views import OfferView, RequestView
from matcher.offers.models import Offer
from matcher.offers.policy import sees_names
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.organisations.partner_queries import standing_pairs
from matcher.ranking.baseline import Ranker
from matcher.ranking.reasons import reasons
from matcher.requests.models import Request, RequestMoment
from matcher.requests.states import RequestState
from matcher.safeguarding.models import Block, Proof
from matcher.safeguarding.policy import Seen
from matcher.subjects.finding import Search

MOST_JUDGED = 400
OWN_OBSTACLES = frozenset({NeverCode.NOT_CONFIRMED, NeverCode.NOT_VERIFIED, NeverCode.VIA_CONTACT})
"""What stands between the reader and a yes, not between the lesson and the class: shown, with the button closed."""
NOT_ASKED = frozenset({NeverCode.OPEN_ASKS, NeverCode.PAUSED})
"""Limits on being asked do not hold for who comes forward."""


def nearby(
    session: Session, actor: Actor, wanted: Wanted, *, now: datetime, ranker: Ranker | None = None, locale: str = "nl"
) -> Nearby:
    """Requests that fit the reader's open offers, best first; equal ones in order of their number."""
    offers = own_offers(session, actor)
    if not offers:
        return Nearby([])
    ids, search = _asked_for(session, actor, _candidates(offers, wanted, now), wanted.text, locale)
    requests = request_views(session, ids, now=now)
    views = own_views(session, requests, [offer.id for offer in offers], now=now)
    # A learned chance is about being asked; whoever comes forward says yes already.
    ranker = ranker or RULE
    fits: list[Fit] = []
    never: Counter[str] = Counter()
    for request_id, request in requests.items():
        judged = [(view, judge(request, view, now=now)) for view in views[request_id]]
        judged = [pair for pair in judged if wanted.km is None or _within(pair[1], wanted.km)]
        possible = [(view, verdict) for view, verdict in judged if not _hard(verdict)]
        if possible:
            fits.append(_best(request, possible, ranker, actor, now))
        elif judged:
            never.update(code.value for code in _mildest(judged))
    never.pop(NeverCode.BLOCKED.value, None)
    fits.sort(key=lambda fit: (-round(fit.score, 6), fit.request_id))
    return Nearby(fits, dict(never), len(offers), search)


def _asked_for(
    session: Session, actor: Actor, candidates: Select[Any], text: str, locale: str
) -> tuple[Sequence[int], Search]:
    if text:
        return answering(session, candidates, text, locale, names=sees_names(actor), most=MOST_JUDGED)
    return session.scalars(candidates.limit(MOST_JUDGED)).all(), Search()


def own_offers(session: Session, actor: Actor) -> Sequence[Offer]:
    """Open offers this person may come forward with: their own, and "someone of our team" of their company."""
    led = [grant.organisation_id for grant in actor.grants if grant.role is Role.COMPANY_CONTACT]
    query = select(Offer).where(
        Offer.state == OfferState.OPEN,
        or_(Offer.person_id == actor.user_id, and_(Offer.person_id.is_(None), Offer.organisation_id.in_(led))),
    )
    return session.scalars(query.order_by(Offer.id).limit(30)).all()


def _hard(verdict: Verdict) -> list[NeverCode]:
    return [code for code in verdict.never if code not in OWN_OBSTACLES | NOT_ASKED]


def _mildest(judged: Sequence[tuple[OfferView, Verdict]]) -> list[NeverCode]:
    """Of several own offers the one that nearly fits says what would help."""
    return min((_hard(verdict) for _view, verdict in judged), key=len)


def _within(verdict: Verdict, km: int) -> bool:
    return verdict.mode is Delivery.ONLINE or verdict.distance_km <= km


def _best(
    request: RequestView, possible: list[tuple[OfferView, Verdict]], ranker: Ranker, actor: Actor, now: datetime
) -> Fit:
    offers, judged = [view for view, _verdict in possible], [verdict for _view, verdict in possible]
    batch = facts_batch(request, offers, judged, as_of=now)
    ranked = ranker.rank(batch)
    row = max(range(len(offers)), key=lambda number: (round(float(ranked.scores[number]), 9), -offers[number].id))
    offer, verdict = offers[row], judged[row]
    detail = reason_detail(request, offer, verdict)
    why = reasons(batch.one(row), ranked.of_row(row), detail, own=offer.person_id == actor.user_id)
    return Fit(
        request_id=request.id,
        offer_id=offer.id,
        score=round(float(ranked.scores[row]), 6),
        distance_km=verdict.distance_km,
        online=verdict.mode is Delivery.ONLINE,
        moments={key: state.value for key, state in verdict.moments},
        reasons=why.on,
        against=why.against,
        obstacles=tuple(code.value for code in verdict.never if code in OWN_OBSTACLES),
    )


def _candidates(offers: Sequence[Offer], wanted: Wanted, now: datetime) -> Select[Any]:
    """Open requests with a free place and a moment ahead, within reach of one of the offers, the nearest first."""
    ahead = exists().where(RequestMoment.request_id == Request.id, RequestMoment.start_s > now.timestamp())
    taken = select(func.count(Match.id)).where(Match.request_id == Request.id, Match.state.in_(TAKES_PLACE))
    first = offers[0]
    query = (
        select(Request.id)
        .join(Organisation, Organisation.id == Request.organisation_id)
        .where(Request.state == RequestState.OPEN, Request.kind.in_({offer.kind for offer in offers}))
        .where(or_(ahead, Request.kind != Kind.GUEST_LECTURE), Request.details[TRIAL].as_string().is_(None))
        .where(taken.correlate(Request).scalar_subquery() < Request.needed)
        .where(or_(*(_reach(offer) for offer in offers)))
    )
    if wanted.level:
        query = query.where(Request.level == wanted.level)
    return query.order_by(flat_square(first), Request.id)


def flat_square(offer: Offer) -> ColumnElement[Any]:
    """Squared distance in kilometres on a flat map, never too long."""
    up = (Organisation.lat - offer.lat) * (KM_PER_DEGREE * MARGIN)
    right = (Organisation.lon - offer.lon) * (KM_PER_DEGREE * LEAST_COSINE * MARGIN)
    return up * up + right * right


def _reach(offer: Offer) -> ColumnElement[bool]:
    """Within the travel limit; a visit to the company asks nothing of the guest's; online knows no distance."""
    near = flat_square(offer) <= float(offer.travel_km) ** 2
    if offer.delivery in (Delivery.ONLINE, Delivery.EITHER):
        near = or_(near, Request.delivery.in_((Delivery.ONLINE, Delivery.EITHER)))
    return or_(near, Request.delivery == Delivery.AT_COMPANY)


def own_views(
    session: Session, requests: dict[int, RequestView], offer_ids: Collection[int], *, now: datetime
) -> dict[int, list[OfferView]]:
    """Request id → one's own offers as they stand for that request; few offers, many requests."""
    if not requests:
        return {}
    some = next(iter(requests.values()))
    moments = sorted((m for view in requests.values() for m in view.moments), key=lambda moment: moment.start_s)
    all_of_them = replace(some, moments=tuple(moments))
    rows = session.execute(offer_query(offer_ids)).all()
    people = {row.Offer.person_id for row in rows if row.Offer.person_id is not None}
    companies = {row.Offer.organisation_id for row in rows}
    owners = {row.Offer.id: owner_of(person_id=row.Offer.person_id, offer_id=row.Offer.id) for row in rows}
    weeks = weeks_around(session, all_of_them, set(owners.values()), now)
    holds = holds_around(session, all_of_them, people, now=now)
    stays = any(view.kind is Kind.TEACHER_INTERNSHIP for view in requests.values())
    places = replace(all_of_them, kind=Kind.TEACHER_INTERNSHIP)
    taken = taken_places(session, places, offer_ids, now=now) if stays else {}
    topics = offer_topics(session, offer_ids)
    hours = hours_given(session, with_budget(rows), as_of=now)
    spent = taken_by_companies(session, rows, {view.school_year for view in requests.values()})
    bare = {row.Offer.id: bare_view(row, weeks[owners[row.Offer.id]], topics[row.Offer.id], hours) for row in rows}
    chains = chains_of(session, person_ids=people, offer_ids=offer_ids, as_of=now)
    schools = {view.organisation_id for view in requests.values()}
    visits = partnerships_at(session, schools, companies, as_of=now)
    pairs = standing_pairs(session, schools, companies, as_of=now)
    proofs = _proofs(session, people)
    blocked = _blocks(session, people, companies, now)
    askers = _askers(session, list(requests))
    found: dict[int, list[OfferView]] = {}
    for request_id, request in requests.items():
        counted = tallied(chains, request, now)
        standing = {company for school, company in pairs if school == request.organisation_id}
        earlier = {company: count for (school, company), count in visits.items() if school == request.organisation_id}
        sides = {("organisation", request.organisation_id), ("organisation", request.board_id), *askers[request_id]}
        found[request_id] = [
            replace(
                bare[row.Offer.id],
                holds=tuple(holds.get(row.Offer.person_id or 0, ())),
                proofs=tuple(p for p in proofs[row.Offer.person_id or 0] if p.board_id == request.board_id),
                company_left=company_left(row, spent, request.school_year),
                taken_places=taken.get(row.Offer.id, ()),
                blocked=bool(sides & (blocked["person", row.Offer.person_id or 0]
                             | blocked["organisation", row.Offer.organisation_id])),
                **past_of(counted, row.Offer, request, earlier, standing, now),
            )
            for row in rows
        ]  # fmt: skip
    return found


Party = tuple[str, int]


def _askers(session: Session, request_ids: Sequence[int]) -> dict[int, set[Party]]:
    query = select(Request.id, Request.asked_by_id, Request.teacher_id).where(Request.id.in_(request_ids))
    return {row[0]: {("person", number) for number in row[1:] if number is not None} for row in session.execute(query)}


def _proofs(session: Session, people: Collection[int]) -> dict[int, list[Seen]]:
    found: dict[int, list[Seen]] = defaultdict(list)
    for proof in session.scalars(select(Proof).where(Proof.user_id.in_(people))):
        found[proof.user_id].append(Seen(proof.type, proof.board_id, proof.issued_on, proof.valid_until))
    return found


def _blocks(
    session: Session, people: Collection[int], companies: Collection[int], now: datetime
) -> dict[Party, set[Party]]:
    """Own person or organisation → with whom they do not work, whoever of the two said so."""
    ours = or_(
        Block.by_user_id.in_(people),
        Block.of_user_id.in_(people),
        Block.by_organisation_id.in_(companies),
        Block.of_organisation_id.in_(companies),
    )
    query = select(Block).where(ours, Block.at <= now, or_(Block.ended_at.is_(None), Block.ended_at > now))
    found: dict[Party, set[Party]] = defaultdict(set)
    for block in session.scalars(query):
        by = _parties(block.by_user_id, block.by_organisation_id)
        of = _parties(block.of_user_id, block.of_organisation_id)
        for one in by:
            found[one] |= of
        for one in of:
            found[one] |= by
    return found


def _parties(user_id: int | None, organisation_id: int | None) -> set[Party]:
    both = (("person", user_id), ("organisation", organisation_id))
    return {(kind, number) for kind, number in both if number is not None}
