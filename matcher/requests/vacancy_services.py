"""Vacancies for hybrid teachers as drafts: made, changed, copied, complete enough to send."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from matcher.accounts.behalf import Heard
from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import members_of
from matcher.accounts.states import Role
from matcher.availability.halfdays import LONGEST_TERM
from matcher.availability.queries import timetable_of
from matcher.availability.states import Delivery, Kind
from matcher.clock import local_date
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _l, ngettext
from matcher.organisations.models import Organisation
from matcher.requests import policy, queries
from matcher.requests.models import Request, RequestMoment
from matcher.requests.services import fresh_draft, new_draft, title_of, topics_with, write_topics
from matcher.requests.vacancies import FURTHEST, MOST_HOURS, Term, VacancyWish, half_days_known, terms_of, wish_from
from matcher.subjects.levels import Level


def save_vacancy(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    organisation_id: int,
    data: VacancyWish,
    asked_by_id: int | None = None,
    heard: Heard | None = None,
) -> Request:
    """A new draft of a school's leader, or of a coordinator who names the leader that asks. Raises NotFound."""
    school = queries.school_for(session, actor, organisation_id)
    check_asker(session, actor, school, asked_by_id)
    request = new_draft(
        session, Kind.HYBRID_PLACEMENT, school, actor=actor, now=now, asked_by_id=asked_by_id, heard=heard
    )
    request.teacher_id = request.asked_by_id
    write_vacancy(session, request, data, now=now)
    return request


def update_vacancy(
    session: Session, *, actor: Actor, now: datetime, request_id: int, data: VacancyWish, version: int | None = None
) -> Request:
    """Change a draft; `version` is the one the page was made from. Raises Conflict when it is out of date."""
    request = fresh_draft(session, request_id, actor=actor, version=version)
    write_vacancy(session, request, data, now=now)
    return request


def copy_vacancy(
    session: Session, *, actor: Actor, now: datetime, request_id: int, leave_open: Collection[str] = ()
) -> Request:
    """A new draft with the same wishes; a term that began already or is left open gets new dates from the person."""
    source = queries.request_for(session, actor, request_id)
    wish = vacancy_wish(session, source)
    if "dates" in leave_open or wish.first is None or wish.first <= local_date(now):
        wish = VacancyWish(**{**vars(wish), "first": None, "last": None})
    asked_by = source.asked_by_id if policy.asks_on_behalf(actor, source.organisation_id) else None
    return save_vacancy(
        session, actor=actor, now=now, organisation_id=source.organisation_id, data=wish, asked_by_id=asked_by
    )


def write_vacancy(session: Session, request: Request, data: VacancyWish, *, now: datetime) -> list[Term]:
    """Put a wish into the columns, topics and moments of a vacancy. Raises InvalidInput at the field."""
    _check(data, now)
    school = session.get_one(Organisation, request.organisation_id)
    topics = topics_with(session, data.topic_ids)
    request.title = title_of(data.topic_text, topics)
    request.level, request.year = data.level, data.years[0] if len(data.years) == 1 else None
    request.delivery, request.language, request.max_km = Delivery.ON_SITE, data.language, data.max_km
    request.own_words = data.own_words
    request.window_from, request.window_to = data.first, data.last
    request.days, request.hours = float(data.half_days), data.hours
    request.half_day_mask = half_days_known(data.half_day_mask)
    # A vacancy that is written anew asks one person again.
    request.needed = 1
    kept = {name: value for name, value in (request.details or {}).items() if name != "bridge"}
    request.details = {**kept, **data.details}
    request.changed_at = now
    session.flush()
    write_topics(session, request.id, topics)
    terms = terms_for(session, school, data)
    _write_moments(session, request.id, terms)
    return terms


def terms_for(session: Session, school: Organisation, data: VacancyWish) -> list[Term]:
    """The half-days of this wish with their visits, around the holidays and free days of the school."""
    if data.first is None or data.last is None:
        return []
    calendar = timetable_of(session, school, first=data.first, last=data.last).calendar
    days = (data.first + timedelta(days=number) for number in range(min(366, (data.last - data.first).days) + 1))
    return terms_of(data, {day for day in days if calendar.closed(day) is not None})


def vacancy_wish(session: Session, request: Request) -> VacancyWish:
    topics = queries.topics_of(session, [request.id])[request.id]
    return wish_from(
        request.details,
        topic_ids=tuple(topic.id for topic in topics),
        level=request.level,
        half_days=round(request.days or 1),
        half_day_mask=request.half_day_mask or 0,
        hours=request.hours,
        first=request.window_from,
        last=request.window_to,
        own_words=request.own_words,
        language=request.language,
        max_km=request.max_km,
    )


def require_vacancy(session: Session, request: Request, *, now: datetime) -> None:
    """Before a vacancy is sent: all that is needed is there, and its first half-day lies ahead. Raises InvalidInput."""
    data = vacancy_wish(session, request)
    if not data.topic_ids:
        raise InvalidInput(_l("Choose what it should be about."), "topic_text")
    if data.level is None:
        raise InvalidInput(_l("Choose a level."), "level")
    if data.first is None or data.last is None:
        raise InvalidInput(_l("Say from when until when."), "first")
    if not data.own_words.strip():
        raise InvalidInput(_l("Say in your own words what you are looking for."), "own_words")
    moments = queries.moments_of(session, [request.id])[request.id]
    if sum(moment.start_s > now.timestamp() for moment in moments) < data.half_days:
        raise InvalidInput(
            ngettext(
                "Tick at least %(num)s possible half-day.", "Tick at least %(num)s possible half-days.", data.half_days
            ),
            "half_days_possible",
        )


def _check(data: VacancyWish, now: datetime) -> None:
    """What may stand in a draft. Raises InvalidInput."""
    if data.level is not None and data.level not in set(Level):
        raise InvalidInput(_l("Choose a level."), "level")
    if not 1 <= data.half_days <= 10:
        raise InvalidInput(_l("A week has one to ten half-days."), "half_days")
    if data.hours is not None and not 1 <= data.hours <= MOST_HOURS:
        raise InvalidInput(_l("A week has one to forty hours."), "hours")
    today = local_date(now)
    for name, day in (("first", data.first), ("last", data.last)):
        if day is not None and not today < day <= today + FURTHEST + LONGEST_TERM:
            raise InvalidInput(_l("Choose a day after today, not too far away."), name)
    if data.first is not None and data.first > today + FURTHEST:
        raise InvalidInput(_l("Choose a start within a year and a half."), "first")
    if data.first is not None and data.last is not None and not data.first < data.last <= data.first + LONGEST_TERM:
        raise InvalidInput(_l("The end comes after the start, within a year."), "last")


def check_asker(session: Session, actor: Actor, school: Organisation, asked_by_id: int | None) -> None:
    """A leader asks for their own school; for anybody else a coordinator names the leader. Raises NotFound."""
    if actor.has_in(Role.SCHOOL_LEAD, school.id, confirmed=False):
        return
    if not actor.is_coordinator_of(school.region_id):
        raise NotFound()
    if asked_by_id not in {person.id for person in leaders_of(session, school.id)}:
        raise InvalidInput(_l("Say which leader of this school asks."), "asked_by")


def leaders_of(session: Session, school_id: int) -> list[User]:
    return members_of(session, school_id, [Role.SCHOOL_LEAD], confirmed=False)


def _write_moments(session: Session, request_id: int, terms: Sequence[Term]) -> None:
    """One row for each half-day of the week; rows that stay the same keep their id."""
    wanted = {(term.visits[0].start_s, term.visits[-1].end_s): term for term in terms}
    for row in queries.moments_of(session, [request_id])[request_id]:
        term = wanted.get((row.start_s, row.end_s))
        if term is not None and row.parts == _parts(term):
            del wanted[row.start_s, row.end_s]
        else:
            session.execute(delete(RequestMoment).where(RequestMoment.id == row.id))
    session.flush()
    rows = [
        {
            "request_id": request_id,
            "day": term.visits[0].date,
            "starts": f"{term.visits[0].start:%H:%M}",
            "ends": f"{term.visits[0].end:%H:%M}",
            "start_s": start_s,
            "end_s": end_s,
            "periods": [],
            "parts": _parts(term),
        }
        for (start_s, end_s), term in wanted.items()
    ]
    if rows:
        session.execute(insert(RequestMoment), rows)


def _parts(term: Term) -> list[list[int]]:
    return [[visit.start_s, visit.end_s] for visit in term.visits]
