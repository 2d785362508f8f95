"""When a visit that is registered afterwards was: one lesson, the half-days of an internship, a term of them. Reads."""

from collections.abc import Sequence
from datetime import date, time, timedelta

from sqlalchemy.orm import Session

from matcher.availability.clock_changes import require_clear
from matcher.availability.halfdays import (
    LONGEST_TERM,
    MOST_HOURS,
    Part,
    half_days_of,
    hours_of,
    term_visits,
    window_half_days,
)
from matcher.availability.moments import Moment, epoch_range, local
from matcher.availability.states import Kind
from matcher.errors import InvalidInput
from matcher.i18n import _l
from matcher.matching.afterwards import PastVisit, Span
from matcher.matching.moment_services import LONGEST_VISIT, closed_days
from matcher.matching.states import HybridStep
from matcher.organisations.models import Organisation
from matcher.regions.holidays import public_holidays

OLDEST = timedelta(days=3653)
STILL_TO_COME = _l("This visit is still to come. Ask for it as a request instead.")


def asked_times(session: Session, visit: PastVisit, school: Organisation, now_s: float) -> list[list[Part]]:
    """What the request asked for, each with all its visits. Raises InvalidInput at the field."""
    if visit.day < local(int(now_s)).date() - OLDEST:
        raise InvalidInput(_l("Choose a day of the last ten years."), field="day")
    if visit.span is None:
        found = [[_lesson(visit)]]
    elif visit.kind is Kind.TEACHER_INTERNSHIP:
        found = _internship(visit, visit.span)
    else:
        found = _term(session, visit, visit.span, school)
    if max(part[1] for parts in found for part in parts) > now_s:
        raise InvalidInput(STILL_TO_COME, field="day" if visit.span is None else "last")
    return found


def _lesson(visit: PastVisit) -> Part:
    try:
        starts, ends = time.fromisoformat(visit.starts), time.fromisoformat(visit.ends)
    except ValueError as error:
        raise InvalidInput(_l("Type a time like 10:30."), field="starts") from error
    if ends <= starts:
        raise InvalidInput(_l("The end must be later than the start."), field="ends")
    require_clear(visit.day, starts, "starts")
    require_clear(visit.day, ends, "ends")
    start_s, end_s = epoch_range(visit.day, starts, ends)
    if end_s - start_s > LONGEST_VISIT.total_seconds():
        raise InvalidInput(_l("A visit lasts eight hours at most."), field="ends")
    return start_s, end_s


def _internship(visit: PastVisit, span: Span) -> list[list[Part]]:
    """Every ticked half-day between the two days; on national holidays nobody is at a company."""
    _check_days(visit, span)
    found = window_half_days(visit.day, span.last, span.half_day_mask, public_holidays(visit.day, span.last))
    if not found:
        raise InvalidInput(_l("None of these half-days lies between the two days."), field="half_days")
    if hours_of(map(_part, found)) > MOST_HOURS:
        raise InvalidInput(
            _l("That is more than ten days. Register it in parts, or choose fewer half-days."), field="last"
        )
    return [[_part(moment)] for moment in found]


def _term(session: Session, visit: PastVisit, span: Span, school: Organisation) -> list[list[Part]]:
    """The ticked half-days of every week, around what the school was closed."""
    _check_days(visit, span)
    closed = closed_days(session, school, visit.day, span.last)
    weekly = [term_visits(visit.day, span.last, each, closed) for each in half_days_of(span.half_day_mask)]
    found = [[_part(moment) for moment in visits] for visits in weekly if visits]
    if not found:
        raise InvalidInput(_l("None of these half-days lies between the two days."), field="half_days")
    return found


def _check_days(visit: PastVisit, span: Span) -> None:
    if not span.half_day_mask:
        raise InvalidInput(_l("Choose at least one half-day."), field="half_days")
    if not timedelta() <= span.last - visit.day <= LONGEST_TERM:
        raise InvalidInput(_l("The end comes after the start, within a year."), field="last")


def steps_of(visit: PastVisit, parts: Sequence[Part], today: date) -> dict[HybridStep, date]:
    """The steps of a placement with their days: it started with the first half-day and ended with the last.
    Raises InvalidInput at the field of a step that comes later."""
    if visit.kind is not Kind.HYBRID_PLACEMENT or visit.span is None:
        return {}
    ended = local(parts[-1][1]).date()
    for step, day in visit.span.steps.items():
        if day > min(ended, today):
            raise InvalidInput(_l("That is after the last half-day."), field=step.value)
        if day < visit.day - LONGEST_TERM:
            raise InvalidInput(_l("That is long before this placement."), field=step.value)
    return {**visit.span.steps, HybridStep.STARTED: local(parts[0][0]).date(), HybridStep.ENDED: ended}


def _part(moment: Moment) -> Part:
    return moment.start_s, moment.end_s
