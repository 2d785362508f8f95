"""Looking people up: actors with their grants, recipients of notices, coordinators of a region, live sessions."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import Integer, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from matcher.accounts import policy
from matcher.accounts.addresses import email_key
from matcher.accounts.models import Grant, LoginToken, SecondContact, User, UserSession
from matcher.accounts.states import COMPANY_ROLES, SCHOOL_ROLES, Role
from matcher.accounts.tokens import KEPT_AFTER, Purpose, hashed
from matcher.errors import NotFound
from matcher.notices.recipients import Recipient
from matcher.regions.queries import ancestors, descendant_ids

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)


def actor_for(session: Session, user_id: int) -> policy.Actor:
    """The person with every live grant. Raises NotFound for nobody, the stopped and the erased."""
    user = session.get(User, user_id)
    if user is None or user.stopped_at is not None or user.erased_at is not None:
        raise NotFound()
    grants = tuple(
        policy.Grant(grant.role, grant.organisation_id, grant.region_id, grant.confirmed_at is not None)
        for grant in live_grants(session, user_id)
    )
    nodes = {g.region_id for g in grants if g.role is Role.COORDINATOR and g.confirmed and g.region_id is not None}
    return policy.Actor(
        user_id=user.id,
        name=user.name,
        email=user.email,
        locale=user.locale,
        grants=grants,
        region_ids=frozenset[int]().union(*(descendant_ids(session, node) for node in sorted(nodes))),
        organisation_ids=frozenset(g.organisation_id for g in grants if g.organisation_id is not None),
    )


def live_grants(session: Session, user_id: int) -> list[Grant]:
    return list(session.scalars(_live_grants(), {"user_id": user_id}))


@cache
def _live_grants() -> Select[Grant]:
    return select(Grant).where(Grant.user_id == bindparam("user_id"), Grant.ended_at.is_(None)).order_by(Grant.id)


def coordinators_of(session: Session, region_id: int | None, *, stand_ins: bool = False) -> list[Recipient]:
    """Who serves the region now: its own coordinators, else those of the next node up, else the administrators."""
    found: dict[int | None, list[Recipient]] = {}
    for user, steps in session.execute(_serving(stand_ins), {"region": region_id}):
        found.setdefault(steps, []).append(_recipient(user))
    nearest = min((steps for steps in found if steps is not None), default=None)
    return found.get(nearest, [])


@cache
def _serving(stand_ins: bool) -> Select[User, int | None]:
    """People with the steps from the region up to theirs; administrators have none. Every page's foot asks this."""
    up = ancestors(bindparam("region", type_=Integer))
    here = and_(Grant.role == Role.COORDINATOR, Grant.stand_in.is_(stand_ins), up.c.id.is_not(None))
    serves = here if stand_ins else or_(here, Grant.role == Role.ADMINISTRATOR)
    return _reachable().outerjoin(up, up.c.id == Grant.region_id).where(serves).add_columns(up.c.steps)


def stand_ins_of(session: Session, region_id: int | None) -> list[Recipient]:
    """Those who step in when the coordinator does not decide in time; from the nearest node that has any."""
    return coordinators_of(session, region_id, stand_ins=True)


def administrators(session: Session) -> list[Recipient]:
    return [_recipient(user) for user in session.scalars(_reachable().where(Grant.role == Role.ADMINISTRATOR))]


def members_of(session: Session, organisation_id: int, roles: Iterable[Role], *, confirmed: bool = True) -> list[User]:
    """People with one of these roles at the organisation, in order of name."""
    query = (
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .where(
            Grant.organisation_id == organisation_id,
            Grant.role.in_(list(roles)),
            Grant.ended_at.is_(None),
            User.stopped_at.is_(None),
            User.erased_at.is_(None),
        )
    )
    if confirmed:
        query = query.where(Grant.confirmed_at.is_not(None))
    return list(session.scalars(query.distinct().order_by(User.name, User.id)))


def colleagues_of(session: Session, actor: policy.Actor, organisation_id: int) -> list[User]:
    """Confirmed people of the same organisation who may stand in for this person, by name."""
    found = members_of(session, organisation_id, SCHOOL_ROLES | COMPANY_ROLES)
    return [user for user in found if user.id != actor.user_id and user.do_not_approach_at is None]


def second_contacts_of(session: Session, user_id: int) -> dict[int, int]:
    """Organisation → the colleague this person named there."""
    query = select(SecondContact.organisation_id, SecondContact.colleague_id).where(SecondContact.user_id == user_id)
    return dict(session.execute(query).all())


def recipient_of(session: Session, user_id: int) -> Recipient:
    """Where and in which language to reach this person. Raises NotFound."""
    user = session.get(User, user_id)
    if user is None or user.erased_at is not None:
        raise NotFound()
    return _recipient(user)


def recipients_of(session: Session, user_ids: Iterable[int]) -> dict[int, Recipient]:
    """The same for many at once; unknown and erased people are left out."""
    query = select(User).where(User.id.in_(set(user_ids)), User.erased_at.is_(None))
    return {user.id: _recipient(user) for user in session.scalars(query)}


def user_by_email(session: Session, address: str) -> User | None:
    """By the compared form of the address; erased people are gone."""
    return session.scalars(select(User).where(User.email_key == email_key(address), User.erased_at.is_(None))).first()


class LiveSession(NamedTuple):
    """A session row with its person, as the sign-in check needs them: times in UTC."""

    session: UserSession
    user: User
    is_staff: bool


def session_with_user(session: Session, session_id: str) -> LiveSession | None:
    """By the hash of the cookie's token. Whether it still counts is for `sessions.is_live` to say."""
    row = session.execute(_session_with_user(), {"session_id": session_id}).first()
    return LiveSession(row[0], row[1], bool(row[2])) if row else None


@cache
def _session_with_user() -> Select[UserSession, User, bool]:
    """Written once: every request of somebody who is signed in begins with it."""
    staff = exists().where(Grant.user_id == UserSession.user_id, Grant.role.in_(STAFF), Grant.ended_at.is_(None))
    query = select(UserSession, User, staff).join(User, User.id == UserSession.user_id)
    return query.where(UserSession.id == bindparam("session_id"))


def sessions_of(session: Session, user_id: int, *, now: datetime) -> list[UserSession]:
    """The browsers in which this person is signed in, last used first."""
    query = select(UserSession).where(UserSession.user_id == user_id, UserSession.ends_at > now)
    return list(session.scalars(query.order_by(UserSession.seen_at.desc())))


def is_link_open(session: Session, secret: str, purpose: Purpose, *, now: datetime) -> bool:
    """Would this link still work? Looking does not use it up: mail scanners follow links too."""
    query = select(LoginToken.hash).where(
        LoginToken.hash == hashed(secret),
        LoginToken.purpose == purpose,
        LoginToken.used_at.is_(None),
        LoginToken.expires_at > now,
    )
    return session.scalar(query) is not None


def has_leftovers(session: Session, *, now: datetime) -> bool:
    """Is there a session that is over, or a link that has been dead for a month?"""
    old = select(UserSession.id).where(UserSession.ends_at <= now).limit(1)
    dead = select(LoginToken.hash).where(LoginToken.expires_at <= now - KEPT_AFTER).limit(1)
    return session.scalar(old) is not None or session.scalar(dead) is not None


def _reachable() -> Select[User]:
    """People with a live, confirmed grant who were not stopped or erased."""
    return (
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .where(
            Grant.ended_at.is_(None),
            Grant.confirmed_at.is_not(None),
            User.stopped_at.is_(None),
            User.erased_at.is_(None),
        )
        .order_by(User.id)
    )


def _recipient(user: User) -> Recipient:
    return Recipient(user_id=user.id, email=user.email, name=user.name, locale=user.locale)
