"""When an approval that nobody touches goes to somebody else, and to whom. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from matcher.accounts.policy import Actor
from matcher.clock import local, local_date
from matcher.notices.recipients import Recipient
from matcher.regions.holidays import add_working_days, is_working_day, working_days_between

OPENS, CLOSES = 8, 18
"""Hours on Dutch clocks in which somebody is asked to take over."""
AT_ONCE_AFTER = timedelta(hours=4)
"""With the visit today or on the next working day there is no working day left to wait for."""


class SentOnReason(StrEnum):
    WAITED = "waited"  # longer than the region gives itself
    VISIT_NEAR = "visit_near"  # closer to the visit than the region wants to decide
    AWAY = "away"  # everybody who would decide is away


@dataclass(frozen=True)
class Waiting:
    """An approval as far as its clock goes. `since`: from when the one who has it now had it; `within` and `before` are
    working days; `closed` are the school's holidays, in which the first of them does not run."""

    since: datetime
    starts: datetime | None
    within: int
    before: int
    closed: Collection[date] = ()


@dataclass(frozen=True)
class Rung:
    """People who may be next: of this node of the tree, its coordinators or its stand-ins. No node: administrators."""

    region_id: int | None
    stand_in: bool
    people: tuple[Recipient, ...]


@dataclass(frozen=True)
class SentOnLine:
    """Where an approval went last, as plain values. `region` is empty for the administrators."""

    match_id: int
    region: str
    stand_in: bool
    reason: SentOnReason
    waited_days: int
    sent_at: datetime
    told: tuple[int, ...]
    names: tuple[str, ...]
    taken_at: datetime | None
    taken_by_id: int | None
    taken_by: str


def is_open(now: datetime) -> bool:
    """An hour of a working day in which somebody else may be asked."""
    return is_working_day(local_date(now)) and OPENS <= local(now).hour < CLOSES


def reason_to_send_on(waiting: Waiting, now: datetime) -> SentOnReason | None:
    """Why it goes on now; none while whoever has it still has time, at night and on days off."""
    today, since = local_date(now), local_date(waiting.since)
    if not is_open(now):
        return None
    if today > add_working_days(since, waiting.within, waiting.closed):
        return SentOnReason.WAITED
    if waiting.starts is None or local_date(waiting.starts) > add_working_days(today, waiting.before):
        return None
    if local_date(waiting.starts) <= add_working_days(today, 1):
        had_it = now - waiting.since >= AT_ONCE_AFTER
    else:
        had_it = today > add_working_days(since, 1)
    return SentOnReason.VISIT_NEAR if had_it else None


def ladder(rungs: Iterable[Rung]) -> list[Rung]:
    """Who is asked after whom: the rung that serves now first, then the others from the region up. Somebody who stands
    on two rungs is asked once, and a rung that has nobody of its own is left out."""
    order = list(rungs)
    serving = next((rung for rung in order if not rung.stand_in), None)
    if serving is None:
        return []
    found, told = [], set[int | None]()
    for rung in [serving, *(each for each in order if each is not serving)]:
        people = tuple(one for one in rung.people if one.user_id not in told)
        told |= {one.user_id for one in people}
        if people:
            found.append(Rung(rung.region_id, rung.stand_in, people))
    return found


def next_rung(rungs: Sequence[Rung], told: Collection[int], away: Collection[int]) -> Rung | None:
    """The first rung above the serving one with somebody who is here and was not told before."""
    for rung in rungs[1:]:
        people = tuple(one for one in rung.people if one.user_id not in told and one.user_id not in away)
        if people:
            return Rung(rung.region_id, rung.stand_in, people)
    return None


def all_away(rung: Rung, away: Collection[int]) -> bool:
    return all(one.user_id in away for one in rung.people)


def working_days_waited(since: datetime, now: datetime) -> int:
    return working_days_between(local_date(since), local_date(now))


def is_with(line: SentOnLine, actor: Actor) -> bool:
    """Is it this person who is asked to look at it now? Once somebody took it, it is theirs alone."""
    if line.taken_by_id is not None:
        return line.taken_by_id == actor.user_id
    return actor.user_id in line.told
