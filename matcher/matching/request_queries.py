"""Everything the page of one request shows: who fits, who was asked, whose turn it is, as ready values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.states import SCHOOL_ROLES
from matcher.availability.absence_queries import away_until
from matcher.availability.moments import Moment, Week
from matcher.availability.queries import availabilities, owner_of
from matcher.availability.states import Delivery
from matcher.availability.strips import week_strip
from matcher.availability.wording import DELIVERIES, moment_label
from matcher.clock import local_date
from matcher.i18n import _, current_locale, format_day_month, ngettext
from matcher.matching.class_queries import classes_of_request
from matcher.matching.eligibility import NeverCode
from matcher.matching.list_queries import MatchRow, match_rows
from matcher.matching.models import Match
from matcher.matching.queries import matches_of_request
from matcher.matching.states import LIVE, TAKES_PLACE, MatchState
from matcher.matching.suggestion_models import RequestTick, SuggestionRun
from matcher.matching.suggestion_queries import (
    ShownSuggestion,
    changes_shown,
    latest_run,
    never_shown,
    shown,
    verdicts,
)
from matcher.matching.wording import never_sentence
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests import policy, queries
from matcher.requests.models import Request, RequestMoment
from matcher.requests.states import RequestState
from matcher.requests.wording import class_line
from matcher.subjects.levels import Level, group_name
from matcher.subjects.models import Topic


@dataclass(frozen=True)
class Candidate:
    """One row: the stored suggestion as it stands now, the week, and whether this person can be ticked."""

    shown: ShownSuggestion
    name: str
    initials: str
    what: str
    near: str
    strip: Any
    status: str | None  # asked, waiting, gone: a tick is offered only when None
    status_label: str | None


@dataclass(frozen=True)
class RequestPage:
    request: Request
    school: Organisation
    sub: str
    moments: list[str]
    topics: list[str]
    state: str
    state_label: str
    ball: str
    ball_mine: bool
    candidates: list[Candidate]
    matches: list[MatchRow]
    waiting: list[str]
    eligible: int
    run: SuggestionRun | None
    changes: list[str]
    never: list[tuple[str, int]]
    can_edit: bool
    can_send: bool
    can_change: bool
    classes: list[tuple[str, str]]
    lessons: list[tuple[int, str]]
    away: str | None
    first_offer: int | None
    first_refused: str | None

    @property
    def is_open(self) -> bool:
        return self.request.state is RequestState.OPEN

    @property
    def can_ask(self) -> bool:
        return self.can_edit and (self.is_open or self.request.held_back) and not self.is_full

    @property
    def is_full(self) -> bool:
        return sum(row.state in TAKES_PLACE for row in self.matches) >= self.request.needed


def request_page(session: Session, request: Request, actor: Actor, now: datetime) -> RequestPage:
    """The caller made sure that this person may see the request."""
    school = session.get_one(Organisation, request.organisation_id)
    confirmed = any(actor.has_in(role, school.id) for role in SCHOOL_ROLES)
    knows_names = confirmed or actor.is_coordinator_of(request.region_id)
    matches = match_rows(session, matches_of_request(session, request.id), actor, now)
    pending = _pending(session, request.id)
    moments = queries.moments_of(session, [request.id])[request.id]
    run = latest_run(session, request.id) if request.state is not RequestState.DRAFT or request.held_back else None
    found = shown(session, run.id, now=now, names=knows_names) if run else []
    strips = _strips(session, school, found, moments, now)
    offers = _offers_of(session, [row.id for row in matches])
    candidates = [_candidate(each, strips, pending, matches, offers) for each in found]
    can_edit = policy.can_edit(
        actor,
        organisation_id=request.organisation_id,
        region_id=request.region_id,
        asked_by_id=request.asked_by_id,
    )
    turn, mine = _turn(request, matches, pending, candidates, can_send=knows_names)
    if mine and not can_edit and not any(row.mine for row in matches):
        turn, mine = _("It is the turn of the colleague who asked."), False
    state, label = _state(request, matches)
    return RequestPage(
        request=request,
        school=school,
        sub=_sub(request, school),
        moments=[moment_label(moment.day, moment.periods) for moment in moments],
        topics=[_topic_name(topic) for topic in queries.topics_of(session, [request.id])[request.id]],
        state=state,
        state_label=label,
        ball=turn,
        ball_mine=mine,
        candidates=candidates,
        matches=matches,
        waiting=[candidate.name for candidate in candidates if candidate.status == "waiting"],
        eligible=run.eligible if run else 0,
        run=run,
        changes=changes_shown(run) if run else [],
        never=never_shown(run) if run else [],
        can_edit=can_edit,
        can_send=knows_names,
        can_change=not any(row.state in LIVE for row in matches),
        classes=[(group.name, class_line(group)) for group in classes_of_request(session, request)],
        lessons=_lessons(session, request),
        away=_asker_away(session, request, actor, now),
        first_offer=request.first_offer_id,
        first_refused=_first_refused(session, request, candidates, now) if knows_names else None,
    )


def _first_refused(session: Session, request: Request, candidates: Sequence[Candidate], now: datetime) -> str | None:
    """Why the guest whom the school wants again cannot be asked this time; nothing once the answer is on the page."""
    offer = session.get(Offer, request.first_offer_id) if request.first_offer_id is not None else None
    if offer is None or any(each.shown.offer_id == offer.id for each in candidates):
        return None
    verdict = verdicts(session, request.id, [offer.id], now=now).get(offer.id)
    if verdict is None or not verdict.never or NeverCode.ALREADY_ASKED in verdict.never:
        return None
    person = session.get(User, offer.person_id) if offer.person_id is not None else None
    name = person.name if person else offer.title
    return _("%(name)s cannot be asked this time.", name=name) + " " + never_sentence(verdict.never[0])


def _lessons(session: Session, request: Request) -> list[tuple[int, str]]:
    """The other lessons of the series: request and what it is called."""
    others = [lesson for lesson in queries.lessons_of(session, request) if lesson.id != request.id]
    days = queries.moments_of(session, [lesson.id for lesson in others])
    return [
        (
            lesson.id,
            _("Lesson %(number)s: %(days)s", number=lesson.series_no,
              days=_(" or ").join(dict.fromkeys(format_day_month(moment.day) for moment in days[lesson.id]))),
        )
        for lesson in others
    ]  # fmt: skip


def _asker_away(session: Session, request: Request, actor: Actor, now: datetime) -> str | None:
    """For everybody but the asker."""
    last_day = away_until(session, [request.asked_by_id], now).get(request.asked_by_id)
    if last_day is None or request.asked_by_id == actor.user_id:
        return None
    name = session.get_one(User, request.asked_by_id).name
    return _("%(name)s is absent until %(day)s.", name=name, day=format_day_month(last_day))


def request_standings(
    session: Session, requests: Sequence[Request], *, actor: Actor, now: datetime
) -> dict[int, dict[str, Any]]:
    """Request id → state, label, ball and needs_me, for lists. What can be derived is not stored."""
    ids = [request.id for request in requests]
    found = session.scalars(select(Match).where(Match.request_id.in_(ids)).order_by(Match.id.desc())).all()
    rows = match_rows(session, found, actor, now)
    pending = set(
        session.scalars(
            select(RequestTick.request_id).where(RequestTick.request_id.in_(ids), RequestTick.asked_at.is_(None))
        )
    )
    standings = {}
    for request in requests:
        own = [row for row in rows if row.request_id == request.id]
        turn, mine = _turn(request, own, [0] if request.id in pending else [], None, can_send=True)
        state, label = _state(request, own)
        standings[request.id] = {"state": state, "label": label, "ball": turn, "needs_me": mine}
    return standings


def _turn(
    request: Request,
    matches: Sequence[MatchRow],
    pending: Sequence[int],
    candidates: Sequence[Candidate] | None,
    *,
    can_send: bool,
) -> tuple[str, bool]:
    """Who has the ball, in words, and whether it is the school."""
    if request.state is RequestState.DRAFT:
        if request.held_back:
            return _("Kept for you: we send it as soon as your place at the school is confirmed."), False
        return _("Not sent yet: finish it and look who fits."), True
    if request.state is not RequestState.OPEN:
        return "", False
    if any(row.mine for row in matches):
        return _("It is your turn: somebody waits for your answer below."), True
    agreed = [row for row in matches if row.state in {MatchState.ACCEPTED, MatchState.APPROVED}]
    if len(agreed) >= request.needed:
        if any(row.state is MatchState.ACCEPTED for row in agreed):
            return _("Both said yes. The coordinator of the region looks at it now."), False
        return _("All arranged. Nobody has to do anything now."), False
    asked = sum(row.state is MatchState.PROPOSED for row in matches)
    if asked or pending:
        text = ngettext("%(num)s person was asked and may answer.", "%(num)s people were asked and may answer.", asked)
        return text, False
    return _turn_to_ask(matches, candidates, can_send=can_send)


def _turn_to_ask(
    matches: Sequence[MatchRow], candidates: Sequence[Candidate] | None, *, can_send: bool
) -> tuple[str, bool]:
    """Nobody was asked yet, or nobody is left."""
    if any(row.state is MatchState.HELD for row in matches):
        return "", False
    if candidates is not None and not candidates:
        return _("Nobody fits exactly. Look below at what would help."), True
    if candidates is not None and all(candidate.status for candidate in candidates):
        return _("Nobody is left to ask. Look again, or change one thing about your question."), True
    if not can_send:
        return _("You see who fits. Names open when your place at the school is confirmed."), False
    return _("It is your turn: tick whom you want to ask. We ask three at a time at most."), True


def _state(request: Request, matches: Sequence[MatchRow]) -> tuple[str, str]:
    if request.state is RequestState.OPEN:
        for state, label in (
            (MatchState.APPROVED, _("Approved")),
            (MatchState.ACCEPTED, _("Both said yes")),
            (MatchState.HELD, _("Took place")),
        ):
            if any(row.state is state for row in matches):
                return state.value, label
        return "open", _("Open")
    if request.state is RequestState.DRAFT:
        return "draft", _("Kept") if request.held_back else _("Draft")
    return request.state.value, _("Withdrawn") if request.state is RequestState.WITHDRAWN else _("Closed")


def _sub(request: Request, school: Organisation) -> str:
    parts = [_("Guest lecture")]
    if request.level in set(Level):
        parts.append(group_name(Level(request.level), request.year, current_locale()))
    if request.group_size:
        parts.append(ngettext("%(num)s pupil", "%(num)s pupils", request.group_size))
    parts.append(", ".join(part for part in (school.name, school.place) if part))
    if request.delivery is not Delivery.ON_SITE:
        parts.append(str(DELIVERIES[request.delivery]))
    return " · ".join(parts)


def _topic_name(topic: Topic) -> str:
    return topic.nl if current_locale() == "nl" else topic.en


def _pending(session: Session, request_id: int) -> list[int]:
    query = select(RequestTick.offer_id).where(RequestTick.request_id == request_id, RequestTick.asked_at.is_(None))
    return list(session.scalars(query.order_by(RequestTick.wave, RequestTick.position)))


def _offers_of(session: Session, match_ids: Sequence[int]) -> dict[int, int]:
    query = select(Match.id, Match.offer_id).where(Match.id.in_(match_ids))
    return dict(session.execute(query).all())


def _candidate(
    found: ShownSuggestion,
    strips: dict[int, Any],
    pending: Sequence[int],
    matches: Sequence[MatchRow],
    offers: dict[int, int],
) -> Candidate:
    name = found.person or (_("Somebody of the team") if found.person_id is None else found.function or found.title)
    what = " · ".join(part for part in (found.function, found.organisation) if part and part != name)
    asked = next((row for row in matches if offers.get(row.id) == found.offer_id), None)
    status, label = None, None
    if asked is not None:
        status, label = "asked", asked.state_label
    elif found.offer_id in pending:
        status, label = "waiting", _("Will be asked in your order")
    elif not found.still_ok:
        status, label = "gone", found.never[0] if found.never else _("Not possible any more")
    return Candidate(
        shown=found,
        name=name,
        initials="".join(part[0] for part in name.split()[:1] + name.split()[-1:]).upper(),
        what=what,
        near=_near(found),
        strip=strips.get(found.offer_id),
        status=status,
        status_label=label,
    )


def _near(found: ShownSuggestion) -> str:
    if found.mode == Delivery.ONLINE.value:
        return _("online")
    away = round(found.distance_km)
    return _("less than 1 km from school") if away < 1 else _("about %(km)s km from school", km=away)


def _strips(
    session: Session,
    school: Organisation,
    found: Sequence[ShownSuggestion],
    moments: Sequence[RequestMoment],
    now: datetime,
) -> dict[int, Any]:
    """Offer id → the week of the first asked moment still ahead, drawn on the school's lesson times."""
    ahead = [moment for moment in moments if moment.start_s > now.timestamp()]
    if not found or not ahead:
        return {}
    week = Week.of(ahead[0].day)
    timetable = queries.timetable_from(session, school, now)
    owners = {each.offer_id: owner_of(person_id=each.person_id, offer_id=each.offer_id) for each in found}
    times = availabilities(
        session,
        set(owners.values()),
        on=local_date(now),
        from_s=ahead[0].start_s - 7 * 86_400,
        to_s=ahead[0].start_s + 7 * 86_400,
    )
    asked = [
        Moment(m.start_s, m.end_s, m.day, time.fromisoformat(m.starts), time.fromisoformat(m.ends), tuple(m.periods))
        for m in ahead
    ]
    return {offer_id: week_strip(times[owner], week, timetable, asked=asked) for offer_id, owner in owners.items()}
