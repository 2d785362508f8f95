"""Suggestions as plain values with words and names, for the command line. Stores nothing."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.matching.suggestion_queries import names_of
from matcher.matching.suggestion_services import Candidate, Suggested, suggest
from matcher.matching.wording import Names, change_sentence, reason_lines
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request


def suggestion_report(session: Session, *, request_id: int, limit: int, now: datetime) -> dict[str, Any]:
    """What the command prints, worded in the current language."""
    found = suggest(session, request_id=request_id, now=now, limit=limit)
    mentioned = [reason for one in found.candidates for reason in (*one.reasons, *one.against)]
    names = names_of(session, request_id, {params.get("topic") for _code, params in mentioned} - {None})
    who = _who(session, [one.offer_id for one in found.candidates])
    return {
        "request_id": request_id,
        "kind": session.get_one(Request, request_id).kind.value,
        "model": found.model,
        "eligible": found.eligible,
        "candidates": [_candidate(one, who[one.offer_id], names) for one in found.candidates],
        **_why_so_few(found),
    }


def _why_so_few(found: Suggested) -> dict[str, Any]:
    changes = [{**change, "text": change_sentence(change)} for change in found.smallest_change]
    return {"never": found.never, "smallest_change": changes}


def _who(session: Session, offer_ids: list[int]) -> dict[int, Any]:
    query = (
        select(Offer.id, Offer.title, User.name.label("person"), Organisation.name.label("organisation"))
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Offer.person_id)
        .where(Offer.id.in_(offer_ids))
    )
    return {row.id: row for row in session.execute(query)}


def _candidate(one: Candidate, who: Any, names: Names) -> dict[str, Any]:
    return {
        "position": one.position,
        "offer_id": one.offer_id,
        "title": who.title,
        "name": who.person,
        "organisation": who.organisation,
        "distance_km": one.distance_km,
        "mode": one.mode.value,
        "score": one.score,
        "reasons": reason_lines(one.reasons, names),
        "against": reason_lines(one.against, names),
        "reason_codes": one.reasons,
        "against_codes": one.against,
        "moments": [
            {"id": int(key), "label": names.moments.get(int(key), ""), "state": state}
            for key, state in one.moments.items()
        ],
    }
