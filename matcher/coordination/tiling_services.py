"""Divides the country anew: a second tiling beside the old one, and everything that is not over moves to it.

All or nothing, safe to repeat: the same file again finds nothing to do but for what was left behind meanwhile. What is
past keeps its region: matches that are over, requests that are closed, the grants and rules of the old region.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant
from matcher.accounts.services import give_grant, record
from matcher.accounts.states import Role
from matcher.clock import local_date
from matcher.coordination import tiling_moves
from matcher.coordination.tiling_file import (
    FIELDS,
    REQUIRED,
    Municipalities,
    Place,
    Tiling,
    forgotten,
    read_tiling,
    slug,
)
from matcher.coordination.tiling_moves import Move, Node, listed
from matcher.coordination.tiling_queries import divided, live_nodes, nearest, overlaps, places, split
from matcher.errors import InvalidInput
from matcher.i18n import _
from matcher.matching.models import Match
from matcher.matching.states import LIVE
from matcher.organisations.columns import check_among, corrected_among, propose_among, rows_of
from matcher.organisations.models import Organisation
from matcher.organisations.outcomes import Outcome, Status
from matcher.organisations.spreadsheets import Sheet
from matcher.regions.models import Postcode, Region, RegionRule
from matcher.regions.states import RegionLevel
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from matcher.safeguarding.models import ReportOfConcern


@dataclass(frozen=True)
class Plan:
    """What a file would make of the country. With a refused row there are no moves."""

    scheme: str
    tiling: Tiling
    outcomes: list[Outcome]
    new_of: Mapping[str, str]
    old: Mapping[str, Node]
    above: Mapping[str, Node]
    moves: list[Move]
    is_there: bool

    @property
    def refused(self) -> list[Outcome]:
        return [one for one in self.outcomes if one.status is Status.REFUSED]


def hold_still(session: Session) -> None:
    """Before planning: nobody makes a request in an old region, or divides the country too, until the unit ends.

    On SQLite the unit holds the only lock already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE postcodes, organisations, requests, matches IN SHARE ROW EXCLUSIVE MODE"))


def plan_tiling(
    session: Session, sheet: Sheet, *, said: Mapping[str, str], scheme: str | None, today: date
) -> tuple[dict[str, str], Plan]:
    """Which column is what, and the plan with the proposed moves. Raises InvalidInput. Reads only."""
    mapping = corrected_among(FIELDS, sheet, propose_among(FIELDS, sheet), said)
    check_among(FIELDS, REQUIRED, mapping)
    nodes, found = live_nodes(session), places(session)
    old, above = split(nodes)
    municipalities = Municipalities(found)
    if not municipalities.names:
        raise InvalidInput(
            _("No postcode has a municipality yet. Bring those in first: matcher import postcodes FILE.")
        )
    tiling, outcomes = read_tiling(rows_of(sheet, mapping), municipalities, above)
    header = next(header for header, code in mapping.items() if code == "region")
    name = slug(scheme or "") or slug(f"{slug(header)[:34]} {today.year}")
    plan = Plan(name, tiling, outcomes, {}, old, above, [], is_there=False)
    if plan.refused:
        return mapping, plan
    _refuse_gaps(forgotten(tiling, municipalities))
    codes = {node.id: node.code for node in nodes if node.level is RegionLevel.REGION}
    new_of = divided(found, tiling)
    if _is_there(found, new_of, tiling, {node.id: node.name for node in nodes if node.id in codes}):
        same = [replace(one, status=Status.UNCHANGED) for one in outcomes]
        return mapping, replace(plan, outcomes=same, is_there=True)
    if session.scalar(select(func.count()).select_from(Region).where(Region.scheme == name)):
        raise InvalidInput(
            _("There is a division “%(name)s” already, and it is another one. Name this one with --scheme.", name=name)
        )
    moves = tiling_moves.propose(overlaps(found, new_of, codes), old)
    return mapping, replace(plan, new_of=new_of, moves=moves)


def _refuse_gaps(gaps: Mapping[str, int]) -> None:
    if gaps:
        names = listed(sorted(gaps))
        raise InvalidInput(
            _(
                "The file gives no region to %(names)s: %(count)s postcodes would be without one.",
                names=names,
                count=sum(gaps.values()),
            )
        )


def _is_there(found: Sequence[Place], new_of: Mapping[str, str], tiling: Tiling, live: Mapping[int, str]) -> bool:
    """Does the file say what holds already?"""
    if set(live.values()) != set(tiling.names.values()):
        return False
    return all(live.get(place.region_id) == tiling.names[new_of[place.pc4]] for place in found)


def apply_tiling(session: Session, plan: Plan, *, now: datetime) -> dict[str, int]:
    """Do it, with the moves people reviewed; how many of each were made or moved. Flushes, never commits."""
    made: dict[str, int] = {}
    moves = plan.moves
    if not plan.is_there:
        old = {node.code: node for node in live_nodes(session) if node.level is RegionLevel.REGION}
        new = _new_regions(session, plan, local_date(now))
        postcodes = [{"pc4": pc4, "region_id": new[code].id} for pc4, code in plan.new_of.items()]
        session.execute(update(Postcode), postcodes)
        made = {"new regions": len(new), "regions that end": len(old), "postcodes that move": len(postcodes)}
        made |= _grants(session, moves, old, new, now) | {"rules that go along": _rules(session, moves, old, new, now)}
        _end(old.values(), local_date(now))
        session.flush()
        _record(session, plan, now)
    return made | _settle(session)


def _new_regions(session: Session, plan: Plan, today: date) -> dict[str, Region]:
    parents = {node.code: node.id for node in live_nodes(session) if node.level is not RegionLevel.REGION}
    under = {move.new: parents[move.under] for move in plan.moves}
    new = {
        code: Region(
            parent_id=under[code],
            level=RegionLevel.REGION,
            scheme=plan.scheme,
            code=code,
            name=name,
            valid_from=today,
        )
        for code, name in sorted(plan.tiling.names.items(), key=lambda pair: pair[1])
    }
    session.add_all(new.values())
    session.flush()
    return new


def _end(old: Any, today: date) -> None:
    for region in old:
        # A tiling that is replaced on its first day has lasted that day.
        region.valid_to = max(today, region.valid_from + timedelta(days=1))


def _grants(
    session: Session, moves: Sequence[Move], old: Mapping[str, Region], new: Mapping[str, Region], now: datetime
) -> dict[str, int]:
    """The old grant stays beside the new one: it opens the past of the old region to whoever worked there."""
    query = select(Grant).where(Grant.role == Role.COORDINATOR, Grant.ended_at.is_(None)).order_by(Grant.id)
    of_region: dict[int | None, list[Grant]] = {}
    for grant in session.scalars(query):
        of_region.setdefault(grant.region_id, []).append(grant)
    given: dict[bool, set[int]] = {False: set(), True: set()}
    for is_stand_in in (False, True):
        for move in moves:
            if not (move.stand_ins if is_stand_in else move.coordinators):
                continue
            for grant in of_region.get(old[move.old].id, ()):
                if grant.stand_in is is_stand_in:
                    given[is_stand_in].add(_give(session, grant, new[move.new].id, now).id)
    return {"coordinators who go along": len(given[False]), "stand-ins who go along": len(given[True] - given[False])}


def _give(session: Session, grant: Grant, region_id: int, now: datetime) -> Grant:
    return give_grant(
        session,
        user_id=grant.user_id,
        role=Role.COORDINATOR,
        region_id=region_id,
        stand_in=grant.stand_in,
        starts_on=grant.starts_on,
        ends_on=grant.ends_on,
        confirmed=grant.confirmed_at is not None,
        confirmed_by_id=grant.confirmed_by_id,
        now=now,
    )


def _rules(
    session: Session, moves: Sequence[Move], old: Mapping[str, Region], new: Mapping[str, Region], now: datetime
) -> int:
    """What holds in the old region now holds in the new one from now on."""
    newest: dict[tuple[int, str, str | None], RegionRule] = {}
    for rule in session.scalars(select(RegionRule).order_by(RegionRule.valid_from, RegionRule.id)):
        newest[rule.region_id, rule.key, rule.kind] = rule
    copies = [
        RegionRule(
            region_id=new[move.new].id,
            kind=rule.kind,
            key=rule.key,
            value=rule.value,
            valid_from=now,
            set_by_id=rule.set_by_id,
        )
        for move in moves
        if move.rules
        for (region_id, _key, _kind), rule in newest.items()
        if region_id == old[move.old].id
    ]
    session.add_all(copies)
    session.flush()
    return len(copies)


def _settle(session: Session) -> dict[str, int]:
    """Whatever is not over and still stands in an ended region goes where its postcode or its school is now."""
    ended = select(Region.id).where(Region.valid_to.is_not(None))
    by_postcode = select(Postcode.region_id).where(Postcode.pc4 == Organisation.pc4).scalar_subquery()
    in_old = Organisation.region_id.in_(ended)
    moved = _count(session, update(Organisation).where(in_old, Organisation.pc4.is_not(None)), by_postcode)
    moved += _without_postcode(session, in_old)
    live = select(Match.request_id).where(Match.state.in_(LIVE))
    of_school = select(Organisation.region_id).where(Organisation.id == Request.organisation_id).scalar_subquery()
    asked = update(Request).where(
        Request.region_id.in_(ended),
        Request.state.in_((RequestState.DRAFT, RequestState.OPEN)) | Request.id.in_(live),
    )
    of_request = select(Request.region_id).where(Request.id == Match.request_id).scalar_subquery()
    of_match = (
        select(Organisation.region_id)
        .join(Request, Request.organisation_id == Organisation.id)
        .join(Match, Match.request_id == Request.id)
        .where(Match.id == ReportOfConcern.match_id)
        .scalar_subquery()
    )
    concerns = update(ReportOfConcern).where(
        ReportOfConcern.region_id.in_(ended),
        ReportOfConcern.handled_at.is_(None),
        ReportOfConcern.match_id.in_(select(Match.id)),
    )
    counts = {
        "organisations that move": moved,
        "open requests that move": _count(session, asked, of_school),
        "live matches that move": _count(
            session, update(Match).where(Match.region_id.in_(ended), Match.state.in_(LIVE)), of_request
        ),
        "open concerns that move": _count(session, concerns, of_match),
    }
    session.expire_all()
    return counts


def _count(session: Session, statement: Any, region: Any) -> int:
    done = session.execute(statement.values(region_id=region), execution_options={"synchronize_session": False})
    # An update gives a result with a count; the session types every result as rows.
    return int(done.rowcount)  # type: ignore[attr-defined]


def _without_postcode(session: Session, in_old: Any) -> int:
    """Organisations whose postcode is younger than the table go with the nearest one."""
    query = select(Organisation.id, Organisation.lat, Organisation.lon).where(in_old, Organisation.lat.is_not(None))
    lost = session.execute(query.where(Organisation.pc4.is_(None))).all()
    found = places(session) if lost else []
    for organisation_id, lat, lon in lost:
        region_id = nearest(float(lat or 0), float(lon or 0), found).region_id
        session.execute(update(Organisation).where(Organisation.id == organisation_id).values(region_id=region_id))
    return len(lost)


def _record(session: Session, plan: Plan, now: datetime) -> None:
    """The reviewed table stays on record: it tells later why somebody serves a region."""
    table = [
        {"old": move.old, "new": move.new, "coordinators": move.coordinators, "stand_ins": move.stand_ins}
        | {"rules": move.rules}
        for move in plan.moves
    ]
    record(
        session,
        action="country_divided_anew",
        object_type="tiling",
        object_id=None,
        actor_id=None,
        details={"scheme": plan.scheme, "moves": table},
        now=now,
    )
