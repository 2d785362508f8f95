"""How questions are spread in the region of a request, and what each choice would cost there."""

from datetime import datetime

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.i18n import _, format_number
from matcher.matching.model_queries import ranker_for
from matcher.matching.serving_order import Fairness
from matcher.matching.suggestion_models import Suggestion, SuggestionRun
from matcher.matching.wording import is_chance
from matcher.offers.models import Offer
from matcher.ranking.facts import WIDTH, FactsBatch, fingerprint
from matcher.ranking.spreading import Price, price
from matcher.regions.policy import SPREAD, SPREAD_OFF, SPREAD_WEIGHTS
from matcher.regions.queries import descendant_ids, region_rule
from matcher.requests.models import Request

MOST_LISTS = 80
FEWEST_LISTS = 10


def fairness_for(session: Session, request_id: int, *, now: datetime) -> Fairness:
    """What holds for people who are shown candidates."""
    region_id = session.scalar(select(Request.region_id).where(Request.id == request_id))
    choice = region_rule(session, region_id, None, SPREAD, at=now) if region_id is not None else SPREAD_OFF
    return Fairness(SPREAD_WEIGHTS.get(str(choice), 0.0), draws=True)


def prices_of(session: Session, region_id: int) -> dict[str, str]:
    """Choice → what it would change in the newest lists of this region, in words; empty while there are too few."""
    runs = (
        select(SuggestionRun.id)
        .join(Request, Request.id == SuggestionRun.request_id)
        .where(Request.region_id.in_(descendant_ids(session, region_id)), SuggestionRun.fingerprint == fingerprint())
        .order_by(SuggestionRun.id.desc())
        .limit(MOST_LISTS)
    )
    query = (
        select(Suggestion.run_id, Suggestion.facts, func.coalesce(Offer.person_id, -Suggestion.offer_id))
        .join(Offer, Offer.id == Suggestion.offer_id)
        .where(Suggestion.run_id.in_(runs))
        .order_by(Suggestion.run_id, Suggestion.position)
    )
    rows = [row for row in session.execute(query) if len(row[1]) == 4 * WIDTH]
    if len({row[0] for row in rows}) < FEWEST_LISTS:
        return {}
    facts = np.frombuffer(b"".join(row[1] for row in rows), dtype="<f4").reshape(len(rows), WIDTH).astype(np.float64)
    ranker = ranker_for(session)
    scores = ranker.rank(FactsBatch(facts)).scores
    of_run, who = np.array([row[0] for row in rows]), np.array([row[2] for row in rows])
    lists = [(FactsBatch(facts[at]), scores[at], who[at]) for at in (of_run == run for run in np.unique(of_run))]
    found = {choice: price(lists, weight) for choice, weight in SPREAD_WEIGHTS.items()}
    told = _chance_sentence if is_chance(ranker.name) else _fit_sentence
    return {choice: told(found[SPREAD_OFF], each) for choice, each in found.items() if choice != SPREAD_OFF}


def _chance_sentence(without: Price, with_it: Price) -> str:
    return _(
        "On the last %(lists)s lists here: the chance that one of the first three comes goes from %(before)s to "
        "%(after)s of 100. %(spread)s",
        lists=format_number(without.lists),
        before=format_number(round(100 * without.served, 1), 1),
        after=format_number(round(100 * with_it.served, 1), 1),
        spread=_spread_sentence(without, with_it),
    )


def _fit_sentence(without: Price, with_it: Price) -> str:
    if _shown(without) == _shown(with_it):
        return _("On the last %(lists)s lists here nothing would be different.", lists=format_number(without.lists))
    return _(
        "On the last %(lists)s lists here: the points of the first three go from %(before)s to %(after)s of 100. "
        "%(spread)s",
        lists=format_number(without.lists),
        before=format_number(round(100 * without.score, 1), 1),
        after=format_number(round(100 * with_it.score, 1), 1),
        spread=_spread_sentence(without, with_it),
    )


def _shown(price: Price) -> tuple[float, int, int]:
    """The three numbers of the sentence, as they are rounded there."""
    return round(100 * price.score, 1), price.people, round(100 * price.never_asked)


def _spread_sentence(without: Price, with_it: Price) -> str:
    """What of it changes, in the numbers that are shown."""
    if _shown(without)[1:] == _shown(with_it)[1:]:
        return _("As many different people stand there, and as many places go to somebody never asked.")
    return _(
        "%(people)s different people stand there instead of %(fewer)s; %(never)s of 100 places go to somebody never "
        "asked instead of %(rarer)s.",
        people=format_number(with_it.people),
        fewer=format_number(without.people),
        never=format_number(round(100 * with_it.never_asked)),
        rarer=format_number(round(100 * without.never_asked)),
    )
