"""Who fits a draft, looked up while somebody still types. Reads only: what was shown is kept once it is sent."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.states import SCHOOL_ROLES
from matcher.availability.states import Kind
from matcher.matching.candidate_queries import Candidate, candidate_row
from matcher.matching.fairness_queries import fairness_for
from matcher.matching.kind_words import words_of
from matcher.matching.search_queries import WANTED
from matcher.matching.suggestion_queries import worded
from matcher.matching.suggestion_services import row_of, suggest
from matcher.matching.wording import change_sentence, order_words
from matcher.requests import queries
from matcher.requests.models import Request
from matcher.requests.widening import mark_of_change

SHOWN = 6


@dataclass(frozen=True)
class Along:
    """`can_ask`: this person may send it and knows who they are; then they can be ticked at once. A change has the mark
    with which the form fills it in, where it has a field for it."""

    heading: str
    sub: str = ""
    people: list[Candidate] = field(default_factory=list)
    changes: list[tuple[str, str | None]] = field(default_factory=list)
    can_ask: bool = False
    nobody: str = ""


def look_along(session: Session, draft: Request, actor: Actor, *, now: datetime) -> Along:
    """The first of the order that sending would give, or what is still needed to look."""
    words = words_of(draft.kind)
    if not _can_look(session, draft, now):
        return Along(str(words.beside), str(words.needed))
    confirmed = any(actor.has_in(role, draft.organisation_id) for role in SCHOOL_ROLES)
    knows_names = confirmed or actor.is_coordinator_of(draft.region_id)
    found = suggest(
        session, request_id=draft.id, now=now, limit=SHOWN, fairness=fairness_for(session, draft.id, now=now)
    )
    rows = [row_of(candidate) for candidate in found.candidates]
    shown = worded(session, draft.id, rows, model=found.model, now=now, names=knows_names)
    return Along(
        heading=words.fits(found.eligible),
        sub=order_words(found.eligible, len(shown), most=WANTED) if shown else "",
        people=[candidate_row(each, draft, {}, {}, (), (), {}) for each in shown],
        changes=[(change_sentence(each), mark_of_change(draft.kind, each)) for each in found.smallest_change],
        can_ask=knows_names,
        nobody="" if shown else str(words.nobody),
    )


def _can_look(session: Session, draft: Request, now: datetime) -> bool:
    """What it is about and a moment ahead; a vacancy also says for which level."""
    if draft.kind is Kind.HYBRID_PLACEMENT and draft.level is None:
        return False
    ahead = (each.start_s > now.timestamp() for each in queries.moments_of(session, [draft.id])[draft.id])
    return bool(queries.topics_of(session, [draft.id])[draft.id]) and any(ahead)
