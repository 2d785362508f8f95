"""Everything the page of one match shows, as ready values in the reader's language."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.halfday_wording import plan_label
from matcher.availability.halfdays import hours_of
from matcher.availability.queries import availability_of
from matcher.availability.states import Delivery, Kind, OwnerType, TimeState
from matcher.availability.wording import DELIVERIES, periods_label
from matcher.clock import local_date
from matcher.i18n import _, clock_text, current_locale, format_datetime, format_day_month, ngettext
from matcher.matching import timeline
from matcher.matching.after_visit import NOT_OVER, AfterVisit, after_visit
from matcher.matching.ball_queries import ball_tone, local_day, whose_turn
from matcher.matching.behalf_queries import Speaker, speakers
from matcher.matching.behalf_wording import who_said
from matcher.matching.class_queries import class_visits
from matcher.matching.deadlines import is_nameless, name_due
from matcher.matching.kept_queries import keeping
from matcher.matching.kind_words import KindWords, words_of
from matcher.matching.labels import KINDS, SIDES, TONES
from matcher.matching.lesson_page_queries import class_text, other_lessons
from matcher.matching.models import Match, MatchEvent, MatchMoment, VisitReport
from matcher.matching.moments import parts_of
from matcher.matching.people_queries import (
    Person,
    away_among,
    colleagues_of,
    guest_shown,
    host_shown,
    people_on,
    teacher_shown,
)
from matcher.matching.placement_page_queries import Steps, steps_of, weekly_days
from matcher.matching.placement_wording import state_words
from matcher.matching.policy import (
    MatchFacts,
    allowed_actions,
    can_ask_again,
    can_see_contact_details,
    holders,
    sides_of,
)
from matcher.matching.queries import events_of, messages_of, moments_of, reports_of
from matcher.matching.route_hint_queries import knows_school_well
from matcher.matching.runbook_queries import Runbook, runbook_for
from matcher.matching.states import Side
from matcher.matching.stay_page_queries import Days, days_of
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.regions.geo import distance_km
from matcher.requests.internship_wording import asked_line
from matcher.requests.models import Request
from matcher.subjects.levels import Level, age_text, group_name


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
    ball_tone: str  # "wait" for who reads it, "info" while somebody else has it, "done" when nobody has
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
    days: Days | None = None
    steps: Steps | None = None
    route_hint: bool = False
    keep: str = ""  # of a taken place: "open" to be kept in mind, or "kept"
    runbook: Runbook | None = None
    after: AfterVisit = NOT_OVER

    @property
    def is_placement(self) -> bool:
        return self.request.kind is Kind.HYBRID_PLACEMENT

    @property
    def words(self) -> KindWords:
        return words_of(self.request.kind)

    @property
    def who_to_where(self) -> str:
        if self.request.delivery is Delivery.AT_COMPANY:
            who, there = self.teacher.name, self.company
        else:
            who, there = self.guest.name if self.guest else self.company.name, self.school
        return f"{who} → {', '.join(part for part in (there.name, there.place) if part)}"

    @property
    def answer_by(self) -> str | None:
        return local_day(self.match.expires_at) if self.match.expires_at else None

    @property
    def question(self) -> str:
        """What the company is asked; who answers for others is not asked for themselves."""
        ask = self.words.question if self.guest else self.words.team_question
        return ask(self.request.title.split(" · ")[0])

    @property
    def company_yes(self) -> str:
        return str(self.words.company_yes if self.guest else self.words.team_yes)

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
    people = people_on(session, match, request, events, facts)
    away = away_among(session, facts, people, now)
    sides, turn = sides_of(facts, actor), holders(facts, now)
    chosen = next((moment for moment in moments if moment.chosen), None)
    opened = can_see_contact_details(facts, actor)
    actions, reports = allowed_actions(facts, actor, now), reports_of(session, match.id)
    steps = steps_of(session, match, request, facts, actor, now) if request.kind is Kind.HYBRID_PLACEMENT else None
    return MatchPage(
        match=match,
        facts=facts,
        request=request,
        offer=offer,
        school=school,
        company=company,
        sides=sides,
        actions=frozenset(action.value for action in actions),
        state_label=state_words(facts),
        state_tone=TONES[match.state],
        ball_text=whose_turn(match, facts, actor, now, steps.next if steps else "", away),
        ball_tone=ball_tone(match, turn, sides),
        sub=_sub(request, school, offer, now),
        when=moment_text(chosen, now) if chosen else None,
        slots=_slots(session, match, facts, moments, sides, now),
        wanted=_wanted(moments, events) if facts.move_asked_by else None,
        timeline=_timeline(events, people, actor, request.kind, steps),
        messages=_messages(session, match, people, actor) if sides else [],
        reports={side.value: report for side, report in reports.items()},
        after=after_visit(facts, reports, sides, chosen, request.group_size),
        guest=_from_company(session, match, request, offer, company, people, opened, away),
        teacher=teacher_shown(match, request, people, school, opened, away),
        colleagues=colleagues_of(session, offer, match, actor) if sides & {Side.COMPANY, Side.COORDINATOR} else [],
        speakers=speakers(session, match, request, offer, facts, actor, now),
        classes=[class_text(each) for each in class_visits(session, request, chosen)],
        lessons=other_lessons(session, match, request),
        can_ask_again=can_ask_again(facts, actor),
        name_due=name_due(chosen.day) if chosen and is_nameless(match.name_follows, match.visitor_id) else None,
        days=_days(session, request, offer, school, company, chosen, now),
        steps=steps,
        keep=keeping(session, match, request, facts, sides),
        runbook=runbook_for(session, match, request, offer, facts, actor, now),
        route_hint=Side.COMPANY in sides and knows_school_well(session, match, request, chosen.day if chosen else None),
    )


def _from_company(
    session: Session,
    match: Match,
    request: Request,
    offer: Offer,
    company: Organisation,
    people: dict[int, User],
    opened: bool,
    away: dict[int, str],
) -> Person | None:
    if request.kind is Kind.TEACHER_INTERNSHIP:
        return host_shown(session, offer, company, opened)
    return guest_shown(match, people, company, opened, away)


def _days(
    session: Session,
    request: Request,
    offer: Offer,
    school: Organisation,
    company: Organisation,
    chosen: MatchMoment | None,
    now: datetime,
) -> Days | None:
    """The half-days that can be chosen; a single visit has none."""
    if request.kind is Kind.TEACHER_INTERNSHIP:
        return days_of(session, request, offer, company, chosen, now)
    if request.kind is Kind.HYBRID_PLACEMENT:
        return weekly_days(session, request, offer, school, now)
    return None


def moment_text(moment: MatchMoment, seen: datetime | None = None) -> str:
    """Day, lesson period and clock, or a plan of several visits, in the reader's language."""
    if moment.parts:
        return plan_label(parts_of(moment), seen)
    clock = clock_text(f"{moment.starts}–{moment.ends}")
    day = format_day_month(moment.day, seen)
    if not moment.periods:
        return f"{day}, {clock}"
    return f"{day}, {periods_label(moment.periods)} ({clock})"


def _sub(request: Request, school: Organisation, offer: Offer, now: datetime) -> str:
    stays = request.kind is Kind.TEACHER_INTERNSHIP
    parts = [str(KINDS[request.kind])]
    if stays:
        parts.append(asked_line(request, now))
    if request.level in set(Level):
        level, locale = Level(request.level), current_locale()
        ages = age_text([level], [request.year] if request.year else [], locale)
        parts.append(f"{group_name(level, request.year, locale)} ({ages})")
    if request.group_size:
        parts.append(ngettext("%(num)s pupil", "%(num)s pupils", request.group_size))
    parts.append(", ".join(part for part in (school.name, school.place) if part))
    if (stays or request.delivery is not Delivery.ONLINE) and school.lat is not None and school.lon is not None:
        away = round(distance_km(offer.lat, offer.lon, school.lat, school.lon))
        parts.append(_("about %(km)s km", km=away) if away else _("less than 1 km"))
    if not stays and request.delivery is not Delivery.ON_SITE:
        parts.append(str(DELIVERIES[request.delivery]))
    return " · ".join(parts)


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
        label, sub = _slot_words(moment, week.get(moment.id, ""), now)
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


def _slot_words(moment: MatchMoment, week: str, now: datetime) -> tuple[str, str]:
    """What can be chosen, and the small print."""
    if moment.parts:
        hours = ngettext("%(num)s hour", "%(num)s hours", round(hours_of(parts_of(moment))))
        return plan_label(parts_of(moment), now), hours
    clock = clock_text(f"{moment.starts}–{moment.ends}")
    parts = (periods_label(moment.periods) if moment.periods else "", clock, week)
    return format_day_month(moment.day, now), " · ".join(part for part in parts if part)


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


def _timeline(
    events: Any, people: dict[int, User], actor: Actor, kind: Kind, steps: Steps | None
) -> list[dict[str, Any]]:
    """What happened, the newest first; the steps of a placement between its events."""
    found = [_entry(event, people, actor, kind) for event in reversed(events)]
    if steps is None:
        return found
    return sorted([*reversed(steps.timeline), *found], key=lambda entry: str(entry["iso"]), reverse=True)


def happened_since(session: Session, match: Match, facts: MatchFacts, actor: Actor, seq: int) -> list[dict[str, Any]]:
    """The steps after the version ``seq`` of the match, the newest first, as its timeline words them."""
    request = session.get_one(Request, match.request_id)
    events = [event for event in events_of(session, match.id) if event.seq > seq]
    return _timeline(events, people_on(session, match, request, events, facts), actor, request.kind, None)


def _entry(event: MatchEvent, people: dict[int, User], actor: Actor, kind: Kind) -> dict[str, Any]:
    person = people.get(event.actor_id or 0)
    side = words_of(kind).side if event.role is Side.COMPANY else SIDES[event.role]
    who = person.name if person else str(side)
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
