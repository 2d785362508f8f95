"""Joining: claiming a school, registering a company or oneself, and who is confirmed where. Services flush."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts import services as accounts
from matcher.accounts.addresses import domain_of
from matcher.accounts.models import Grant, User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.accounts.tokens import Purpose
from matcher.db import lock_row
from matcher.errors import Conflict, Forbidden, InvalidInput, NotFound
from matcher.i18n import _l
from matcher.organisations import mailer, policy, queries
from matcher.organisations.models import Organisation, PositionSource
from matcher.organisations.names import (
    BRIN_FORM,
    KVK_FORM,
    LOCATION_FORM,
    POSTCODE_FORM,
    is_brin,
    is_kvk,
    is_location,
    name_key,
)
from matcher.organisations.states import OrganisationType, SchoolSector, SizeClass
from matcher.regions.models import Postcode
from matcher.regions.postcodes import pc4_of
from matcher.regions.queries import postcode as postcode_row

NOT_YOURS = _l("Only the coordinator of this region, or a leader or contact of this organisation, may do this.")
CLOSED = _l("This organisation no longer takes part.")
WRONG_ROLE = _l("This role does not go with this organisation.")
POSTCODE_UNKNOWN = _l("We do not know this postcode. Check it; the four digits must exist.")
KVK_TAKEN = _l("This company is here already. Look it up in the list and join it.")
BRIN_TAKEN = _l("This school location is here already.")
GONE = _l("This person no longer waits for an answer: somebody else decided, or they left.")


class NewCompany(NamedTuple):
    """What a company says of itself."""

    name: str
    kvk: str
    postcode: str
    sector_id: int | None = None
    size: SizeClass | None = None
    website: str | None = None


class NewSchool(NamedTuple):
    """A location that the register does not have: mbo, hbo, or younger than the last file."""

    name: str
    brin: str
    location: str
    sector: SchoolSector
    levels: Sequence[str]
    postcode: str
    street: str | None = None


# --- joining ----------------------------------------------------------------------------------------------------------


def join_organisation(session: Session, *, actor: Actor, organisation_id: int, role: Role, now: datetime) -> Grant:
    """Ask for a role at an organisation. Unconfirmed, unless the organisation trusts the address's staff domain."""
    place = lock_row(session, Organisation, organisation_id)
    if place.ended_at is not None or place.stopped_at is not None:
        raise Conflict(CLOSED)
    if place.type not in {OrganisationType.SCHOOL, OrganisationType.COMPANY}:
        raise NotFound()
    if role not in policy.roles_at(place.type):
        raise InvalidInput(WRONG_ROLE, field="role")
    user = session.get_one(User, actor.user_id)
    # A leader speaks for others, so that a domain alone never makes one.
    trusted = role in {Role.TEACHER, Role.PROFESSIONAL} and has_staff_address(place, user.email)
    grant = accounts.give_grant(
        session, user_id=user.id, role=role, organisation_id=place.id, confirmed=trusted, now=now
    )
    if grant.confirmed_at is None and grant.created_at == now:
        mailer.ask_confirmation(session, grant=grant, user=user, organisation=place, now=now)
    return grant


def has_staff_address(organisation: Organisation, email: str) -> bool:
    """Exactly the domain the leader named: pupils often have a part of it."""
    return organisation.staff_domain is not None and domain_of(email) == organisation.staff_domain


def register_company(
    session: Session, *, actor: Actor, company: NewCompany, roles: Sequence[Role], now: datetime
) -> Organisation:
    """A company that a coordinator will check, with its first person. Raises InvalidInput per field."""
    if not is_kvk(company.kvk):
        raise InvalidInput(KVK_FORM, field="kvk")
    where = checked_postcode(session, company.postcode)
    if queries.company_at(session, company.kvk, where.pc4) is not None:
        raise InvalidInput(KVK_TAKEN, field="kvk")
    place = _about(where, company.postcode, OrganisationType.COMPANY, company.name, now)
    place.kvk, place.sector_id, place.size, place.website = (
        company.kvk,
        company.sector_id,
        company.size,
        company.website,
    )
    return _founded(session, place, actor, roles or (Role.COMPANY_CONTACT,), now)


def register_self_employed(
    session: Session, *, actor: Actor, postcode: str, kvk: str | None, sector_id: int | None, now: datetime
) -> Organisation:
    """Somebody who works for themselves, is retired or studies: an organisation of one, shown by town only."""
    if kvk and not is_kvk(kvk):
        raise InvalidInput(KVK_FORM, field="kvk")
    where = checked_postcode(session, postcode)
    own = session.scalars(
        select(Organisation)
        .join(Grant, Grant.organisation_id == Organisation.id)
        .where(
            Organisation.type == OrganisationType.SELF_EMPLOYED,
            Organisation.ended_at.is_(None),
            Grant.user_id == actor.user_id,
            Grant.ended_at.is_(None),
        )
    ).first()
    if own is not None:
        return own
    # Only the four digits are kept: the six would be somebody's home.
    place = _about(where, where.pc4, OrganisationType.SELF_EMPLOYED, actor.name, now)
    place.kvk, place.sector_id, place.size = kvk or None, sector_id, SizeClass.ONE
    return _founded(session, place, actor, (Role.PROFESSIONAL,), now)


def add_school(session: Session, *, actor: Actor, school: NewSchool, now: datetime) -> Organisation:
    """A location by hand: by a coordinator in their own region, or an administrator. Verified at once."""
    if not policy.can_add_school(actor):
        raise Forbidden(NOT_YOURS)
    brin, location = school.brin.upper(), school.location.upper()
    if not is_brin(brin):
        raise InvalidInput(BRIN_FORM, field="brin")
    if not is_location(location):
        raise InvalidInput(LOCATION_FORM, field="location")
    if queries.school_at(session, brin, location) is not None:
        raise InvalidInput(BRIN_TAKEN, field="brin")
    where = checked_postcode(session, school.postcode)
    place = _about(where, school.postcode, OrganisationType.SCHOOL, school.name, now)
    place.brin, place.location, place.school_sector = brin, location, school.sector
    place.levels, place.street = list(school.levels), school.street
    if not policy.can_verify(actor, place):
        raise InvalidInput(_l("This postcode lies outside your region."), field="postcode")
    place.verified_at, place.verified_by_id = now, actor.user_id
    session.add(place)
    session.flush()
    _record(session, place, "organisation_added", actor, now)
    return place


def checked_postcode(session: Session, text: str) -> Postcode:
    """The row of a typed postcode. Raises InvalidInput."""
    pc4 = pc4_of(text)
    if pc4 is None:
        raise InvalidInput(POSTCODE_FORM, field="postcode")
    found = postcode_row(session, pc4)
    if found is None:
        raise InvalidInput(POSTCODE_UNKNOWN, field="postcode")
    return found


def _about(where: Postcode, typed: str, type_: OrganisationType, name: str, now: datetime) -> Organisation:
    """An organisation somewhere in the area of its postcode: a position that is "about"."""
    letters = typed.strip()[4:].strip().upper()
    return Organisation(
        type=type_,
        name=name,
        name_key=name_key(name),
        postcode=f"{where.pc4} {letters}".strip(),
        pc4=where.pc4,
        place=where.place,
        lat=where.lat,
        lon=where.lon,
        position_source=PositionSource.POSTCODE,
        region_id=where.region_id,
        holiday_region=where.holiday_region,
        levels=[],
        source="web",
        created_at=now,
    )


def _founded(session: Session, place: Organisation, actor: Actor, roles: Sequence[Role], now: datetime) -> Organisation:
    session.add(place)
    session.flush()
    user = session.get_one(User, actor.user_id)
    for role in dict.fromkeys(roles):
        if role not in policy.roles_at(place.type):
            raise InvalidInput(WRONG_ROLE, field="roles")
        accounts.give_grant(session, user_id=user.id, role=role, organisation_id=place.id, now=now)
    mailer.ask_verification(session, organisation=place, user=user, now=now)
    _record(session, place, "organisation_registered", actor, now)
    return place


# --- who is confirmed -------------------------------------------------------------------------------------------------


def confirm_member(session: Session, *, actor: Actor, grant_id: int, now: datetime) -> Grant:
    """This person belongs here. A task of `matching` sends what they kept ready. A second click changes nothing."""
    grant, place = _waiting(session, grant_id, actor)
    if grant.confirmed_at is None:
        grant.confirmed_at, grant.confirmed_by_id = now, actor.user_id
        session.flush()
        mailer.tell_member(session, "member_confirmed", grant=grant, organisation=place, now=now)
        _record(session, place, "member_confirmed", actor, now, grant_id=grant.id)
    return grant


def confirm_by_link(session: Session, *, secret: str, now: datetime) -> tuple[Grant, Organisation]:
    """The click in a mail: acts for the person the mail went to, with what they may do now."""
    from_mail = accounts.use_link(session, secret=secret, purpose=Purpose.CONFIRM_MEMBER, now=now)
    actor = actor_for(session, from_mail.user_id or 0)
    grant = confirm_member(session, actor=actor, grant_id=from_mail.subject["grant_id"], now=now)
    return grant, session.get_one(Organisation, grant.organisation_id)


def refuse_by_link(session: Session, *, secret: str, now: datetime) -> tuple[Grant, Organisation]:
    """The other answer to the same mail."""
    from_mail = accounts.use_link(session, secret=secret, purpose=Purpose.CONFIRM_MEMBER, now=now)
    actor = actor_for(session, from_mail.user_id or 0)
    grant = refuse_member(session, actor=actor, grant_id=from_mail.subject["grant_id"], now=now)
    return grant, session.get_one(Organisation, grant.organisation_id)


def refuse_member(session: Session, *, actor: Actor, grant_id: int, now: datetime) -> Grant:
    """This person does not belong here: the role ends, and they hear so."""
    grant, place = _waiting(session, grant_id, actor)
    if grant.confirmed_at is not None:
        raise Conflict(GONE)
    accounts.end_grant(session, grant_id=grant.id, actor=actor, now=now)
    mailer.tell_member(session, "member_refused", grant=grant, organisation=place, now=now)
    _record(session, place, "member_refused", actor, now, grant_id=grant.id)
    return grant


def end_membership(session: Session, *, actor: Actor, grant_id: int, now: datetime) -> Grant:
    """Somebody leaves, by themselves or by a leader's hand. Requests and offers stay with the organisation."""
    grant = lock_row(session, Grant, grant_id)
    place = session.get(Organisation, grant.organisation_id) if grant.organisation_id else None
    if place is None or (grant.user_id != actor.user_id and not policy.can_confirm_members(actor, place)):
        raise NotFound()
    if grant.ended_at is None:
        accounts.end_grant(session, grant_id=grant.id, actor=actor, now=now)
        _record(session, place, "member_left", actor, now, grant_id=grant.id)
    return grant


def _waiting(session: Session, grant_id: int, actor: Actor) -> tuple[Grant, Organisation]:
    """A live grant at an organisation this person may speak for, locked. Nobody confirms themselves."""
    grant = lock_row(session, Grant, grant_id)
    place = session.get(Organisation, grant.organisation_id) if grant.organisation_id else None
    if place is None or not policy.can_confirm_members(actor, place):
        raise NotFound()
    if grant.user_id == actor.user_id and not policy.can_verify(actor, place):
        raise Forbidden(NOT_YOURS)
    if grant.ended_at is not None:
        raise Conflict(GONE)
    return grant, place


def _record(session: Session, place: Organisation, action: str, actor: Actor, now: datetime, **details: object) -> None:
    accounts.record(
        session,
        action=action,
        object_type="organisation",
        object_id=place.id,
        actor_id=actor.user_id,
        region_id=place.region_id,
        details=details,
        now=now,
    )
