"""The runbook of one match, as far as this person may read it."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.states import Delivery, Kind
from matcher.i18n import _, format_datetime
from matcher.matching.models import Match
from matcher.matching.policy import MatchFacts, can_prepare, can_prepare_for, halves_seen
from matcher.matching.runbook_models import RunbookVersion
from matcher.matching.runbooks import HEARD, PARTIES, Half, Item, half_of
from matcher.matching.states import Side
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request


@dataclass(frozen=True)
class Runbook:
    """`mine` is the half this reader fills in now; `seen` (half, when and by whom it was saved) what they may read;
    `spoken`: what a coordinator may note for somebody who told it."""

    mine: Half | None
    seen: list[tuple[Half, str]]
    spoken: list[Half] = field(default_factory=list)


def newest_version(session: Session, match_id: int, side: Side) -> RunbookVersion | None:
    query = select(RunbookVersion).where(RunbookVersion.match_id == match_id, RunbookVersion.side == side)
    return session.scalars(query.order_by(RunbookVersion.version.desc()).limit(1)).one_or_none()


def halves_of(session: Session, match: Match, request: Request, offer: Offer) -> dict[Side, Half]:
    """Both halves; what the request and the offer already say stands where nobody wrote anything yet."""
    return {side: half for side, (half, _row) in _halves(session, match, request, offer).items()}


def address_of(session: Session, request: Request, offer: Offer) -> str:
    """Where they meet; nothing online."""
    if request.delivery is Delivery.ONLINE:
        return ""
    at_company = request.kind is Kind.TEACHER_INTERNSHIP or request.delivery is Delivery.AT_COMPANY
    there = session.get_one(Organisation, offer.organisation_id if at_company else request.organisation_id)
    return ", ".join(part for part in (there.name, there.address) if part)


def runbook_for(
    session: Session, match: Match, request: Request, offer: Offer, facts: MatchFacts, actor: Actor, now: datetime
) -> Runbook | None:
    """None where there is nothing to read and nothing to fill in."""
    side, seen, spoken = can_prepare(facts, actor, now), halves_seen(facts, actor), can_prepare_for(facts, actor, now)
    if side is None and not seen and not spoken:
        return None
    found = _halves(session, match, request, offer)
    if side is None and not spoken and all(row is None for _half, row in found.values()):
        return None
    return Runbook(
        mine=found[side][0] if side is not None else None,
        seen=[(found[each][0], _saved(session, found[each][1])) for each in PARTIES if each in seen],
        spoken=[found[each][0] for each in PARTIES if each in spoken],
    )


def _halves(
    session: Session, match: Match, request: Request, offer: Offer
) -> dict[Side, tuple[Half, RunbookVersion | None]]:
    found = {}
    for side in PARTIES:
        row = newest_version(session, match.id, side)
        known = _known(session, match, request, offer, side)
        half = half_of(request.kind, request.delivery, side, row.said if row else {}, known, row.version if row else 0)
        found[side] = (half, row)
    return found


def _known(session: Session, match: Match, request: Request, offer: Offer, side: Side) -> dict[Item, str]:
    """A named teacher stays in the room, and an internship place names who guides."""
    if request.kind is Kind.GUEST_LECTURE and side is Side.SCHOOL:
        return {Item.ADULT: session.get_one(User, match.teacher_id or request.asked_by_id).name}
    if request.kind is Kind.TEACHER_INTERNSHIP and side is Side.COMPANY:
        return {Item.RECEIVES: str(offer.details.get("supervisor") or "")}
    return {}


def _saved(session: Session, row: RunbookVersion | None) -> str:
    if row is None:
        return ""
    person = session.get(User, row.by_id) if row.by_id is not None else None
    name = person.name if person else ""
    how = row.said.get(HEARD)
    if how in HOWS_NOTED:
        name = HOWS_NOTED[how](name)
    return " · ".join(part for part in (name, format_datetime(row.at)) if part)


HOWS_NOTED = {
    "phone": lambda name: _("told by phone, noted by %(name)s", name=name),
    "mail": lambda name: _("told by mail, noted by %(name)s", name=name),
    "in_person": lambda name: _("told in person, noted by %(name)s", name=name),
}
