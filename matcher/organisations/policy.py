"""What somebody may do at an organisation, pure: asked by services, buttons and other rooms alike."""

from datetime import datetime
from typing import Protocol

from matcher.accounts.policy import Actor
from matcher.accounts.states import COMPANY_ROLES, SCHOOL_ROLES, Role
from matcher.organisations.states import OrganisationType, PartnerSide


class Place(Protocol):
    """The few facts of an organisation that decide; a row of the table has them."""

    @property
    def id(self) -> int: ...
    @property
    def type(self) -> OrganisationType: ...
    @property
    def region_id(self) -> int | None: ...
    @property
    def verified_at(self) -> datetime | None: ...
    @property
    def stopped_at(self) -> datetime | None: ...
    @property
    def ended_at(self) -> datetime | None: ...


def roles_at(type_: OrganisationType) -> frozenset[Role]:
    """Which roles people can have there."""
    return SCHOOL_ROLES if type_ in {OrganisationType.SCHOOL, OrganisationType.BOARD} else COMPANY_ROLES


def is_open(organisation: Place) -> bool:
    """Checked by a coordinator, not stopped, still there."""
    return organisation.verified_at is not None and organisation.stopped_at is None and organisation.ended_at is None


def is_confirmed_for(actor: Actor, organisation: Place) -> bool:
    """May what this person prepared here go out? Both the person and the organisation have been checked."""
    return is_open(organisation) and actor.is_member_of(organisation.id)


def can_see(actor: Actor, organisation: Place) -> bool:
    """Its page: its own people, also before they are confirmed, and who looks after its region."""
    return organisation.id in actor.organisation_ids or can_verify(actor, organisation)


def can_verify(actor: Actor, organisation: Place) -> bool:
    """Checking, refusing, stopping: the region's coordinator or an administrator."""
    return actor.is_administrator or actor.is_coordinator_of(organisation.region_id)


def can_confirm_members(actor: Actor, organisation: Place) -> bool:
    """A confirmed leader or contact, or the coordinator."""
    return actor.leads(organisation.id) or can_verify(actor, organisation)


def can_manage(actor: Actor, organisation: Place) -> bool:
    """Settings, lesson times, year calendar."""
    return can_confirm_members(actor, organisation)


def can_add_school(actor: Actor) -> bool:
    return actor.is_coordinator or actor.is_administrator


def speaks_for(actor: Actor, organisation: Place) -> bool:
    """Its confirmed leader or contact; who works for themselves speaks for themselves."""
    alone = organisation.type is OrganisationType.SELF_EMPLOYED and actor.is_member_of(organisation.id)
    return alone or actor.leads(organisation.id)


def can_coordinate(actor: Actor, organisation: Place) -> bool:
    """The coordinator of its region who does not work there."""
    return actor.is_coordinator_of(organisation.region_id) and organisation.id not in actor.organisation_ids


def partner_side(actor: Actor, school: Place, company: Place) -> PartnerSide | None:
    """Where this person stands in a partnership; a coordinator who works at either side is none here."""
    if speaks_for(actor, school):
        return PartnerSide.SCHOOL
    if speaks_for(actor, company):
        return PartnerSide.COMPANY
    works_there = bool({school.id, company.id} & actor.organisation_ids)
    regions = (school.region_id, company.region_id)
    if not works_there and any(actor.is_coordinator_of(region_id) for region_id in regions):
        return PartnerSide.COORDINATOR
    return None


def can_confirm_partner(actor: Actor, proposed: PartnerSide, school: Place, company: Place) -> bool:
    """The other side, or the coordinator."""
    return partner_side(actor, school, company) not in {None, proposed}
