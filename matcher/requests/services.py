"""Classes and drafts: made, changed, copied, discarded. Publishing and what follows are verbs of `matching`."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from matcher.accounts.behalf import KEY, Heard
from matcher.accounts.policy import Actor
from matcher.availability.moments import Moment, Plan, Week
from matcher.availability.states import Kind
from matcher.clock import local_date
from matcher.db import BIGGEST_ID
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.i18n import _l
from matcher.organisations.models import Organisation
from matcher.requests import policy, queries
from matcher.requests.asking import (
    MAX_CLASSES,
    MAX_GROUP,
    ClassPeriods,
    Wish,
    is_exam_class,
    plan_for,
    share_weeks,
    weekly_from_rows,
    without_moments,
)
from matcher.requests.internships import check_complete
from matcher.requests.models import FIRST_OFFER, Request, RequestMoment, RequestTopic, SchoolClass
from matcher.requests.states import RequestState
from matcher.subjects.models import Topic

TITLE_LENGTH, LONGEST_TITLE = 120, 200
MAX_DRAFTS = 50
DISCARDED, SERIES = "discarded", "series"
NO_SUCH_CLASS = _l("This class does not exist at your school.")
NO_COLLEAGUE = _l("This person does not work at your school.")


def save_draft(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    organisation_id: int,
    data: Wish,
    asked_by_id: int | None = None,
    heard: Heard | None = None,
) -> Request:
    """A new draft of a guest lecture. A coordinator names who asked and how; anybody else asks for themselves."""
    school = queries.school_for(session, actor, organisation_id)
    _check_choices(session, actor, school, data)
    request = new_draft(session, Kind.GUEST_LECTURE, school, actor=actor, now=now, asked_by_id=asked_by_id, heard=heard)
    write_request(session, request, data, now=now)
    return request


def new_draft(
    session: Session,
    kind: Kind,
    school: Organisation,
    *,
    actor: Actor,
    now: datetime,
    asked_by_id: int | None,
    heard: Heard | None,
) -> Request:
    """An empty draft of any kind in the name of the one who asks. Raises InvalidInput."""
    asker = asker_of(session, actor, school, asked_by_id)
    drafts = select(func.count()).where(Request.asked_by_id == asker, Request.state == RequestState.DRAFT)
    if (session.scalar(drafts.select_from(Request)) or 0) >= MAX_DRAFTS:
        raise InvalidInput(_l("You have many drafts already. Send or discard one of them first."))
    if school.region_id is None:
        raise NotFound()
    request = Request(
        kind=kind,
        organisation_id=school.id,
        region_id=school.region_id,
        asked_by_id=asker,
        on_behalf_by_id=actor.user_id if asker != actor.user_id else None,
        state=RequestState.DRAFT,
        details={KEY: heard.details} if heard is not None and asker != actor.user_id else {},
        created_at=now,
        changed_at=now,
    )
    session.add(request)
    return request


def update_draft(
    session: Session, *, actor: Actor, now: datetime, request_id: int, data: Wish, version: int | None = None
) -> Request:
    """Change a draft; `version` is the one the page was made from. Raises Conflict when it is out of date."""
    request = fresh_draft(session, request_id, actor=actor, version=version)
    _check_choices(session, actor, session.get_one(Organisation, request.organisation_id), data)
    write_request(session, request, data, now=now)
    return request


def fresh_draft(session: Session, request_id: int, *, actor: Actor, version: int | None) -> Request:
    """A draft that nobody changed since the page was made. Raises Conflict."""
    request = queries.draft_for(session, actor, request_id)
    if version is not None and request.version != version:
        raise Conflict(_l("Somebody changed this draft in the meantime. Look at it again before you save."))
    return request


def discard_draft(session: Session, *, actor: Actor, now: datetime, request_id: int) -> Request:
    """The draft leaves every list; `restore_draft` takes it back."""
    request = queries.draft_for(session, actor, request_id)
    request.state, request.ended_at, request.changed_at = RequestState.WITHDRAWN, now, now
    request.details = {**request.details, DISCARDED: True}
    session.flush()
    return request


def restore_draft(session: Session, *, actor: Actor, now: datetime, request_id: int) -> Request:
    """Take back a discarded draft; a request that was withdrawn stays so. Raises NotFound."""
    request = queries.request_for(session, actor, request_id)
    if request.state is not RequestState.WITHDRAWN or not request.details.get(DISCARDED):
        raise NotFound()
    request.details = {key: value for key, value in request.details.items() if key != DISCARDED}
    request.state, request.ended_at, request.changed_at = RequestState.DRAFT, None, now
    session.flush()
    return request


def copy_request(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    request_id: int,
    leave_open: Collection[str] = (),
    first_offer: int | None = None,
) -> Request:
    """A new draft with everything of an earlier request that still makes sense: weeks that have passed are dropped, or
    all of them where "dates" are left open, and so may the "class" be. `first_offer` goes before everybody who fits."""
    source = queries.request_for(session, actor, request_id)
    wish = queries.wish_of(session, source)
    this_week = Week.of(local_date(now))
    live = {found.id for found in queries.classes_of(session, source.organisation_id)}
    kept = Wish(
        **{
            **vars(wish),
            "weeks": tuple(week for week in wish.weeks if "dates" not in leave_open and week >= this_week),
            "class_id": wish.class_id if wish.class_id in live and "class" not in leave_open else None,
            "also_class_ids": tuple(number for number in wish.also_class_ids if number in live),
            "teacher_id": None,
            "without": (),
            "new_class": {},
        }
    )
    asked_by = source.asked_by_id if policy.asks_on_behalf(actor, source.organisation_id) else None
    draft = save_draft(
        session, actor=actor, now=now, organisation_id=source.organisation_id, data=kept, asked_by_id=asked_by
    )
    if first_offer is not None:
        draft.details = {**draft.details, FIRST_OFFER: first_offer}
        session.flush()
    return draft


def write_request(session: Session, request: Request, data: Wish, *, now: datetime) -> Plan:
    """Put a wish into the columns, topics and moments of a request; says which moments could not be.

    Raises InvalidInput or NotFound for values that do not belong to this school. Also for changes of an open request.
    """
    school = session.get_one(Organisation, request.organisation_id)
    _check_numbers(data)
    classes = _classes(session, school, data)
    topics = topics_with(session, data.topic_ids)
    first = classes[0] if classes else None
    request.group_size = _group_size(session, request, data, classes)
    request.class_id = first.id if first else None
    request.level, request.year = (first.level, first.year) if first else (None, None)
    request.title = title_of(data.topic_text, topics, classes, number=_number(request))
    request.delivery, request.own_words = data.delivery, data.own_words
    request.language, request.costs = data.language, data.costs
    request.needed, request.together = data.needed, data.together
    request.teacher_id = _teacher(session, school, request, data)
    request.details = {**request.details, **data.details} if request.details else data.details
    request.changed_at = now
    session.flush()
    plan = without_moments(plan_of(session, school, classes, data, now=now), data.without)
    write_topics(session, request.id, topics)
    write_moments(session, request.id, plan.moments)
    days = [moment.date for moment in plan.moments]
    request.window_from, request.window_to = (min(days), max(days)) if days else (None, None)
    session.flush()
    return plan


def plan_of(
    session: Session, school: Organisation, classes: Sequence[SchoolClass], data: Wish, *, now: datetime
) -> Plan:
    """The moments that follow from the classes' weekly periods and the chosen weeks, also those that do not suit."""
    periods = [
        ClassPeriods(weekly_from_rows(found.weekly_periods), is_exam_class(found.level, found.year))
        for found in classes
    ]
    timetable = queries.timetable_from(session, school, now)
    return plan_for(periods, data.weeks, timetable, block=data.block, now_s=int(now.timestamp()))


def plan_for_wish(session: Session, school: Organisation, wish: Wish, *, now: datetime) -> Plan:
    """The same for a wish as it is kept, with the classes that are still there."""
    known = {found.id: found for found in queries.classes_of(session, school.id)}
    classes = [known[number] for number in wish.class_ids if number in known]
    return plan_of(session, school, classes, wish, now=now)


def spread_lessons(session: Session, request: Request, *, now: datetime) -> list[Request]:
    """A series as it is sent: one request for each lesson, each with weeks of its own. One lesson stays as it is."""
    wish = queries.wish_of(session, request)
    if wish.lessons < 2 or request.series_id is not None:
        return [request]
    ahead = [m.day for m in queries.moments_of(session, [request.id])[request.id] if m.start_s > now.timestamp()]
    lessons = []
    for number, weeks in enumerate(share_weeks(map(Week.of, ahead), wish.lessons), start=1):
        lesson = request if number == 1 else _next_lesson(session, request, now)
        lesson.series_id, lesson.series_no = request.id, number
        lesson.details = {**lesson.details, SERIES: wish.lessons}
        write_request(session, lesson, replace(wish, weeks=weeks, lessons=1), now=now)
        lessons.append(lesson)
    return lessons


def _next_lesson(session: Session, first: Request, now: datetime) -> Request:
    """Asked by the same person in the same way; what is asked is written by the caller."""
    lesson = Request(
        kind=first.kind,
        organisation_id=first.organisation_id,
        region_id=first.region_id,
        asked_by_id=first.asked_by_id,
        on_behalf_by_id=first.on_behalf_by_id,
        state=RequestState.DRAFT,
        details=dict(first.details),
        generated=first.generated,
        created_at=now,
        changed_at=now,
    )
    session.add(lesson)
    return lesson


def require_complete(session: Session, request: Request, *, now: datetime) -> None:
    """Before a request is sent: all that is needed is there and a moment lies ahead. Raises InvalidInput."""
    if request.kind is Kind.TEACHER_INTERNSHIP:
        _require_internship(session, request, now)
        return
    if request.class_id is None:
        raise InvalidInput(_l("Choose a class."), "school_class")
    if not queries.topics_of(session, [request.id])[request.id]:
        raise InvalidInput(_l("Choose what it should be about."), "topic_text")
    if not request.group_size:
        raise InvalidInput(_l("Say how many pupils take part."), "group_size")
    if not request.own_words.strip():
        raise InvalidInput(_l("Say in your own words what you are looking for."), "own_words")
    moments = queries.moments_of(session, [request.id])[request.id]
    weeks = {Week.of(moment.day) for moment in moments if moment.start_s > now.timestamp()}
    if not weeks:
        raise InvalidInput(_l("Choose at least one week in which this class has a lesson."), "weeks")
    if request.series_id is None and len(weeks) < int(request.details.get("lessons", 1)):
        raise InvalidInput(_l("Choose more weeks: every lesson of the series gets a week of its own."), "weeks")


def _require_internship(session: Session, request: Request, now: datetime) -> None:
    moments = queries.moments_of(session, [request.id])[request.id]
    ahead = [(moment.start_s, moment.end_s) for moment in moments if moment.start_s > now.timestamp()]
    has_topics = bool(queries.topics_of(session, [request.id])[request.id])
    check_complete(request.hours, request.details, ahead, has_topics=has_topics)


def asker_of(session: Session, actor: Actor, school: Organisation, asked_by_id: int | None) -> int:
    """Raises InvalidInput when a coordinator names nobody, or somebody of another school."""
    if actor.user_id is not None and not policy.asks_on_behalf(actor, school.id):
        return actor.user_id
    people = {person.id for person in queries.teachers_of(session, school.id)}
    if asked_by_id is None or asked_by_id not in people:
        raise InvalidInput(_l("Say who of this school asks."), "asked_by")
    return asked_by_id


def _check_choices(session: Session, actor: Actor, school: Organisation, data: Wish) -> None:
    """Classes and people this person may not know of are as good as not there."""
    if policy.knows_colleagues(actor, school.id, school.region_id):
        return
    own = {found.id for found in queries.classes_for(session, actor, school)}
    if not own.issuperset(data.class_ids):
        raise InvalidInput(NO_SUCH_CLASS, "school_class")
    if data.teacher_id not in {None, actor.user_id}:
        raise InvalidInput(NO_COLLEAGUE, "teacher")


def _teacher(session: Session, school: Organisation, request: Request, data: Wish) -> int:
    """The adult who stays in the room: the asker unless somebody else of the school is named."""
    if data.teacher_id is None or data.teacher_id == request.asked_by_id:
        return request.asked_by_id
    if data.teacher_id not in {person.id for person in queries.teachers_of(session, school.id)}:
        raise InvalidInput(NO_COLLEAGUE, "teacher")
    return data.teacher_id


def _classes(session: Session, school: Organisation, data: Wish) -> list[SchoolClass]:
    known = {found.id: found for found in queries.classes_of(session, school.id)}
    if any(number not in known for number in data.class_ids):
        raise InvalidInput(NO_SUCH_CLASS, "school_class")
    return [known[number] for number in data.class_ids]


def topics_with(session: Session, topic_ids: Sequence[int]) -> list[Topic]:
    """In the given order. Raises InvalidInput for one that does not exist."""
    possible = [number for number in topic_ids if 0 < number <= BIGGEST_ID]
    found = {topic.id: topic for topic in session.scalars(select(Topic).where(Topic.id.in_(possible)))}
    if len(found) != len(set(topic_ids)):
        raise InvalidInput(_l("One of these topics does not exist."), "topic_text")
    return [found[number] for number in dict.fromkeys(topic_ids)]


def _check_numbers(data: Wish) -> None:
    if data.group_size is not None and not 1 <= data.group_size <= MAX_GROUP:
        raise InvalidInput(_l("A group has 1 to 500 pupils."), "group_size")
    if len(data.class_ids) > MAX_CLASSES:
        raise InvalidInput(_l("A guest visits at most four classes on one day."), "also_classes")


def _group_size(session: Session, request: Request, data: Wish, classes: Sequence[SchoolClass]) -> int | None:
    """What was typed; a number that was the count of the classes before is counted anew when they change."""
    before = queries.pupils_of(session, request.class_ids)
    return sum(group.size for group in classes) if data.group_size == before and classes else data.group_size


def _number(request: Request) -> str:
    return f" ({request.series_no}/{request.details[SERIES]})" if request.series_no else ""


def title_of(text: str, topics: Sequence[Topic], classes: Sequence[SchoolClass] = (), *, number: str = "") -> str:
    """What it is about and for whom; names are the school's own, so that no language is fixed in it."""
    about = text.strip() or ", ".join(topic.nl for topic in topics[:2])
    about = about[:1].upper() + about[1:]
    if len(about) > TITLE_LENGTH:
        about = about[:TITLE_LENGTH].rsplit(" ", 1)[0] + "…"
    names = ", ".join(group.name for group in classes)
    return " · ".join(part for part in (about, names) if part)[: LONGEST_TITLE - len(number)] + number


def write_topics(session: Session, request_id: int, topics: Sequence[Topic]) -> None:
    session.execute(delete(RequestTopic).where(RequestTopic.request_id == request_id))
    session.add_all(RequestTopic(request_id=request_id, topic_id=topic.id) for topic in topics)


def write_moments(session: Session, request_id: int, moments: Sequence[Moment]) -> None:
    """Moments that stay keep their row and its id."""
    wanted = {(moment.start_s, moment.end_s): moment for moment in moments}
    for row in queries.moments_of(session, [request_id])[request_id]:
        if wanted.pop((row.start_s, row.end_s), None) is None:
            session.delete(row)
    session.flush()
    rows = [
        {
            "request_id": request_id,
            "day": moment.date,
            "starts": f"{moment.start:%H:%M}",
            "ends": f"{moment.end:%H:%M}",
            "start_s": moment.start_s,
            "end_s": moment.end_s,
            "periods": list(moment.periods),
        }
        for moment in wanted.values()
    ]
    if rows:
        # In bulk: adding the objects would cost SQLite a statement each.
        session.execute(insert(RequestMoment), rows)
