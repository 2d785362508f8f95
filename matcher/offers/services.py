"""Making and changing offers. Each published change leaves a revision; the search key follows in the same unit.

What a change means for open invitations is decided in `matching`.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matcher.accounts.addresses import checked_address
from matcher.accounts.behalf import KEY, Heard
from matcher.accounts.policy import Actor
from matcher.accounts.queries import members_of
from matcher.accounts.states import COMPANY_ROLES
from matcher.availability.states import Delivery
from matcher.clock import local_date
from matcher.db import check_shown, lock_row
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _l
from matcher.offers.inputs import OfferInput
from matcher.offers.models import Offer, OfferRevision, OfferTopic
from matcher.offers.policy import OfferFacts, can_change, can_offer_for, can_offer_team, can_release
from matcher.offers.search_services import refresh_organisation, refresh_person, refresh_search_key, renew_owner
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.regions.queries import postcode
from matcher.subjects.levels import Level, mask_of
from matcher.subjects.models import Topic

__all__ = [
    "change_offer",
    "create_offer",
    "create_offer_for",
    "open_offer",
    "pause_offers",
    "refresh_organisation",
    "refresh_person",
    "refresh_search_key",
    "release_offer",
    "renew_owner",
    "withdraw_offer",
]

LONGEST_PAUSE = timedelta(days=366)
LANGUAGES = frozenset({"nl", "en", "fy", "de"})


def create_offer(session: Session, *, actor: Actor, given: OfferInput, now: datetime) -> Offer:
    """A draft of one's own, or of the company for "someone of our team". Raises NotFound for a foreign organisation."""
    if not can_offer_for(actor, given.organisation_id) or (
        given.team and not can_offer_team(actor, given.organisation_id)
    ):
        raise NotFound()
    return _created(session, given, person_id=None if given.team else actor.user_id, now=now)


def create_offer_for(
    session: Session, *, actor: Actor, person_id: int | None, given: OfferInput, heard: Heard, now: datetime
) -> Offer:
    """A coordinator writes down what somebody offers who phoned or mailed. Raises NotFound outside the region,
    InvalidInput for somebody who does not belong to the company."""
    company = session.get(Organisation, given.organisation_id)
    if company is None or not actor.is_coordinator_of(company.region_id):
        raise NotFound()
    people = {user.id for user in members_of(session, company.id, COMPANY_ROLES, confirmed=False)}
    if not given.team and person_id not in people:
        raise InvalidInput(_l("Choose somebody of this company."), "person")
    if heard.at > now:
        raise InvalidInput(_l("That is still to come. Say when you heard it."), "heard_on")
    offer = _created(session, given, person_id=None if given.team else person_id, now=now)
    offer.on_behalf_by_id = actor.user_id
    offer.details = {**offer.details, KEY: heard.details}
    session.flush()
    return offer


def _created(session: Session, given: OfferInput, *, person_id: int | None, now: datetime) -> Offer:
    offer = Offer(
        kind=given.kind,
        organisation_id=given.organisation_id,
        person_id=person_id,
        state=OfferState.DRAFT,
        revision=1,
        created_at=now,
        changed_at=now,
        details={},
    )
    _fill(session, offer, given)
    session.add(offer)
    session.flush()
    _set_topics(session, offer, given)
    return offer


def change_offer(
    session: Session, *, actor: Actor, offer_id: int, given: OfferInput, now: datetime, version: int | None = None
) -> Offer:
    """New values for all fields; whose offer it is, and for which organisation, stays. `version`: what was shown."""
    offer = _own(session, actor, offer_id)
    check_shown(offer.version, version)
    _fill(session, offer, given)
    _set_topics(session, offer, given)
    offer.changed_at = now
    if offer.person_id != actor.user_id and offer.person_id is not None:
        offer.on_behalf_by_id = actor.user_id
    if offer.state is not OfferState.DRAFT:
        offer.revision += 1
        _keep_revision(session, offer, actor, now)
    refresh_search_key(session, offer.id, now=now)
    return offer


def open_offer(session: Session, *, actor: Actor, offer_id: int, now: datetime, version: int | None = None) -> Offer:
    """From now on it can be found; who is not confirmed yet is not suggested before that."""
    offer = _own(session, actor, offer_id)
    check_shown(offer.version, version)
    if offer.state is not OfferState.OPEN:
        offer.state, offer.changed_at = OfferState.OPEN, now
        if session.get(OfferRevision, (offer.id, offer.revision)) is None:
            _keep_revision(session, offer, actor, now)
        refresh_search_key(session, offer.id, now=now)
    return offer


def withdraw_offer(
    session: Session, *, actor: Actor, offer_id: int, now: datetime, version: int | None = None
) -> Offer:
    """Nobody finds it any more; what was agreed stays agreed."""
    offer = _own(session, actor, offer_id)
    check_shown(offer.version, version)
    if offer.state is OfferState.OPEN:
        offer.state, offer.changed_at = OfferState.WITHDRAWN, now
        refresh_search_key(session, offer.id, now=now)
    return offer


def pause_offers(session: Session, *, actor: Actor, until: date | None, now: datetime) -> list[Offer]:
    """ "Do not ask me for a while": all offers of this person until that day (asked again on it); None ends it."""
    if until is not None and not local_date(now) < until <= local_date(now) + LONGEST_PAUSE:
        raise InvalidInput(_l("Choose a day after today, within a year."), "until")
    offers = list(session.scalars(select(Offer).where(Offer.person_id == actor.user_id).order_by(Offer.id)))
    for offer in offers:
        offer.paused_until = until
    session.flush()
    return offers


def release_offer(session: Session, *, actor: Actor, offer_id: int, released: bool, now: datetime) -> Offer:
    """The contact lets a colleague be asked directly, or takes that back."""
    offer = lock_row(session, Offer, offer_id)
    if not can_release(actor, _facts(session, offer)):
        raise NotFound()
    details = {key: value for key, value in offer.details.items() if key not in {"released_at", "released_by"}}
    if released:
        details |= {"released_at": now.isoformat(), "released_by": actor.user_id}
    offer.details = details
    session.flush()
    return offer


def _own(session: Session, actor: Actor, offer_id: int) -> Offer:
    """Locked; a foreign offer does not exist for this actor."""
    offer = lock_row(session, Offer, offer_id)
    if not can_change(actor, _facts(session, offer)):
        raise NotFound()
    return offer


def _facts(session: Session, offer: Offer) -> OfferFacts:
    region_id = session.get_one(Organisation, offer.organisation_id).region_id
    return OfferFacts(offer.organisation_id, region_id, offer.person_id, offer.state, offer.own_name)


def _fill(session: Session, offer: Offer, given: OfferInput) -> None:
    _check(session, given)
    pc4, lat, lon = _position(session, offer.organisation_id, given)
    offer.title, offer.description = given.title, given.description
    offer.delivery = given.delivery
    offer.own_name = given.own_name and offer.person_id is not None
    offer.languages, offer.levels = list(given.languages), list(given.levels)
    offer.level_mask = mask_of(Level(level) for level in given.levels)
    offer.pc4, offer.lat, offer.lon = pc4, lat, lon
    offer.travel_km = 0 if given.delivery is Delivery.ONLINE else given.travel_km
    offer.notice_days, offer.yearly_cap, offer.open_cap = given.notice_days, given.yearly_cap, given.open_cap
    offer.months_off, offer.places = sorted(set(given.months_off)), given.places
    kept = {key: value for key, value in (offer.details or {}).items() if key.startswith(("released_", KEY))}
    offer.details = {**given.details, **_employer(given), **kept}


def _check(session: Session, given: OfferInput) -> None:
    """What the form cannot know, and what a caller without a form must not get wrong."""
    if not given.levels or any(level not in set(Level) for level in given.levels):
        raise InvalidInput(_l("Choose at least one group you like to teach."), "levels")
    if not given.languages or not LANGUAGES.issuperset(given.languages):
        raise InvalidInput(_l("Choose at least one language."), "languages")
    if not given.topic_ids:
        raise InvalidInput(_l("Choose at least one topic."), "topic_text")
    found = set(session.scalars(select(Topic.id).where(Topic.id.in_(given.topic_ids))))
    if found != set(given.topic_ids):
        raise InvalidInput(_l("One of these topics does not exist any more."), "topic_text")
    if any(not 1 <= month <= 12 for month in given.months_off):
        raise InvalidInput(_l("Choose months from the list."), "months_off")


def _employer(given: OfferInput) -> dict[str, str]:
    """Without an address nobody could be asked for consent. Raises InvalidInput at its field."""
    if not given.details.get("employer_consent"):
        return {}
    try:
        return {"employer_email": checked_address(str(given.details.get("employer_email") or ""))}
    except InvalidInput as refusal:
        raise InvalidInput(refusal.message, "employer_email") from refusal


def _position(session: Session, organisation_id: int, given: OfferInput) -> tuple[str | None, float, float]:
    """Where the guest travels from: the postcode given, else the organisation's own position."""
    if given.pc4:
        found = postcode(session, given.pc4)
        if found is None:
            raise InvalidInput(_l("We do not know this postcode."), "pc4")
        return found.pc4, found.lat, found.lon
    organisation = session.get_one(Organisation, organisation_id)
    if organisation.lat is None or organisation.lon is None:
        raise InvalidInput(_l("Fill in from which postcode you travel."), "pc4")
    return organisation.pc4, organisation.lat, organisation.lon


def _set_topics(session: Session, offer: Offer, given: OfferInput) -> None:
    session.execute(delete(OfferTopic).where(OfferTopic.offer_id == offer.id))
    session.add_all(OfferTopic(offer_id=offer.id, topic_id=topic_id) for topic_id in sorted(set(given.topic_ids)))
    session.flush()


def _keep_revision(session: Session, offer: Offer, actor: Actor, now: datetime) -> None:
    session.add(
        OfferRevision(
            offer_id=offer.id, revision=offer.revision, at=now, by_id=actor.user_id, snapshot=snapshot(session, offer)
        )
    )
    session.flush()


def snapshot(session: Session, offer: Offer) -> dict[str, Any]:
    """What the offer says now, as plain values; no names."""
    topics = sorted(session.scalars(select(OfferTopic.topic_id).where(OfferTopic.offer_id == offer.id)))
    return {
        "kind": offer.kind.value,
        "person_id": offer.person_id,
        "own_name": offer.own_name,
        "title": offer.title,
        "description": offer.description,
        "delivery": offer.delivery.value,
        "languages": offer.languages,
        "levels": offer.levels,
        "topics": topics,
        "pc4": offer.pc4,
        "lat": offer.lat,
        "lon": offer.lon,
        "travel_km": offer.travel_km,
        "notice_days": offer.notice_days,
        "yearly_cap": offer.yearly_cap,
        "open_cap": offer.open_cap,
        "months_off": offer.months_off,
        "places": offer.places,
        "details": offer.details,
    }
