"""Schools and companies that go on with each other: on their pages, in lists, and as pairs for who decides."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from matcher.accounts.policy import Actor
from matcher.db import BIGGEST_ID
from matcher.errors import NotFound
from matcher.organisations import policy
from matcher.organisations.models import Organisation, Partnership
from matcher.organisations.queries import search_companies, search_schools
from matcher.organisations.states import OrganisationType

MOST_FOUND = 10
Pair = tuple[int, int]  # (school, company)


class Partner(NamedTuple):
    """A partnership seen from one of its sides, and what this reader may do with it."""

    row: Partnership
    other: Organisation
    may_confirm: bool
    may_end: bool


class Waiting(NamedTuple):
    """A partnership that the other side has not confirmed yet."""

    row: Partnership
    school: Organisation
    company: Organisation


def partners_of(session: Session, place: Organisation, actor: Actor) -> list[Partner]:
    """What stands or waits, by name of the other side."""
    query = (
        select(Partnership, Organisation)
        .join(Organisation, Organisation.id.in_((Partnership.school_id, Partnership.company_id)))
        .where(
            or_(Partnership.school_id == place.id, Partnership.company_id == place.id),
            Organisation.id != place.id,
            Partnership.ended_at.is_(None),
        )
        .order_by(Organisation.name_key, Partnership.id)
    )
    found = []
    for row, other in session.execute(query):
        school, company = (place, other) if row.school_id == place.id else (other, place)
        waits = row.confirmed_at is None
        found.append(
            Partner(
                row,
                other,
                waits and policy.can_confirm_partner(actor, row.proposed_side, school, company),
                policy.partner_side(actor, school, company) is not None,
            )
        )
    return found


def partnership_with(session: Session, partnership_id: int) -> Waiting:
    """One partnership with both sides. Raises NotFound."""
    row = session.get(Partnership, partnership_id) if 0 < partnership_id <= BIGGEST_ID else None
    if row is None:
        raise NotFound()
    school, company = (session.get_one(Organisation, number) for number in (row.school_id, row.company_id))
    return Waiting(row, school, company)


def awaiting_partners(session: Session, region_ids: Collection[int], *, limit: int = 50) -> list[Waiting]:
    """Partnerships of schools of these regions that wait for a yes, the oldest first."""
    school, company = aliased(Organisation), aliased(Organisation)
    query = (
        select(Partnership, school, company)
        .join(school, school.id == Partnership.school_id)
        .join(company, company.id == Partnership.company_id)
        .where(school.region_id.in_(region_ids), Partnership.confirmed_at.is_(None), Partnership.ended_at.is_(None))
    )
    return [Waiting(*found) for found in session.execute(query.order_by(Partnership.proposed_at).limit(limit))]


def standing_pairs(
    session: Session, school_ids: Collection[int], company_ids: Collection[int], *, as_of: datetime
) -> dict[Pair, datetime]:
    """Pair → since when both sides had said yes, as it stood then."""
    query = select(Partnership.school_id, Partnership.company_id, Partnership.confirmed_at).where(
        Partnership.school_id.in_(school_ids),
        Partnership.company_id.in_(company_ids),
        Partnership.confirmed_at <= as_of,
        or_(Partnership.ended_at.is_(None), Partnership.ended_at > as_of),
    )
    return {(school, company): since for school, company, since in session.execute(query) if since is not None}


def possible_partners(session: Session, place: Organisation, text: str) -> list[Organisation]:
    """Checked organisations of the other kind that a typed name finds; nobody who works for themselves."""
    if not text.strip():
        return []
    search = search_companies if place.type is OrganisationType.SCHOOL else search_schools
    return [other for other in search(session, text) if policy.is_open(other)][:MOST_FOUND]
