"""Who fits a draft, looked up while somebody still types. Reads only: what was shown is kept once it is sent."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.states import SCHOOL_ROLES
from matcher.i18n import _
from matcher.matching.candidate_queries import Candidate, candidate_row
from matcher.matching.fairness_queries import fairness_for
from matcher.matching.kind_words import words_of
from matcher.matching.search_queries import WANTED
from matcher.matching.suggestion_queries import worded
from matcher.matching.suggestion_services import row_of, suggest
from matcher.matching.wording import change_sentence
from matcher.requests import queries
from matcher.requests.models import Request

SHOWN = 6


@dataclass(frozen=True)
class Along:
    """`can_ask`: this person may send it and knows who they are; then they can be ticked at once."""

    heading: str
    sub: str = ""
    people: list[Candidate] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    can_ask: bool = False
    looked: bool = False


def look_along(session: Session, draft: Request, actor: Actor, *, now: datetime) -> Along:
    """The first people of the order that sending would give, or what is still needed to look."""
    ahead = [each for each in queries.moments_of(session, [draft.id])[draft.id] if each.start_s > now.timestamp()]
    if not queries.topics_of(session, [draft.id])[draft.id] or not ahead:
        needed = _("Choose a class, say what it is about and tick weeks: you see here who can come.")
        return Along(_("Who fits"), needed)
    confirmed = any(actor.has_in(role, draft.organisation_id) for role in SCHOOL_ROLES)
    knows_names = confirmed or actor.is_coordinator_of(draft.region_id)
    found = suggest(
        session, request_id=draft.id, now=now, limit=SHOWN, fairness=fairness_for(session, draft.id, now=now)
    )
    rows = [row_of(candidate) for candidate in found.candidates]
    shown = worded(session, draft.id, rows, model=found.model, now=now, names=knows_names)
    return Along(
        heading=words_of(draft.kind).fits(found.eligible),
        sub=_("The nearest, in order of fit") if found.eligible >= WANTED else _("In order of fit"),
        people=[candidate_row(each, draft, {}, {}, (), (), {}) for each in shown],
        changes=[change_sentence(change) for change in found.smallest_change],
        can_ask=knows_names,
        looked=True,
    )
