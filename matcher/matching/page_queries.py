"""Everything the page of one match shows, as ready values in the reader's language."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import members_of
from matcher.accounts.states import COMPANY_ROLES, Role
from matcher.availability.absence_queries import away_until
from matcher.availability.halfday_wording import plan_label
from matcher.availability.halfdays import hours_of
from matcher.availability.queries import availability_of
from matcher.availability.states import Delivery, OwnerType, TimeState
from matcher.availability.wording import DELIVERIES, periods_label
from matcher.clock import AMSTERDAM, local_date
from matcher.i18n import _, clock_text, current_locale, format_datetime, format_day_month, ngettext
from matcher.matching import timeline
from matcher.matching.behalf_queries import Speaker, speakers
from matcher.matching.behalf_wording import who_said
from matcher.matching.class_queries import ClassVisit, class_visits
from matcher.matching.deadlines import is_nameless, name_due
from matcher.matching.labels import KINDS, SIDES, STATES, TONES
from matcher.matching.models import Match, MatchEvent, MatchMoment, VisitReport
from matcher.matching.moments import parts_of
from matcher.matching.policy import (
    MatchFacts,
    allowed_actions,
    can_ask_again,
    can_see_contact_details,
    holders,
    sides_of,
)
from matcher.matching.queries import events_of, messages_of, moments_of, reports_of
from matcher.matching.states import LIVE, MatchState, Side
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.regions.geo import distance_km
from matcher.requests.models import Request
from matcher.subjects.levels import Level, age_text, group_name


@dataclass(frozen=True)
class Person:
    """Somebody on the page; contact details are None until they may be seen."""

    name: str
    what: str
    email: str | None = None
    phone: str | None = None
    away: str | None = None


@dataclass(frozen=True)
class MatchPage:
    match: Match
    facts: MatchFacts
    request: Request
    offer: Offer
    school: Organisation
    company: Organisation
    sides: frozenset[Side]
    actions: frozenset[str]
    state_label: str
    state_tone: str
    ball_text: str
    ball_mine: bool
    sub: str
    when: str | None
    slots: list[dict[str, Any]]
    wanted: str | None
    timeline: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    reports: dict[str, VisitReport]
    guest: Person | None
    teacher: Person
    colleagues: list[tuple[int, str]] = field(default_factory=list)
    speakers: list[Speaker] = field(default_factory=list)
    name_due: date | None = None
    classes: list[str] = field(default_factory=list)
    lessons: list[tuple[int, str]] = field(default_factory=list)
    can_ask_again: bool = False

    @property
    def answer_by(self) -> str | None:
        return _day(self.match.expires_at) if self.match.expires_at else None

    def may(self, action: str) -> bool:
        """Is this button there? Asked with the action's value."""
        return action in self.actions


def match_page(session: Session, match: Match, facts: MatchFacts, actor: Actor, now: datetime) -> MatchPage:
    """The caller made sure that this person may see the match."""
    request = session.get_one(Request, match.request_id)
    offer = session.get_one(Offer, match.offer_id)
    school = session.get_one(Organisation, request.organisation_id)
    company = session.get_one(Organisation, offer.organisation_id)
    moments = moments_of(session, [match.id])[match.id]
    events = events_of(session, match.id)
    people = _people(session, match, request, events, facts)
    away = _away(session, facts, people, now)
    sides = sides_of(facts, actor)
    turn = holders(facts, now)
    chosen = next((moment for moment in moments if moment.chosen), None)
    opened = can_see_contact_details(facts, actor)
    actions = allowed_actions(facts, actor, now)
    return MatchPage(
        match=match,
        facts=facts,
        request=request,
        offer=offer,
        school=school,
        company=company,
        sides=sides,
        actions=frozenset(action.value for action in actions),
        state_label=str(STATES[match.state]),
        state_tone=TONES[match.state],
        ball_text=" ".join([_ball_text(match, facts, turn, sides), *_awaited_away(facts, turn - sides, away)]).strip(),
        ball_mine=bool(turn & sides),
        sub=_sub(request, school, offer),
        when=moment_text(chosen) if chosen else None,
        slots=_slots(session, match, facts, moments, sides, now),
        wanted=_wanted(moments, events) if facts.move_asked_by else None,
        timeline=[_entry(event, people, actor) for event in reversed(events)],
        messages=_messages(session, match, people, actor) if sides else [],
        reports={side.value: report for side, report in reports_of(session, match.id).items()},
        guest=_guest(match, people, company, opened, away),
        teacher=_teacher(match, request, people, school, opened, away),
        colleagues=_colleagues(session, offer, match, actor) if sides & {Side.COMPANY, Side.COORDINATOR} else [],
        speakers=speakers(session, match, request, offer, facts, actor, now),
        classes=[class_text(each) for each in class_visits(session, request, chosen)],
        lessons=_lessons(session, match, request),
        can_ask_again=can_ask_again(facts, actor),
        name_due=name_due(chosen.day) if chosen and is_nameless(match.name_follows, match.visitor_id) else None,
    )


def moment_text(moment: MatchMoment) -> str:
    """Day, lesson period and clock, or a plan of several visits, in the reader's language."""
    if moment.parts:
        return plan_label(parts_of(moment))
    clock = clock_text(f"{moment.starts}–{moment.ends}")
    day = format_day_month(moment.day)
    if not moment.periods:
        return f"{day}, {clock}"
    return f"{day}, {periods_label(moment.periods)} ({clock})"


def class_text(visit: ClassVisit) -> str:
    """A class within a visit, with its own period when it has one."""
    pupils = ngettext("%(num)s pupil", "%(num)s pupils", visit.size)
    when = f"{periods_label([visit.period])} ({visit.clock})" if visit.period is not None else ""
    return " · ".join(part for part in (visit.name, when, pupils) if part)


def _lessons(session: Session, match: Match, request: Request) -> list[tuple[int, str]]:
    """The other lessons of the series for which the same guest was asked: match and what it is called."""
    if request.series_id is None:
        return []
    query = (
        select(Match, Request.series_no)
        .join(Request, Request.id == Match.request_id)
        .where(Request.series_id == request.series_id, Match.offer_id == match.offer_id, Match.id != match.id)
        .order_by(Request.series_no, Match.id)
    )
    return [
        (other.id, _("Lesson %(number)s: %(state)s", number=number, state=str(STATES[other.state])))
        for other, number in session.execute(query)
    ]


def _sub(request: Request, school: Organisation, offer: Offer) -> str:
    parts = [str(KINDS[request.kind])]
    if request.level in set(Level):
        level, locale = Level(request.level), current_locale()
        ages = age_text([level], [request.year] if request.year else [], locale)
        parts.append(f"{group_name(level, request.year, locale)} ({ages})")
    if request.group_size:
        parts.append(ngettext("%(num)s pupil", "%(num)s pupils", request.group_size))
    parts.append(", ".join(part for part in (school.name, school.place) if part))
    if request.delivery is Delivery.ON_SITE and school.lat is not None and school.lon is not None:
        away = round(distance_km(offer.lat, offer.lon, school.lat, school.lon))
        parts.append(_("about %(km)s km", km=away) if away else _("less than 1 km"))
    else:
        parts.append(str(DELIVERIES[request.delivery]))
    return " · ".join(parts)


def _ball_text(match: Match, facts: MatchFacts, turn: frozenset[Side], sides: frozenset[Side]) -> str:
    if not turn:
        return _("Nobody has to do anything now.") if match.state is MatchState.APPROVED else ""
    if turn & sides:
        return _your_turn(match, facts, turn)
    waiting = {
        Side.SCHOOL: _("It is the school's turn."),
        Side.COMPANY: _("It is the guest's turn."),
        Side.EMPLOYER: _("It is the employer's turn."),
        Side.COORDINATOR: _("The coordinator of the region looks at it. You hear within two working days."),
    }
    text = " ".join(waiting[side] for side in sorted(turn))
    if match.state is MatchState.PROPOSED and match.expires_at:
        text += " " + _("An answer can be given until %(day)s.", day=_day(match.expires_at))
    return text


def _your_turn(match: Match, facts: MatchFacts, turn: frozenset[Side]) -> str:
    if match.state is MatchState.PROPOSED and match.expires_at:
        return _("It is your turn: answer by %(day)s at the latest.", day=_day(match.expires_at))
    if match.state is MatchState.ACCEPTED:
        return _("It is your turn: both said yes and wait for your approval.")
    if facts.move_asked_by is not None:
        return _("It is your turn: the other side asks for another moment.")
    if Side.COORDINATOR in turn:
        return _("Your answer counts: the two sides say different things.")
    return _("It is your turn: tell how it was.")


def _day(at: datetime) -> str:
    local = at.astimezone(AMSTERDAM).date()
    return format_day_month(local)


def _slots(
    session: Session,
    match: Match,
    facts: MatchFacts,
    moments: list[MatchMoment],
    sides: frozenset[Side],
    now: datetime,
) -> list[dict[str, Any]]:
    """The moments on the table; when the other side already chose one, only that one can be taken."""
    chosen = next((moment for moment in moments if moment.chosen), None)
    week = _week_says(session, match, moments, now) if Side.COMPANY in sides else {}
    slots = []
    for moment in moments:
        if moment.dropped_at is not None:
            continue
        past = moment.start_s <= now.timestamp()
        elsewhere = chosen is not None and bool(facts.given) and chosen.id != moment.id
        why_not = _("has passed") if past else _("not the moment the other side chose") if elsewhere else None
        label, sub = _slot_words(moment, week.get(moment.id, ""))
        slots.append(
            {
                "value": str(moment.id),
                "label": label,
                "sub": sub,
                "disabled": why_not is not None,
                "why_not": why_not,
            }
        )
    return slots


def _slot_words(moment: MatchMoment, week: str) -> tuple[str, str]:
    """What can be chosen, and the small print."""
    if moment.parts:
        hours = ngettext("%(num)s hour", "%(num)s hours", round(hours_of(parts_of(moment))))
        return plan_label(parts_of(moment)), hours
    clock = clock_text(f"{moment.starts}–{moment.ends}")
    parts = (periods_label(moment.periods) if moment.periods else "", clock, week)
    return format_day_month(moment.day), " · ".join(part for part in parts if part)


def _week_says(session: Session, match: Match, moments: list[MatchMoment], now: datetime) -> dict[int, str]:
    """Moment id → what the week of the person asked says of it, for that person's own eyes."""
    person_id = match.visitor_id or match.professional_id
    if person_id is None or not moments:
        return {}
    times = availability_of(
        session,
        (OwnerType.PERSON, person_id),
        on=local_date(now),
        from_s=moments[0].start_s,
        to_s=max(moment.end_s for moment in moments),
    )
    words = {TimeState.USUAL: _("you are free"), TimeState.BUSY: _("you have another visit then")}
    return {moment.id: words.get(times.state(moment.start_s, moment.end_s), "") for moment in moments}


def _wanted(moments: list[MatchMoment], events: Any) -> str | None:
    wanted_id = events[-1].details.get("wanted_id")
    return next((moment_text(moment) for moment in moments if moment.id == wanted_id), None)


def _people(session: Session, match: Match, request: Request, events: Any, facts: MatchFacts) -> dict[int, User]:
    ids = {match.visitor_id, match.professional_id, match.teacher_id, request.asked_by_id}
    ids |= {event.actor_id for event in events} | {event.on_behalf_by_id for event in events}
    ids |= {each.by_id for each in facts.stand_ins}
    query = select(User).where(User.id.in_([each for each in ids if each is not None]))
    return {user.id: user for user in session.scalars(query)}


def _entry(event: MatchEvent, people: dict[int, User], actor: Actor) -> dict[str, Any]:
    person = people.get(event.actor_id or 0)
    who = person.name if person else str(SIDES[event.role])
    if person and person.id == actor.user_id:
        who = _("you")
    return {
        "when": format_datetime(event.at),
        "iso": event.at.astimezone(UTC).isoformat(),
        "text": timeline.sentence(event.action, event.role, event.from_state, event.reason),
        "who": who_said(who, event, people),
        "note": event.note,
        "tone": timeline.tone(event.action),
    }


def _messages(session: Session, match: Match, people: dict[int, User], actor: Actor) -> list[dict[str, Any]]:
    found = messages_of(session, match.id)
    missing = {message.author_id for message in found} - set(people)
    for user in session.scalars(select(User).where(User.id.in_(missing))) if missing else ():
        people[user.id] = user
    return [
        {
            "text": message.body,
            "who": people[message.author_id].name,
            "when": format_datetime(message.at),
            "mine": message.author_id == actor.user_id,
        }
        for message in found
    ]


def _guest(
    match: Match, people: dict[int, User], company: Organisation, opened: bool, away: dict[int, str]
) -> Person | None:
    person = people.get(match.visitor_id or match.professional_id or 0)
    if person is None:
        return None
    what = " · ".join(part for part in (person.function, company.name) if part)
    return _shown(person, what, opened, away)


def _teacher(
    match: Match, request: Request, people: dict[int, User], school: Organisation, opened: bool, away: dict[int, str]
) -> Person:
    return _shown(people[match.teacher_id or request.asked_by_id], school.name, opened, away)


def _shown(person: User, what: str, opened: bool, away: dict[int, str]) -> Person:
    email, phone = (person.email, person.phone) if opened else (None, None)
    return Person(person.name, what, email, phone, away.get(person.id))


def _away(session: Session, facts: MatchFacts, people: dict[int, User], now: datetime) -> dict[int, str]:
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


def _awaited_away(facts: MatchFacts, turn: frozenset[Side], away: dict[int, str]) -> list[str]:
    """What is said of the people whose turn it is."""
    people = {Side.SCHOOL: facts.asked_by_id, Side.COMPANY: facts.visitor_id or facts.professional_id}
    return [away[person] for side, person in people.items() if side in turn and person in away]


def away_text(last_day: date) -> str:
    return _("Absent until %(day)s.", day=format_day_month(last_day))


def _colleagues(session: Session, offer: Offer, match: Match, actor: Actor) -> list[tuple[int, str]]:
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
