"""Internship places: an offer of a company without a person, with a week of its own."""

from datetime import datetime, time

from sqlalchemy.orm import Session

from matcher.accounts.behalf import Heard
from matcher.accounts.policy import Actor
from matcher.accounts.queries import members_of
from matcher.accounts.states import COMPANY_ROLES
from matcher.availability.halfdays import FULL_WEEK, half_days_of
from matcher.availability.masks import EMPTY_WEEK, WeekMask, union, week_of, without
from matcher.availability.masks import FULL_WEEK as EVERY_QUARTER
from matcher.availability.services import save_week
from matcher.availability.states import Kind, OwnerType
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _l
from matcher.offers.inputs import OfferInput
from matcher.offers.models import Offer
from matcher.offers.services import change_offer, create_offer, create_offer_for, refresh_search_key

_HALVES = ((time(8, 30), time(12, 30)), (time(13), time(17)))


def create_place(
    session: Session, *, actor: Actor, given: OfferInput, now: datetime, heard: Heard | None = None
) -> Offer:
    """A draft by the company's contact; with `heard` by a coordinator in the company's name."""
    _check_supervisor(session, given)
    if heard is None:
        offer = create_offer(session, actor=actor, given=given, now=now)
    else:
        offer = create_offer_for(session, actor=actor, person_id=None, given=given, heard=heard, now=now)
    _keep_week(session, offer, actor=actor, now=now)
    return offer


def change_place(
    session: Session, *, actor: Actor, offer_id: int, given: OfferInput, now: datetime, version: int | None = None
) -> Offer:
    """New values for all fields, its week with them."""
    _check_supervisor(session, given)
    offer = change_offer(session, actor=actor, offer_id=offer_id, given=given, now=now, version=version)
    if offer.kind is not Kind.TEACHER_INTERNSHIP:
        raise NotFound()
    _keep_week(session, offer, actor=actor, now=now)
    return offer


def _check_supervisor(session: Session, given: OfferInput) -> None:
    """Somebody with an account is a confirmed member of this company."""
    number = given.details.get("supervisor_id")
    people = {user.id for user in members_of(session, given.organisation_id, COMPANY_ROLES)} if number else set()
    if number and number not in people:
        raise InvalidInput(_l("Choose a confirmed colleague of your own company."), "supervisor_id")


def _keep_week(session: Session, offer: Offer, *, actor: Actor, now: datetime) -> None:
    """The ticked half-days usually suit, all other time never. Who guides the teacher in person has a week already."""
    if offer.person_id is not None:
        return
    usual = week_of_mask(int(offer.details.get("half_day_mask", FULL_WEEK)))
    owner = (OwnerType.OFFER, offer.id)
    save_week(session, actor=actor, now=now, owner=owner, usual=usual, never=without(EVERY_QUARTER, usual))
    refresh_search_key(session, offer.id, now=now)


def week_of_mask(mask: int) -> WeekMask:
    week = EMPTY_WEEK
    for each in half_days_of(mask):
        week = union(week, week_of([each.weekday], *_HALVES[each.half]))
    return week
