"""Who may see, change and release an offer. Pure."""

from dataclasses import dataclass

from matcher.accounts.policy import Actor
from matcher.accounts.states import COMPANY_ROLES, Role
from matcher.offers.states import OfferState


@dataclass(frozen=True)
class OfferFacts:
    """What the rules need to know of an offer and its organisation."""

    organisation_id: int
    region_id: int | None
    person_id: int | None
    state: OfferState
    own_name: bool = False


def can_offer_for(actor: Actor, organisation_id: int) -> bool:
    """Members of a company, confirmed or not: the unconfirmed prepare, and are suggested once they are confirmed."""
    return any(actor.has_in(role, organisation_id, confirmed=False) for role in COMPANY_ROLES)


def can_offer_team(actor: Actor, organisation_id: int) -> bool:
    """ "Someone of our team" is offered by the contact."""
    return actor.has_in(Role.COMPANY_CONTACT, organisation_id, confirmed=False)


def is_own(actor: Actor, offer: OfferFacts) -> bool:
    """The person themself, and the contact for what the company offers without a name: pages say "your" to them."""
    if offer.person_id is None:
        return can_offer_team(actor, offer.organisation_id)
    return offer.person_id == actor.user_id


def can_change(actor: Actor, offer: OfferFacts) -> bool:
    """Whose it is, as long as they belong to the company, and the region's coordinator."""
    if is_own(actor, offer):
        return can_offer_for(actor, offer.organisation_id)
    return actor.is_coordinator_of(offer.region_id)


def can_see(actor: Actor, offer: OfferFacts) -> bool:
    """Open offers are for everybody who signed in; others only for who may change them, and the company's contact."""
    if offer.state is OfferState.OPEN or can_change(actor, offer):
        return True
    return not offer.own_name and actor.has_in(Role.COMPANY_CONTACT, offer.organisation_id)


def can_release(actor: Actor, offer: OfferFacts) -> bool:
    """Letting a colleague be asked directly, where the organisation wants to be asked through its contact."""
    return not offer.own_name and actor.has_in(Role.COMPANY_CONTACT, offer.organisation_id)


def sees_names(actor: Actor) -> bool:
    """Whoever was confirmed somewhere; the unconfirmed see functions, sectors and rounded distances."""
    return any(grant.confirmed for grant in actor.grants)
