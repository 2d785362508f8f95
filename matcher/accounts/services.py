"""Every change to people, sessions, links and grants. Callers hash passwords before the unit begins; services flush."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matcher.accounts import queries
from matcher.accounts.addresses import checked_address, email_key
from matcher.accounts.models import Audit, Grant, LoginToken, User, UserSession
from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.accounts.tokens import INVITED, KEPT_AFTER, LIFETIMES, LONGEST, SEEN_EVERY, Purpose, hashed, new_secret
from matcher.db import lock_row
from matcher.errors import Conflict, InvalidInput
from matcher.i18n import _l
from matcher.regions.queries import region_by_code

LINK_DEAD = _l("This link was used already or is too old. Ask for a new one.")
CHANGED_MEANWHILE = _l("Your password was changed a moment ago. Sign in with the new one.")
NO_SUCH_PLACE = _l("There is no such organisation, or this role exists there already.")
ADDRESS_TAKEN = _l("There is an account with this mail address already.")


class UsedLink(NamedTuple):
    """What a link that was just used stood for."""

    user_id: int | None
    subject: dict[str, Any]


# --- people -----------------------------------------------------------------------------------------------------------


def add_user(
    session: Session, *, email: str, name: str, locale: str = "nl", password_hash: str | None = None, now: datetime
) -> User:
    """A person whose address is known to be right. Raises InvalidInput for a malformed or taken address."""
    address = checked_address(email)
    if session.scalar(select(User.id).where(User.email_key == email_key(address))) is not None:
        raise InvalidInput(ADDRESS_TAKEN, field="email")
    user = User(
        email=address,
        email_key=email_key(address),
        email_confirmed_at=now,
        name=name,
        locale=locale,
        password_hash=password_hash,
        created_at=now,
    )
    session.add(user)
    session.flush()
    return user


def confirm_registration(session: Session, *, subject: Mapping[str, Any], now: datetime) -> User:
    """Make the account a registration asked for. The row exists only now: nobody reserves somebody else's address."""
    found = queries.user_by_email(session, subject["email"])
    if found is not None:
        raise Conflict(ADDRESS_TAKEN)
    user = add_user(
        session,
        email=subject["email"],
        name=subject["name"],
        locale=subject["locale"],
        password_hash=subject["password_hash"],
        now=now,
    )
    record(session, action="registered", object_type="user", object_id=user.id, actor_id=user.id, now=now)
    return user


def change_profile(
    session: Session, *, user_id: int, name: str, locale: str, phone: str | None, function: str | None
) -> None:
    """What people say about themselves."""
    user = session.get_one(User, user_id)
    user.name, user.locale, user.phone, user.function = name, locale, phone, function
    session.flush()


def set_password(
    session: Session,
    *,
    user_id: int,
    password_hash: str,
    keep: str | None = None,
    old: str | None = None,
    now: datetime,
) -> None:
    """A new password ends every session but the one to keep (its hash), and every link that was under way.

    With `old` only when that is still the person's hash: checking it took long enough for another change.
    """
    user = lock_row(session, User, user_id)
    if old is not None and user.password_hash != old:
        raise Conflict(CHANGED_MEANWHILE)
    user.password_hash = password_hash
    user.epoch += 1
    session.flush()
    session.execute(delete(UserSession).where(UserSession.user_id == user_id, UserSession.id != (keep or "")))
    session.execute(update(UserSession).where(UserSession.user_id == user_id).values(epoch=user.epoch))
    _void_links(session, user_id, (Purpose.SIGN_IN, Purpose.RESET), now)
    record(session, action="password_changed", object_type="user", object_id=user_id, actor_id=user_id, now=now)


def refresh_hash(session: Session, *, user_id: int, old: str, new: str) -> None:
    """The same password under newer settings; a change that came between wins."""
    session.execute(update(User).where(User.id == user_id, User.password_hash == old).values(password_hash=new))


def stop_user(session: Session, *, user_id: int, actor: Actor, now: datetime) -> None:
    """Nowhere from this moment: sessions end, links die. What it means for matches is for matching to do."""
    user = session.get_one(User, user_id)
    user.stopped_at = user.stopped_at or now
    user.epoch += 1
    session.flush()
    session.execute(delete(UserSession).where(UserSession.user_id == user_id))
    _void_links(session, user_id, tuple(Purpose), now)
    record(session, action="stopped", object_type="user", object_id=user_id, actor_id=actor.user_id, now=now)


def resume_user(session: Session, *, user_id: int, actor: Actor, now: datetime) -> None:
    session.get_one(User, user_id).stopped_at = None
    session.flush()
    record(session, action="resumed", object_type="user", object_id=user_id, actor_id=actor.user_id, now=now)


# --- sessions ---------------------------------------------------------------------------------------------------------


def open_session(session: Session, *, user_id: int, agent: str, now: datetime, password_hash: str | None = None) -> str:
    """A fresh session; the returned secret goes into the cookie and is nowhere else.

    With `password_hash` only when that is still the person's hash: checking it took long enough for a reset to happen.
    """
    user = lock_row(session, User, user_id)
    if user.stopped_at or user.erased_at or (password_hash is not None and user.password_hash != password_hash):
        raise Conflict(LINK_DEAD)
    session.execute(delete(UserSession).where(UserSession.user_id == user_id, UserSession.ends_at <= now))
    secret = new_secret()
    row = UserSession(
        id=hashed(secret),
        user_id=user_id,
        epoch=user.epoch,
        created_at=now,
        seen_at=now,
        ends_at=now + LONGEST,
        agent=agent[:200],
    )
    session.add(row)
    record(session, action="signed_in", object_type="user", object_id=user_id, actor_id=user_id, now=now)
    return secret


def end_session(session: Session, *, session_id: str, user_id: int, now: datetime) -> None:
    """One browser of one person."""
    done = session.execute(
        delete(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id)
        .returning(UserSession.id)
    )
    if done.first():
        record(session, action="signed_out", object_type="user", object_id=user_id, actor_id=user_id, now=now)


def end_other_sessions(session: Session, *, user_id: int, keep: str, now: datetime) -> None:
    session.execute(delete(UserSession).where(UserSession.user_id == user_id, UserSession.id != keep))
    record(session, action="other_sessions_ended", object_type="user", object_id=user_id, actor_id=user_id, now=now)


def mark_seen(session: Session, *, session_id: str, now: datetime) -> None:
    session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.seen_at <= now - SEEN_EVERY)
        .values(seen_at=now)
    )


# --- links ------------------------------------------------------------------------------------------------------------


def issue_link(
    session: Session,
    *,
    purpose: Purpose,
    user_id: int | None = None,
    subject: Mapping[str, Any] | None = None,
    lifetime: timedelta | None = None,
    now: datetime,
) -> str:
    """The secret of a new link for one purpose and one use."""
    secret = new_secret()
    row = LoginToken(
        hash=hashed(secret),
        purpose=purpose,
        user_id=user_id,
        subject=dict(subject or {}),
        created_at=now,
        expires_at=now + (lifetime or LIFETIMES[purpose]),
    )
    session.add(row)
    session.flush()
    return secret


def use_link(session: Session, *, secret: str, purpose: Purpose, now: datetime) -> UsedLink:
    """Use a link up. Of many at once exactly one succeeds; the others, and old or foreign ones, raise Conflict."""
    taken = session.execute(
        update(LoginToken)
        .where(
            LoginToken.hash == hashed(secret),
            LoginToken.purpose == purpose,
            LoginToken.used_at.is_(None),
            LoginToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(LoginToken.user_id, LoginToken.subject)
    ).first()
    if taken is None:
        raise Conflict(LINK_DEAD)
    return UsedLink(taken.user_id, dict(taken.subject))


def remove_leftovers(session: Session, *, now: datetime) -> int:
    """Sessions that are over and links that have been dead for a month, unconfirmed registrations too."""
    gone = session.execute(delete(UserSession).where(UserSession.ends_at <= now).returning(UserSession.id)).all()
    dead = delete(LoginToken).where(LoginToken.expires_at <= now - KEPT_AFTER).returning(LoginToken.hash)
    return len(gone) + len(session.execute(dead).all())


def _void_links(session: Session, user_id: int, purposes: tuple[Purpose, ...], now: datetime) -> None:
    session.execute(
        update(LoginToken)
        .where(LoginToken.user_id == user_id, LoginToken.purpose.in_(purposes), LoginToken.used_at.is_(None))
        .values(used_at=now)
    )


# --- grants -----------------------------------------------------------------------------------------------------------


def give_grant(
    session: Session,
    *,
    user_id: int,
    role: Role,
    organisation_id: int | None = None,
    region_id: int | None = None,
    stand_in: bool = False,
    starts_on: date | None = None,
    ends_on: date | None = None,
    confirmed_by_id: int | None = None,
    confirmed: bool = False,
    now: datetime,
) -> Grant:
    """A role for a person; the one they have already when they have it, so that a second click changes nothing."""
    found = session.scalars(
        select(Grant).where(
            Grant.user_id == user_id,
            Grant.role == role,
            Grant.organisation_id.is_not_distinct_from(organisation_id),
            Grant.region_id.is_not_distinct_from(region_id),
            Grant.ended_at.is_(None),
        )
    ).first()
    grant = found or Grant(
        user_id=user_id,
        role=role,
        organisation_id=organisation_id,
        region_id=region_id,
        stand_in=stand_in,
        starts_on=starts_on,
        ends_on=ends_on,
        created_at=now,
    )
    session.add(grant)
    if confirmed and grant.confirmed_at is None:
        grant.confirmed_at, grant.confirmed_by_id = now, confirmed_by_id
    try:
        session.flush()
    except IntegrityError as error:
        raise InvalidInput(NO_SUCH_PLACE) from error
    return grant


def end_grant(session: Session, *, grant_id: int, actor: Actor, now: datetime) -> Grant:
    grant = session.get_one(Grant, grant_id)
    if grant.ended_at is None:
        grant.ended_at = now
        session.flush()
        record(session, action="grant_ended", object_type="grant", object_id=grant.id, actor_id=actor.user_id, now=now)
    return grant


def enrol(
    session: Session,
    *,
    email: str,
    name: str,
    locale: str,
    password_hash: str | None,
    role: Role,
    region_code: str | None = None,
    organisation_id: int | None = None,
    now: datetime,
) -> tuple[User, str | None]:
    """A person with a confirmed role, made when unknown; without a password also the secret of a link to sign in."""
    user = queries.user_by_email(session, email)
    if user is None:
        user = add_user(session, email=email, name=name, locale=locale, password_hash=password_hash, now=now)
    elif password_hash is not None:
        set_password(session, user_id=user.id, password_hash=password_hash, now=now)
    give_grant(
        session,
        user_id=user.id,
        role=role,
        organisation_id=organisation_id,
        region_id=region_by_code(session, region_code).id if region_code else None,
        confirmed=True,
        now=now,
    )
    if password_hash is not None:
        return user, None
    return user, issue_link(session, purpose=Purpose.SIGN_IN, user_id=user.id, lifetime=INVITED, now=now)


# --- the log ----------------------------------------------------------------------------------------------------------


def record(
    session: Session,
    *,
    action: str,
    object_type: str,
    object_id: int | None,
    actor_id: int | None,
    region_id: int | None = None,
    details: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """A line in the log of security events: codes and names of fields, never what people typed."""
    session.add(
        Audit(
            at=now,
            actor_id=actor_id,
            action=action,
            object_type=object_type,
            object_id=object_id,
            region_id=region_id,
            details=dict(details or {}),
        )
    )
    session.flush()
