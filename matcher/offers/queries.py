"""Offers for pages: one's own, one to read, and all open ones to browse. Names only for who may see them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.states import COMPANY_ROLES, Role
from matcher.db import BIGGEST_ID
from matcher.errors import NotFound
from matcher.i18n import _
from matcher.offers.inputs import OfferInput
from matcher.offers.models import Offer, OfferTopic
from matcher.offers.policy import OfferFacts, can_change, can_release, can_see, is_own, sees_names
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType
from matcher.regions.geo import distance_km
from matcher.regions.models import Postcode
from matcher.subjects.models import Topic
from matcher.subjects.queries import TopicChoice, topics_with_ids

FOR_ONE = "trial_for"
"""In the details of a lesson that was made for one school alone; it stands in nobody's list."""
MOST_COMPANIES = 30
"""On one page; a part of the name finds the others."""


@dataclass(frozen=True)
class OfferRow:
    """One offer in a list. `who` is None for "someone of our team", and for readers who may not know."""

    offer: Offer
    organisation: Organisation
    who: User | None
    topics: list[str]
    is_own: bool
    can_change: bool
    can_release: bool


def own_offers(session: Session, actor: Actor, *, locale: str) -> list[OfferRow]:
    """What this person offers, and what they look after as a contact: the company's offers and their colleagues'."""
    led = [grant.organisation_id for grant in actor.grants if grant.role is Role.COMPANY_CONTACT]
    query = _rows_query().where(
        or_(Offer.person_id == actor.user_id, and_(Offer.organisation_id.in_(led), Offer.own_name.is_(False)))
    )
    found = session.execute(query.order_by(Offer.person_id != actor.user_id, Offer.id)).all()
    names = _topic_names(session, [offer.id for offer, _organisation, _user in found], locale)
    return [
        OfferRow(
            offer=offer,
            organisation=organisation,
            who=user,
            topics=names[offer.id],
            is_own=offer.person_id == actor.user_id,
            can_change=can_change(actor, facts_of(offer, organisation)),
            can_release=bool(organisation.via_contact)
            and offer.person_id is not None
            and can_release(actor, facts_of(offer, organisation)),
        )
        for offer, organisation, user in found
        if not offer.details.get(FOR_ONE)
    ]


def own_live_offers(session: Session, actor: Actor) -> list[Offer]:
    """What this person offers themselves, drafts included."""
    query = select(Offer).where(Offer.person_id == actor.user_id, Offer.state != OfferState.WITHDRAWN)
    return [offer for offer in session.scalars(query.order_by(Offer.id)) if not offer.details.get(FOR_ONE)]


def _rows_query() -> Select[Offer, Organisation, User]:
    return (
        select(Offer, Organisation, User)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Offer.person_id)
    )


def _topic_names(session: Session, offer_ids: Collection[int], locale: str) -> dict[int, list[str]]:
    name = Topic.nl if locale == "nl" else Topic.en
    query = select(OfferTopic.offer_id, name).join(Topic, Topic.id == OfferTopic.topic_id)
    found: dict[int, list[str]] = defaultdict(list)
    for offer_id, text in session.execute(query.where(OfferTopic.offer_id.in_(offer_ids)).order_by(name)):
        found[offer_id].append(text)
    return found


def facts_of(offer: Offer, organisation: Organisation) -> OfferFacts:
    return OfferFacts(offer.organisation_id, organisation.region_id, offer.person_id, offer.state, offer.own_name)


@dataclass(frozen=True)
class OfferView:
    """One offer as this reader may see it. No organisation name for people in their own name or self-employed."""

    offer: Offer
    organisation: Organisation
    person: str | None
    function: str | None
    company: str | None
    place: str | None
    topics: list[TopicChoice]
    can_change: bool
    is_own: bool


def offer_for(session: Session, actor: Actor, offer_id: int, *, locale: str) -> OfferView:
    """Raises NotFound for unknown ids and for what this reader may not see."""
    found = None
    if 0 < offer_id <= BIGGEST_ID:
        found = session.execute(_rows_query().where(Offer.id == offer_id)).one_or_none()
    if found is None or not can_see(actor, facts_of(found[0], found[1])):
        raise NotFound()
    offer, organisation, user = found
    mine = can_change(actor, facts_of(offer, organisation))
    named = mine or sees_names(actor)
    private = offer.own_name or organisation.type is OrganisationType.SELF_EMPLOYED
    topic_ids = list(session.scalars(select(OfferTopic.topic_id).where(OfferTopic.offer_id == offer.id)))
    start = session.get(Postcode, offer.pc4) if offer.pc4 else None
    return OfferView(
        offer=offer,
        organisation=organisation,
        person=user.name if user is not None and named else None,
        function=user.function if user is not None else None,
        company=organisation.name if named and not private else None,
        place=start.place if start else organisation.place,
        topics=topics_with_ids(session, topic_ids, locale),
        can_change=mine,
        is_own=is_own(actor, facts_of(offer, organisation)),
    )


def input_of(session: Session, offer: Offer) -> OfferInput:
    """The offer as it was filled in, to show in its form again."""
    topics = session.scalars(select(OfferTopic.topic_id).where(OfferTopic.offer_id == offer.id))
    organisation = session.get_one(Organisation, offer.organisation_id)
    return OfferInput(
        kind=offer.kind,
        organisation_id=offer.organisation_id,
        title=offer.title,
        description=offer.description,
        topic_ids=tuple(sorted(topics)),
        levels=tuple(offer.levels),
        languages=tuple(offer.languages),
        delivery=offer.delivery,
        team=offer.person_id is None,
        own_name=offer.own_name,
        pc4=offer.pc4 if offer.pc4 != organisation.pc4 else None,
        travel_km=offer.travel_km,
        notice_days=offer.notice_days,
        yearly_cap=offer.yearly_cap,
        open_cap=offer.open_cap,
        months_off=tuple(offer.months_off),
        places=offer.places,
        details=offer.details,
    )


def companies_of(session: Session, actor: Actor) -> list[Organisation]:
    """Where this person may offer something: companies they belong to, confirmed or not."""
    ids = {grant.organisation_id for grant in actor.grants if grant.role in COMPANY_ROLES}
    query = select(Organisation).where(Organisation.id.in_(ids - {None}), Organisation.ended_at.is_(None))
    return list(session.scalars(query.order_by(Organisation.name_key, Organisation.id)))


def companies_in(
    session: Session, region_ids: Collection[int], text: str, *, limit: int = MOST_COMPANIES
) -> list[Organisation]:
    """Checked companies of these regions with the text in their name or place, by name."""
    query = select(Organisation).where(
        Organisation.type.in_((OrganisationType.COMPANY, OrganisationType.SELF_EMPLOYED)),
        Organisation.region_id.in_(region_ids),
        Organisation.verified_at.is_not(None),
        Organisation.ended_at.is_(None),
    )
    if wanted := text.strip().casefold():
        name = Organisation.name_key.contains(wanted, autoescape=True)
        query = query.where(or_(name, Organisation.place.icontains(wanted, autoescape=True)))
    return list(session.scalars(query.order_by(Organisation.name_key, Organisation.id).limit(limit)))


def company_in(session: Session, region_ids: Collection[int], organisation_id: int) -> Organisation:
    """A company of these regions. Raises NotFound."""
    found = session.get(Organisation, organisation_id) if 0 < organisation_id <= BIGGEST_ID else None
    types = (OrganisationType.COMPANY, OrganisationType.SELF_EMPLOYED)
    if found is None or found.type not in types or found.ended_at or found.region_id not in region_ids:
        raise NotFound()
    return found


@dataclass(frozen=True)
class Found:
    """One offer while browsing."""

    offer: Offer
    who: str
    topics: list[str]
    near: str | None


def browse_rows(
    session: Session, actor: Actor, offers: Collection[Offer], here: tuple[float, float] | None, *, locale: str
) -> list[Found]:
    """The shown page: who offers it as far as this reader may know, and how far from `here`, the reader's school."""
    ids = [offer.id for offer in offers]
    named = sees_names(actor)
    who = {row.id: _who(row, named=named) for row in session.execute(_who_offers(), {"ids": ids})}
    names = _topic_names(session, ids, locale)
    return [Found(offer, who[offer.id], names[offer.id], _near(offer, here, exact=named)) for offer in offers]


@cache
def _who_offers() -> Select[int, bool, OrganisationType, str, str | None, str, str | None]:
    """Written once, and no more than the list shows: who browses, looks again and again."""
    shown = (Offer.id, Offer.own_name, Organisation.type, Organisation.name.label("company"), Organisation.place)
    return (
        select(*shown, User.name, User.function)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Offer.person_id)
        .where(Offer.id.in_(bindparam("ids", expanding=True)))
    )


def _who(row: Any, *, named: bool) -> str:
    private = row.own_name or row.type is OrganisationType.SELF_EMPLOYED
    parts = (row.name if named else None, row.function, row.company if named and not private else None, row.place)
    return " · ".join(part for part in parts if part)


def own_point(session: Session, actor: Actor) -> tuple[float, float] | None:
    """Where the reader's own school is."""
    schools = [grant.organisation_id for grant in actor.grants if grant.role in (Role.TEACHER, Role.SCHOOL_LEAD)]
    if not schools or schools[0] is None:
        return None
    place = session.execute(select(Organisation.lat, Organisation.lon).where(Organisation.id == schools[0])).one()
    return None if place.lat is None or place.lon is None else (place.lat, place.lon)


def _near(offer: Offer, here: tuple[float, float] | None, *, exact: bool) -> str | None:
    """How far from the reader's school; rounded to five kilometres for who does not see names yet."""
    if here is None:
        return None
    km = distance_km(*here, offer.lat, offer.lon)
    shown = round(km) if exact else 5 * max(1, round(km / 5))
    return _("less than 1 km away") if shown < 1 else _("about %(km)s km away", km=shown)
