"""Which class a guest sees when: each in a lesson period of its own, or all together."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from matcher.availability.grids import GridFault
from matcher.availability.moments import Timetable, local, moment_on, own_periods
from matcher.availability.queries import timetable_of
from matcher.i18n import clock_text
from matcher.matching.models import MatchMoment
from matcher.organisations.models import Organisation
from matcher.requests.asking import weekly_from_rows
from matcher.requests.models import Request, SchoolClass
from matcher.requests.queries import classes_by_id

Span = tuple[int, int]


@dataclass(frozen=True)
class ClassVisit:
    """One class within a visit; `period` is None when it is there all the time."""

    name: str
    size: int
    period: int | None
    starts: str
    ends: str

    @property
    def clock(self) -> str:
        return clock_text(f"{self.starts}–{self.ends}")


def classes_of_request(session: Session, request: Request) -> list[SchoolClass]:
    """Every class the guest visits, the first one first; ended ones included."""
    found = classes_by_id(session, request.class_ids)
    return [found[number] for number in request.class_ids if number in found]


def class_spans(session: Session, request: Request, moment: MatchMoment) -> dict[int, Span]:
    """Class → the seconds for which it is held: its own period, or the whole visit."""
    return {group.id: span for group, _period, span in _laid_out(session, request, moment)}


def class_visits(session: Session, request: Request, moment: MatchMoment | None) -> list[ClassVisit]:
    """The same for people to read; nothing to say of one class."""
    if len(request.class_ids) < 2:
        return []
    if moment is None:
        return [ClassVisit(each.name, each.size, None, "", "") for each in classes_of_request(session, request)]
    return [
        ClassVisit(group.name, group.size, period, *(_clock(second) for second in span))
        for group, period, span in _laid_out(session, request, moment)
    ]


def _laid_out(session: Session, request: Request, moment: MatchMoment) -> list[tuple[SchoolClass, int | None, Span]]:
    classes, whole = classes_of_request(session, request), (moment.start_s, moment.end_s)
    periods = _periods(classes, moment) if len(classes) > 1 and len(moment.periods) > 1 else None
    if periods is None:
        return [(group, None, whole) for group in classes]
    school = session.get_one(Organisation, request.organisation_id)
    timetable = timetable_of(session, school, first=moment.day, last=moment.day)
    spans = [_span(timetable, moment, period) for period in periods]
    # Lesson times that changed since say nothing certain any more: then every class is held all the time.
    if any(span is None for span in spans):
        return [(group, None, whole) for group in classes]
    return [(group, period, span or whole) for group, period, span in zip(classes, periods, spans, strict=True)]


def _periods(classes: Sequence[SchoolClass], moment: MatchMoment) -> list[int] | None:
    weekly = [weekly_from_rows(group.weekly_periods) for group in classes]
    return own_periods(weekly, moment.day.weekday(), moment.periods)


def _span(timetable: Timetable, moment: MatchMoment, period: int) -> Span | None:
    try:
        found = moment_on(timetable, moment.day, [period])
    except GridFault:
        return None
    inside = moment.start_s <= found.start_s and found.end_s <= moment.end_s
    return (found.start_s, found.end_s) if inside else None


def _clock(second: int) -> str:
    return f"{local(second):%H:%M}"
