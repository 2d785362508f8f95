"""Why not …? Everybody of a name whom the school could mean, with what stands in the way of this request."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.matching.eligibility import NeverCode
from matcher.matching.models import Match
from matcher.matching.states import LIVE
from matcher.matching.suggestion_queries import verdicts
from matcher.matching.wording import never_sentence
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType
from matcher.requests.models import Request

SHORTEST, LONGEST, MOST = 2, 60, 6
HIDDEN = frozenset({NeverCode.BLOCKED, NeverCode.KIND})
"""Who keeps away from this school is not told of here either."""


@dataclass(frozen=True)
class WhyNot:
    """`fits`: nothing stands in the way. `asked`: they have the question, or said yes."""

    offer_id: int
    name: str
    what: str
    lines: list[str] = field(default_factory=list)
    asked: bool = False

    @property
    def fits(self) -> bool:
        return not self.lines and not self.asked


def why_not(session: Session, request: Request, text: str, *, now: datetime) -> list[WhyNot] | None:
    """None where nobody was named; a fixed number of statements."""
    letters = text.strip()[:LONGEST].lower()
    if len(letters) < SHORTEST:
        return None
    rows = session.execute(_named(request, letters)).all()
    found = verdicts(session, request.id, [row.id for row in rows], now=now)
    live = select(Match.offer_id).where(Match.request_id == request.id, Match.state.in_(LIVE))
    asked = set(session.scalars(live))
    shown = []
    for row in rows:
        verdict = found.get(row.id)
        if verdict is None or HIDDEN & set(verdict.never):
            continue
        lines = [] if row.id in asked else [never_sentence(code, request.kind) for code in verdict.never]
        own = row.own_name or row.type is OrganisationType.SELF_EMPLOYED
        parts = (row.function, "" if own else row.organisation, row.title)
        name = row.person or row.organisation
        what = " · ".join(part for part in parts if part and part != name)
        shown.append(WhyNot(row.id, name, what, lines, row.id in asked))
    return shown[:MOST]


def _named(request: Request, letters: str) -> Any:
    def has(column: Any) -> Any:
        return func.lower(column).contains(letters, autoescape=True)

    openly = (Offer.own_name.is_(False)) & (Organisation.type != OrganisationType.SELF_EMPLOYED)
    return (
        select(Offer.id, Offer.title, Offer.own_name, User.name.label("person"), User.function,
               Organisation.name.label("organisation"), Organisation.type)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Offer.person_id)
        .where(Offer.kind == request.kind, Offer.state == OfferState.OPEN)
        .where(or_(has(User.name), has(Offer.title), openly & has(Organisation.name)))
        .order_by(User.name, Offer.id)
        .limit(MOST * 3)
    )  # fmt: skip
