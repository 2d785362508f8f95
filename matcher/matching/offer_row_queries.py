"""An offer as one row with its organisation and person, and the plain view of it before its history."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import or_, select

from matcher.accounts.models import Grant, User
from matcher.accounts.states import Role
from matcher.availability.patterns import Availability
from matcher.matching.said import said_by_offer
from matcher.matching.views import OfferView
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.organisations.states import SizeClass

GUEST_ROLES = (Role.PROFESSIONAL, Role.COMPANY_CONTACT)
SIZE_NUMBERS = {size: number for number, size in enumerate(SizeClass, start=1)}


def with_budget(rows: Iterable[Any]) -> set[int]:
    """The organisations that set themselves a number of hours; of the others nobody asks."""
    return {row.Offer.organisation_id for row in rows if row.hours_budget is not None}


def offer_query(offer_ids: Collection[int]) -> Any:
    confirmed = (
        select(Grant.id)
        .where(
            Grant.user_id == Offer.person_id,
            Grant.organisation_id == Offer.organisation_id,
            Grant.role.in_(GUEST_ROLES),
            Grant.confirmed_at.is_not(None),
            Grant.ended_at.is_(None),
        )
        .exists()
    )
    return (
        select(
            Offer,
            Organisation.verified_at,
            Organisation.stopped_at,
            Organisation.ended_at,
            Organisation.via_contact,
            Organisation.hours_budget,
            Organisation.ask_limit,
            Organisation.size,
            User.stopped_at.label("person_stopped"),
            User.erased_at,
            or_(Organisation.do_not_approach_at.is_not(None), User.do_not_approach_at.is_not(None)).label("left_alone"),
            User.email_confirmed_at,
            confirmed.label("confirmed"),
        )
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Offer.person_id)
        .where(Offer.id.in_(offer_ids))
    )


def bare_view(row: Any, week: Availability, topics: frozenset[int], hours: dict[int, float]) -> OfferView:
    offer: Offer = row.Offer
    most = offer.details.get("group_most")
    return OfferView(
        id=offer.id,
        revision=offer.revision,
        kind=offer.kind,
        organisation_id=offer.organisation_id,
        person_id=offer.person_id,
        is_open=offer.state is OfferState.OPEN,
        organisation_ok=row.verified_at is not None and row.stopped_at is None and row.ended_at is None,
        person_ok=_person_ok(row),
        released=_released(row),
        delivery=offer.delivery,
        languages=tuple(offer.languages),
        level_mask=offer.level_mask,
        lat=offer.lat,
        lon=offer.lon,
        travel_km=offer.travel_km,
        notice_days=offer.notice_days,
        yearly_cap=offer.yearly_cap,
        open_cap=offer.open_cap,
        paused_until=offer.paused_until,
        topics=topics,
        availability=replace(week, bookings=(), months_off=frozenset(offer.months_off)),
        group_most=int(most) if most else None,
        company_size=SIZE_NUMBERS.get(row.size, 0),
        hours_left=_hours_left(row, hours),
        do_not_approach=bool(row.left_alone),
        places=offer.places,
        half_days=int(offer.details.get("half_day_mask") or 0),
        most_weekly=int(offer.details.get("half_days") or 10),
        **said_by_offer(offer.kind, offer.title, offer.details),
    )


def _person_ok(row: Any) -> bool:
    if row.Offer.person_id is None:
        return True
    gone = row.person_stopped is not None or row.erased_at is not None
    return bool(row.confirmed) and not gone and row.email_confirmed_at is not None


def _released(row: Any) -> bool:
    """The contact stands between only for named people who come for their employer."""
    offer: Offer = row.Offer
    asks_contact = row.via_contact and offer.person_id is not None and not offer.own_name
    return not asks_contact or bool(offer.details.get("released_at"))


def _hours_left(row: Any, hours: dict[int, float]) -> float | None:
    if row.hours_budget is None or row.Offer.own_name:
        return None
    return float(row.hours_budget) - hours.get(row.Offer.organisation_id, 0.0)
