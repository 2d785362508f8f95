"""What the page of a match shows of a placement: its half-days, what was asked and is offered, and the steps."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.halfday_wording import half_day_name
from matcher.availability.halfdays import half_day_at
from matcher.availability.wording import weekday_name
from matcher.clock import local_date
from matcher.i18n import _, format_datetime, ngettext
from matcher.matching.models import HybridStepTaken, Match
from matcher.matching.placement_wording import NOTE_IT, STEPS, WHEN, next_step_sentence, step_label, step_sentence
from matcher.matching.policy import MatchFacts, allowed_steps, can_take_back, sides_of
from matcher.matching.states import LIVE, HybridStep, MatchState, Side
from matcher.matching.stay_page_queries import Days
from matcher.matching.trial_queries import trials_for
from matcher.offers.models import Offer
from matcher.offers.place_wording import hybrid_facts
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, RequestMoment
from matcher.requests.vacancy_wording import vacancy_facts
from matcher.safeguarding.queries import result_for


@dataclass(frozen=True)
class OpenStep:
    """A step that can be noted now: its buttons and questions."""

    code: str
    label: str
    question: str
    day: date
    has_hours: bool
    hours: float | None


@dataclass(frozen=True)
class Steps:
    """`labels` and `current` draw the line of steps; `back` is the step that can be taken back."""

    labels: list[str]
    current: int
    next: str
    open: list[OpenStep]
    back: tuple[str, str] | None
    trial: Match | None
    can_try: bool
    proof_missing: bool
    timeline: list[dict[str, Any]] = field(default_factory=list)


def weekly_days(session: Session, request: Request, offer: Offer, school: Organisation, now: datetime) -> Days:
    """The possible half-days of a week as boxes, and the facts of both sides."""
    most = max(1, round(request.days or 1))
    return Days(
        facts=_facts(request, offer, school),
        columns=[weekday_name(day, "EEEEEE") for day in range(5)],
        rows=_boxes(session, request, now),
        legend=ngettext("Choose %(num)s half-day a week", "Choose at most %(num)s half-days a week", most),
        visits=[],
        parts=[],
    )


def _boxes(session: Session, request: Request, now: datetime) -> list[dict[str, Any]]:
    query = select(RequestMoment).where(RequestMoment.request_id == request.id, RequestMoment.start_s > now.timestamp())
    cells: list[list[dict[str, Any]]] = [[] for _day in range(5)]
    for moment in sorted(session.scalars(query), key=lambda each: half_day_at(each.start_s)):
        half = half_day_at(moment.start_s)
        box = {"value": str(moment.id), "short": _("PM") if half.half else _("AM"), "label": half_day_name(half)}
        cells[half.weekday].append(box)
    return [{"label": _("every week"), "cells": cells}] if any(cells) else []


def _facts(request: Request, offer: Offer, school: Organisation) -> list[tuple[str, str]]:
    asked = [(term, value) for term, value in vacancy_facts(request) if value]
    pairs = [(_("School"), school.name), (_("Address"), school.address), *asked]
    return [(term, value) for term, value in [*pairs, *hybrid_facts(offer.details)] if value]


def steps_of(
    session: Session, match: Match, request: Request, facts: MatchFacts, actor: Actor, now: datetime
) -> Steps | None:
    """None before the introduction: then there is nothing to note yet."""
    rows = session.scalars(
        select(HybridStepTaken).where(HybridStepTaken.match_id == match.id).order_by(HybridStepTaken.id)
    ).all()
    shown = {MatchState.APPROVED, MatchState.HELD, MatchState.MISSED}
    if match.state not in shown and not rows:
        return None
    standing = {row.step: row for row in rows if row.taken_back_at is None}
    order = list(HybridStep)
    furthest = max((order.index(step) for step in standing), default=-1)
    back = next((step for step in order if can_take_back(facts, step, actor)), None)
    lessons = trials_for(session, request, match.professional_id)
    party = bool(sides_of(facts, actor) & {Side.SCHOOL, Side.COMPANY})
    free = HybridStep.TRIAL_LESSON not in standing and HybridStep.STARTED not in standing
    trial = lessons[0] if lessons else None
    asked = trial is not None and trial.state in {*LIVE, MatchState.HELD}
    return Steps(
        labels=[step_label(step, standing.get(step)) for step in order],
        current=furthest + 2,
        next=next_step_sentence(frozenset(standing)) if match.state is MatchState.APPROVED else "",
        open=[_open(step, request, now) for step in order if step in allowed_steps(facts, actor)],
        back=(back.value, str(STEPS[back])) if back is not None else None,
        trial=trial if asked else None,
        can_try=party and free and not asked and match.state is MatchState.APPROVED,
        proof_missing=HybridStep.STARTED not in standing and _proof_missing(session, match, request, facts, now),
        timeline=_timeline(session, rows, actor),
    )


def _proof_missing(session: Session, match: Match, request: Request, facts: MatchFacts, now: datetime) -> bool:
    if match.state is not MatchState.APPROVED:
        return False
    day = max(local_date(now), local_date(facts.starts) if facts.starts else local_date(now))
    found = result_for(
        session,
        kind=match.kind.value,
        level=request.level,
        supervised=match.teacher_id is not None,
        structural=True,
        school_id=request.organisation_id,
        user_id=match.visitor_id,
        on_day=day,
    )
    return not found.met


def _open(step: HybridStep, request: Request, now: datetime) -> OpenStep:
    today = local_date(now)
    day = max(today, request.window_from or today) if step is HybridStep.STARTED else today
    starts = step is HybridStep.STARTED
    hours = request.hours if request.hours is not None else (request.days or 1) * 4
    return OpenStep(step.value, str(NOTE_IT[step]), str(WHEN[step]), day, starts, hours if starts else None)


def _timeline(session: Session, rows: Any, actor: Actor) -> list[dict[str, Any]]:
    ids = {number for row in rows for number in (row.by_id, row.taken_back_by_id) if number is not None}
    names = {user.id: user.name for user in session.scalars(select(User).where(User.id.in_(ids)))} if ids else {}
    entries = []
    for row in rows:
        entries.append(_entry(row.at, step_sentence(row), row.by_id, names, actor, "done"))
        if row.taken_back_at is not None:
            text = _("Took a step back: %(step)s", step=str(STEPS[row.step]))
            entries.append(_entry(row.taken_back_at, text, row.taken_back_by_id, names, actor, "over"))
    return entries


def _entry(
    at: datetime, text: str, by_id: int | None, names: dict[int, str], actor: Actor, tone: str
) -> dict[str, Any]:
    who = _("you") if by_id == actor.user_id else names.get(by_id or 0, "Matcher")
    moment = at.astimezone(UTC)
    return {"when": format_datetime(at), "iso": moment.isoformat(), "text": text, "who": who, "note": "", "tone": tone}
