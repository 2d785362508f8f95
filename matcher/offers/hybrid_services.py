"""Offering oneself as a hybrid teacher: the offer, and the week that goes with it."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from matcher.accounts.behalf import Heard
from matcher.accounts.policy import Actor
from matcher.availability.halfdays import half_days_of
from matcher.availability.masks import EMPTY_WEEK, WeekMask, union, week_of, without
from matcher.availability.queries import availability_of
from matcher.availability.services import save_week
from matcher.availability.states import Kind, OwnerType
from matcher.clock import local_date
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _l
from matcher.offers import services
from matcher.offers.inputs import OfferInput
from matcher.offers.models import Offer


def create_hybrid(session: Session, *, actor: Actor, given: OfferInput, now: datetime) -> Offer:
    """A draft of one's own, with the half-days in one's week. Raises NotFound for a foreign organisation."""
    if given.team:
        raise InvalidInput(_l("Say who this is."), "person")
    offer = services.create_offer(session, actor=actor, given=given, now=now)
    _keep_week(session, actor, given, now)
    return offer


def create_hybrid_for(
    session: Session, *, actor: Actor, person_id: int, given: OfferInput, heard: Heard, now: datetime
) -> Offer:
    """A coordinator writes down what somebody said; their week stays theirs."""
    return services.create_offer_for(session, actor=actor, person_id=person_id, given=given, heard=heard, now=now)


def change_hybrid(
    session: Session, *, actor: Actor, offer_id: int, given: OfferInput, now: datetime, version: int | None = None
) -> Offer:
    """Raises NotFound for an offer of another kind, or of somebody else."""
    offer = services.change_offer(session, actor=actor, offer_id=offer_id, given=given, now=now, version=version)
    if offer.kind is not Kind.HYBRID_PLACEMENT:
        raise NotFound()
    if offer.person_id == actor.user_id:
        _keep_week(session, actor, given, now)
    return offer


def _keep_week(session: Session, actor: Actor, given: OfferInput, now: datetime) -> None:
    """The half-days that were ticked are hours at which this person usually can."""
    if actor.user_id is None:
        raise NotFound()
    owner, at = (OwnerType.PERSON, actor.user_id), int(now.timestamp())
    known = availability_of(session, owner, on=local_date(now), from_s=at, to_s=at + int(timedelta(1).total_seconds()))
    ticked = _week(given.details.get("half_day_mask", 0))
    if union(known.usual, ticked) == known.usual:
        return
    save_week(
        session,
        actor=actor,
        now=now,
        owner=owner,
        usual=union(known.usual, ticked),
        never=without(known.never, ticked),
    )
    services.renew_owner(session, owner=owner, now=now)


def _week(mask: int) -> WeekMask:
    week = EMPTY_WEEK
    for each in half_days_of(mask):
        starts, ends = each.clock
        week = union(week, week_of([each.weekday], starts, ends))
    return week
