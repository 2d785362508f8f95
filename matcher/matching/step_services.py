"""The steps of a hybrid placement after approval: noted, told to the other side, taken back with their history."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matcher.accounts.policy import SYSTEM, Actor
from matcher.availability.models import Booking
from matcher.availability.moments import epoch_range, local
from matcher.availability.states import Kind
from matcher.clock import local_date
from matcher.errors import Forbidden, IllegalMove, InvalidInput, NotFound
from matcher.i18n import _l
from matcher.matching.booking_services import book
from matcher.matching.door_services import NOT_POSSIBLE_NOW, NOT_YOURS, locked
from matcher.matching.fitness_services import safeguarding_result
from matcher.matching.models import HybridStepTaken, Match, MatchMoment
from matcher.matching.moments import parts_of, set_parts
from matcher.matching.policy import NOTED_BY, MatchFacts, allowed_steps, can_take_back, sides_of
from matcher.matching.queries import chosen_moment, facts_of_match, standing_steps
from matcher.matching.states import LIVE, UNDO_SECONDS, HybridStep, MatchState, Side
from matcher.matching.step_notice_services import tell_step
from matcher.matching.trial_queries import trials_for
from matcher.matching.trials import trial_of
from matcher.notices.services import withhold
from matcher.offers.models import Offer
from matcher.requests.models import Request

EARLIEST = timedelta(days=60)
NO_PROOF = _l(
    "The start has to wait: the school has not seen a valid certificate of conduct (VOG) for that day. The leader of "
    "the school notes it under “safety”."
)


def take_step(
    session: Session,
    match_id: int,
    step: HybridStep,
    *,
    on_day: date,
    actor: Actor,
    now: datetime,
    hours: float | None = None,
) -> HybridStepTaken:
    """Note a step and tell the other side. A second click finds it noted. Raises InvalidInput at the field."""
    match, request, offer = locked(session, match_id)
    facts = facts_of_match(session, match, now)
    standing = standing_steps(session, [match.id])[match.id].get(step)
    if standing is not None and standing.by_id == actor.user_id and standing.on_day == on_day:
        return standing
    _permitted(facts, step, actor)
    moment = chosen_moment(session, match.id)
    if moment is None:
        raise IllegalMove(NOT_POSSIBLE_NOW)
    _check_day(step, on_day, match, moment, now)
    cut: list[list[int]] = []
    if step is HybridStep.STARTED:
        _check_start(session, match, request, on_day)
        hours = hours if hours is not None else request.hours
    if step is HybridStep.ENDED:
        _check_end(session, match, on_day)
        cut = _cut(session, match, moment, on_day)
    linked = held_trial(session, match, request) if step is HybridStep.TRIAL_LESSON else None
    side = _side(facts, step, actor)
    row = _noted(session, match, step, on_day, now, side=side, by_id=actor.user_id, hours=hours, linked=linked, cut=cut)
    tell_step(session, match, request, offer, row, actor=actor, now=now)
    return row


def take_back(session: Session, match_id: int, step: HybridStep, *, actor: Actor, now: datetime) -> HybridStepTaken:
    """Within a minute nothing was sent; later the other side hears that it does not hold any more."""
    match, request, offer = locked(session, match_id)
    facts = facts_of_match(session, match, now)
    row = standing_steps(session, [match.id])[match.id].get(step)
    if row is None or not can_take_back(facts, step, actor):
        if not sides_of(facts, actor):
            raise Forbidden(NOT_YOURS)
        raise IllegalMove(NOT_POSSIBLE_NOW)
    row.taken_back_at, row.taken_back_by_id = now, actor.user_id
    session.flush()
    if row.cut:
        _mend(session, match, request, offer, row)
    if now - row.at <= timedelta(seconds=UNDO_SECONDS) and row.by_id == actor.user_id:
        withhold(session, subject="step", subject_id=row.id, now=now)
    else:
        tell_step(session, match, request, offer, row, actor=actor, now=now)
    return row


def note_trial(session: Session, lesson: Match, asked: Request, *, now: datetime) -> None:
    """A guest lecture was held: if it was somebody's trial lesson, their placement has taken that step."""
    link, moment = trial_of(asked.details), chosen_moment(session, lesson.id)
    if link is None or moment is None or lesson.visitor_id != link.person_id:
        return
    match = session.scalars(
        select(Match)
        .where(
            Match.request_id == link.vacancy_id,
            Match.professional_id == link.person_id,
            Match.kind == Kind.HYBRID_PLACEMENT,
            Match.state.in_(LIVE),
        )
        .order_by(Match.id.desc())
        .limit(1)
    ).one_or_none()
    if match is None or HybridStep.TRIAL_LESSON in standing_steps(session, [match.id])[match.id]:
        return
    row = _noted(
        session, match, HybridStep.TRIAL_LESSON, moment.day, now, side=Side.SYSTEM, by_id=None, linked=lesson.id
    )
    request, offer = session.get_one(Request, match.request_id), session.get_one(Offer, match.offer_id)
    tell_step(session, match, request, offer, row, actor=SYSTEM, now=now)


def held_trial(session: Session, match: Match, request: Request) -> int | None:
    """The trial lesson of this person for this vacancy that took place, if there was one."""
    lessons = trials_for(session, request, match.professional_id)
    return next((lesson.id for lesson in lessons if lesson.state is MatchState.HELD), None)


def _permitted(facts: MatchFacts, step: HybridStep, actor: Actor) -> None:
    if step in allowed_steps(facts, actor):
        return
    if not sides_of(facts, actor):
        raise Forbidden(NOT_YOURS)
    raise IllegalMove(NOT_POSSIBLE_NOW)


def _side(facts: MatchFacts, step: HybridStep, actor: Actor) -> Side:
    sides = sides_of(facts, actor) & NOTED_BY[step]
    return next(side for side in (Side.SCHOOL, Side.COMPANY, Side.COORDINATOR) if side in sides)


def _check_day(step: HybridStep, on_day: date, match: Match, moment: MatchMoment, now: datetime) -> None:
    """A step lies within the placement; only a start and an end may be known before their day."""
    last = local(moment.end_s).date()
    if on_day > last:
        raise InvalidInput(_l("That is after the last half-day."), "on_day")
    if on_day < local_date(match.created_at) - EARLIEST:
        raise InvalidInput(_l("That is long before this placement."), "on_day")
    if step not in {HybridStep.STARTED, HybridStep.ENDED} and on_day > local_date(now):
        raise InvalidInput(_l("Note this step once it was taken: choose today or an earlier day."), "on_day")


def _check_start(session: Session, match: Match, request: Request, on_day: date) -> None:
    """The board's rule must be met on the first day. Raises InvalidInput with what is missing."""
    if not safeguarding_result(session, match, request, match.visitor_id or match.professional_id, on_day).met:
        raise InvalidInput(NO_PROOF, "on_day")


def _check_end(session: Session, match: Match, on_day: date) -> None:
    started = standing_steps(session, [match.id])[match.id][HybridStep.STARTED]
    if on_day < started.on_day:
        raise InvalidInput(_l("The end comes after the start."), "on_day")


def _cut(session: Session, match: Match, moment: MatchMoment, on_day: date) -> list[list[int]]:
    """The visits after the last day leave the plan, and their time is free again."""
    parts = parts_of(moment)
    kept = [part for part in parts if local(part[0]).date() <= on_day]
    if not kept:
        raise InvalidInput(_l("Not one half-day took place by then. Take the start back and cancel instead."), "on_day")
    if len(kept) == len(parts):
        return []
    after = epoch_range(on_day + timedelta(days=1), time(0), time(1))[0]
    session.execute(
        update(Booking)
        .where(Booking.match_id == match.id, Booking.live, Booking.start_s >= after)
        .values(live=False)
        .execution_options(synchronize_session=False)
    )
    set_parts(moment, kept)
    session.flush()
    return [list(part) for part in parts[len(kept) :]]


def _mend(session: Session, match: Match, request: Request, offer: Offer, row: HybridStepTaken) -> None:
    """The end was taken back: the visits after it come back as far as the person is still free."""
    moment = chosen_moment(session, match.id)
    if moment is None:
        raise IllegalMove(NOT_POSSIBLE_NOW)
    set_parts(moment, [*parts_of(moment), *((part[0], part[1]) for part in row.cut)])
    session.flush()
    book(session, match, request, offer, moment)


def _noted(
    session: Session,
    match: Match,
    step: HybridStep,
    on_day: date,
    now: datetime,
    *,
    side: Side,
    by_id: int | None,
    hours: float | None = None,
    linked: int | None = None,
    cut: list[list[int]] | None = None,
) -> HybridStepTaken:
    row = HybridStepTaken(
        match_id=match.id,
        step=step,
        on_day=on_day,
        hours=hours,
        linked_match_id=linked,
        cut=cut or [],
        side=side,
        by_id=by_id,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def step_named(text: str) -> HybridStep:
    """Raises NotFound for anything that is no step."""
    if text not in set(HybridStep):
        raise NotFound()
    return HybridStep(text)
