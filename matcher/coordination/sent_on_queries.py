"""Approvals that wait: whose turn is over, who is next, and where each went. Statements per region, not per match."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import administrators
from matcher.accounts.states import Role
from matcher.availability.absence_queries import away_until
from matcher.clock import local_date
from matcher.coordination import sending_on
from matcher.coordination.models import SentOn
from matcher.coordination.sending_on import Rung, SentOnLine, SentOnReason, Waiting
from matcher.coordination.wording import story_words, where_words
from matcher.i18n import _
from matcher.matching.models import Match, MatchMoment
from matcher.matching.states import MatchState
from matcher.notices.recipients import Recipient
from matcher.organisations.models import Organisation
from matcher.regions.holidays import school_holidays
from matcher.regions.models import Region
from matcher.regions.policy import DECIDE_BEFORE_VISIT_WORKING_DAYS, DECIDE_WITHIN_WORKING_DAYS
from matcher.regions.queries import ancestor_ids, region_rule
from matcher.requests.models import Request

LONGEST_HOLIDAY = timedelta(days=60)


@dataclass(frozen=True)
class Due:
    """It is time to send this one on: why, and to whom."""

    match_id: int
    seq: int
    hop: int
    reason: SentOnReason
    waited_days: int
    to: Rung
    holders: tuple[Recipient, ...]


def due_to_send_on(session: Session, now: datetime, *, match_id: int | None = None) -> list[Due]:
    """Every approval whose time with its present people is over and for which there is somebody else."""
    rows = session.execute(_waiting(match_id)).all()
    hops = sent_on(session, {row.id for row in rows})
    regions = _Regions(session, now)
    found = (_due(row, hops.get((row.id, row.seq), []), regions, now) for row in rows)
    return [each for each in found if each is not None]


def _waiting(match_id: int | None) -> Any:
    query = (
        select(
            Match.id,
            Match.seq,
            Match.kind,
            Match.region_id,
            Match.changed_at,
            MatchMoment.start_s,
            Organisation.holiday_region,
        )
        .join(Request, Request.id == Match.request_id)
        .join(Organisation, Organisation.id == Request.organisation_id)
        .outerjoin(MatchMoment, and_(MatchMoment.match_id == Match.id, MatchMoment.chosen))
        .where(Match.state == MatchState.ACCEPTED)
        .order_by(Match.id)
    )
    return query if match_id is None else query.where(Match.id == match_id)


def sent_on(session: Session, match_ids: Iterable[int]) -> dict[tuple[int, int], list[SentOn]]:
    """(match, version) → its hops, the first one first."""
    found: dict[tuple[int, int], list[SentOn]] = defaultdict(list)
    query = select(SentOn).where(SentOn.match_id.in_(sorted(match_ids)))
    for row in session.scalars(query.order_by(SentOn.match_id, SentOn.seq, SentOn.hop)):
        found[row.match_id, row.seq].append(row)
    return found


def _due(row: Any, hops: list[SentOn], regions: "_Regions", now: datetime) -> Due | None:
    starts = datetime.fromtimestamp(row.start_s, UTC) if row.start_s is not None else None
    if starts is not None and starts <= now:
        return None
    last = hops[-1] if hops else None
    since = (last.taken_at or last.sent_at) if last else row.changed_at
    first, today = local_date(since), local_date(now)
    closed = school_holidays(row.holiday_region, first, today + LONGEST_HOLIDAY) if row.holiday_region else {}
    reason = sending_on.reason_to_send_on(Waiting(since, starts, *regions.days(row), closed), now)
    rungs, away = regions.ladder(row.region_id)
    if not rungs:
        return None
    if reason is None and not hops and sending_on.all_away(rungs[0], away) and sending_on.is_open(now):
        reason = SentOnReason.AWAY
    to = sending_on.next_rung(rungs, {each for hop in hops for each in hop.told}, away)
    if reason is None or to is None:
        return None
    waited = sending_on.working_days_waited(row.changed_at, now)
    return Due(row.id, row.seq, len(hops) + 1, reason, waited, to, rungs[0].people)


class _Regions:
    """What is the same for every match of a region, asked once."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session, self._now = session, now
        self._ladders: dict[int, tuple[list[Rung], frozenset[int]]] = {}
        self._days: dict[tuple[int, str], tuple[int, int]] = {}

    def days(self, row: Any) -> tuple[int, int]:
        key = (row.region_id, row.kind.value)
        if key not in self._days:
            within, before = (
                int(region_rule(self._session, *key, rule, at=self._now))
                for rule in (DECIDE_WITHIN_WORKING_DAYS, DECIDE_BEFORE_VISIT_WORKING_DAYS)
            )
            self._days[key] = (within, before)
        return self._days[key]

    def ladder(self, region_id: int) -> tuple[list[Rung], frozenset[int]]:
        if region_id not in self._ladders:
            rungs = ladder_of(self._session, region_id)
            people = {one.user_id for rung in rungs for one in rung.people}
            self._ladders[region_id] = rungs, frozenset(away_until(self._session, people, self._now))
        return self._ladders[region_id]


def ladder_of(session: Session, region_id: int) -> list[Rung]:
    """Who decides about this region, the present ones first; then stand-ins and every node up, then administrators."""
    path = ancestor_ids(session, region_id)
    query = (
        select(Grant.region_id, Grant.stand_in, User)
        .join(User, User.id == Grant.user_id)
        .where(Grant.role == Role.COORDINATOR, Grant.region_id.in_(path))
        .where(Grant.ended_at.is_(None), Grant.confirmed_at.is_not(None))
        .where(User.stopped_at.is_(None), User.erased_at.is_(None))
        .order_by(User.id)
    )
    people: dict[tuple[int, bool], list[Recipient]] = defaultdict(list)
    for node, stand_in, user in session.execute(query):
        people[node or 0, stand_in].append(Recipient(user.id, user.email, user.name, user.locale))
    keys = [(node, stand_in) for node in path for stand_in in (False, True) if people[node, stand_in]]
    rungs = [Rung(node, stand_in, tuple(people[node, stand_in])) for node, stand_in in keys]
    return sending_on.ladder([*rungs, Rung(None, False, tuple(administrators(session)))])


def lines_for(session: Session, match_ids: Iterable[int]) -> dict[int, SentOnLine]:
    """Match → where its approval went last, for the version that waits now; two statements."""
    query = (
        select(SentOn, Region.name)
        .join(Match, and_(Match.id == SentOn.match_id, Match.seq == SentOn.seq))
        .outerjoin(Region, Region.id == SentOn.region_id)
        .where(SentOn.match_id.in_(sorted(match_ids)), Match.state == MatchState.ACCEPTED)
        .order_by(SentOn.match_id, SentOn.hop)
    )
    rows = {row.match_id: (row, region) for row, region in session.execute(query)}
    people = {each for row, _region in rows.values() for each in (*row.told, row.taken_by_id)} - {None}
    names = dict(session.execute(select(User.id, User.name).where(User.id.in_(people))).all()) if people else {}
    return {match_id: _line(row, region, names) for match_id, (row, region) in rows.items()}


def where_it_went(session: Session, match: Match, reader: Actor, *, now: datetime) -> str:
    """For the page of a match: where an approval went that nobody touched. Empty while it waits where it began."""
    line = lines_for(session, [match.id]).get(match.id) if match.state is MatchState.ACCEPTED else None
    if line is None:
        return ""
    if match.region_id in reader.region_ids:
        return story_words(line, sending_on.working_days_waited(match.changed_at, now), reader)
    return _("Approval: %(went)s.", went=where_words(line))


def _line(row: SentOn, region: str | None, names: dict[int, str]) -> SentOnLine:
    return SentOnLine(
        match_id=row.match_id,
        region=region or "",
        stand_in=row.stand_in,
        reason=row.reason,
        waited_days=row.waited_days,
        sent_at=row.sent_at,
        told=tuple(row.told),
        names=tuple(names[each] for each in row.told if each in names),
        taken_at=row.taken_at,
        taken_by_id=row.taken_by_id,
        taken_by=names.get(row.taken_by_id or 0, ""),
    )
