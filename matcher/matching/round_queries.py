"""Reads what a round needs: requests that still want somebody, and with a ranker's chances whoever fits them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.matching.models import Match
from matcher.matching.pairs import facts_batch
from matcher.matching.rounds import Asking, Possible
from matcher.matching.search_queries import Judged, eligible_offers
from matcher.matching.states import LIVE, TAKES_PLACE
from matcher.matching.view_queries import request_views
from matcher.matching.views import RequestView
from matcher.ranking.baseline import Ranker
from matcher.requests.models import Request

KEPT = 20
LOOKED_AT = 100


def gather_round(
    session: Session,
    request_ids: Collection[int],
    *,
    ranker: Ranker,
    now: datetime,
    kept: int = KEPT,
    looked_at: int = LOOKED_AT,
) -> list[Asking]:
    """Each request that still needs somebody with the `kept` best of the `looked_at` nearest who fit. Reads only.

    The ranker's scores are taken for chances, so it has to be one that gives chances.
    """
    views = request_views(session, request_ids, now=now)
    wanted = _still_needed(session, list(views))
    classes = _classes(session, list(views))
    gathered = []
    for number, view in views.items():
        if wanted[number] > 0:
            judged, _looked = eligible_offers(session, view, now=now, wanted=looked_at)
            possible = _possible(view, judged, ranker, now, kept)
            gathered.append(Asking(view, wanted[number], classes[number], possible))
    return gathered


def _possible(
    request: RequestView, judged: list[Judged], ranker: Ranker, now: datetime, kept: int
) -> tuple[Possible, ...]:
    if not judged:
        return ()
    offers, verdicts = [offer for offer, _verdict in judged], [verdict for _offer, verdict in judged]
    scores = ranker.rank(facts_batch(request, offers, verdicts, as_of=now)).scores
    order = sorted(range(len(offers)), key=lambda row: (-round(float(scores[row]), 9), offers[row].id))
    return tuple(Possible(offers[row], float(scores[row]), verdicts[row].open_moments) for row in order[:kept])


def _still_needed(session: Session, request_ids: Collection[int]) -> dict[int, int]:
    """People wanted less everybody who was asked, said yes or came."""
    query = select(Match.request_id, func.count()).where(
        Match.request_id.in_(request_ids), Match.state.in_(LIVE | TAKES_PLACE)
    )
    taken = dict(session.execute(query.group_by(Match.request_id)).all())
    needed = session.execute(select(Request.id, Request.needed).where(Request.id.in_(request_ids)))
    return {number: wanted - taken.get(number, 0) for number, wanted in needed}


def _classes(session: Session, request_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    return {row.id: row.class_ids for row in session.scalars(select(Request).where(Request.id.in_(request_ids)))}
