"""Makes suggestions (a pure reading), keeps them as a run, and marks what was shown and opened."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matcher.availability.states import Delivery
from matcher.matching.changes import smallest_changes
from matcher.matching.eligibility import NeverCode, Verdict
from matcher.matching.model_queries import ranker_for
from matcher.matching.pairs import facts_batch, reason_detail
from matcher.matching.search_queries import Judge, Judged, eligible_offers, nearest_of_topic, open_offers
from matcher.matching.serving_order import BY_SCORE, Fairness, order_of
from matcher.matching.suggestion_models import Suggestion, SuggestionRun
from matcher.matching.suggestion_queries import verdicts
from matcher.matching.view_queries import request_view
from matcher.matching.views import RequestView
from matcher.ranking.baseline import Ranker
from matcher.ranking.facts import PairFacts, fingerprint, pack
from matcher.ranking.reasons import Reason, reasons

DEFAULT_LIMIT = 20
FEW = 5  # with fewer candidates the page also says who fell off, and what would help
LOOKED_AT = 400


@dataclass(frozen=True)
class Candidate:
    offer_id: int
    offer_revision: int
    position: int
    score: float
    facts: PairFacts
    reasons: list[Reason]
    against: list[Reason]
    moments: dict[str, str]
    distance_km: float
    mode: Delivery
    propensity: float = 1.0  # how probable it was that this one got its place; less than 1 for who got it by lot


@dataclass(frozen=True)
class Suggested:
    """The answer to one revision of a request. `never` and `smallest_change` are filled when few or none are left."""

    request_id: int
    request_revision: int
    as_of: datetime
    model: str
    fingerprint: str
    candidates: tuple[Candidate, ...]
    eligible: int
    never: dict[str, int]
    smallest_change: tuple[dict[str, Any], ...]


def suggest(
    session: Session,
    *,
    request_id: int,
    now: datetime,
    limit: int = DEFAULT_LIMIT,
    ranker: Ranker | None = None,
    fairness: Fairness = BY_SCORE,
) -> Suggested:
    """Who fits, best first; equal scores in order of offer id. Reads only. Raises NotFound.

    Whoever shows it to people gives the `fairness` that holds for the request.
    """
    request = request_view(session, request_id, now=now)
    ranker = ranker or ranker_for(session)
    found, looked = eligible_offers(session, request, now=now)
    if request.first_offer is not None:
        found = _with_first(found, looked, request.first_offer)
    candidates = _ranked(request, found, ranker, fairness, now, limit)
    never, changes = _why_so_few(session, request, looked, now) if len(found) < FEW else ({}, [])
    return Suggested(
        request_id=request.id,
        request_revision=request.revision,
        as_of=now,
        model=ranker.name,
        fingerprint=fingerprint(),
        candidates=candidates,
        eligible=len(found),
        never=never,
        smallest_change=tuple(changes),
    )


def _with_first(found: list[Judged], looked: Judge, offer_id: int) -> list[Judged]:
    """Whom the school wants again is looked at however far away, and is among them when nothing stands in the way."""
    looked.ensure([offer_id])
    first = looked.done.get(offer_id)
    if first is None or not first[1].ok or any(offer.id == offer_id for offer, _verdict in found):
        return found
    return [*found, first]


def _ranked(
    request: RequestView, found: Sequence[Judged], ranker: Ranker, fairness: Fairness, now: datetime, limit: int
) -> tuple[Candidate, ...]:
    if not found:
        return ()
    offers, judged = [offer for offer, _verdict in found], [verdict for _offer, verdict in found]
    batch = facts_batch(request, offers, judged, as_of=now)
    ranked = ranker.rank(batch)
    order, drawn = order_of(request, offers, ranked.scores, batch, fairness)
    candidates = []
    for position, row in enumerate(order[:limit], start=1):
        offer, verdict, facts = offers[row], judged[row], batch.one(row)
        why = reasons(facts, ranked.of_row(row), reason_detail(request, offer, verdict))
        candidates.append(
            Candidate(
                offer_id=offer.id,
                offer_revision=offer.revision,
                position=position,
                score=round(float(ranked.scores[row]), 6),
                facts=facts,
                reasons=why.on,
                against=why.against,
                moments=verdict.moment_dict(),
                distance_km=round(verdict.distance_km, 2),
                mode=verdict.mode or request.delivery,
                propensity=drawn.propensity if drawn.row == row else 1.0,
            )
        )
    return tuple(candidates)


def _why_so_few(
    session: Session, request: RequestView, looked: Judge, now: datetime
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Per code how many offers it excludes, and what would help. Of a crowded topic the nearest are looked at."""
    ids, of_topic = nearest_of_topic(session, request, LOOKED_AT)
    looked.ensure(ids)
    refused = [looked.done[offer_id] for offer_id in ids if offer_id in looked.done and not looked.done[offer_id][1].ok]
    counts = Counter(code.value for _offer, verdict in refused for code in verdict.never)
    elsewhere = open_offers(session, request) - of_topic
    if elsewhere > 0:
        counts[NeverCode.TOPIC.value] += elsewhere
    # Who was blocked stays out of every count that the asker sees.
    counts.pop(NeverCode.BLOCKED.value, None)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))), smallest_changes(
        request, refused, now=now
    )


def store_run(session: Session, suggested: Suggested, *, generated: bool = False) -> int:
    """Keep what was suggested, with its facts and reasons; gives the id of the run."""
    run = SuggestionRun(
        request_id=suggested.request_id,
        request_revision=suggested.request_revision,
        as_of=suggested.as_of,
        model=suggested.model,
        fingerprint=suggested.fingerprint,
        eligible=suggested.eligible,
        never=suggested.never,
        smallest_change=list(suggested.smallest_change),
        generated=generated,
    )
    session.add(run)
    session.flush()
    session.add_all(row_of(candidate, run.id) for candidate in suggested.candidates)
    session.flush()
    return run.id


def row_of(candidate: Candidate, run_id: int | None = None) -> Suggestion:
    """As it is kept; without a run it is only worded for somebody who still types."""
    return Suggestion(
        run_id=run_id,
        offer_id=candidate.offer_id,
        offer_revision=candidate.offer_revision,
        position=candidate.position,
        score=candidate.score,
        propensity=candidate.propensity,
        distance_km=candidate.distance_km,
        facts=pack(candidate.facts),
        reasons=candidate.reasons,
        against=candidate.against,
        moments=candidate.moments,
    )


def still_eligible(session: Session, request_id: int, offer_ids: Collection[int], now: datetime) -> dict[int, Verdict]:
    """Offer id → today's verdict; whoever is not in it is gone."""
    return verdicts(session, request_id, offer_ids, now=now)


def mark_shown(session: Session, suggestion_ids: Collection[int], *, now: datetime) -> None:
    """These were really on somebody's screen; the first time counts."""
    query = update(Suggestion).where(Suggestion.id.in_(suggestion_ids), Suggestion.shown_at.is_(None))
    session.execute(query.values(shown_at=now))


def mark_opened(session: Session, suggestion_id: int, *, now: datetime) -> None:
    """Somebody looked closer; the first time counts."""
    query = update(Suggestion).where(Suggestion.id == suggestion_id, Suggestion.opened_at.is_(None))
    session.execute(query.values(opened_at=now))


def unshown_ids(session: Session, run_id: int) -> list[int]:
    """Suggestions of a run that nobody has seen yet."""
    query = select(Suggestion.id).where(Suggestion.run_id == run_id, Suggestion.shown_at.is_(None))
    return list(session.scalars(query))
