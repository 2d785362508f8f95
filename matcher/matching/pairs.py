"""The one place where PairFacts are made of a request, an offer and their verdict: for serving and for history alike.

Pure: what may be known at `as_of` is decided by whoever filled the views.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter

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
COUNTED = (
    "level_visits", "visits_here", "visits_total", "partnership", "due_weight", "answered_weight", "in_time_weight",
    "yes_weight", "plain_no_weight", "no_time_weight", *REFUSALS, "taken", "open_asks", "days_since_ask",
)  # fmt: skip
"""What of a history is read as it is; None becomes NaN."""
_COUNTED = attrgetter(*COUNTED)


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
    at_company = np.array([verdict.mode is Delivery.AT_COMPANY for verdict in verdicts], dtype=np.bool_)
    limits = np.where(at_company, request.max_km or 100, _floats([offer.travel_km for offer in offers]))
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
    asked, words = request.topics, request.words
    return {
        "topic_closeness": _closeness(request, [offer.topics for offer in offers]),
        "topic_exact": _floats([not asked.isdisjoint(offer.topics) for offer in offers]),
        "text_similarity": _floats([likeness(words, offer.words) for offer in offers]),
    }


def _closeness(request: RequestView, topics: Sequence[frozenset[int]]) -> Column:
    """Half the best common topic, half the mean over all topics asked: a lesson on all of them beats one on a part."""
    if not request.around or not topics:
        return np.zeros(len(topics))
    # All topics of all offers in one row, after each offer one that is close to nothing.
    nothing = (0,)
    row = np.fromiter(chain.from_iterable(each for own in topics for each in (own, nothing)), dtype=np.int64)
    begins = np.cumsum([0, *(len(own) + 1 for own in topics[:-1])])
    best = []
    for around in request.around:
        close = np.zeros(max(int(row.max()), *around, 0) + 1)
        close[list(around)] = list(around.values())
        close[0] = 0.0
        best.append(np.maximum.reduceat(close[row], begins))
    found: Column = 0.5 * np.max(best, axis=0) + 0.5 * np.sum(best, axis=0) / len(best)
    return found


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
    counts = _moment_counts(request, verdicts)
    usual, unknown, last = counts[:, 0], counts[:, 1], counts[:, 2]
    notice = _floats([offer.notice_days for offer in offers])
    # Days between the notice asked for and the last possible moment: how long there is to answer.
    margins = np.where(last > 0, last - local_date(as_of).toordinal() - notice, 0.0)
    return {
        "moments_usual": usual,
        "moments_unknown": unknown,
        "moments_share": (usual + unknown) / max(1, len(request.moments)),
        "notice_margin_days": np.clip(margins, 0, MOST_MARGIN_DAYS),
        "days_ratio": np.minimum(MOST_DAYS_RATIO, (usual + unknown) / _wanted(request)) if _wanted(request) else 1.0,
    }


def _wanted(request: RequestView) -> int:
    """Half-days: of an internship all together, of a placement in a week; a lecture asks one of its moments."""
    return request.asked.half_days if request.asked is not None else request.weekly


def _moment_counts(request: RequestView, verdicts: Sequence[Verdict]) -> Column:
    """Of each verdict: moments that usually suit, moments that may, and the last day of these (0: none)."""
    days = {moment.id: moment.day.toordinal() for moment in request.moments}
    is_usual, is_unknown = MomentState.USUAL, MomentState.UNKNOWN
    rows = []
    # A plain loop: a request has few moments, and arrays of them would take longer to make.
    for verdict in verdicts:
        usual = unknown = last = 0
        for key, state in verdict.moments:
            if state is is_usual:
                usual += 1
            elif state is is_unknown:
                unknown += 1
            else:
                continue
            day = days.get(key, 0)
            if day > last:
                last = day
        rows.append((usual, unknown, last))
    return np.array(rows, dtype=np.float64).reshape(len(rows), 3)


def _history_columns(offers: Sequence[OfferView]) -> dict[str, Column | float]:
    counted = np.array([_COUNTED(offer.history) for offer in offers], dtype=np.float64).reshape(-1, len(COUNTED))
    past = dict(zip(COUNTED, counted.T, strict=True))
    due, answered, yes = past["due_weight"], past["answered_weight"], past["yes_weight"]
    since = past["days_since_ask"]
    # Who said no number has a usual one.
    caps = _floats([offer.yearly_cap for offer in offers])
    caps = np.where(np.isnan(caps), CAP_WHEN_NONE, np.maximum(1, caps))
    return {
        "level_experience": past["level_visits"],
        "earlier_visits_here": past["visits_here"],
        "earlier_visits_total": past["visits_total"],
        "partnership": past["partnership"],
        "answers_share": _share(answered, due, PRIOR_ANSWERED),
        "answers_in_time": _share(past["in_time_weight"], answered, PRIOR_IN_TIME),
        "yes_share": _share(yes, yes + past["plain_no_weight"], PRIOR_YES),
        "no_time_share": _share(past["no_time_weight"], answered, PRIOR_NO_TIME),
        "asks": due,
        **{name: past[name] for name in REFUSALS},
        "load_share": np.minimum(1.0, past["taken"] / caps),
        "open_asks": past["open_asks"],
        "days_since_ask": np.where(np.isnan(since), LONG_AGO_DAYS, np.clip(since, 0, LONG_AGO_DAYS)),
    }


def _share(part: Column, whole: Column, prior: float) -> Column:
    return (part + PRIOR_ASKS * prior) / (whole + PRIOR_ASKS)


def _fit_columns(request: RequestView, offers: Sequence[OfferView]) -> dict[str, Column | float]:
    return {
        "company_size": _floats([offer.company_size for offer in offers]),
        "delivery_match": _floats([1.0 if offer.delivery is request.delivery else 0.5 for offer in offers]),
        "language_match": _floats([1.0 if offer.languages[:1] == (request.language,) else 0.5 for offer in offers]),
        "group_fit": _group_fit(request, offers),
        "named": _floats([offer.person_id is not None for offer in offers]),
        **_hybrid_columns(request, offers),
    }


def _group_fit(request: RequestView, offers: Sequence[OfferView]) -> Column | float:
    """1 when the group fits, else the part that does; who said no number takes any."""
    if not request.group_size:
        return 1.0
    most = _floats([offer.group_most or None for offer in offers])
    return np.where(np.isnan(most), 1.0, np.minimum(1.0, most / request.group_size))


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
