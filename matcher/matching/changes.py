"""The smallest change of a request that would bring somebody in: relaxations tried one at a time and counted.

Pure. Days on which the holiday region has no school are not proposed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from matcher.availability.moments import epoch_range, local
from matcher.availability.states import Delivery, Kind
from matcher.matching.eligibility import NeverCode, Verdict, judge
from matcher.matching.views import MomentView, OfferView, RequestView
from matcher.regions.holidays import public_holidays, school_holidays
from matcher.subjects.levels import LEVEL_BITS, Level, sector_of

MOST_CHANGES = 3
WORKING_DAYS = range(5)
WEEKS_LATER = (1, 2, 3, 4, 6)
KM_MORE = (5, 10, 15, 25, 50)
LANGUAGES = ("nl", "en", "fy", "de")

_TIME = frozenset({NeverCode.MOMENTS, NeverCode.NOTICE, NeverCode.DAYS})
_PLACE = frozenset({NeverCode.DISTANCE, NeverCode.DELIVERY})
_BUDGET = frozenset({NeverCode.CAP, NeverCode.COMPANY_CAP, NeverCode.HOURS_BUDGET})


@dataclass(frozen=True)
class Relaxation:
    """One changed request; it can only help offers whose every code is among `cures`."""

    code: str
    params: dict[str, Any]
    request: RequestView
    cures: frozenset[NeverCode]


Pair = tuple[OfferView, Verdict]
_APPLIED = {
    Kind.GUEST_LECTURE: {"language", "wider", "online", "later", "weekday"},
    Kind.TEACHER_INTERNSHIP: {"language", "wider", "later", "weekday"},
    Kind.HYBRID_PLACEMENT: {"language", "wider", "half_days", "level"},
}


def smallest_changes(request: RequestView, refused: Sequence[Pair], *, now: datetime) -> list[dict[str, Any]]:
    """At most three changes as {code, params, count}, the one that brings most people first."""
    found = [
        change
        for ladder in (
            _weekdays(request),
            _fewer(request),
            _online(request),
            _wider(request),
            _later(request),
            _languages(request),
        )
        for change in _counted(ladder, refused, now)
    ]
    if not found:
        found = _counted(_levels(request), refused, now) or _next_year(refused)
    order = sorted(range(len(found)), key=lambda i: (-found[i]["count"], i))
    return [found[i] for i in order[:MOST_CHANGES]]


def can_apply(change: Mapping[str, Any], kind: Kind) -> bool:
    """What a school can simply do to what it asked. The level of a lesson is that of its class, and a new school year
    comes by itself: those are for a copy."""
    return change.get("code") in _APPLIED[kind]


def leave_open(change: Mapping[str, Any], kind: Kind) -> str:
    """What a copy leaves open with which this change can be made."""
    code = change.get("code")
    return "dates" if code == "next_year" else "class" if code == "level" and kind is Kind.GUEST_LECTURE else ""


def moments_of_change(request: RequestView, code: str, params: Mapping[str, Any]) -> tuple[MomentView, ...]:
    """What "also on Tuesday" or "two weeks later" adds."""
    weekday, weeks = params.get("weekday"), int(params.get("weeks", 0))
    return _moved(request, weekday=weekday if code == "weekday" else None, weeks=weeks if code == "later" else 0)


@dataclass(frozen=True)
class _Ladder:
    """Relaxations of one sort; of a rising sort only the first step that helps is worth saying."""

    steps: tuple[Relaxation, ...]
    first_only: bool = False


def _counted(ladder: _Ladder, refused: Sequence[Pair], now: datetime) -> list[dict[str, Any]]:
    found = []
    for step in ladder.steps:
        count = sum(_helps(step, pair, now) for pair in refused)
        if count:
            found.append({"code": step.code, "params": step.params, "count": count})
            if ladder.first_only:
                break
    return found


def _helps(step: Relaxation, pair: Pair, now: datetime) -> bool:
    offer, verdict = pair
    return step.cures.issuperset(verdict.never) and judge(step.request, offer, now=now).ok


def _next_year(refused: Sequence[Pair]) -> list[dict[str, Any]]:
    """Who gave all they wanted to give this school year has a new maximum in the next."""
    count = sum(bool(verdict.never) and _BUDGET.issuperset(verdict.never) for _offer, verdict in refused)
    return [{"code": "next_year", "params": {}, "count": count}] if count else []


def _weekdays(request: RequestView) -> _Ladder:
    asked = {moment.weekday for moment in request.moments}
    steps = []
    for weekday in WORKING_DAYS if request.moments and not request.weekly else ():
        if weekday in asked:
            continue
        moments = _moved(request, weekday=weekday)
        if moments:
            added = replace(request, moments=(*request.moments, *moments))
            steps.append(Relaxation("weekday", {"weekday": weekday}, added, _TIME))
    return _Ladder(tuple(steps))


def _later(request: RequestView) -> _Ladder:
    steps = []
    for weeks in WEEKS_LATER if request.moments and not request.weekly else ():
        moments = _moved(request, weeks=weeks)
        if moments:
            added = replace(request, moments=(*request.moments, *moments))
            steps.append(Relaxation("later", {"weeks": weeks}, added, _TIME))
    return _Ladder(tuple(steps), first_only=True)


def _fewer(request: RequestView) -> _Ladder:
    """A placement in fewer half-days a week."""
    days = frozenset({NeverCode.DAYS})
    steps = (
        Relaxation("half_days", {"to": to}, replace(request, weekly=to), days)
        for to in range(request.weekly - 1, 0, -1)
    )
    return _Ladder(tuple(steps), first_only=True)


def _moved(request: RequestView, *, weekday: int | None = None, weeks: int = 0) -> tuple[MomentView, ...]:
    """The asked hours on other days, without days on which there is no school. Ids are negative: nobody asked them."""
    wanted = set()
    for moment in request.moments:
        day = moment.day + timedelta(weeks=weeks)
        if weekday is not None:
            day += timedelta(days=weekday - day.weekday())
        wanted.add((day, local(moment.start_s).time(), local(moment.end_s).time()))
    closed = _closed(request, [day for day, _start, _end in wanted])
    found = []
    for number, (day, start, end) in enumerate(sorted(wanted), start=1):
        if day not in closed and end > start:
            found.append(MomentView.of(-number, *epoch_range(day, start, end)))
    return tuple(found)


def _closed(request: RequestView, days: Iterable[date]) -> set[date]:
    span = sorted(days)
    closed = set(public_holidays(span[0], span[-1]))
    if request.holiday_region is not None:
        closed |= set(school_holidays(request.holiday_region, span[0], span[-1]))
    return closed


def _online(request: RequestView) -> _Ladder:
    if request.delivery is not Delivery.ON_SITE:
        return _Ladder(())
    return _Ladder((Relaxation("online", {}, replace(request, delivery=Delivery.EITHER), _PLACE),))


def _wider(request: RequestView) -> _Ladder:
    if request.max_km is None:
        return _Ladder(())
    steps = (
        Relaxation(
            "wider",
            {"from": request.max_km, "to": request.max_km + more},
            replace(request, max_km=request.max_km + more),
            frozenset({NeverCode.DISTANCE}),
        )
        for more in KM_MORE
    )
    return _Ladder(tuple(steps), first_only=True)


def _languages(request: RequestView) -> _Ladder:
    steps = (
        Relaxation("language", {"language": other}, replace(request, language=other), frozenset({NeverCode.LANGUAGE}))
        for other in LANGUAGES
        if other != request.language
    )
    return _Ladder(tuple(steps))


def _levels(request: RequestView) -> _Ladder:
    return _Ladder(
        tuple(
            Relaxation(
                "level",
                {"level": level.value},
                replace(request, level=level.value, level_bit=LEVEL_BITS[level]),
                frozenset({NeverCode.LEVEL}),
            )
            for level in _neighbours(request.level)
        )
    )


def _neighbours(level: str | None) -> Iterator[Level]:
    """The levels beside this one, of the same kind of school."""
    if level is None:
        return
    order, at = list(Level), Level(level)
    position = order.index(at)
    for other in (position - 1, position + 1):
        if 0 <= other < len(order) and sector_of(order[other]) is sector_of(at):
            yield order[other]
