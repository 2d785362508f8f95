"""Naming who serves a region, and ending it. Flushes, never commits."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import user_by_email
from matcher.accounts.services import add_user, give_grant, record
from matcher.accounts.states import Role
from matcher.clock import local_date
from matcher.coordination.mailer import tell_named
from matcher.coordination.serving_queries import (
    ENDED,
    NAMED,
    PUT_BACK,
    PUT_BACK_WITHIN,
    STAND_IN_NAMED,
    appoints_in,
    whole_tree,
)
from matcher.db import lock_row
from matcher.errors import Conflict, Forbidden, InvalidInput, NotFound
from matcher.i18n import _, _l
from matcher.regions.models import Region

NOT_ONESELF = _l("Somebody else ends your own role: ask a colleague or an administrator.")
NO_NAME = _l("Nobody here has this address yet: fill in the name as well.")
STOPPED = _l("This person was stopped here, or left.")
OVER = _l("This cannot be put back any more: the days are over, or somebody did it already.")


def name_server(
    session: Session,
    *,
    region_id: int,
    email: str,
    name: str,
    stand_in: bool,
    starts_on: date | None,
    ends_on: date | None,
    actor: Actor,
    now: datetime,
) -> Grant:
    """A coordinator, or a stand-in from a day until a day; made known by mail. Raises NotFound, InvalidInput."""
    region = _own_node(session, region_id, actor)
    if region.valid_to is not None:
        raise NotFound()
    if ends_on is not None and ends_on < local_date(now):
        raise InvalidInput(_l("This day is over already."), field="ends_on")
    user = user_by_email(session, email)
    is_new = user is None
    if user is None:
        if not name:
            raise InvalidInput(NO_NAME, field="name")
        user = add_user(session, email=email, name=name, now=now)
    elif user.stopped_at is not None:
        raise InvalidInput(STOPPED, field="email")
    elif _live(session, user.id, region_id):
        raise InvalidInput(_("%(name)s serves this region already.", name=user.name), field="email")
    grant = give_grant(
        session,
        user_id=user.id,
        role=Role.COORDINATOR,
        region_id=region_id,
        stand_in=stand_in,
        starts_on=starts_on,
        ends_on=ends_on,
        confirmed=starts_on is None or starts_on <= local_date(now),
        confirmed_by_id=actor.user_id,
        now=now,
    )
    _record(session, STAND_IN_NAMED if stand_in else NAMED, grant, actor, now)
    tell_named(session, grant=grant, region=region, is_new=is_new, by=actor, now=now)
    return grant


def end_server(session: Session, *, region_id: int, grant_id: int, actor: Actor, now: datetime) -> Grant:
    """From this moment on; a second time changes nothing. Raises NotFound, Forbidden."""
    grant = _grant(session, region_id, grant_id, actor)
    if grant.user_id == actor.user_id and not actor.is_administrator:
        raise Forbidden(NOT_ONESELF)
    if grant.ended_at is None:
        grant.ended_at = now
        _record(session, ENDED, grant, actor, now)
    return grant


def put_back(session: Session, *, region_id: int, grant_id: int, actor: Actor, now: datetime) -> Grant:
    """Take an ending back, within a month. Raises NotFound, Conflict."""
    grant = _grant(session, region_id, grant_id, actor)
    if grant.ended_at is None:
        return grant
    user = session.get_one(User, grant.user_id)
    too_late = now - grant.ended_at > PUT_BACK_WITHIN
    is_over = grant.ends_on is not None and grant.ends_on < local_date(now)
    if too_late or is_over or user.stopped_at or user.erased_at or _live(session, grant.user_id, region_id):
        raise Conflict(OVER)
    grant.ended_at = None
    _record(session, PUT_BACK, grant, actor, now)
    return grant


def _own_node(session: Session, region_id: int, actor: Actor) -> Region:
    """A node for which this person names others; administrators also reach those that have ended."""
    if region_id not in appoints_in(session, actor, whole_tree(session)) and not actor.is_administrator:
        raise NotFound()
    return lock_row(session, Region, region_id)


def _grant(session: Session, region_id: int, grant_id: int, actor: Actor) -> Grant:
    _own_node(session, region_id, actor)
    grant = lock_row(session, Grant, grant_id)
    if grant.role is not Role.COORDINATOR or grant.region_id != region_id:
        raise NotFound()
    return grant


def _live(session: Session, user_id: int, region_id: int) -> bool:
    query = select(Grant.id).where(
        Grant.user_id == user_id,
        Grant.role == Role.COORDINATOR,
        Grant.region_id == region_id,
        Grant.ended_at.is_(None),
    )
    return session.scalar(query) is not None


def _record(session: Session, action: str, grant: Grant, actor: Actor, now: datetime) -> None:
    session.flush()
    record(
        session,
        action=action,
        object_type="grant",
        object_id=grant.id,
        actor_id=actor.user_id,
        region_id=grant.region_id,
        now=now,
    )
