"""Who stands on the page of a match: both sides with what may be seen of them, who is away, who could come instead."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import members_of
from matcher.accounts.states import COMPANY_ROLES, Role
from matcher.availability.absence_queries import away_until
from matcher.i18n import _, format_day_month
from matcher.matching.models import Match
from matcher.matching.policy import (
    MatchFacts,
)
from matcher.matching.states import LIVE, Side
from matcher.matching.stay_page_queries import host_of
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request


@dataclass(frozen=True)
class Person:
    """Somebody on the page; contact details are None until they may be seen."""

    name: str
    what: str
    email: str | None = None
    phone: str | None = None
    away: str | None = None


def people_on(session: Session, match: Match, request: Request, events: Any, facts: MatchFacts) -> dict[int, User]:
    ids = {match.visitor_id, match.professional_id, match.teacher_id, request.asked_by_id}
    ids |= {event.actor_id for event in events} | {event.on_behalf_by_id for event in events}
    ids |= {each.by_id for each in facts.stand_ins}
    query = select(User).where(User.id.in_([each for each in ids if each is not None]))
    return {user.id: user for user in session.scalars(query)}


def guest_shown(
    match: Match, people: dict[int, User], company: Organisation, opened: bool, away: dict[int, str]
) -> Person | None:
    person = people.get(match.visitor_id or match.professional_id or 0)
    if person is None:
        return None
    what = " · ".join(part for part in (person.function, company.name) if part and part != person.name)
    return _shown(person, what, opened, away)


def teacher_shown(
    match: Match, request: Request, people: dict[int, User], school: Organisation, opened: bool, away: dict[int, str]
) -> Person:
    return _shown(people[match.teacher_id or request.asked_by_id], school.name, opened, away)


def _shown(person: User, what: str, opened: bool, away: dict[int, str]) -> Person:
    email, phone = (person.email, person.phone) if opened else (None, None)
    return Person(person.name, what, email, phone, away.get(person.id))


def host_shown(session: Session, offer: Offer, company: Organisation, opened: bool) -> Person | None:
    """Who guides a teacher; before approval only if the company named somebody."""
    name, person = host_of(session, offer)
    what = " · ".join(part for part in (str(offer.details.get("department") or ""), company.name) if part)
    if not opened or person is None:
        return Person(name, what) if name else None
    if name and name != person.name:
        what = " · ".join((what, _("contact: %(name)s", name=person.name)))
    return Person(name or person.name, what, person.email, person.phone)


def away_among(session: Session, facts: MatchFacts, people: dict[int, User], now: datetime) -> dict[int, str]:
    """Person → until when they are away, and who answers meanwhile."""
    if facts.state not in LIVE:
        return {}
    seconds = {each.for_id: people[each.by_id].name for each in facts.stand_ins if each.by_id in people}
    found = {}
    for person_id, last_day in away_until(session, people, now).items():
        text = away_text(last_day)
        if person_id in seconds:
            text += " " + _("%(name)s answers meanwhile.", name=seconds[person_id])
        found[person_id] = text
    return found


def awaited_away(facts: MatchFacts, turn: frozenset[Side], away: dict[int, str]) -> list[str]:
    """What is said of the people whose turn it is."""
    people = {Side.SCHOOL: facts.asked_by_id, Side.COMPANY: facts.visitor_id or facts.professional_id}
    return [away[person] for side, person in people.items() if side in turn and person in away]


def away_text(last_day: date) -> str:
    return _("Absent until %(day)s.", day=format_day_month(last_day))


def colleagues_of(session: Session, offer: Offer, match: Match, actor: Actor) -> list[tuple[int, str]]:
    """Who may come instead: confirmed members of the same company. Only they and the coordinator see names."""
    own = actor.is_member_of(offer.organisation_id) or actor.has_in(Role.COMPANY_CONTACT, offer.organisation_id)
    if not own and not actor.is_coordinator_of(match.region_id):
        return []
    here = {match.visitor_id, match.professional_id}
    return [
        (user.id, user.name)
        for user in members_of(session, offer.organisation_id, COMPANY_ROLES)
        if user.id not in here
    ]
