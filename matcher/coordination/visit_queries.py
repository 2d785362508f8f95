"""Whom and what a visit that is registered afterwards can be between: schools, companies, their people and lessons."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.queries import members_of
from matcher.accounts.states import COMPANY_ROLES, SCHOOL_ROLES
from matcher.availability.states import Kind
from matcher.db import BIGGEST_ID
from matcher.errors import NotFound
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType

COMPANIES = (OrganisationType.COMPANY, OrganisationType.SELF_EMPLOYED)
MOST = 30


@dataclass(frozen=True)
class Between:
    """The two sides with everybody who can have been there and what the company offers of the kind, as (id, label)."""

    school: Organisation
    company: Organisation
    teachers: list[tuple[int, str]]
    guests: list[tuple[int, str]]
    offers: list[tuple[int, str]]
    titles: dict[int, str]
    """The offers by their title alone."""


def companies_found(session: Session, actor: Actor, text: str) -> list[Organisation]:
    """By a part of the name or place; without a text those of the coordinator's regions."""
    query = select(Organisation).where(Organisation.type.in_(COMPANIES), Organisation.ended_at.is_(None))
    wanted = text.strip().casefold()
    if wanted:
        name = Organisation.name_key.contains(wanted, autoescape=True)
        query = query.where(or_(name, Organisation.place.icontains(wanted, autoescape=True)))
    else:
        query = query.where(Organisation.region_id.in_(actor.region_ids))
    return list(session.scalars(query.order_by(Organisation.name_key, Organisation.id).limit(MOST)))


def school_here(session: Session, actor: Actor, school_id: int) -> Organisation:
    """A school of the coordinator's regions. Raises NotFound."""
    school = _organisation(session, school_id)
    if school.type is not OrganisationType.SCHOOL or not actor.is_coordinator_of(school.region_id):
        raise NotFound()
    return school


def between(session: Session, school: Organisation, company_id: int, kind: Kind) -> Between:
    """Raises NotFound for what is no company."""
    company = _organisation(session, company_id)
    if company.type not in COMPANIES:
        raise NotFound()
    guests = members_of(session, company.id, COMPANY_ROLES, confirmed=False)
    query = select(Offer).where(Offer.organisation_id == company.id, Offer.kind == kind)
    names = {user.id: user.name for user in guests}
    offers = session.scalars(query.order_by(Offer.title, Offer.id).limit(100)).all()
    return Between(
        school=school,
        company=company,
        teachers=_people(members_of(session, school.id, SCHOOL_ROLES, confirmed=False)),
        guests=_people(guests),
        offers=[
            (offer.id, " · ".join(part for part in (offer.title, names.get(offer.person_id or 0)) if part))
            for offer in offers
        ],
        titles={offer.id: offer.title for offer in offers},
    )


def _people(users: list) -> list[tuple[int, str]]:
    return [(user.id, user.name) for user in users]


def _organisation(session: Session, organisation_id: int) -> Organisation:
    found = session.get(Organisation, organisation_id) if 0 < organisation_id <= BIGGEST_ID else None
    if found is None or found.ended_at is not None:
        raise NotFound()
    return found
