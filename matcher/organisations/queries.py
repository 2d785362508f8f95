"""Finding organisations, their people, lesson times and calendar, and what waits for a coordinator."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Audit, Grant, LoginToken, User
from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.accounts.tokens import hashed
from matcher.errors import NotFound
from matcher.organisations.models import CalendarDay, LessonGrid, Organisation
from matcher.organisations.names import name_key
from matcher.organisations.states import OrganisationType
from matcher.subjects.models import Topic, TopicType

MOST_FOUND = 30
CHECKED_TYPES = (OrganisationType.SCHOOL, OrganisationType.COMPANY, OrganisationType.SELF_EMPLOYED)


class Member(NamedTuple):
    """Somebody's role at an organisation."""

    grant: Grant
    user: User


class Waiting(NamedTuple):
    """A member who waits for confirmation, and where."""

    grant: Grant
    user: User
    organisation: Organisation


class Step(NamedTuple):
    """A line of the history: what happened and who did it; None is the service itself."""

    entry: Audit
    user: User | None


class Told(NamedTuple):
    """A step in words, for the page."""

    at: datetime
    text: Any
    who: str | None
    note: Any


def organisation(session: Session, organisation_id: int) -> Organisation:
    """Raises NotFound."""
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound()
    return found


def organisations_of(session: Session, actor: Actor) -> list[Organisation]:
    """Where this person belongs, by name."""
    query = select(Organisation).where(Organisation.id.in_(actor.organisation_ids))
    return list(session.scalars(query.order_by(Organisation.name_key)))


def search_schools(session: Session, text: str, *, limit: int = MOST_FOUND) -> list[Organisation]:
    """School locations in which every word is found: in the name, the place, the BRIN or the postcode."""
    query = _searched(text, (OrganisationType.SCHOOL,))
    return list(session.scalars(query.limit(limit))) if query is not None else []


def search_companies(session: Session, text: str, *, limit: int = MOST_FOUND) -> list[Organisation]:
    """Companies by name, place or KvK number; people who work for themselves are not joined by others."""
    query = _searched(text, (OrganisationType.COMPANY,))
    return list(session.scalars(query.limit(limit))) if query is not None else []


def search_all(
    session: Session, text: str, region_ids: Iterable[int] | None, *, limit: int = MOST_FOUND
) -> list[Organisation]:
    """For coordinators in their regions; for administrators (None) everywhere."""
    query = _searched(text, CHECKED_TYPES)
    if query is not None and region_ids is not None:
        query = query.where(Organisation.region_id.in_(set(region_ids)))
    return list(session.scalars(query.limit(limit))) if query is not None else []


def company_at(session: Session, kvk: str, pc4: str) -> Organisation | None:
    """The company with this number at this postcode: one number may have several addresses."""
    query = select(Organisation).where(
        Organisation.type == OrganisationType.COMPANY,
        Organisation.kvk == kvk,
        Organisation.pc4 == pc4,
        Organisation.ended_at.is_(None),
    )
    return session.scalars(query).first()


def school_at(session: Session, brin: str, location: str) -> Organisation | None:
    query = select(Organisation).where(
        Organisation.type == OrganisationType.SCHOOL, Organisation.brin == brin, Organisation.location == location
    )
    return session.scalars(query).first()


def members(session: Session, organisation_id: int) -> list[Member]:
    """Everybody with a live role there: the unconfirmed first, for they wait."""
    query = (
        select(Grant, User)
        .join(User, User.id == Grant.user_id)
        .where(Grant.organisation_id == organisation_id, Grant.ended_at.is_(None), User.erased_at.is_(None))
        .order_by(Grant.confirmed_at.is_not(None), User.name, Grant.id)
    )
    return [Member(grant, user) for grant, user in session.execute(query)]


def awaiting_verification(session: Session, actor: Actor) -> list[Organisation]:
    """Organisations nobody checked yet, in this coordinator's regions; all of them for an administrator."""
    query = select(Organisation).where(
        Organisation.type.in_(CHECKED_TYPES),
        Organisation.verified_at.is_(None),
        Organisation.ended_at.is_(None),
        Organisation.stopped_at.is_(None),
    )
    return list(session.scalars(_in_regions(query, actor).order_by(Organisation.created_at, Organisation.id)))


def awaiting_confirmation(session: Session, actor: Actor) -> list[Waiting]:
    """Members who wait, at organisations that were checked: a new organisation's people are judged together with it."""
    return _waiting(session, _in_regions(_who_waits(), actor))


def waiting_colleagues(session: Session, actor: Actor) -> list[Waiting]:
    """Members who wait at the places this person leads: those it may confirm itself."""
    leads = [
        g.organisation_id for g in actor.grants if g.confirmed and g.role in (Role.SCHOOL_LEAD, Role.COMPANY_CONTACT)
    ]
    return _waiting(session, _who_waits().where(Grant.organisation_id.in_(leads))) if leads else []


def _who_waits() -> Select[Grant, User, Organisation]:
    return (
        select(Grant, User, Organisation)
        .join(User, User.id == Grant.user_id)
        .join(Organisation, Organisation.id == Grant.organisation_id)
        .where(
            Grant.ended_at.is_(None),
            Grant.confirmed_at.is_(None),
            User.stopped_at.is_(None),
            User.erased_at.is_(None),
            Organisation.verified_at.is_not(None),
            Organisation.stopped_at.is_(None),
            Organisation.ended_at.is_(None),
        )
    )


def _waiting(session: Session, query: Select[Grant, User, Organisation]) -> list[Waiting]:
    rows = session.execute(query.order_by(Grant.created_at, Grant.id))
    return [Waiting(grant, user, place) for grant, user, place in rows]


def asked_by_link(session: Session, secret: str) -> Waiting | None:
    """Whom the link in a mail asks about; None when they left in the meantime."""
    token = session.get(LoginToken, hashed(secret))
    grant = session.get(Grant, token.subject.get("grant_id", 0)) if token else None
    if grant is None or grant.ended_at is not None or grant.organisation_id is None:
        return None
    return Waiting(grant, session.get_one(User, grant.user_id), session.get_one(Organisation, grant.organisation_id))


def history(session: Session, organisation_id: int, *, limit: int = 50) -> list[Step]:
    """What was decided about an organisation, the latest first."""
    query = (
        select(Audit, User)
        .outerjoin(User, User.id == Audit.actor_id)
        .where(Audit.object_type == "organisation", Audit.object_id == organisation_id)
        .order_by(Audit.id.desc())
        .limit(limit)
    )
    return [Step(entry, user) for entry, user in session.execute(query)]


def lesson_grid(
    session: Session, organisation_id: int, *, on: date, department: str | None = None, shortened: bool = False
) -> LessonGrid | None:
    """The lesson times in force on a day; None when the location never said them."""
    query = select(LessonGrid).where(
        LessonGrid.organisation_id == organisation_id,
        LessonGrid.department.is_(None) if department is None else LessonGrid.department == department,
        LessonGrid.shortened.is_(shortened),
        LessonGrid.valid_from <= on,
    )
    return session.scalars(query.order_by(LessonGrid.valid_from.desc(), LessonGrid.id.desc()).limit(1)).first()


def calendar_days(session: Session, organisation_id: int, *, first: date, last: date) -> list[CalendarDay]:
    query = select(CalendarDay).where(
        CalendarDay.organisation_id == organisation_id, CalendarDay.day.between(first, last)
    )
    return list(session.scalars(query.order_by(CalendarDay.day, CalendarDay.kind)))


def sectors(session: Session) -> Sequence[Topic]:
    """What a company can choose from, in the order of the Dutch names."""
    return session.scalars(select(Topic).where(Topic.type == TopicType.SECTOR).order_by(Topic.nl)).all()


def sector_name(session: Session, topic_id: int | None) -> Topic | None:
    return session.get(Topic, topic_id) if topic_id else None


def _searched(text: str, types: Sequence[OrganisationType]) -> Select[Organisation] | None:
    words = [word for word in text.split() if len(word) >= 2][:6]
    if not words:
        return None
    query = select(Organisation).where(Organisation.type.in_(types), Organisation.ended_at.is_(None))
    for word in words:
        query = query.where(_has(word))
    begins = Organisation.name_key.startswith(name_key(words[0]), autoescape=True)
    return query.order_by(begins.desc(), Organisation.name_key, Organisation.id)


def _has(word: str) -> ColumnElement[bool]:
    """One word in any of the facts people know an organisation by. The place is not folded in the table."""
    plain, capitals = name_key(word), word.upper()
    found = [
        func.lower(Organisation.place).contains(word.lower(), autoescape=True),
        (func.coalesce(Organisation.brin, "") + func.coalesce(Organisation.location, "")).startswith(
            capitals, autoescape=True
        ),
        func.replace(Organisation.postcode, " ", "").startswith(capitals, autoescape=True),
        Organisation.kvk == word,
    ]
    if plain:
        found.append(Organisation.name_key.contains(plain, autoescape=True))
    return or_(*found)


def _in_regions(query: Select, actor: Actor) -> Select:
    return query if actor.is_administrator else query.where(Organisation.region_id.in_(actor.region_ids))
