"""The one place where PairFacts are made of a request, an offer and their verdict: for serving and for history alike.

Pure: what may be known at `as_of` is decided by whoever filled the views.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from matcher.availability.states import Delivery, Kind
from matcher.clock import local_date
from matcher.matching.eligibility import MomentState, Verdict
from matcher.matching.said import contract_fit, licence_fit, likeness
from matcher.matching.views import OfferView, RequestView
from matcher.ranking.facts import LONG_AGO_DAYS, Column, FactsBatch, PairFacts
from matcher.ranking.reasons import Detail

KIND_NUMBERS = {kind: float(number) for number, kind in enumerate(Kind)}
MOST_MARGIN_DAYS = 400.0

# What is assumed of somebody nobody asked yet, worth two asks; the shares move to their own as answers come in.
PRIOR_ASKS = 2.0
PRIOR_ANSWERED, PRIOR_IN_TIME, PRIOR_YES, PRIOR_NO_TIME = 0.7, 0.8, 0.5, 0.2
EUROS_PER_KM, ROAD_FACTOR = 0.23, 1.25
MOST_DAYS_RATIO = 4.0
CAP_WHEN_NONE = 12
REFUSALS = ("refused_far", "refused_topic", "refused_level", "refused_often")


def pair_facts(request: RequestView, offer: OfferView, verdict: Verdict, *, as_of: datetime) -> PairFacts:
    """The facts of one pair; the same arithmetic as for many."""
    return facts_batch(request, [offer], [verdict], as_of=as_of).one(0)


def facts_batch(
    request: RequestView, offers: Sequence[OfferView], verdicts: Sequence[Verdict], *, as_of: datetime
) -> FactsBatch:
    """The facts of many offers for one request, a row each, in their order."""
    columns: dict[str, Column | float] = {
        "kind": KIND_NUMBERS[request.kind],
        "school_visits": float(request.school_visits),
        **_place_columns(request, offers, verdicts),
        **_topic_columns(request, offers),
        **_time_columns(request, offers, verdicts, as_of),
        **_history_columns(offers),
        **_fit_columns(request, offers),
    }
    return FactsBatch.from_columns(columns, len(offers))


def _floats(values: Sequence[float | None]) -> Column:
    """None becomes NaN."""
    return np.array(values, dtype=np.float64)


def _place_columns(
    request: RequestView, offers: Sequence[OfferView], verdicts: Sequence[Verdict]
) -> dict[str, Column | float]:
    online = _floats([verdict.mode is Delivery.ONLINE for verdict in verdicts])
    away = _floats([verdict.distance_km for verdict in verdicts]) * (1 - online)
    limits = _floats([_limit_of(request, offer, verdict) for offer, verdict in zip(offers, verdicts, strict=True)])
    return {
        "online": online,
        "distance_km": away,
        "distance_share": np.minimum(1.0, away / np.maximum(limits, 1.0)),
        "travel_cost": away * (0.0 if request.pays_travel else 2 * ROAD_FACTOR * EUROS_PER_KM),
    }


def _limit_of(request: RequestView, offer: OfferView, verdict: Verdict) -> int:
    """The limit of who travels: the guest's own, or the school's for a visit to the company."""
    return request.max_km or 100 if verdict.mode is Delivery.AT_COMPANY else offer.travel_km


def _topic_columns(request: RequestView, offers: Sequence[OfferView]) -> dict[str, Column | float]:
    exact = [not request.topics.isdisjoint(offer.topics) for offer in offers]
    closest = [topic_closeness(request, offer) for offer in offers]
    alike = [likeness(request.words, offer.words) for offer in offers]
    return {"topic_closeness": _floats(closest), "topic_exact": _floats(exact), "text_similarity": _floats(alike)}


def topic_closeness(request: RequestView, offer: OfferView) -> float:
    """Half the best common topic, half the mean over all topics asked: a lesson on all of them beats one on a part."""
    best = [max((around.get(topic, 0.0) for topic in offer.topics), default=0.0) for around in request.around]
    return 0.5 * max(best) + 0.5 * sum(best) / len(best) if best else 0.0


def _named_topic(request: RequestView, offer: OfferView) -> int | None:
    """The offered topic to name: the closest one, of equals that to the topic that says most."""
    shared = [
        (-around[topic], rank, topic)
        for rank, around in enumerate(request.around)
        for topic in offer.topics
        if topic in around
    ]
    return min(shared)[2] if shared else None


def _time_columns(
    request: RequestView, offers: Sequence[OfferView], verdicts: Sequence[Verdict], as_of: datetime
) -> dict[str, Column | float]:
    usual = _floats([verdict.count(MomentState.USUAL) for verdict in verdicts])
    unknown = _floats([verdict.count(MomentState.UNKNOWN) for verdict in verdicts])
    margins = [_margin(request, offer, verdict, as_of) for offer, verdict in zip(offers, verdicts, strict=True)]
    return {
        "moments_usual": usual,
        "moments_unknown": unknown,
        "moments_share": (usual + unknown) / max(1, len(request.moments)),
        "notice_margin_days": np.clip(_floats(margins), 0, MOST_MARGIN_DAYS),
        "days_ratio": np.minimum(MOST_DAYS_RATIO, (usual + unknown) / _wanted(request)) if _wanted(request) else 1.0,
    }


def _wanted(request: RequestView) -> int:
    """Half-days: of an internship all together, of a placement in a week; a lecture asks one of its moments."""
    return request.asked.half_days if request.asked is not None else request.weekly


def _margin(request: RequestView, offer: OfferView, verdict: Verdict, as_of: datetime) -> int:
    """Days between the notice asked for and the last possible moment: how long there is to answer."""
    open_ids = set(verdict.open_moments)
    days = [moment.day for moment in request.moments if moment.id in open_ids]
    return (max(days) - local_date(as_of) - timedelta(days=offer.notice_days)).days if days else 0


def _history_columns(offers: Sequence[OfferView]) -> dict[str, Column | float]:
    past = [offer.history for offer in offers]
    due, answered = _floats([h.due_weight for h in past]), _floats([h.answered_weight for h in past])
    yes = _floats([h.yes_weight for h in past])
    since = _floats([h.days_since_ask for h in past])
    caps = _floats([CAP_WHEN_NONE if offer.yearly_cap is None else max(1, offer.yearly_cap) for offer in offers])
    return {
        "level_experience": _floats([h.level_visits for h in past]),
        "earlier_visits_here": _floats([h.visits_here for h in past]),
        "earlier_visits_total": _floats([h.visits_total for h in past]),
        "partnership": _floats([h.partnership for h in past]),
        "answers_share": _share(answered, due, PRIOR_ANSWERED),
        "answers_in_time": _share(_floats([h.in_time_weight for h in past]), answered, PRIOR_IN_TIME),
        "yes_share": _share(yes, yes + _floats([h.plain_no_weight for h in past]), PRIOR_YES),
        "no_time_share": _share(_floats([h.no_time_weight for h in past]), answered, PRIOR_NO_TIME),
        "asks": due,
        **{name: _floats([getattr(h, name) for h in past]) for name in REFUSALS},
        "load_share": np.minimum(1.0, _floats([h.taken for h in past]) / caps),
        "open_asks": _floats([h.open_asks for h in past]),
        "days_since_ask": np.where(np.isnan(since), LONG_AGO_DAYS, np.clip(since, 0, LONG_AGO_DAYS)),
    }


def _share(part: Column, whole: Column, prior: float) -> Column:
    return (part + PRIOR_ASKS * prior) / (whole + PRIOR_ASKS)


def _fit_columns(request: RequestView, offers: Sequence[OfferView]) -> dict[str, Column | float]:
    size = request.group_size or 0
    return {
        "company_size": _floats([offer.company_size for offer in offers]),
        "delivery_match": _floats([1.0 if offer.delivery is request.delivery else 0.5 for offer in offers]),
        "language_match": _floats([1.0 if offer.languages[:1] == (request.language,) else 0.5 for offer in offers]),
        "group_fit": _floats(
            [min(1.0, offer.group_most / size) if size and offer.group_most else 1.0 for offer in offers]
        ),
        "named": _floats([offer.person_id is not None for offer in offers]),
        **_hybrid_columns(request, offers),
    }


def _hybrid_columns(request: RequestView, offers: Sequence[OfferView]) -> dict[str, Column | float]:
    """Hours, paper and contract; whoever has not said their hours may do all of them."""
    if request.kind is not Kind.HYBRID_PLACEMENT:
        return {"hours_fit": 1.0, "qualification_fit": 1.0, "contract_fit": 1.0}
    asked = request.weekly_hours
    return {
        "hours_fit": _floats([min(1.0, o.weekly_hours / asked) if asked and o.weekly_hours else 1.0 for o in offers]),
        "qualification_fit": _floats([licence_fit(request.licence, offer.licence) for offer in offers]),
        "contract_fit": _floats([contract_fit(request.contracts, offer.seconded) for offer in offers]),
    }


def reason_detail(request: RequestView, offer: OfferView, verdict: Verdict) -> Detail:
    """What the reasons name besides the facts."""
    open_ids = verdict.open_moments
    return Detail(
        topic=_named_topic(request, offer),
        level=request.level,
        moment=open_ids[0] if open_ids else None,
        asked_moments=len(request.moments),
        travel_km=_limit_of(request, offer, verdict),
        taken=offer.history.taken,
        cap=offer.yearly_cap,
        asked=offer.history.asks_due,
        answered=offer.history.answered,
        group_most=offer.group_most,
        standing=offer.history.standing,
        pays_travel=request.pays_travel,
        wanted=_wanted(request),
        paper_asked=request.licence is not None,
        contract_asked=bool(request.contracts),
        hours_asked=round(request.weekly_hours or 0),
        hours_offered=round(offer.weekly_hours or 0),
    )
