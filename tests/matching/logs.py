"""A log of suggestions long enough to learn from, written as rows: who is free comes, near or far."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from matcher.matching.models import Match, MatchEvent
from matcher.matching.states import Action, MatchState, Side
from matcher.matching.suggestion_models import Suggestion, SuggestionRun
from matcher.ranking.facts import NAMES, PairFacts, fingerprint, pack
from matcher.requests.models import Request, RequestRevision
from tests.matching.lives import Life, make_life

PLAIN = PairFacts(**dict.fromkeys(NAMES, 0.5))
SHOWN, ASKED = 4, 3
STEPS = {
    MatchState.HELD: (
        (Action.ACCEPT, MatchState.ACCEPTED, Side.COMPANY, 1),
        (Action.APPROVE, MatchState.APPROVED, Side.COORDINATOR, 2),
        (Action.REPORT_HELD, MatchState.HELD, Side.SCHOOL, 20),
    ),
    MatchState.DECLINED: ((Action.DECLINE, MatchState.DECLINED, Side.COMPANY, 1),),
}  # fmt: skip


def make_log(session: Session, *, requests: int, until: datetime, always: MatchState | None = None) -> Life:
    """A request every other day until then; three of its four suggestions were asked, and answered."""
    dice, life = Random(7), make_life(session, guests=SHOWN)
    rows: dict[Any, list[dict[str, Any]]] = {Request: [], RequestRevision: [], SuggestionRun: [], Suggestion: []}
    rows |= {MatchEvent: [], Match: []}
    base = {column.key: getattr(life.request, column.key) for column in Request.__table__.columns}
    for number in range(1, requests + 1):
        at = until - timedelta(days=2 * (requests - number) + 1)
        request_id = life.request.id + number
        rows[Request].append(base | {"id": request_id, "needed": SHOWN, "created_at": at, "published_at": at})
        rows[RequestRevision].append({"request_id": request_id, "revision": 1, "at": at, "snapshot": {}})
        rows[SuggestionRun].append(
            {"id": number, "request_id": request_id, "request_revision": 1, "as_of": at, "model": "baseline-1",
             "fingerprint": fingerprint(), "eligible": SHOWN}
        )  # fmt: skip
        for place in range(1, SHOWN + 1):
            _suggest(life, rows, dice, number, place, at, always)
    for model, listed in rows.items():
        session.execute(insert(model), listed)
    session.flush()
    return life


def _suggest(
    life: Life, rows: dict[Any, list[dict[str, Any]]], dice: Random, number: int, place: int, at: datetime, always: Any
) -> None:
    km, load, offer, key = dice.uniform(1, 60), dice.random(), life.offers[place - 1], SHOWN * number + place
    facts = replace(PLAIN, kind=0.0, distance_km=km, distance_share=km / 60, online=0.0, load_share=load)
    rows[Suggestion].append(
        {"id": key, "run_id": number, "offer_id": offer.id, "offer_revision": 1, "position": place, "score": 0.5,
         "distance_km": km, "facts": pack(facts), "reasons": [], "against": [], "moments": {}, "shown_at": at}
    )  # fmt: skip
    if place > ASKED:
        return
    state = always or (MatchState.HELD if dice.random() < (0.95 if load < 0.4 else 0.15) else MatchState.DECLINED)
    steps = [(Action.PROPOSE, MatchState.PROPOSED, Side.SCHOOL, 0), *STEPS[state]]
    before = None
    for seq, (action, to, role, days) in enumerate(steps, start=1):
        rows[MatchEvent].append(
            {"match_id": key, "seq": seq, "prev_seq": seq - 1 or None, "from_state": before, "action": action,
             "to_state": to.value, "actor_id": life.teacher.id, "role": role, "at": at + timedelta(days=days)}
        )  # fmt: skip
        before = to.value
    done = state is MatchState.HELD
    rows[Match].append(
        {"id": key, "kind": life.request.kind, "request_id": life.request.id + number, "offer_id": offer.id,
         "request_revision": 1, "offer_revision": 1, "professional_id": offer.person_id,
         "visitor_id": offer.person_id if done else None, "teacher_id": life.teacher.id, "side": Side.SCHOOL,
         "proposed_by_id": life.teacher.id, "suggestion_id": key, "state": state, "seq": len(steps),
         "region_id": life.request.region_id, "place_no": place if done else None, "created_at": at, "changed_at": at,
         "approved_by_id": life.coordinator.id if done else None, "approved_at": at if done else None}
    )  # fmt: skip
