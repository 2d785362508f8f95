"""What coordinators decide about organisations and people, and what an organisation says of itself. Services flush."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from matcher.accounts import services as accounts
from matcher.accounts.models import Grant, User
from matcher.accounts.policy import Actor
from matcher.db import check_shown, lock_row
from matcher.errors import Conflict, Forbidden, InvalidInput, NotFound
from matcher.i18n import _l
from matcher.organisations import mailer, policy
from matcher.organisations.lesson_times import Lesson, checked_rows, school_year_span
from matcher.organisations.models import CalendarDay, DayKind, LessonGrid, Organisation
from matcher.organisations.services import NOT_YOURS, confirm_member
from matcher.organisations.states import OrganisationType, RefusalReason

MOST_CALENDAR_DAYS = 400
MOST_VISITS = 2000
LONGEST_RANGE = timedelta(days=62)

DECIDED = _l("Somebody decided about this organisation already. This is how it stands now.")
DOMAIN_FORM = _l("Write only what stands behind the @, like school.nl.")
LIMIT_RANGE = _l("Choose a number from 0 to 2000.")
PUBLIC_DOMAIN = _l("Everybody can get an address there. Choose a domain that only your own staff have.")
END_FIRST = _l("The last day is before the first day.")
TOO_LONG = _l("Add at most two months at a time.")
OUTSIDE_YEARS = _l("Use days of this school year or the next.")
CALENDAR_FULL = _l("The calendar is full. Remove days that are over first.")

PUBLIC_DOMAINS = frozenset(
    {
        *("gmail.com", "googlemail.com", "hotmail.com", "hotmail.nl", "outlook.com", "live.nl", "live.com", "me.com"),
        *("icloud.com", "yahoo.com", "ziggo.nl", "kpnmail.nl", "xs4all.nl", "planet.nl", "hetnet.nl", "home.nl"),
        *("casema.nl", "upcmail.nl", "telfort.nl", "proton.me", "protonmail.com"),
    }
)


# --- verification -----------------------------------------------------------------------------------------------------


def verify_organisation(
    session: Session,
    *,
    actor: Actor,
    organisation_id: int,
    member_grant_ids: Iterable[int] = (),
    now: datetime,
    version: int | None = None,
) -> Organisation:
    """Checked: it exists and is what it says. The ticked members are confirmed with it. `version`: what was shown."""
    place = _reviewed(session, actor, organisation_id, version)
    if place.ended_at is not None:
        raise Conflict(DECIDED)
    if place.verified_at is None:
        place.verified_at, place.verified_by_id = now, actor.user_id
        session.flush()
        _record(session, place, "organisation_verified", actor, now)
        mailer.tell_organisation(
            session, "verified", organisation=place, user_ids=_people(session, place.id), reason="", now=now
        )
    own = set(session.scalars(_live(place.id).with_only_columns(Grant.id)))
    for grant_id in sorted(own & set(member_grant_ids)):
        confirm_member(session, actor=actor, grant_id=grant_id, now=now)
    return place


def refuse_organisation(
    session: Session,
    *,
    actor: Actor,
    organisation_id: int,
    reason: RefusalReason,
    now: datetime,
    version: int | None = None,
) -> Organisation:
    """Not taken in: it ends, with the roles at it. Only what was never verified; the others are stopped."""
    place = _reviewed(session, actor, organisation_id, version)
    if place.verified_at is not None or place.ended_at is not None:
        raise Conflict(DECIDED)
    people = _people(session, place.id)
    place.ended_at = now
    for grant in session.scalars(_live(place.id)):
        accounts.end_grant(session, grant_id=grant.id, actor=actor, now=now)
    session.flush()
    _record(session, place, "organisation_refused", actor, now, reason=reason.value)
    mailer.tell_organisation(session, "refused", organisation=place, user_ids=people, reason=reason.value, now=now)
    return place


def stop_organisation(
    session: Session, *, actor: Actor, organisation_id: int, now: datetime, version: int | None = None
) -> Organisation:
    """At once and everywhere. What it means for matches under way is for `matching` to do."""
    place = _reviewed(session, actor, organisation_id, version)
    if place.stopped_at is None:
        place.stopped_at = now
        session.flush()
        _record(session, place, "organisation_stopped", actor, now)
    return place


def resume_organisation(
    session: Session, *, actor: Actor, organisation_id: int, now: datetime, version: int | None = None
) -> Organisation:
    place = _reviewed(session, actor, organisation_id, version)
    if place.stopped_at is not None:
        place.stopped_at = None
        session.flush()
        _record(session, place, "organisation_resumed", actor, now)
    return place


def stop_person(session: Session, *, actor: Actor, user_id: int, stopped: bool = True, now: datetime) -> User:
    """Stop somebody at once, or take that back: the coordinator of a region where they have a role."""
    person = lock_row(session, User, user_id)
    if not can_stop_person(session, actor, person.id):
        raise NotFound()
    if person.id == actor.user_id:
        raise Forbidden(_l("You cannot stop yourself."))
    if stopped and person.stopped_at is None:
        accounts.stop_user(session, user_id=person.id, actor=actor, now=now)
    if not stopped and person.stopped_at is not None:
        accounts.resume_user(session, user_id=person.id, actor=actor, now=now)
    return person


def can_stop_person(session: Session, actor: Actor, user_id: int) -> bool:
    """Administrators anybody; coordinators people of organisations in their regions, but no colleague or superior."""
    if actor.is_administrator:
        return True
    grants = session.execute(
        select(Grant.organisation_id, Organisation.region_id)
        .outerjoin(Organisation, Organisation.id == Grant.organisation_id)
        .where(Grant.user_id == user_id, Grant.ended_at.is_(None))
    ).all()
    only_members = all(row.organisation_id is not None for row in grants)
    return only_members and any(actor.is_coordinator_of(row.region_id) for row in grants)


# --- settings, lesson times, calendar ---------------------------------------------------------------------------------


def change_settings(
    session: Session,
    *,
    actor: Actor,
    organisation_id: int,
    via_contact: bool,
    staff_domain: str,
    ask_limit: int | None = None,
    now: datetime,
    version: int | None = None,
) -> Organisation:
    """Whether invitations go through the contact, how many visits a school year they may lead to, and whose mail
    address is enough to be confirmed."""
    place = _managed(session, actor, organisation_id)
    check_shown(place.version, version)
    if ask_limit is not None and not 0 <= ask_limit <= MOST_VISITS:
        raise InvalidInput(LIMIT_RANGE, field="ask_limit")
    domain = staff_domain.strip().lower().lstrip("@") or None
    if domain is not None and ("@" in domain or "." not in domain or " " in domain):
        raise InvalidInput(DOMAIN_FORM, field="staff_domain")
    if domain in PUBLIC_DOMAINS:
        raise InvalidInput(PUBLIC_DOMAIN, field="staff_domain")
    changed = [
        name
        for name, before, after in (
            ("via_contact", place.via_contact, via_contact),
            ("staff_domain", place.staff_domain, domain),
            ("ask_limit", place.ask_limit, ask_limit),
        )
        if before != after
    ]
    place.via_contact, place.staff_domain, place.ask_limit = via_contact, domain, ask_limit
    session.flush()
    if changed:
        _record(session, place, "settings_changed", actor, now, fields=changed)
    return place


def save_lesson_times(
    session: Session,
    *,
    actor: Actor,
    organisation_id: int,
    lessons: Sequence[Lesson],
    today: date,
    department: str | None = None,
    shortened: bool = False,
    now: datetime,
) -> LessonGrid:
    """Lesson times from today on; earlier ones stay, so that agreed moments keep their hours."""
    place = _managed(session, actor, organisation_id)
    if place.type is not OrganisationType.SCHOOL:
        raise NotFound()
    rows = checked_rows(lessons)
    query = select(LessonGrid).where(
        LessonGrid.organisation_id == place.id,
        LessonGrid.department.is_not_distinct_from(department),
        LessonGrid.shortened.is_(shortened),
        LessonGrid.valid_from == today,
    )
    grid = session.scalars(query).first() or LessonGrid(
        organisation_id=place.id, department=department, shortened=shortened, valid_from=today
    )
    grid.periods = rows
    session.add(grid)
    session.flush()
    _record(session, place, "lesson_times_changed", actor, now)
    return grid


def add_calendar_days(
    session: Session,
    *,
    actor: Actor,
    organisation_id: int,
    kind: DayKind,
    first: date,
    last: date | None,
    note: str | None,
    today: date,
    now: datetime,
) -> int:
    """Days from first to last, weekends left out; says how many are new. Days that are there stay as they are."""
    place = _managed(session, actor, organisation_id)
    if place.type is not OrganisationType.SCHOOL:
        raise NotFound()
    last = last or first
    earliest, latest = school_year_span(today)
    if last < first:
        raise InvalidInput(END_FIRST, field="last")
    if last - first > LONGEST_RANGE:
        raise InvalidInput(TOO_LONG, field="last")
    if first < earliest or last > latest:
        raise InvalidInput(OUTSIDE_YEARS, field="first")
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    there = set(
        session.scalars(
            select(CalendarDay.day).where(
                CalendarDay.organisation_id == place.id, CalendarDay.kind == kind, CalendarDay.day.in_(days)
            )
        )
    )
    fresh = [day for day in days if day not in there and (day.weekday() < 5 or kind is DayKind.LESSON_DAY)]
    if _calendar_size(session, place.id) + len(fresh) > MOST_CALENDAR_DAYS:
        raise InvalidInput(CALENDAR_FULL, field="first")
    session.add_all(CalendarDay(organisation_id=place.id, day=day, kind=kind, note=note or None) for day in fresh)
    session.flush()
    if fresh:
        _record(session, place, "calendar_changed", actor, now)
    return len(fresh)


def remove_calendar_days(
    session: Session, *, actor: Actor, organisation_id: int, kind: DayKind, first: date, last: date, now: datetime
) -> None:
    """Take days out of the calendar; days that are gone already are no fault."""
    place = _managed(session, actor, organisation_id)
    session.execute(
        delete(CalendarDay).where(
            CalendarDay.organisation_id == place.id, CalendarDay.kind == kind, CalendarDay.day.between(first, last)
        )
    )
    _record(session, place, "calendar_changed", actor, now)


# --- pieces -----------------------------------------------------------------------------------------------------------


def _reviewed(session: Session, actor: Actor, organisation_id: int, version: int | None) -> Organisation:
    place = lock_row(session, Organisation, organisation_id)
    if place.type is OrganisationType.BOARD or not policy.can_verify(actor, place):
        raise NotFound()
    if actor.organisation_ids and place.id in actor.organisation_ids:
        raise Forbidden(_l("You belong to this organisation. Let another coordinator decide."))
    check_shown(place.version, version)
    return place


def _managed(session: Session, actor: Actor, organisation_id: int) -> Organisation:
    place = lock_row(session, Organisation, organisation_id)
    if not policy.can_see(actor, place):
        raise NotFound()
    if not policy.can_manage(actor, place):
        raise Forbidden(NOT_YOURS)
    return place


def _live(organisation_id: int):  # type: ignore[no-untyped-def]
    return select(Grant).where(Grant.organisation_id == organisation_id, Grant.ended_at.is_(None))


def _people(session: Session, organisation_id: int) -> list[int]:
    return list(session.scalars(_live(organisation_id).with_only_columns(Grant.user_id).distinct()))


def _calendar_size(session: Session, organisation_id: int) -> int:
    query = select(func.count()).select_from(CalendarDay).where(CalendarDay.organisation_id == organisation_id)
    return session.scalar(query) or 0


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
