"""Who is away now and until when, and which colleague answers meanwhile."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, and_, bindparam, case, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from matcher.accounts.models import Grant, SecondContact, User
from matcher.accounts.states import Role
from matcher.availability.absences import StandIn
from matcher.availability.models import AvailabilityException
from matcher.availability.moments import local
from matcher.availability.states import ABSENCE, OwnerType


def away_until(
    session: Session, person_ids: Collection[int] | Collection[int | None], now: datetime
) -> dict[int, date]:
    """Person → the last day of the absence that holds now; who is here is not in it."""
    people = {each for each in person_ids if each is not None}
    if not people:
        return {}
    query = (
        select(AvailabilityException.owner_id, func.max(AvailabilityException.end_s))
        .where(AvailabilityException.owner_id.in_(people), _holds(now.timestamp()))
        .group_by(AvailabilityException.owner_id)
    )
    return {person_id: local(end_s - 1).date() for person_id, end_s in session.execute(query)}


def absences_of(session: Session, person_id: int, now: datetime) -> Sequence[AvailabilityException]:
    """This person's absences that are not over, the nearest first."""
    query = select(AvailabilityException).where(
        AvailabilityException.owner_type == OwnerType.PERSON,
        AvailabilityException.owner_id == person_id,
        AvailabilityException.source == ABSENCE,
        AvailabilityException.end_s > now.timestamp(),
    )
    return session.scalars(query.order_by(AvailabilityException.start_s, AvailabilityException.id)).all()


def stand_ins(session: Session, organisation_ids: Collection[int], now: datetime) -> list[StandIn]:
    """Everybody of these organisations who is away now and has somebody who answers; one statement."""
    rows = session.execute(_stand_ins(), {"places": sorted(set(organisation_ids)), "now_s": now.timestamp()})
    return [StandIn(person, place, colleague, bool(contact)) for person, place, colleague, contact in rows]


@cache
def _stand_ins() -> Select[int, int, int, int]:
    """Written once: every page and every step asks this, and putting it together takes longer than asking."""
    absent, now_s = aliased(Grant), bindparam("now_s", type_=Float)
    return (
        select(
            SecondContact.user_id,
            SecondContact.organisation_id,
            SecondContact.colleague_id,
            func.max(case((absent.role == Role.COMPANY_CONTACT, 1), else_=0)),
        )
        .join(absent, and_(absent.user_id == SecondContact.user_id, _lives_at(absent)))
        .join(User, User.id == SecondContact.colleague_id)
        .where(
            SecondContact.organisation_id.in_(bindparam("places", expanding=True)),
            User.stopped_at.is_(None),
            User.erased_at.is_(None),
            _is_away(SecondContact.user_id, now_s),
            ~_is_away(SecondContact.colleague_id, now_s),
            _is_confirmed(SecondContact.colleague_id),
        )
        .group_by(SecondContact.user_id, SecondContact.organisation_id, SecondContact.colleague_id)
        .order_by(SecondContact.organisation_id, SecondContact.user_id)
    )


def covered_by(
    session: Session, organisation_ids: Collection[int], person_id: int | None, now: datetime
) -> list[StandIn]:
    """The people this person answers for now."""
    if person_id is None or not organisation_ids:
        return []
    return [each for each in stand_ins(session, organisation_ids, now) if each.by_id == person_id]


def _holds(now_s: Any) -> ColumnElement[bool]:
    return and_(
        AvailabilityException.owner_type == OwnerType.PERSON,
        AvailabilityException.source == ABSENCE,
        AvailabilityException.start_s <= now_s,
        AvailabilityException.end_s > now_s,
    )


def _is_away(column: InstrumentedAttribute[int], now_s: Any) -> ColumnElement[bool]:
    return exists().where(AvailabilityException.owner_id == column, _holds(now_s))


def _lives_at(grant: type[Grant]) -> ColumnElement[bool]:
    """A confirmed place at the organisation of the row."""
    return and_(
        grant.organisation_id == SecondContact.organisation_id,
        grant.confirmed_at.is_not(None),
        grant.ended_at.is_(None),
    )


def _is_confirmed(column: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    colleague = aliased(Grant)
    return exists().where(colleague.user_id == column, _lives_at(colleague))
