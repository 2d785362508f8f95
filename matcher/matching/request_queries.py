"""Everything the page of one request shows: who fits, who was asked, whose turn it is, as ready values."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.states import SCHOOL_ROLES
from matcher.availability.absence_queries import away_until
from matcher.availability.states import Delivery, Kind
from matcher.availability.wording import DELIVERIES, moment_label
from matcher.i18n import _, current_locale, format_day_month, ngettext
from matcher.matching.asking_page_queries import Asking, asking_of
from matcher.matching.bridge_queries import Asked as AskedBridge
from matcher.matching.bridge_queries import Bridges, asked_bridge, bridges_for
from matcher.matching.bridges import FEW, PAIR
from matcher.matching.candidate_queries import Candidate, candidate_row, place_notes, week_strips
from matcher.matching.changes import can_apply, leave_open
from matcher.matching.class_queries import classes_of_request
from matcher.matching.eligibility import NeverCode
from matcher.matching.kind_words import KindWords, words_of
from matcher.matching.labels import KINDS
from matcher.matching.list_queries import MatchRow, match_rows
from matcher.matching.models import Match
from matcher.matching.queries import mark_of_request, matches_of_request
from matcher.matching.search_queries import WANTED
from matcher.matching.states import BINDS, TAKES_PLACE, MatchState
from matcher.matching.suggestion_models import RequestTick, SuggestionRun
from matcher.matching.suggestion_queries import (
    changes_shown,
    latest_run,
    never_shown,
    shown,
    verdicts,
    with_ticks_to_ask,
)
from matcher.matching.trials import trial_of
from matcher.matching.turn_queries import bridge_turn, kept_turn
from matcher.matching.wording import never_sentence, order_words
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests import policy, queries
from matcher.requests.internship_wording import stay_facts
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from matcher.requests.vacancy_wording import vacancy_facts
from matcher.requests.wording import class_line
from matcher.subjects.levels import Level, group_name
from matcher.subjects.models import Topic


@dataclass(frozen=True)
class RequestPage:
    request: Request
    school: Organisation
    sub: str
    facts: list[tuple[str, str]]
    moments: list[str]
    topics: list[str]
    state: str
    state_label: str
    ball: str
    ball_mine: bool
    candidates: list[Candidate]
    matches: list[MatchRow]
    run: SuggestionRun | None
    can_edit: bool
    can_send: bool
    can_change: bool
    classes: list[tuple[str, str]]
    lessons: list[tuple[int, str]]
    away: str | None
    first_offer: int | None
    first_refused: str | None
    mark: int = 0
    asker: str = ""
    bridges: Bridges | None = None
    bridge: AskedBridge | None = None
    asking: Asking = field(default_factory=Asking)
    leave: str = ""  # "mine": one click, "typed": with a name; empty when it is there or not asked

    @property
    def eligible(self) -> int:
        return self.run.eligible if self.run else 0

    @property
    def heading(self) -> str:
        left = not self.candidates or any(each.status is None for each in self.candidates)
        return self.words.fits(self.eligible) if left else _("Found earlier")

    @property
    def order(self) -> str:
        return order_words(self.eligible, len(self.candidates), most=WANTED)

    @property
    def changes(self) -> list[tuple[str, int | None, str]]:
        """What would help, at which place it stands where a button can do it, and what a copy that can leaves open."""
        if self.run is None:
            return []
        free = self.can_edit and self.is_open and self.can_change
        found = []
        for at, (change, line) in enumerate(zip(self.run.smallest_change, changes_shown(self.run), strict=True)):
            able = free and can_apply(change, self.request.kind)
            copied = leave_open(change, self.request.kind) if self.can_edit else ""
            found.append((line, at if able else None, copied))
        return found

    @property
    def never(self) -> list[tuple[str, int]]:
        return never_shown(self.run, self.request.kind) if self.run else []

    @property
    def words(self) -> KindWords:
        return words_of(self.request.kind)

    @property
    def kind_label(self) -> str:
        return str(KINDS[self.request.kind])

    @property
    def is_open(self) -> bool:
        return self.request.state is RequestState.OPEN

    @property
    def can_ask(self) -> bool:
        return self.can_edit and (self.is_open or self.request.held_back) and not self.is_full

    @property
    def is_settled(self) -> bool:
        """Nobody else is asked: two people were asked together, or it is one person's trial lesson."""
        return trial_of(self.request.details) is not None or (self.bridge is not None and self.bridge.sort == PAIR)

    @property
    def is_done(self) -> bool:
        """Every visit took place: nothing is left to change or to withdraw."""
        return sum(row.state is MatchState.HELD for row in self.matches) >= self.request.needed

    @property
    def is_full(self) -> bool:
        return sum(row.state in TAKES_PLACE for row in self.matches) >= self.request.needed


def request_page(session: Session, request: Request, actor: Actor, now: datetime) -> RequestPage:
    """The caller made sure that this person may see the request."""
    school = session.get_one(Organisation, request.organisation_id)
    knows_names = actor.is_coordinator_of(request.region_id) or any(actor.has_in(r, school.id) for r in SCHOOL_ROLES)
    matches = match_rows(session, matches_of_request(session, request.id), actor, now)
    pending = _pending(session, request.id)
    moments = queries.moments_of(session, [request.id])[request.id]
    run = latest_run(session, request.id) if request.state is not RequestState.DRAFT or request.held_back else None
    found = shown(session, run.id, now=now, names=knows_names) if run else []
    is_stay, is_lesson = request.kind is Kind.TEACHER_INTERNSHIP, request.kind is Kind.GUEST_LECTURE
    strips = week_strips(session, school, found, moments, now) if is_lesson else {}
    offers = _offers_of(session, [row.id for row in matches])
    notes = place_notes(session, [each.offer_id for each in found]) if is_stay else {}
    candidates = [candidate_row(each, request, notes, strips, pending, matches, offers) for each in found]
    can_edit = _can_edit(request, actor)
    bridge = asked_bridge(session, request)
    special = bridge_turn(bridge) or kept_turn(session, request, actor)
    turn, mine = special or _turn(request, matches, pending, candidates, can_send=knows_names)
    if mine and not can_edit and not any(row.mine for row in matches):
        turn, mine = _("It is the turn of the colleague who asked."), False
    state, label = _state(request, matches)
    return RequestPage(
        request=request,
        school=school,
        sub=_sub(request, school),
        facts=_facts(request, now),
        moments=[moment_label(moment.day, moment.periods, now) for moment in moments] if is_lesson else [],
        topics=[_topic_name(topic) for topic in queries.topics_of(session, [request.id])[request.id]],
        mark=mark_of_request(session, request),
        state=state,
        state_label=label,
        ball=turn,
        ball_mine=mine,
        candidates=candidates,
        matches=matches,
        asking=asking_of(session, request, matches, names=knows_names, now=now),
        run=run,
        can_edit=can_edit,
        can_send=knows_names,
        can_change=not any(row.state in BINDS for row in matches),
        classes=[(group.name, class_line(group)) for group in classes_of_request(session, request)],
        lessons=_lessons(session, request, now),
        away=_asker_away(session, request, actor, now),
        first_offer=request.first_offer_id,
        first_refused=_first_refused(session, request, candidates, now) if knows_names else None,
        asker=session.get_one(User, request.asked_by_id).name if is_stay else "",
        leave=_leave(request, actor) if is_stay and can_edit else "",
        bridges=_bridges(session, request, run, matches, knows_names, now),
        bridge=bridge,
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
    return _("%(name)s cannot be asked this time.", name=name) + " " + never_sentence(verdict.never[0], request.kind)


def _lessons(session: Session, request: Request, now: datetime) -> list[tuple[int, str]]:
    """The other lessons of the series: request and what it is called."""
    others = [lesson for lesson in queries.lessons_of(session, request) if lesson.id != request.id]
    days = queries.moments_of(session, [lesson.id for lesson in others])
    return [
        (
            lesson.id,
            _("Lesson %(number)s: %(days)s", number=lesson.series_no,
              days=_(" or ").join(dict.fromkeys(format_day_month(moment.day, now) for moment in days[lesson.id]))),
        )
        for lesson in others
    ]  # fmt: skip


def _asker_away(session: Session, request: Request, actor: Actor, now: datetime) -> str | None:
    """For everybody but the asker."""
    last_day = away_until(session, [request.asked_by_id], now).get(request.asked_by_id)
    if last_day is None or request.asked_by_id == actor.user_id:
        return None
    name = session.get_one(User, request.asked_by_id).name
    return _("%(name)s is absent until %(day)s.", name=name, day=format_day_month(last_day, now))


def _can_edit(request: Request, actor: Actor) -> bool:
    return policy.can_edit(
        actor,
        organisation_id=request.organisation_id,
        region_id=request.region_id,
        asked_by_id=request.asked_by_id,
    )


def _facts(request: Request, now: datetime) -> list[tuple[str, str]]:
    if request.kind is Kind.HYBRID_PLACEMENT:
        return vacancy_facts(request)
    return stay_facts(request, now) if request.kind is Kind.TEACHER_INTERNSHIP else []


def _bridges(
    session: Session,
    request: Request,
    run: SuggestionRun | None,
    matches: Sequence[MatchRow],
    names: bool,
    now: datetime,
) -> Bridges | None:
    """Offered while fewer than three people can do it alone and nobody was asked."""
    if run is None or run.eligible >= FEW or request.state is not RequestState.OPEN:
        return None
    if any(row.state in BINDS for row in matches):
        return None
    return bridges_for(session, request, now=now, names=names)


def request_standings(
    session: Session, requests: Sequence[Request], *, actor: Actor, now: datetime
) -> dict[int, dict[str, Any]]:
    """Request id → state, label, ball, needs_me, `when` it is agreed, when its last visit `ended` and whether it is
    `done`, for lists. What can be derived is not stored."""
    ids = [request.id for request in requests]
    rows: dict[int, list[MatchRow]] = defaultdict(list)
    for row in match_rows(session, session.scalars(_matches_of_requests(), {"ids": ids}).all(), actor, now):
        rows[row.request_id].append(row)
    pending = with_ticks_to_ask(session, ids)
    standings = {}
    for request in requests:
        own = rows[request.id]
        ticked = [0] if request.id in pending else []
        turn, mine = kept_turn(session, request, actor) or _turn(request, own, ticked, None, can_send=True)
        state, label = _state(request, own)
        places = [row for row in own if row.state in TAKES_PLACE]
        standings[request.id] = {
            "state": state,
            "label": label,
            "ball": turn,
            "needs_me": mine,
            "when": places[0].when if places and request.needed == 1 else "",
            "ended": max((row.facts.ends for row in places if row.facts.ends is not None), default=None),
            "done": sum(row.state is MatchState.HELD for row in own) >= request.needed,
        }
    return standings


@cache
def _matches_of_requests() -> Select[Match]:
    """Written once: putting a statement together takes longer than asking it."""
    return select(Match).where(Match.request_id.in_(bindparam("ids", expanding=True))).order_by(Match.id.desc())


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
        return _("Not sent yet: finish it and look who fits."), True
    if request.state is not RequestState.OPEN:
        return "", False
    mine = [row for row in matches if row.mine]
    if any(row.state is MatchState.ACCEPTED for row in mine):
        return _("It is your turn: both said yes and wait for your approval."), True
    if mine:
        return _("It is your turn: somebody waits for your answer."), True
    agreed = [row for row in matches if row.state in {MatchState.ACCEPTED, MatchState.APPROVED}]
    if len(agreed) >= request.needed:
        if any(row.state is MatchState.ACCEPTED for row in agreed):
            return _("Both said yes. The coordinator of the region looks at it now."), False
        over = _("The day is over. It is not settled yet how it went.")
        return over if all(row.is_over for row in agreed) else str(words_of(request.kind).settled), False
    asked = sum(row.state is MatchState.PROPOSED for row in matches)
    if asked or pending:
        return words_of(request.kind).asked(asked), False
    if trial_of(request.details) is not None:
        return "", False
    return _turn_to_ask(matches, candidates, can_send=can_send)


def _turn_to_ask(
    matches: Sequence[MatchRow], candidates: Sequence[Candidate] | None, *, can_send: bool
) -> tuple[str, bool]:
    """Nobody was asked yet, or nobody is left."""
    if any(row.state is MatchState.HELD for row in matches):
        return "", False
    if candidates is None:
        return _("It is your turn: look who fits and whom you want to ask."), True
    if not candidates:
        return _("It is your turn: nobody fits exactly."), True
    if all(candidate.status for candidate in candidates):
        return _("Nobody is left to ask. Look again, or change one thing about your question."), True
    if not can_send:
        return _("You see who fits. Names open when your place at the school is confirmed."), False
    return _("It is your turn: tick whom you want to ask. We ask three at a time at most."), True


def _state(request: Request, matches: Sequence[MatchRow]) -> tuple[str, str]:
    if request.state is RequestState.OPEN:
        for state, label in (
            (MatchState.ACCEPTED, _("Both said yes")),
            (MatchState.APPROVED, _("Approved")),
            (MatchState.HELD, _("Took place")),
        ):
            if found := next((row for row in matches if row.state is state), None):
                return state.value, found.state_label if request.kind is Kind.HYBRID_PLACEMENT else label
        return "open", _("Open")
    if request.state is RequestState.CLOSED and any(row.state is MatchState.HELD for row in matches):
        return MatchState.HELD.value, _("Took place")
    if request.state is RequestState.DRAFT:
        return "draft", _("Kept") if request.held_back else _("Draft")
    return request.state.value, _("Withdrawn") if request.state is RequestState.WITHDRAWN else _("Closed")


def _sub(request: Request, school: Organisation) -> str:
    parts = [str(KINDS[request.kind])]
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


def _leave(request: Request, actor: Actor) -> str:
    if request.details.get("leave_given") or request.state is RequestState.WITHDRAWN:
        return ""
    return "mine" if policy.leads_for(actor, request.organisation_id, request.asked_by_id) else "typed"
