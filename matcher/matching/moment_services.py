"""Moments on the table of a match, and until when an invitation waits for an answer."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from matcher.availability.absence_queries import away_until, stand_ins
from matcher.availability.clock_changes import require_clear
from matcher.availability.halfdays import plans, units
from matcher.availability.moments import epoch_range
from matcher.availability.states import Kind
from matcher.clock import AMSTERDAM
from matcher.errors import Conflict, InvalidInput
from matcher.i18n import _l, ngettext
from matcher.matching.bridges import bridge_of, is_pair
from matcher.matching.models import Consent, Match, MatchMoment
from matcher.matching.moments import columns_of, parts_of
from matcher.matching.states import LIVE, Side
from matcher.offers.models import Offer
from matcher.organisations.models import CalendarDay, DayKind, Organisation
from matcher.regions.holidays import add_working_days, public_holidays, school_holidays
from matcher.regions.policy import ANSWER_WITHIN_WORKING_DAYS
from matcher.regions.queries import region_rule
from matcher.requests.internships import asked_of
from matcher.requests.models import Request, RequestMoment

LONGEST_VISIT = timedelta(hours=8)
FURTHEST = timedelta(days=550)
MOMENT_GONE = _l("That moment has passed or was taken off the table. Choose another one.")
NO_LESSONS = (DayKind.STUDY_DAY, DayKind.FREE_DAY, DayKind.TEST_WEEK)


def lay_out(session: Session, match: Match, request: Request, open_ids: set[int] | None, now: datetime) -> None:
    """What the match begins with: the asked moments that lie ahead and that the other side did not rule out; of
    half-days the plans that can be made of them."""
    query = select(RequestMoment).where(RequestMoment.request_id == request.id, RequestMoment.start_s > now.timestamp())
    ahead = session.scalars(query.order_by(RequestMoment.start_s)).all()
    free = [moment for moment in ahead if open_ids is None or moment.id in open_ids]
    shapes = [] if not ahead else _shapes(request, ahead, free)
    if shapes:
        # In bulk: adding the objects would cost SQLite a statement each.
        common = {"match_id": match.id, "suggested_by": Side.SCHOOL, "chosen": False}
        session.execute(insert(MatchMoment), [common | shape for shape in shapes])


def _shapes(request: Request, ahead: Sequence[RequestMoment], free: Sequence[RequestMoment]) -> list[dict[str, Any]]:
    if request.kind is Kind.TEACHER_INTERNSHIP:
        calendar, open_parts = ([(m.start_s, m.end_s) for m in found] for found in (ahead, free))
        asked = asked_of(request.hours, request.details)
        return [columns_of(plan) for plan in plans(calendar, open_parts, asked)]
    if request.kind is Kind.HYBRID_PLACEMENT:
        weekly = free[: max(1, round(request.days or 1))]
        return [columns_of([part for moment in weekly for part in parts_of(moment)])] if weekly else []
    return [
        {
            "day": moment.day,
            "starts": moment.starts,
            "ends": moment.ends,
            "start_s": moment.start_s,
            "end_s": moment.end_s,
            "periods": list(moment.periods),
            "parts": [],
            "shape_key": "",
        }
        for moment in free
    ]


def moment_of_match(session: Session, match: Match, moment_id: int, now: datetime) -> MatchMoment:
    """A moment that is still on the table. Raises Conflict."""
    moment = session.get(MatchMoment, moment_id) if 0 < moment_id < 2**31 else None
    if moment is None or moment.match_id != match.id or moment.dropped_at is not None:
        raise Conflict(MOMENT_GONE)
    if moment.start_s <= now.timestamp():
        raise Conflict(MOMENT_GONE)
    return moment


def add_moment(
    session: Session, match: Match, *, day: date, starts: str, ends: str, side: Side, now: datetime
) -> MatchMoment:
    """Another moment, checked against clock and school calendar. Raises InvalidInput with the field it belongs to."""
    start_s, end_s = _checked_range(day, starts, ends, now)
    school = session.scalars(
        select(Organisation)
        .join(Request, Request.organisation_id == Organisation.id)
        .where(Request.id == match.request_id)
    ).one()
    if day in closed_days(session, school, day, day):
        raise InvalidInput(_l("The school is closed that day. Choose another day."), field="day")
    found = session.scalars(
        select(MatchMoment).where(
            MatchMoment.match_id == match.id, MatchMoment.start_s == start_s, MatchMoment.end_s == end_s
        )
    ).one_or_none()
    if found is not None:
        found.dropped_at = None
        return found
    moment = MatchMoment(
        match_id=match.id,
        day=day,
        starts=starts,
        ends=ends,
        start_s=start_s,
        end_s=end_s,
        periods=[],
        suggested_by=side,
        chosen=False,
    )
    session.add(moment)
    session.flush()
    return moment


def add_half_days(
    session: Session, match: Match, request: Request, *, moment_ids: Sequence[int], side: Side, now: datetime
) -> MatchMoment:
    """Another choice of the asked half-days. Raises InvalidInput for too few, too many, or what was not asked."""
    asked = select(RequestMoment).where(
        RequestMoment.request_id == request.id,
        RequestMoment.id.in_(moment_ids),
        RequestMoment.start_s > now.timestamp(),
    )
    found = session.scalars(asked.order_by(RequestMoment.start_s)).all()
    if len(found) != len(set(moment_ids)) or not found:
        raise InvalidInput(_l("Choose half-days that are on this list."), field="half_days")
    check_amount(request, found)
    if is_pair(request.details):
        _check_partner(session, match, request, found)
    columns = columns_of([part for moment in found for part in parts_of(moment)])
    same = session.scalars(
        select(MatchMoment).where(
            MatchMoment.match_id == match.id,
            MatchMoment.start_s == columns["start_s"],
            MatchMoment.end_s == columns["end_s"],
            MatchMoment.shape_key == columns["shape_key"],
        )
    ).one_or_none()
    if same is not None:
        same.dropped_at = None
        return same
    moment = MatchMoment(match_id=match.id, suggested_by=side, chosen=False, **columns)
    session.add(moment)
    session.flush()
    return moment


def _check_partner(session: Session, match: Match, request: Request, chosen: Sequence[RequestMoment]) -> None:
    """Two people share a vacancy: nobody takes a half-day of the other. Raises InvalidInput."""
    bridge = bridge_of(request.details)
    others = set(bridge["matches"]) - {match.id} if bridge else set()
    query = (
        select(MatchMoment)
        .join(Match, Match.id == MatchMoment.match_id)
        .where(Match.id.in_(others), Match.state.in_(LIVE), MatchMoment.dropped_at.is_(None))
        .order_by(MatchMoment.chosen.desc(), MatchMoment.id)
        .limit(1)
    )
    partner = session.scalars(query).one_or_none()
    taken = set(parts_of(partner)) if partner is not None else set()
    if taken & {part for moment in chosen for part in parts_of(moment)}:
        raise InvalidInput(_l("Somebody else does one of these half-days. Choose other ones."), field="half_days")


def check_amount(request: Request, chosen: Sequence[RequestMoment]) -> None:
    """An internship takes as many half-days as it asks; a placement that many a week, or fewer. Raises InvalidInput."""
    if request.kind is Kind.HYBRID_PLACEMENT:
        most = max(1, round(request.days or 1))
        if len(chosen) > most:
            raise InvalidInput(
                ngettext("Choose %(num)s half-day a week at most.", "Choose %(num)s half-days a week at most.", most),
                field="half_days",
            )
        return
    asked = asked_of(request.hours, request.details)
    parts = [(moment.start_s, moment.end_s) for moment in chosen]
    if sum(map(len, units(parts, whole_days=asked.whole_days))) != len(parts):
        raise InvalidInput(_l("Choose whole days: the morning and the afternoon."), field="half_days")
    if len(parts) != asked.half_days:
        raise InvalidInput(
            ngettext("Choose exactly %(num)s half-day.", "Choose exactly %(num)s half-days.", asked.half_days),
            field="half_days",
        )


def _checked_range(day: date, starts: str, ends: str, now: datetime) -> tuple[int, int]:
    try:
        start_time, end_time = time.fromisoformat(starts), time.fromisoformat(ends)
    except ValueError as error:
        raise InvalidInput(_l("Type a time like 10:30."), field="starts") from error
    if end_time <= start_time:
        raise InvalidInput(_l("The end must be later than the start."), field="ends")
    if not now.date() - timedelta(days=1) <= day <= now.date() + FURTHEST:
        raise InvalidInput(_l("Choose a day from today on, within a year and a half."), field="day")
    require_clear(day, start_time, "starts")
    require_clear(day, end_time, "ends")
    start_s, end_s = epoch_range(day, start_time, end_time)
    if start_s <= now.timestamp():
        raise InvalidInput(_l("That moment has already passed. Choose a later one."), field="day")
    if end_s - start_s > LONGEST_VISIT.total_seconds():
        raise InvalidInput(_l("A visit lasts eight hours at most."), field="ends")
    return start_s, end_s


def closed_days(session: Session, school: Organisation, first: date, last: date) -> set[date]:
    """Holidays of the school's region and its own days without lessons."""
    closed = set(public_holidays(first, last))
    if school.holiday_region is not None:
        closed |= set(school_holidays(school.holiday_region, first, last))
    own = select(CalendarDay.day).where(
        CalendarDay.organisation_id == school.id,
        CalendarDay.day.between(first, last),
        CalendarDay.kind.in_(NO_LESSONS),
    )
    closed |= set(session.scalars(own))
    lessons = select(CalendarDay.day).where(
        CalendarDay.organisation_id == school.id,
        CalendarDay.day.between(first, last),
        CalendarDay.kind == DayKind.LESSON_DAY,
    )
    return closed - set(session.scalars(lessons))


def expiry_for(session: Session, match: Match, request: Request, offer: Offer, now: datetime) -> datetime:
    """Working days of the region (five), never in the school's holiday, nor while whoever must answer is away; at the
    latest the person's notice time before the last moment still on the table, and never before the end of today."""
    back = _last_day_away(session, match, request, offer, now) or now.astimezone(AMSTERDAM).date()
    by_days = answer_by(session, request, back, now)
    last_start = session.scalars(
        select(MatchMoment.start_s)
        .where(MatchMoment.match_id == match.id, MatchMoment.dropped_at.is_(None))
        .order_by(MatchMoment.start_s.desc())
        .limit(1)
    ).one_or_none()
    if last_start is None:
        return by_days
    return min(by_days, drops_at(last_start, offer.notice_days, now))


def answer_by(session: Session, request: Request, asked_on: date, now: datetime) -> datetime:
    """When somebody who is asked on this day has had the region's working days, the school's days off left out."""
    school = session.get_one(Organisation, request.organisation_id)
    today = now.astimezone(AMSTERDAM).date()
    skip = closed_days(session, school, today, today + timedelta(days=120))
    days = region_rule(session, request.region_id, request.kind.value, ANSWER_WITHIN_WORKING_DAYS, at=now)
    return _end_of(add_working_days(asked_on, int(days), skip=skip))


def drops_at(start_s: int, notice_days: int, asked_at: datetime) -> datetime:
    """When a moment leaves the table: so many days before it begins, but not before the end of the day of asking."""
    begins = datetime.fromtimestamp(start_s, UTC)
    asked_until = min(_end_of(asked_at.astimezone(AMSTERDAM).date()), begins)
    return max(begins - timedelta(days=notice_days), asked_until)


def _last_day_away(session: Session, match: Match, request: Request, offer: Offer, now: datetime) -> date | None:
    """The last day on which somebody whose answer is missing is away, if nobody answers for them meanwhile."""
    missing = select(Consent.party).where(Consent.match_id == match.id, Consent.given_at.is_(None))
    first = {Side.SCHOOL: request.asked_by_id, Side.COMPANY: match.visitor_id or match.professional_id}
    awaited = {first[side] for side in session.scalars(missing) if side in first}
    covered = {each.for_id for each in stand_ins(session, [request.organisation_id, offer.organisation_id], now)}
    return max(away_until(session, awaited - covered, now).values(), default=None)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59), AMSTERDAM).astimezone(UTC)
