"""Offers from a coordinator's own list, made by the same verbs as on the page: planned row by row, all or nothing."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts import services as accounts
from matcher.accounts.addresses import email_key
from matcher.accounts.models import Grant, User
from matcher.accounts.policy import Actor
from matcher.accounts.policy import Grant as Held
from matcher.accounts.states import COMPANY_ROLES, Role
from matcher.availability.states import Delivery, Kind
from matcher.i18n import _
from matcher.offers.inputs import GROUP_MOST, OfferInput
from matcher.offers.models import Offer, OfferTopic
from matcher.offers.services import change_offer, create_offer, open_offer
from matcher.offers.states import OfferState
from matcher.organisations.cells import Unreadable, line, read_email, read_number
from matcher.organisations.columns import Row
from matcher.organisations.directory_importer import Directory, read
from matcher.organisations.models import Organisation
from matcher.organisations.outcomes import ImportReport, Outcome, Refused, Status
from matcher.subjects.levels import GROUPS, Level, level_name
from matcher.subjects.queries import vocabulary
from matcher.subjects.recognise import suggest_topics
from matcher.subjects.typed_level import parse_level
from matcher.subjects.vocabulary import Vocabulary
from matcher.subjects.words import fold

MOST_TOPICS = 6
SURE = 0.5
DEFAULT_MINUTES = 50
NUMBERS = {
    "travel_km": (0, 400),
    "notice_days": (0, 365),
    "yearly_cap": (0, 400),
    "minutes": (10, 480),
    "group_most": (1, GROUP_MOST),
}
IN_DETAILS = ("minutes", "group_most")
LANGUAGES = {
    "nl": ("nl", "ned", "dut"), "en": ("en", "eng", "ang"), "fy": ("fy", "fri", "fry"), "de": ("de", "dui", "ger")
}  # fmt: skip


@dataclass(frozen=True)
class _Planned:
    """What becomes of one row: an offer to make, to change, or nothing."""

    given: OfferInput
    organisation: Organisation
    person: User | None
    known: Offer | None
    state: OfferState


def import_offers(
    session: Session, rows: Collection[Row], *, actor: Actor, now: datetime, write: bool = False
) -> ImportReport:
    """What each row does; with `write` and no refusal it is done. Flushes, never commits."""
    plan = _Plan(session, rows, actor)
    outcomes = [plan.outcome(row) for row in rows]
    made = {"offers": sum(one.known is None for one in plan.wanted)}
    if not write or any(one.status is Status.REFUSED for one in outcomes):
        return ImportReport(outcomes, made=made)
    for wanted in plan.wanted:
        _write(session, wanted, actor, now)
    accounts.record(
        session,
        action="imported_offers",
        object_type="import",
        object_id=None,
        actor_id=actor.user_id,
        details=made,
        now=now,
    )
    return ImportReport(outcomes, written=True, made=made)


def _write(session: Session, wanted: _Planned, actor: Actor, now: datetime) -> None:
    """The coordinator acts for the person, or for the company's contact; the offer says so."""
    if wanted.known is not None:
        changed = change_offer(session, actor=actor, offer_id=wanted.known.id, given=wanted.given, now=now)
        changed.on_behalf_by_id = actor.user_id
        return
    place, person = wanted.organisation, wanted.person
    role = Role.PROFESSIONAL if person is not None else Role.COMPANY_CONTACT
    stands_in = replace(
        actor,
        user_id=person.id if person is not None else actor.user_id,
        grants=(*actor.grants, Held(role, place.id, None, True)),
    )
    offer = create_offer(session, actor=stands_in, given=wanted.given, now=now)
    offer.on_behalf_by_id = actor.user_id
    if wanted.state is OfferState.OPEN:
        open_offer(session, actor=actor, offer_id=offer.id, now=now)


class _Plan:
    """Every row against the database and the rows before it. Writes nothing."""

    def __init__(self, session: Session, rows: Collection[Row], actor: Actor) -> None:
        self.session, self.actor = session, actor
        self.directory = Directory(session, rows, actor=actor)
        self.people = _people(session, rows)
        self.homes = _homes(session, self.people.values())
        self.vocabulary: Vocabulary = vocabulary(session)
        self.names = {fold(name): code for code, e in self.vocabulary.entries.items() for name in (e.en, e.nl)}
        self.known = _known_offers(session, self.people.values(), self.directory)
        self.seen: dict[tuple[Any, ...], int] = {}
        self.wanted: list[_Planned] = []

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
        place, person = self._whose(row)
        title = line(row.get("title"))
        if not title:
            raise Refused(_("The title is missing."), "title")
        key = (place.id, person.id if person else None, fold(title))
        if key in self.seen:
            raise Refused(_("Row %(row)s is the same offer.", row=self.seen[key]), "title")
        self.seen[key] = row.number
        known = self.known.get(key)
        base = self._base(title, place, person, known)
        given = self._given(row, base, remarks)
        if known is not None and _same(given, base):
            return Status.UNCHANGED, title
        closed = fold(row.get("state")) in {
            fold(OfferState.DRAFT),
            fold(OfferState.WITHDRAWN),
            "concept",
            "ingetrokken",
        }
        self.wanted.append(_Planned(given, place, person, known, OfferState.DRAFT if closed else OfferState.OPEN))
        return (Status.NEW if known is None else Status.CHANGED), title

    def _whose(self, row: Row) -> tuple[Organisation, User | None]:
        """The person by the address, at the named organisation or their only one; else somebody of the team."""
        place = self.directory.company(row) if row.get("organisation") or row.get("kvk") else None
        if not row.get("email"):
            if place is None:
                field = "organisation" if row.get("organisation") else "email"
                raise Refused(_("We do not know whose offer this is. Import the people first."), field)
            return place, None
        address = read(row, "email", read_email)[0]
        person = self.people.get(email_key(address))
        homes = self.homes.get(person.id, []) if person else []
        if person is None or person.stopped_at or not homes:
            raise Refused(
                _("%(address)s is nobody of a company here. Import the people first.", address=address), "email"
            )
        own = [home for home in homes if place is None or home.id == place.id]
        if len(own) != 1:
            raise Refused(_("Say at which organisation %(name)s gives this.", name=person.name), "organisation")
        self.directory.require_own(own[0], "email")
        return own[0], person

    def _base(self, title: str, place: Organisation, person: User | None, known: Offer | None) -> OfferInput:
        """What holds where the file says nothing: the offer as it is, or the defaults of the page."""
        if known is None:
            return OfferInput(
                Kind.GUEST_LECTURE,
                place.id,
                title,
                "",
                (),
                (),
                team=person is None,
                details={"minutes": DEFAULT_MINUTES},
            )
        topics = select(OfferTopic.topic_id).where(OfferTopic.offer_id == known.id).order_by(OfferTopic.topic_id)
        return OfferInput(
            kind=known.kind,
            organisation_id=known.organisation_id,
            title=known.title,
            description=known.description,
            topic_ids=tuple(self.session.scalars(topics)),
            levels=tuple(known.levels),
            languages=tuple(known.languages),
            delivery=known.delivery,
            team=known.person_id is None,
            own_name=known.own_name,
            pc4=known.pc4,
            travel_km=known.travel_km,
            notice_days=known.notice_days,
            yearly_cap=known.yearly_cap,
            open_cap=known.open_cap,
            months_off=tuple(known.months_off),
            places=known.places,
            details={key: value for key, value in known.details.items() if not key.startswith("released_")},
        )

    def _given(self, row: Row, base: OfferInput, remarks: list[str]) -> OfferInput:
        text = " ".join((base.title, row.get("topics"), row.get("description")))
        said: dict[str, Any] = {}
        numbers: dict[str, Any] = {
            name: self._number(row, name, *limits) for name, limits in NUMBERS.items() if row.get(name)
        }
        if row.get("levels") or not base.levels:
            said["levels"] = tuple(level.value for level in self._levels(row, text, remarks))
        if row.get("topics") or not base.topic_ids:
            levels = [Level(level) for level in said.get("levels", base.levels)]
            said["topic_ids"] = self._topics(row, text, levels, remarks)
        if row.get("description"):
            said["description"] = row.get("description")[:4000]
        if row.get("languages"):
            said["languages"] = self._languages(row)
        if row.get("delivery"):
            said["delivery"] = _delivery(row.get("delivery"))
            if said["delivery"] is Delivery.ONLINE:
                numbers["travel_km"] = 0
        details = {name: numbers.pop(name) for name in IN_DETAILS if name in numbers}
        return replace(base, **said, **numbers, details={**base.details, **details})

    def _number(self, row: Row, field: str, least: int, most: int) -> int:
        return int(read(row, field, read_number, least, most))

    def _topics(self, row: Row, text: str, levels: Collection[Level], remarks: list[str]) -> tuple[int, ...]:
        """Named topics as they are; else what the words are about."""
        typed = row.get("topics")
        parts = typed.split(",") if ";" not in typed and fold(typed) not in self.names else typed.split(";")
        said = [part.strip() for part in parts if part.strip()]
        codes = [self.names[fold(part)] for part in said if fold(part) in self.names]
        if not said or len(codes) < len(said):
            found = suggest_topics(text, self.vocabulary, MOST_TOPICS, levels)
            codes += [one.code for one in found if one.weight >= SURE or (not codes and not one.implied)]
            names = ", ".join(self.vocabulary.entries[code].nl for code in dict.fromkeys(codes))
            if names:
                remarks.append(_("About: %(topics)s.", topics=names))
        if not codes:
            raise Refused(
                _("We do not recognise what this is about. Name a subject or a theme."),
                "topics" if row.header("topics") else "title",
            )
        return tuple(sorted({self.vocabulary.ids[code] for code in codes}))

    def _levels(self, row: Row, text: str, remarks: list[str]) -> tuple[Level, ...]:
        said = row.get("levels")
        if said:
            named = _named_levels(said)
            if not named:
                raise Refused(_("We do not recognise a level in “%(said)s”.", said=said[:60]), "levels")
            return named
        found = parse_level(text).levels
        if not found:
            remarks.append(_("No level named: for every level of secondary education."))
        return found or GROUPS["vo"]

    def _languages(self, row: Row) -> tuple[str, ...]:
        said = fold(row.get("languages"))
        words = said.replace("/", " ").replace(",", " ").replace(";", " ").split()
        found = tuple(code for code, begins in LANGUAGES.items() if any(word.startswith(begins) for word in words))
        if not found:
            raise Refused(_("“%(said)s” is no language of lessons here.", said=said[:40]), "languages")
        return found


def _named_levels(text: str) -> tuple[Level, ...]:
    """As this service writes them itself, or in people's own words."""
    own = {
        fold(name): level for level in Level for name in (level.value, level_name(level, "nl"), level_name(level, "en"))
    }
    parts = [fold(part.strip()) for part in text.split(";")]
    if all(part in own for part in parts):
        return tuple(level for level in Level if level in {own[part] for part in parts})
    if fold(text).strip() in {"alle", "alles", "all", "alle niveaus", "vo", "voortgezet onderwijs"}:
        return GROUPS["vo"]
    return parse_level(text).levels


def _delivery(text: str) -> Delivery:
    said = fold(text)
    online = any(word in said for word in ("online", "digitaal", "teams"))
    there = any(word in said for word in ("school", "locatie", "fysiek", "on_site", "on site", "klas"))
    if "either" in said or "beide" in said or (online and there):
        return Delivery.EITHER
    if any(word in said for word in ("bedrijf", "company", "bij ons")):
        return Delivery.AT_COMPANY
    return Delivery.ONLINE if online else Delivery.ON_SITE


def _same(given: OfferInput, base: OfferInput) -> bool:
    """The order of levels and languages means nothing."""

    def sets(one: OfferInput) -> tuple[frozenset[Any], ...]:
        return frozenset(one.levels), frozenset(one.languages), frozenset(one.topic_ids)

    def rest(one: OfferInput) -> OfferInput:
        return replace(one, levels=(), languages=(), topic_ids=())

    return sets(given) == sets(base) and rest(given) == rest(base)


def _people(session: Session, rows: Collection[Row]) -> dict[str, User]:
    keys = set()
    for row in rows:
        try:
            keys.add(email_key(read_email(row.get("email"))[0]))
        except Unreadable:
            continue
    query = select(User).where(User.email_key.in_(keys), User.erased_at.is_(None))
    return {user.email_key: user for user in session.scalars(query)}


def _homes(session: Session, people: Collection[User]) -> dict[int, list[Organisation]]:
    query = (
        select(Grant.user_id, Organisation)
        .join(Organisation, Organisation.id == Grant.organisation_id)
        .where(Grant.user_id.in_([user.id for user in people]), Grant.role.in_(COMPANY_ROLES), Grant.ended_at.is_(None))
        .order_by(Grant.id)
    )
    found: dict[int, list[Organisation]] = {}
    for user_id, place in session.execute(query):
        homes = found.setdefault(user_id, [])
        if place not in homes:
            homes.append(place)
    return found


def _known_offers(session: Session, people: Collection[User], directory: Directory) -> dict[tuple[Any, ...], Offer]:
    places = [place.id for found in directory.by_name.values() for place in found]
    query = select(Offer).where(
        Offer.kind == Kind.GUEST_LECTURE,
        Offer.person_id.in_([user.id for user in people])
        | (Offer.person_id.is_(None) & Offer.organisation_id.in_(places)),
    )
    found = session.scalars(query.order_by(Offer.id))
    # What only stands for a visit of long ago is nobody's offer.
    return {
        (offer.organisation_id, offer.person_id, fold(offer.title)): offer
        for offer in found
        if "registered_afterwards" not in offer.details
    }
