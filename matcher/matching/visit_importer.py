"""Visits that were arranged elsewhere and are over, from a coordinator's own list: whole chains, told to nobody.

Each visit gets a closed request, an offer (the guest's own, or one that stays a draft) and a match that went every
legal step on its day, by the coordinator; the step that approves is marked as registered afterwards.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts import services as accounts
from matcher.accounts.addresses import email_key
from matcher.accounts.models import Grant, User
from matcher.accounts.policy import Actor
from matcher.accounts.states import COMPANY_ROLES, SCHOOL_ROLES
from matcher.availability.clock_changes import odd_time
from matcher.availability.moments import epoch_range
from matcher.clock import local_date
from matcher.i18n import _
from matcher.matching.models import Match, MatchMoment
from matcher.matching.registered_services import PastVisit, register_visit
from matcher.matching.states import MatchState
from matcher.offers.models import Offer
from matcher.organisations.cells import (
    Unreadable,
    is_yes,
    line,
    read_day,
    read_email,
    read_hours,
    read_number,
    read_time,
)
from matcher.organisations.columns import Row
from matcher.organisations.directory_importer import Directory, read
from matcher.organisations.models import Organisation
from matcher.organisations.outcomes import ImportReport, Outcome, Refused, Status
from matcher.requests.models import Request
from matcher.subjects.queries import vocabulary
from matcher.subjects.recognise import suggest_topics
from matcher.subjects.typed_level import parse_level
from matcher.subjects.words import fold

FIRST_DAY = date(2000, 1, 1)
STARTS, LASTS = time(9, 0), timedelta(minutes=50)
LONGEST = timedelta(hours=8)
MOST_PUPILS = 2000
Key = tuple[int, int, int, str, int | None]


def import_visits(
    session: Session, rows: Collection[Row], *, actor: Actor, now: datetime, write: bool = False
) -> ImportReport:
    """What each row does; with `write` and no refusal it is done. Flushes, never commits."""
    plan = _Plan(session, rows, actor, now)
    outcomes = [plan.outcome(row) for row in rows]
    made = {"visits": len(plan.wanted)}
    if not write or any(one.status is Status.REFUSED for one in outcomes):
        return ImportReport(outcomes, made=made)
    for visit in plan.wanted:
        register_visit(session, visit, actor=actor, now=now)
    accounts.record(
        session,
        action="imported_visits",
        object_type="import",
        object_id=None,
        actor_id=actor.user_id,
        details=made,
        now=now,
    )
    return ImportReport(outcomes, written=True, made=made)


@dataclass(frozen=True)
class _When:
    day: date
    starts: time
    ends: time
    start_s: int
    end_s: int


class _Plan:
    """Every row against the database and the rows before it. Writes nothing."""

    def __init__(self, session: Session, rows: Collection[Row], actor: Actor, now: datetime) -> None:
        self.session, self.actor, self.now = session, actor, now
        self.directory = Directory(session, rows, actor=actor)
        self.people = _people(session, rows)
        self.roles = _roles(session, self.people.values())
        self.vocabulary = vocabulary(session)
        self.known = _known_visits(session, self.directory)
        self.seen: dict[Key, int] = {}
        self.wanted: list[PastVisit] = []

    def outcome(self, row: Row) -> Outcome:
        remarks: list[str] = []
        try:
            status, what = self._take(row, remarks)
        except Refused as refused:
            return Outcome(
                row.number, Status.REFUSED, column=row.header(refused.field) or refused.field, reason=refused.reason
            )
        return Outcome(row.number, status, what, tuple(remarks))

    def _take(self, row: Row, remarks: list[str]) -> tuple[Status, str]:
        when = self._when(row, remarks)
        school = self.directory.school(row)
        place, guest = self._guest(row)
        teacher = self._teacher(row, school, remarks)
        title = line(row.get("title")) or _("Guest lecture")
        what = f"{when.day:%d-%m-%Y}, {school.name}, {guest.name if guest else place.name}"
        key = (school.id, when.start_s, place.id, fold(title), guest.id if guest else None)
        if key in self.known:
            return Status.UNCHANGED, what
        self._require_over(when)
        if key in self.seen:
            raise Refused(_("Row %(row)s is the same visit.", row=self.seen[key]), "day")
        self.seen[key] = row.number
        levels = parse_level(row.get("level")) if row.get("level") else None
        self.wanted.append(
            PastVisit(
                school=school,
                organisation=place,
                guest_id=guest.id if guest else None,
                teacher_id=teacher.id if teacher else None,
                title=title,
                topic_ids=self._topics(title, row),
                day=when.day,
                starts=f"{when.starts:%H:%M}",
                ends=f"{when.ends:%H:%M}",
                start_s=when.start_s,
                end_s=when.end_s,
                level=levels.levels[0].value if levels and levels.levels else None,
                year=levels.years[0] if levels and levels.years else None,
                pupils=read(row, "pupils", read_number, 0, MOST_PUPILS),
                hours=read(row, "hours", read_hours),
                happened=not row.get("happened") or is_yes(_status(row.get("happened"))),
            )
        )
        return Status.NEW, what

    def _when(self, row: Row, remarks: list[str]) -> _When:
        day = read(row, "day", read_day)
        if day is None:
            raise Refused(_("The day is missing."), "day")
        starts = read(row, "starts", read_time)
        ends = read(row, "ends", read_time)
        if starts is None:
            starts = STARTS
            remarks.append(_("No time named: 09:00 was taken."))
        ends = ends or (datetime.combine(day, starts) + LASTS).time()
        for name, at in (("starts", starts), ("ends", ends)):
            odd = odd_time(day, at)
            if odd is not None:
                raise Refused(odd, name)
        try:
            start_s, end_s = epoch_range(day, starts, ends)
        except ValueError as error:
            raise Refused(_("The visit ends before it begins."), "ends") from error
        if end_s - start_s > LONGEST.total_seconds():
            raise Refused(_("A visit lasts eight hours at most."), "ends")
        return _When(day, starts, ends, start_s, end_s)

    def _require_over(self, when: _When) -> None:
        if not FIRST_DAY <= when.day <= local_date(self.now) or when.end_s > self.now.timestamp():
            raise Refused(_("This visit is not over yet. Visits ahead are arranged in the service."), "day")

    def _guest(self, row: Row) -> tuple[Organisation, User | None]:
        """The person by the address; without one the company, of which somebody came."""
        named = row.get("organisation") or row.get("kvk")
        place = self.directory.company(row, anywhere=True) if named else None
        if row.get("guest_email"):
            address = read(row, "guest_email", read_email)[0]
            guest = self.people.get(email_key(address))
            homes = self._homes(guest, COMPANY_ROLES)
            if guest is None or not homes:
                raise Refused(
                    _("%(address)s is nobody of a company here. Import the people first.", address=address),
                    "guest_email",
                )
            home = next((one for one in homes if place is not None and one.id == place.id), None)
            if home is None and (place is not None or len(homes) > 1):
                raise Refused(_("%(name)s does not belong to this company here.", name=guest.name), "organisation")
            home = home or homes[0]
            return home, guest
        if place is None:
            field = next((name for name in ("organisation", "kvk") if row.get(name)), "organisation")
            if not named and row.header("guest_email"):
                field = "guest_email"
            raise Refused(_("We do not know which company came. Import the people first."), field)
        return place, None

    def _teacher(self, row: Row, school: Organisation, remarks: list[str]) -> User | None:
        if not row.get("teacher_email"):
            return None
        address = read(row, "teacher_email", read_email)[0]
        teacher = self.people.get(email_key(address))
        if teacher is None or school.id not in {one.id for one in self._homes(teacher, SCHOOL_ROLES)}:
            remarks.append(
                _("%(address)s is nobody of this school here: registered without a teacher.", address=address)
            )
            return None
        return teacher

    def _homes(self, person: User | None, roles: Collection[Any]) -> list[Organisation]:
        found = self.roles.get(person.id, []) if person else []
        return list({place.id: place for role, place in found if role in roles}.values())

    def _topics(self, title: str, row: Row) -> tuple[int, ...]:
        levels = parse_level(row.get("level")).levels
        found = suggest_topics(title, self.vocabulary, 3, levels)
        return tuple(sorted({self.vocabulary.ids[one.code] for one in found if not one.implied}))


def _status(text: str) -> str:
    """The words this service writes for what did not take place are a no as well."""
    said = fold(text)
    return "nee" if any(word in said for word in ("niet", "missed", "afgezegd", "cancel")) else text


def _people(session: Session, rows: Collection[Row]) -> dict[str, User]:
    keys = set()
    for row in rows:
        for field in ("guest_email", "teacher_email"):
            try:
                keys.add(email_key(read_email(row.get(field))[0]))
            except Unreadable:
                continue
    query = select(User).where(User.email_key.in_(keys), User.erased_at.is_(None))
    return {user.email_key: user for user in session.scalars(query)}


def _roles(session: Session, people: Collection[User]) -> dict[int, list[tuple[Any, Organisation]]]:
    query = (
        select(Grant.user_id, Grant.role, Organisation)
        .join(Organisation, Organisation.id == Grant.organisation_id)
        .where(Grant.user_id.in_([user.id for user in people]), Grant.ended_at.is_(None))
        .order_by(Grant.id)
    )
    found: dict[int, list[tuple[Any, Organisation]]] = {}
    for user_id, role, place in session.execute(query):
        found.setdefault(user_id, []).append((role, place))
    return found


def _known_visits(session: Session, directory: Directory) -> set[Key]:
    """What is here already for these schools, so that the same list can come twice."""
    schools = [place.id for places in directory.by_brin.values() for place in places]
    query = (
        select(
            Request.organisation_id, MatchMoment.start_s, Offer.organisation_id, Request.title, Match.professional_id
        )
        .select_from(Match)
        .join(Request, Request.id == Match.request_id)
        .join(Offer, Offer.id == Match.offer_id)
        .join(MatchMoment, MatchMoment.match_id == Match.id)
        .where(MatchMoment.chosen, Request.organisation_id.in_(schools))
        .where(Match.state.in_((MatchState.APPROVED, MatchState.HELD, MatchState.MISSED)))
    )
    return {(school, start_s, place, fold(title), who) for school, start_s, place, title, who in session.execute(query)}
