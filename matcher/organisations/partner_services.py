"""Standing partnerships: proposed by one side, confirmed by the other or the coordinator, ended by either."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.services import record
from matcher.db import lock_row
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.i18n import _l
from matcher.organisations import mailer, policy
from matcher.organisations.models import Organisation, Partnership
from matcher.organisations.partner_queries import partnership_with
from matcher.organisations.states import OrganisationType, PartnerSide

GONE = _l("This partnership ended in the meantime.")


def propose_partnership(
    session: Session, *, actor: Actor, organisation_id: int, other_id: int, now: datetime
) -> Partnership:
    """A coordinator's own counts at once; so does the same wish of the other side. Raises NotFound, InvalidInput."""
    places = {number: lock_row(session, Organisation, number) for number in sorted({organisation_id, other_id})}
    school, company = _sides(list(places.values()))
    side = policy.partner_side(actor, school, company)
    if side is None or not policy.can_see(actor, places[organisation_id]):
        raise NotFound()
    live = select(Partnership).where(
        Partnership.school_id == school.id, Partnership.company_id == company.id, Partnership.ended_at.is_(None)
    )
    row = session.scalars(live).one_or_none()
    if row is None:
        row = Partnership(
            school_id=school.id,
            company_id=company.id,
            proposed_side=side,
            proposed_by_id=actor.user_id,
            proposed_at=now,
        )
        session.add(row)
        session.flush()
        _record(session, "partnership_proposed", row, actor, now)
        if side is not PartnerSide.COORDINATOR:
            mailer.ask_partner(session, row=row, school=school, company=company, now=now)
    if row.confirmed_at is None and (side is PartnerSide.COORDINATOR or side is not row.proposed_side):
        _confirm(session, row, school, company, actor, now)
    return row


def confirm_partnership(session: Session, *, actor: Actor, partnership_id: int, now: datetime) -> Partnership:
    """The other side's yes, or the coordinator's. A second click changes nothing. Raises NotFound, Conflict."""
    row, school, company = partnership_with(session, partnership_id)
    row = lock_row(session, Partnership, row.id)
    if not policy.can_confirm_partner(actor, row.proposed_side, school, company):
        raise NotFound()
    if row.ended_at is not None:
        raise Conflict(GONE)
    if row.confirmed_at is None:
        _confirm(session, row, school, company, actor, now)
    return row


def end_partnership(session: Session, *, actor: Actor, partnership_id: int, now: datetime) -> Partnership:
    """Either side, or the coordinator; also a no to what was proposed. Agreed visits stay. Raises NotFound."""
    row, school, company = partnership_with(session, partnership_id)
    row = lock_row(session, Partnership, row.id)
    if policy.partner_side(actor, school, company) is None:
        raise NotFound()
    if row.ended_at is None:
        row.ended_at, row.ended_by_id = now, actor.user_id
        session.flush()
        _record(session, "partnership_ended", row, actor, now)
    return row


def _sides(places: list[Organisation]) -> tuple[Organisation, Organisation]:
    """(school, company). Raises InvalidInput for any other two."""
    schools = [place for place in places if place.type is OrganisationType.SCHOOL]
    companies = [place for place in places if place.type in {OrganisationType.COMPANY, OrganisationType.SELF_EMPLOYED}]
    if len(schools) != 1 or len(companies) != 1:
        raise InvalidInput(_l("A partnership is between a school and a company."))
    if not all(policy.is_open(place) for place in places):
        raise InvalidInput(_l("Both organisations must have been checked first."))
    return schools[0], companies[0]


def _confirm(
    session: Session, row: Partnership, school: Organisation, company: Organisation, actor: Actor, now: datetime
) -> None:
    row.confirmed_at, row.confirmed_by_id = now, actor.user_id
    session.flush()
    _record(session, "partnership_confirmed", row, actor, now)
    mailer.tell_partners(session, row=row, school=school, company=company, now=now)


def _record(session: Session, action: str, row: Partnership, actor: Actor, now: datetime) -> None:
    for place_id, other_id in ((row.school_id, row.company_id), (row.company_id, row.school_id)):
        record(
            session,
            action=action,
            object_type="organisation",
            object_id=place_id,
            actor_id=actor.user_id,
            details={"with": other_id},
            now=now,
        )
