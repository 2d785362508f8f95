"""Requests, classes and schools as a person may see them; unknown and foreign ids are both "not found"."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import members_of
from matcher.accounts.states import SCHOOL_ROLES, Role
from matcher.availability.absence_queries import covered_by
from matcher.availability.moments import HORIZON_DAYS, Timetable
from matcher.availability.queries import timetable_of
from matcher.clock import local_date
from matcher.db import BIGGEST_ID
from matcher.errors import NotFound
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType
from matcher.requests import policy
from matcher.requests.asking import Wish, wish_weeks
from matcher.requests.models import Request, RequestMoment, RequestTopic, SchoolClass
from matcher.requests.states import RequestState
from matcher.subjects.levels import Level
from matcher.subjects.models import Topic
from matcher.subjects.queries import suggested_topics

MOST_SCHOOLS = 30
"""On one page; a part of the name finds the others."""


def school_for(session: Session, actor: Actor, organisation_id: int) -> Organisation:
    """A school this person may ask for. Raises NotFound."""
    school = session.get(Organisation, organisation_id) if 0 < organisation_id <= BIGGEST_ID else None
    if school is None or school.type is not OrganisationType.SCHOOL or school.ended_at is not None:
        raise NotFound()
    if not policy.can_ask_for(actor, school.id, school.region_id):
        raise NotFound()
    return school


def schools_of(session: Session, actor: Actor) -> Sequence[Organisation]:
    """The schools this person works at, by name."""
    ids = {grant.organisation_id for grant in actor.grants if grant.role in SCHOOL_ROLES}
    query = select(Organisation).where(
        Organisation.id.in_(ids), Organisation.type == OrganisationType.SCHOOL, Organisation.ended_at.is_(None)
    )
    return session.scalars(query.order_by(Organisation.name, Organisation.id)).all()


def schools_in(
    session: Session, region_ids: Collection[int], text: str, *, limit: int = MOST_SCHOOLS
) -> Sequence[Organisation]:
    """Checked schools of these regions whose name or place begins with or holds the text, by name."""
    query = select(Organisation).where(
        Organisation.type == OrganisationType.SCHOOL,
        Organisation.region_id.in_(region_ids),
        Organisation.verified_at.is_not(None),
        Organisation.ended_at.is_(None),
    )
    if wanted := text.strip().casefold():
        query = query.where(
            or_(
                Organisation.name_key.contains(wanted, autoescape=True),
                Organisation.place.icontains(wanted, autoescape=True),
            )
        )
    return session.scalars(query.order_by(Organisation.name_key, Organisation.id).limit(limit)).all()


def teachers_of(session: Session, school_id: int) -> list[User]:
    """Who can be the adult in the room, confirmed or not yet."""
    return members_of(session, school_id, SCHOOL_ROLES, confirmed=False)


def classes_of(session: Session, school_id: int) -> Sequence[SchoolClass]:
    """Classes that still exist, by name."""
    query = select(SchoolClass).where(SchoolClass.organisation_id == school_id, SchoolClass.ended_at.is_(None))
    return session.scalars(query.order_by(SchoolClass.name, SchoolClass.id)).all()


def classes_of_schools(session: Session, actor: Actor) -> Sequence[SchoolClass]:
    """The classes this person entered, and all of the schools they lead; ended ones are gone."""
    led = {grant.organisation_id for grant in actor.grants if grant.role is Role.SCHOOL_LEAD and grant.confirmed}
    own = {grant.organisation_id for grant in actor.grants if grant.role in SCHOOL_ROLES}
    query = select(SchoolClass).where(
        or_(
            SchoolClass.organisation_id.in_(led),
            and_(SchoolClass.created_by_id == actor.user_id, SchoolClass.organisation_id.in_(own)),
        ),
        SchoolClass.ended_at.is_(None),
    )
    return session.scalars(query.order_by(SchoolClass.name, SchoolClass.id).limit(100)).all()


def classes_for(session: Session, actor: Actor, school: Organisation) -> list[SchoolClass]:
    """The classes this person may choose: all of the school, only their own before they are confirmed there."""
    known = policy.knows_colleagues(actor, school.id, school.region_id)
    return [found for found in classes_of(session, school.id) if known or found.created_by_id == actor.user_id]


def teachers_for(session: Session, actor: Actor, school: Organisation) -> list[User]:
    """The people this person may name: all of the school, only themselves before they are confirmed there."""
    known = policy.knows_colleagues(actor, school.id, school.region_id)
    return [found for found in teachers_of(session, school.id) if known or found.id == actor.user_id]


def class_for(session: Session, actor: Actor, class_id: int, *, ended: bool = False) -> SchoolClass:
    """A class of a school this person may ask for; before they are confirmed only their own. Raises NotFound."""
    found = session.get(SchoolClass, class_id) if 0 < class_id <= BIGGEST_ID else None
    if found is None or (found.ended_at is not None) is not ended:
        raise NotFound()
    school = school_for(session, actor, found.organisation_id)
    if found.created_by_id != actor.user_id and not policy.knows_colleagues(actor, school.id, school.region_id):
        raise NotFound()
    return found


def request_for(session: Session, actor: Actor, request_id: int) -> Request:
    """A request this person may look at. Raises NotFound."""
    found = session.get(Request, request_id) if 0 < request_id <= BIGGEST_ID else None
    if found is None or not policy.can_see(
        actor,
        organisation_id=found.organisation_id,
        region_id=found.region_id,
        asked_by_id=found.asked_by_id,
        is_draft=found.published_at is None,
    ):
        raise NotFound()
    return found


def draft_for(session: Session, actor: Actor, request_id: int) -> Request:
    """A request that was never sent and that this person may change. Raises NotFound."""
    found = request_for(session, actor, request_id)
    facts = {"organisation_id": found.organisation_id, "region_id": found.region_id, "asked_by_id": found.asked_by_id}
    if found.state is not RequestState.DRAFT or not policy.can_edit(actor, **facts):
        raise NotFound()
    return found


def requests_of(session: Session, actor: Actor, *, now: datetime | None = None, limit: int = 200) -> Sequence[Request]:
    """What this person asked, plus everything of the schools they lead, and what was sent by colleagues they answer for
    now; discarded drafts are gone."""
    led = {g.organisation_id for g in actor.grants if g.role is Role.SCHOOL_LEAD and g.confirmed}
    mine = or_(
        Request.asked_by_id == actor.user_id,
        Request.teacher_id == actor.user_id,
        Request.on_behalf_by_id == actor.user_id,
        Request.organisation_id.in_(led),
        *(
            and_(
                Request.asked_by_id == each.for_id,
                Request.organisation_id == each.organisation_id,
                Request.published_at.is_not(None),
            )
            for each in (covered_by(session, actor.organisation_ids, actor.user_id, now) if now else ())
        ),
    )
    kept = or_(Request.state != RequestState.WITHDRAWN, Request.published_at.is_not(None))
    query = select(Request).where(mine, kept).order_by(Request.changed_at.desc(), Request.id.desc())
    return session.scalars(query.limit(limit)).all()


def lessons_of(session: Session, request: Request) -> Sequence[Request]:
    """Every lesson of the series this request belongs to, in order; alone when it belongs to none."""
    if request.series_id is None:
        return [request]
    query = select(Request).where(Request.series_id == request.series_id).order_by(Request.series_no)
    return session.scalars(query).all()


def moments_of(session: Session, request_ids: Collection[int]) -> dict[int, list[RequestMoment]]:
    """The asked moments per request, in order of time."""
    found: dict[int, list[RequestMoment]] = {request_id: [] for request_id in request_ids}
    for moment in session.scalars(_moments_of(), {"ids": request_ids}) if found else ():
        found[moment.request_id].append(moment)
    return found


@cache
def _moments_of() -> Select[RequestMoment]:
    """Written once: putting a statement together takes longer than asking it."""
    query = select(RequestMoment).where(RequestMoment.request_id.in_(bindparam("ids", expanding=True)))
    return query.order_by(RequestMoment.start_s)


def topics_of(session: Session, request_ids: Collection[int]) -> dict[int, list[Topic]]:
    """The topics per request, by name."""
    query = (
        select(RequestTopic.request_id, Topic)
        .join(Topic, Topic.id == RequestTopic.topic_id)
        .where(RequestTopic.request_id.in_(request_ids))
        .order_by(Topic.nl)
    )
    found: dict[int, list[Topic]] = {request_id: [] for request_id in request_ids}
    for request_id, topic in session.execute(query):
        found[request_id].append(topic)
    return found


def colleagues_of(session: Session, actor: Actor, found: Iterable[Request]) -> dict[int, str]:
    """Person → name, of everybody else who asked one of these; no statement when it was only the reader."""
    others = {request.asked_by_id for request in found} - {actor.user_id}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(others))) if others else ()
    return {row.id: row.name for row in rows}


def classes_by_id(session: Session, ids: Iterable[int | None]) -> dict[int, SchoolClass]:
    """Classes for a list, ended ones included."""
    wanted = {number for number in ids if number is not None}
    rows = session.scalars(_classes_by_id(), {"ids": wanted}).all() if wanted else []
    return {row.id: row for row in rows}


@cache
def _classes_by_id() -> Select[SchoolClass]:
    return select(SchoolClass).where(SchoolClass.id.in_(bindparam("ids", expanding=True)))


def pupils_of(session: Session, class_ids: Iterable[int | None]) -> int:
    """How many pupils these classes have together."""
    wanted = {number for number in class_ids if number is not None and 0 < number <= BIGGEST_ID}
    return sum(found.size for found in classes_by_id(session, wanted).values())


def timetable_from(session: Session, school: Organisation, now: datetime) -> Timetable:
    """The school's time from today on, as far ahead as a moment may lie."""
    today = local_date(now)
    return timetable_of(session, school, first=today, last=today + timedelta(days=HORIZON_DAYS))


def wish_of(session: Session, request: Request) -> Wish:
    """A stored request as the values somebody typed."""
    topics = topics_of(session, [request.id])[request.id]
    details = request.details
    return Wish(
        class_id=request.class_id,
        topic_text=str(details.get("topic_text", "")),
        topic_ids=tuple(topic.id for topic in topics),
        weeks=wish_weeks(details),
        group_size=request.group_size,
        delivery=request.delivery,
        own_words=request.own_words,
        block=int(details.get("block", 1)),
        also_class_ids=tuple(details.get("also_class_ids", ())),
        language=request.language,
        costs=request.costs,
        teacher_id=request.teacher_id,
        needed=request.needed,
        together=request.together,
        lessons=int(details.get("lessons", 1)),
        without=tuple(details.get("without", ())),
        new_class=dict(details.get("new_class", {})),
    )


def recognised_topics(session: Session, text: str, *, levels: Iterable[Level] = (), most: int = 3) -> tuple[int, ...]:
    """Ids of what a typed text is about, surest first; what only follows from it is left for the person to tick."""
    if not text.strip():
        return ()
    found = suggested_topics(session, text, "nl", most + 3, levels)
    return tuple(choice.id for choice in found if not choice.implied)[:most]
