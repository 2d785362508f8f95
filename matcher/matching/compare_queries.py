"""The same request and the same people in two orders: by another ranking, or with what was known at another moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.errors import NotFound
from matcher.matching.pairs import facts_batch, reason_detail
from matcher.matching.search_queries import Judged, eligible_offers
from matcher.matching.suggestion_models import SuggestionRun
from matcher.matching.suggestion_queries import names_of
from matcher.matching.view_queries import offer_views, request_view
from matcher.matching.views import RequestView
from matcher.matching.wording import fit_blocks, fit_words, reason_lines
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.ranking.baseline import Ranker
from matcher.ranking.reasons import Reason, reasons
from matcher.requests.models import Request

SHOWN = 10
CHOICES = 30


class Remembers(StrEnum):
    """Which answers and visits are known: those before the request was first looked at, or all until now."""

    THEN = "then"
    NOW = "now"


@dataclass(frozen=True)
class Placed:
    """One candidate in one order. `reasons` for and against, as stored reasons."""

    place: int
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Moved:
    """One person in both orders; places from 1. Reasons are told only where they changed."""

    offer_id: int
    name: str
    sub: str
    before: int
    after: int
    fit: str
    blocks: int
    fit_before: str
    gained: list[str]
    lost: list[str]

    @property
    def rose(self) -> int:
        return self.before - self.after


@dataclass(frozen=True)
class Compared:
    title: str
    at: datetime
    people: int
    moved: list[Moved]  # the first ten after
    fell_out: list[Moved]  # who stood among the first ten before, and not after
    same: int


def requests_to_compare(session: Session) -> list[tuple[int, str]]:
    """The newest requests somebody was found for, as (id, title with school)."""
    newest = select(SuggestionRun.request_id, func.max(SuggestionRun.id).label("run_id"))
    newest = newest.where(SuggestionRun.eligible > 0)  # nobody is no order
    found = newest.group_by(SuggestionRun.request_id).order_by(func.max(SuggestionRun.id).desc()).limit(CHOICES)
    ids = found.subquery()
    query = (
        select(Request.id, Request.title, Organisation.name)
        .join(ids, ids.c.request_id == Request.id)
        .join(Organisation, Organisation.id == Request.organisation_id)
        .order_by(ids.c.run_id.desc())
    )
    return [(row[0], f"{row[1]} · {row[2]}") for row in session.execute(query)]


def compared(
    session: Session,
    request_id: int,
    left: tuple[Ranker, Remembers],
    right: tuple[Ranker, Remembers],
    *,
    now: datetime,
) -> Compared:
    """Who fitted when the request was first looked at, in both orders. Raises NotFound."""
    first = select(func.min(SuggestionRun.as_of)).where(SuggestionRun.request_id == request_id)
    request, at = session.get(Request, request_id), session.scalar(first)
    if request is None or at is None:
        raise NotFound()
    view = request_view(session, request_id, now=at)
    found, _looked = eligible_offers(session, view, now=at)
    later = offer_views(session, view, [offer.id for offer, _verdict in found], now=now)
    known = {
        Remembers.THEN: found,
        Remembers.NOW: [(replace(offer, history=later[offer.id].history), verdict) for offer, verdict in found],
    }
    before, after = (_ordered(view, known[moment], ranker, at) for ranker, moment in (left, right))
    names = _names(
        session, [offer_id for offer_id in after if min(after[offer_id].place, before[offer_id].place) <= SHOWN]
    )
    moved = _moved(session, request_id, before, after, names, left[0].name, right[0].name)
    return Compared(
        title=request.title,
        at=at,
        people=len(found),
        moved=[each for each in moved if each.after <= SHOWN],
        fell_out=[each for each in moved if each.after > SHOWN],
        same=sum(each.before <= SHOWN and each.after <= SHOWN for each in moved),
    )


def _ordered(request: RequestView, found: Sequence[Judged], ranker: Ranker, at: datetime) -> dict[int, Placed]:
    if not found:
        return {}
    offers, verdicts = [offer for offer, _verdict in found], [verdict for _offer, verdict in found]
    batch = facts_batch(request, offers, verdicts, as_of=at)
    ranked = ranker.rank(batch)
    order = np.lexsort((np.array([offer.id for offer in offers]), -np.round(ranked.scores, 9)))
    placed = {}
    for place, row in enumerate(order.tolist(), start=1):
        why = reasons(batch.one(row), ranked.of_row(row), reason_detail(request, offers[row], verdicts[row]))
        placed[offers[row].id] = Placed(place, float(ranked.scores[row]), (*why.on, *why.against))
    return placed


def _names(session: Session, offer_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Offer → its title, and what is done where by whoever gives it; nobody's name."""
    query = (
        select(Offer.id, Offer.title, User.function, Organisation.place)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Offer.person_id)
        .where(Offer.id.in_(offer_ids))
    )
    return {row[0]: (row[1], " · ".join(part for part in row[2:] if part)) for row in session.execute(query)}


def _moved(
    session: Session,
    request_id: int,
    before: Mapping[int, Placed],
    after: Mapping[int, Placed],
    names: Mapping[int, tuple[str, str]],
    *models: str,
) -> list[Moved]:
    mentioned = {reason[1].get("topic") for side in (before, after) for key in names for reason in side[key].reasons}
    words = names_of(session, request_id, mentioned - {None})
    found = []
    for offer_id, (name, sub) in names.items():
        was, becomes = before[offer_id], after[offer_id]
        found.append(
            Moved(
                offer_id=offer_id,
                name=name,
                sub=sub,
                before=was.place,
                after=becomes.place,
                fit=fit_words(becomes.score, models[1]),
                blocks=fit_blocks(becomes.score, models[1]),
                fit_before=fit_words(was.score, models[0]),
                gained=reason_lines([reason for reason in becomes.reasons if reason not in was.reasons], words),
                lost=reason_lines([reason for reason in was.reasons if reason not in becomes.reasons], words),
            )
        )
    return sorted(found, key=lambda each: each.after)
