"""Who may ask for a school, and who may look at or change a draft. Pure."""

from matcher.accounts.policy import Actor
from matcher.accounts.states import SCHOOL_ROLES, Role


def is_of_school(actor: Actor, organisation_id: int) -> bool:
    """Teacher or leader there; unconfirmed people may prepare, what they send is kept until they are confirmed."""
    return any(actor.has_in(role, organisation_id, confirmed=False) for role in SCHOOL_ROLES)


def can_ask_for(actor: Actor, organisation_id: int, region_id: int | None) -> bool:
    """On one's own behalf, or as a coordinator for somebody who phoned."""
    return is_of_school(actor, organisation_id) or actor.is_coordinator_of(region_id)


def knows_colleagues(actor: Actor, organisation_id: int, region_id: int | None) -> bool:
    """Names of colleagues and their classes: whoever was confirmed there, and the coordinator."""
    return any(actor.has_in(role, organisation_id) for role in SCHOOL_ROLES) or actor.is_coordinator_of(region_id)


def asks_on_behalf(actor: Actor, organisation_id: int) -> bool:
    return not is_of_school(actor, organisation_id)


def can_edit(actor: Actor, *, organisation_id: int, region_id: int, asked_by_id: int) -> bool:
    """The teacher who asks, a leader of the school, the coordinator of the region."""
    if actor.user_id == asked_by_id and is_of_school(actor, organisation_id):
        return True
    return actor.has_in(Role.SCHOOL_LEAD, organisation_id) or actor.is_coordinator_of(region_id)


def leads_for(actor: Actor, organisation_id: int, asked_by_id: int) -> bool:
    """Leads this school, and does not ask this for themselves."""
    return actor.has_in(Role.SCHOOL_LEAD, organisation_id) and actor.user_id != asked_by_id


def can_see(actor: Actor, *, organisation_id: int, region_id: int, asked_by_id: int, is_draft: bool) -> bool:
    """A draft is the asker's, the leader's and the coordinator's; what was sent is for all confirmed colleagues."""
    if can_edit(actor, organisation_id=organisation_id, region_id=region_id, asked_by_id=asked_by_id):
        return True
    return not is_draft and any(actor.has_in(role, organisation_id) for role in SCHOOL_ROLES)
