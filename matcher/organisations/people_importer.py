"""Organisations and their people from a coordinator's own list: first what every row would do, then all of it at once.

The organisations themselves are found by `directory_importer`. Nothing is mailed but the privacy notice, when asked.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts import services as accounts
from matcher.accounts.addresses import email_key
from matcher.accounts.models import Audit, Grant, User
from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.i18n import _
from matcher.organisations import mailer
from matcher.organisations.cells import (
    Unreadable,
    is_yes,
    line,
    read_email,
    read_kvk,
    read_phone,
    read_size,
    whole_name,
)
from matcher.organisations.columns import Row
from matcher.organisations.directory_importer import Directory, kind_of, read
from matcher.organisations.models import Organisation
from matcher.organisations.names import name_key
from matcher.organisations.outcomes import ImportReport, Outcome, Refused, Status, worst
from matcher.organisations.roles import role_said
from matcher.organisations.states import OrganisationType
from matcher.subjects.models import Topic, TopicType
from matcher.subjects.words import fold

NOTICE = "privacy_notice"


def import_people(
    session: Session, rows: Collection[Row], *, actor: Actor, now: datetime, write: bool = False, notice: bool = False
) -> ImportReport:
    """What each row does; with `write` and no refusal it is done. Flushes, never commits."""
    plan = _Plan(session, rows, actor, now)
    outcomes = [plan.outcome(row) for row in rows]
    made = {"organisations": len(plan.organisations), "people": len(plan.users), "roles": len(plan.grants)}
    if not write or any(one.status is Status.REFUSED for one in outcomes):
        return ImportReport(outcomes, made=made)
    plan.write()
    sent = plan.send_notices() if notice else 0
    accounts.record(
        session,
        action="imported_people",
        object_type="import",
        object_id=None,
        actor_id=actor.user_id,
        details=made | {"notices": sent},
        now=now,
    )
    return ImportReport(outcomes, written=True, notices=sent, made=made)


@dataclass
class _Line:
    """One row while it is looked at."""

    row: Row
    statuses: list[Status] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def softly(self, name: str, reader: Any) -> Any:
        """A cell that may be left out when nobody can read it."""
        try:
            return reader(self.row.get(name)) if self.row.get(name) else None
        except Unreadable as error:
            self.remarks.append(_("%(reason)s Left out.", reason=error.reason))
            return None


class _Plan:
    """All rows together: what is new, what changes. Touches no row of the database before `write`."""

    def __init__(self, session: Session, rows: Collection[Row], actor: Actor, now: datetime) -> None:
        self.session, self.actor, self.now = session, actor, now
        self.directory = Directory(session, rows, actor=actor)
        self.known = _known_users(session, rows)
        self.roles = _known_roles(session, self.known.values())
        self.sectors = _sectors(session)
        self.organisations: list[Organisation] = []
        self.users: list[User] = []
        self.grants: list[tuple[User, Organisation, Role]] = []
        self.confirms: list[Grant] = []
        self.changes: list[tuple[Any, dict[str, Any]]] = []
        self.people: dict[str, tuple[User, Organisation]] = {}
        self.first_row: dict[str, int] = {}

    def outcome(self, row: Row) -> Outcome:
        line_ = _Line(row)
        try:
            what = self._take(line_)
        except Refused as refused:
            return Outcome(
                row.number, Status.REFUSED, column=row.header(refused.field) or refused.field, reason=refused.reason
            )
        return Outcome(row.number, worst(line_.statuses), what, tuple(line_.remarks))

    def _take(self, line_: _Line) -> str:
        row = line_.row
        name = whole_name(row.get("name"), row.get("first_name"), row.get("infix"), row.get("last_name"))
        place = self._organisation(line_, name)
        if not row.get("email"):
            if name:
                line_.remarks.append(_("%(name)s has no mail address and was left out.", name=name))
            if is_yes(row.get("do_not_approach")):
                self._leave_alone(line_, place)
            return place.name
        user = self._person(line_, name, place)
        self._role(line_, user, place)
        if is_yes(row.get("do_not_approach")):
            self._leave_alone(line_, user)
        self.people.setdefault(user.email_key, (user, place))
        return f"{user.name}, {place.name}"

    # --- organisations ------------------------------------------------------------------------------------------------

    def _organisation(self, line_: _Line, name: str) -> Organisation:
        row, type_ = line_.row, kind_of(line_.row)
        if type_ is OrganisationType.SCHOOL:
            found = self.directory.school(row)
            line_.statuses.append(Status.UNCHANGED)
            return found
        written = line(row.get("organisation") or (name if type_ is OrganisationType.SELF_EMPLOYED else ""))
        place = self.directory.company(row) or self._of_person(row, type_)
        if place is None:
            place = self.directory.draft(row, type_, written, now=self.now)
            self._fill(line_, place, draft=True)
            self.organisations.append(place)
            line_.statuses.append(Status.NEW)
            return place
        earlier = self.directory.first_row.get(id(place))
        if earlier is not None and written and name_key(written) != place.name_key:
            line_.remarks.append(_("Row %(row)s calls it “%(name)s”.", row=earlier, name=place.name))
        line_.statuses.append(Status.CHANGED if self._fill(line_, place) else Status.UNCHANGED)
        return place

    def _of_person(self, row: Row, type_: OrganisationType) -> Organisation | None:
        """Somebody who works for themselves is known by their address: the organisation has only their name."""
        if type_ is not OrganisationType.SELF_EMPLOYED or not row.get("email"):
            return None
        user = self.known.get(email_key(read(row, "email", read_email)[0]))
        places = {place.id: place for names in self.directory.by_name.values() for place in names if place.id}
        held = [places[org] for _role, org in self.roles.get(user.id, {}) if org in places] if user else []
        return next((place for place in held if place.type is OrganisationType.SELF_EMPLOYED), None)

    def _fill(self, line_: _Line, place: Organisation, *, draft: bool = False) -> bool:
        """What the file knows and we do not; what is there already stays. True when something changes."""
        said = {
            "street": line(line_.row.get("street")) or None,
            "website": line(line_.row.get("website")) or None,
            "size": line_.softly("size", read_size),
            "sector_id": self._sector(line_),
            "kvk": read(line_.row, "kvk", read_kvk),
        }
        if place.type is OrganisationType.SELF_EMPLOYED:
            said.pop("street")
        added = {name: value for name, value in said.items() if value is not None and self._now(place, name) is None}
        if draft:
            for name, value in added.items():
                setattr(place, name, value)
        elif added:
            self.changes.append((place, added))
        return bool(added)

    def _now(self, thing: Any, name: str) -> Any:
        """The value it has, or will have by an earlier row."""
        return next(
            (new[name] for changed, new in self.changes if changed is thing and name in new), getattr(thing, name)
        )

    def _sector(self, line_: _Line) -> int | None:
        text = fold(line(line_.row.get("sector")))
        if not text:
            return None
        found = self.sectors.get(text)
        if found is None:
            line_.remarks.append(_("Sector “%(name)s” is not known here. Left out.", name=text[:60]))
        return found

    # --- people -------------------------------------------------------------------------------------------------------

    def _person(self, line_: _Line, name: str, place: Organisation) -> User:
        address, others = read(line_.row, "email", read_email)
        if others:
            line_.remarks.append(_("Of several mail addresses the first was taken."))
        key = email_key(address)
        phone, function = line_.softly("phone", read_phone), line(line_.row.get("function")) or None
        user = self.known.get(key)
        if user is None:
            if not name:
                name = place.name
                line_.remarks.append(_("Nobody is named: the address stands under the name of the organisation."))
            user = User(
                email=address,
                email_key=key,
                # She knows the person and the address; signing in still takes a link that is sent there.
                email_confirmed_at=self.now,
                name=name,
                phone=phone,
                function=function,
                locale="nl",
                created_at=self.now,
            )
            self.known[key], self.first_row[key] = user, line_.row.number
            self.users.append(user)
            line_.statuses.append(Status.NEW)
            return user
        return self._known_person(line_, user, name, {"phone": phone, "function": function})

    def _known_person(self, line_: _Line, user: User, name: str, said: dict[str, Any]) -> User:
        earlier = self.first_row.get(user.email_key)
        if user.stopped_at is not None or user.erased_at is not None:
            raise Refused(_("This person was stopped here, or left."), "email")
        if earlier is not None and name and name_key(name) != name_key(user.name):
            raise Refused(
                _("Row %(row)s has this address under another name: %(name)s.", row=earlier, name=user.name), "email"
            )
        if earlier is None and name and name_key(name) != name_key(user.name):
            line_.remarks.append(_("This person is known here as %(name)s; that stays.", name=user.name))
        added = {key: value for key, value in said.items() if value and self._now(user, key) is None}
        if added:
            self.changes.append((user, added))
        line_.statuses.append(Status.CHANGED if added else Status.UNCHANGED)
        return user

    def _role(self, line_: _Line, user: User, place: Organisation) -> None:
        at_school = place.type is OrganisationType.SCHOOL
        said = role_said(line_.row.get("role"), at_school=at_school)
        if said is None and line_.row.get("role"):
            line_.remarks.append(_("Role “%(said)s” is not known here.", said=line(line_.row.get("role"), 60)))
        guessed = role_said(line_.row.get("function"), at_school=at_school)
        role = said or guessed or (Role.TEACHER if at_school else Role.COMPANY_CONTACT)
        here = self._roles_at(user, place)
        held = here.get(role) if said else next(iter(here.values()), None)
        if here and (held is not None or not said):
            if isinstance(held, Grant) and held.confirmed_at is None and held not in self.confirms:
                self.confirms.append(held)
                line_.statuses.append(Status.CHANGED)
            return
        self.grants.append((user, place, role))
        line_.statuses.append(Status.NEW)

    def _roles_at(self, user: User, place: Organisation) -> dict[Role, Grant | None]:
        planned: dict[Role, Grant | None] = {
            role: None for someone, where, role in self.grants if someone is user and where is place
        }
        stored = self.roles.get(user.id, {}) if user.id else {}
        return planned | {role: grant for (role, org), grant in stored.items() if org == place.id}

    def _leave_alone(self, line_: _Line, thing: Any) -> None:
        """Kept from now on: a later list without the remark does not take it back."""
        if self._now(thing, "do_not_approach_at") is None:
            if thing in self.users or thing in self.organisations:
                thing.do_not_approach_at = self.now
            else:
                self.changes.append((thing, {"do_not_approach_at": self.now}))
            line_.statuses.append(Status.CHANGED)
        line_.remarks.append(_("Will not be approached."))

    # --- writing ------------------------------------------------------------------------------------------------------

    def write(self) -> None:
        for rows in (self.organisations, self.users):
            self.session.add_all(rows)
            self.session.flush()
        for thing, new in self.changes:
            for name, value in new.items():
                setattr(thing, name, value)
        for grant in self.confirms:
            grant.confirmed_at, grant.confirmed_by_id = self.now, self.actor.user_id
        self.session.add_all(
            Grant(
                user_id=user.id,
                role=role,
                organisation_id=place.id,
                created_at=self.now,
                confirmed_at=self.now,
                confirmed_by_id=self.actor.user_id,
            )
            for user, place, role in self.grants
        )
        self.session.flush()

    def send_notices(self) -> int:
        """To everybody in the file who never got it; not to who must be left alone."""
        people = {user.id: (user, place) for user, place in self.people.values() if user.do_not_approach_at is None}
        query = select(Audit.object_id).where(
            Audit.action == NOTICE, Audit.object_type == "user", Audit.object_id.in_(people)
        )
        told = set(self.session.scalars(query))
        for number in sorted(people.keys() - told):
            user, place = people[number]
            if place.do_not_approach_at is not None:
                told.add(number)
                continue
            mailer.tell_who_has_your_data(self.session, user=user, organisation=place, by=self.actor, now=self.now)
            accounts.record(
                self.session,
                action=NOTICE,
                object_type="user",
                object_id=number,
                actor_id=self.actor.user_id,
                now=self.now,
            )
        return len(people.keys() - told)


def _known_users(session: Session, rows: Collection[Row]) -> dict[str, User]:
    keys = set()
    for row in rows:
        try:
            keys.add(email_key(read_email(row.get("email"))[0]))
        except Unreadable:
            continue
    return {user.email_key: user for user in session.scalars(select(User).where(User.email_key.in_(keys)))}


def _known_roles(session: Session, users: Collection[User]) -> dict[int, dict[tuple[Role, int], Grant]]:
    found: dict[int, dict[tuple[Role, int], Grant]] = {}
    query = select(Grant).where(Grant.user_id.in_([user.id for user in users]), Grant.ended_at.is_(None))
    for grant in session.scalars(query.where(Grant.organisation_id.is_not(None)).order_by(Grant.id)):
        found.setdefault(grant.user_id, {})[grant.role, grant.organisation_id or 0] = grant
    return found


def _sectors(session: Session) -> dict[str, int]:
    found: dict[str, int] = {}
    for topic in session.scalars(select(Topic).where(Topic.type == TopicType.SECTOR).order_by(Topic.id)):
        for name in (topic.nl, topic.en):
            found.setdefault(fold(name), topic.id)
    return found
