"""Notices about membership and verification. Links in them act on behalf of the reader they were sent to."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts import queries as people
from matcher.accounts.models import Grant, User
from matcher.accounts.policy import Actor
from matcher.accounts.services import issue_link
from matcher.accounts.states import Role
from matcher.accounts.tokens import Purpose
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.organisations.models import Organisation, Partnership
from matcher.organisations.states import OrganisationType, PartnerSide


def ask_confirmation(session: Session, *, grant: Grant, user: User, organisation: Organisation, now: datetime) -> None:
    """Ask the organisation's leads, or when there are none its coordinators, whether this person belongs there."""
    leads = people.members_of(session, organisation.id, (Role.SCHOOL_LEAD, Role.COMPANY_CONTACT))
    others = [lead.id for lead in leads if lead.id != user.id]
    readers = list(people.recipients_of(session, others).values())
    for reader in readers or people.coordinators_of(session, organisation.region_id):
        if reader.user_id == user.id:
            continue
        secret = issue_link(
            session, purpose=Purpose.CONFIRM_MEMBER, user_id=reader.user_id, subject={"grant_id": grant.id}, now=now
        )
        _send(
            session,
            "member_asks",
            [reader],
            {
                "path": f"/organisations/confirm/{secret}",
                "person": user.name,
                "address": user.email,
                "role": grant.role.value,
                "organisation": organisation.name,
            },
            subject="grant",
            subject_id=grant.id,
            now=now,
        )


def ask_verification(session: Session, *, organisation: Organisation, user: User, now: datetime) -> None:
    """Tell the region's coordinators that a new organisation waits."""
    params = {
        "path": f"/organisations/{organisation.id}",
        "organisation": organisation.name,
        "place": organisation.place,
        "person": user.name,
    }
    readers = people.coordinators_of(session, organisation.region_id)
    _send(session, "asks_verification", readers, params, subject="organisation", subject_id=organisation.id, now=now)


def tell_member(
    session: Session, template: str, *, grant: Grant, organisation: Organisation, reason: str = "", now: datetime
) -> None:
    """`member_confirmed` or `member_refused`, to the person it is about."""
    params = {"path": f"/organisations/{organisation.id}", "organisation": organisation.name, "reason": reason}
    if template == "member_refused":
        params["path"] = "/organisations/"
    reader = people.recipient_of(session, grant.user_id)
    _send(session, template, [reader], params, subject="grant", subject_id=grant.id, now=now)


def tell_organisation(
    session: Session, template: str, *, organisation: Organisation, user_ids: Iterable[int], reason: str, now: datetime
) -> None:
    """`verified` or `refused`, to the people who belong there."""
    params = {"path": f"/organisations/{organisation.id}", "organisation": organisation.name, "reason": reason}
    if template == "refused":
        params["path"] = "/organisations/"
    readers = people.recipients_of(session, user_ids).values()
    _send(session, template, readers, params, subject="organisation", subject_id=organisation.id, now=now)


def tell_who_has_your_data(
    session: Session, *, user: User, organisation: Organisation, by: Actor, now: datetime
) -> None:
    """The privacy notice at first contact: what a coordinator's list brought here. Once per person, by mail alone."""
    enqueue(
        session,
        recipient=Recipient(user.id, user.email, user.name, user.locale),
        template="organisations/privacy_notice",
        params={
            "name": user.name,
            "organisation": organisation.name,
            "coordinator": by.name,
            "coordinator_address": by.email,
            "path": "/privacy",
        },
        subject="user",
        subject_id=user.id,
        seq=0,
        now=now,
        channels=("mail",),
    )


def ask_partner(
    session: Session, *, row: Partnership, school: Organisation, company: Organisation, now: datetime
) -> None:
    """The side that did not propose says whether the two go on together."""
    by, other = (school, company) if row.proposed_side is PartnerSide.SCHOOL else (company, school)
    params = {"path": f"/organisations/{other.id}#partners", "partner": by.name, "organisation": other.name}
    readers = _speakers(session, other)
    _send(session, "partner_asks", readers, params, subject="partnership", subject_id=row.id, now=now)


def tell_partners(
    session: Session, *, row: Partnership, school: Organisation, company: Organisation, now: datetime
) -> None:
    """Both sides hear that it stands."""
    for place, other in ((school, company), (company, school)):
        params = {"path": f"/organisations/{place.id}#partners", "partner": other.name, "organisation": place.name}
        readers = _speakers(session, place)
        _send(session, "partner_confirmed", readers, params, subject="partnership", subject_id=row.id, now=now)


def _speakers(session: Session, place: Organisation) -> list[Recipient]:
    """Who speaks for it: leaders, contacts, who works for themselves; without any the coordinators of the region."""
    alone = place.type is OrganisationType.SELF_EMPLOYED
    roles = (Role.SCHOOL_LEAD, Role.COMPANY_CONTACT, *((Role.PROFESSIONAL,) if alone else ()))
    leads = people.members_of(session, place.id, roles)
    readers = people.recipients_of(session, [lead.id for lead in leads])
    return list(readers.values()) or people.coordinators_of(session, place.region_id)


def _send(
    session: Session,
    template: str,
    readers: Iterable[Recipient],
    params: Mapping[str, Any],
    *,
    subject: str,
    subject_id: int,
    now: datetime,
) -> None:
    for reader in readers:
        enqueue(
            session,
            recipient=reader,
            template=f"organisations/{template}",
            params={"name": reader.name, **params},
            subject=subject,
            subject_id=subject_id,
            seq=0,
            now=now,
            hold_seconds=0,
        )
