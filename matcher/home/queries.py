"""Numbers for public pages: anybody may see them, so cells under five are hidden before they leave."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select, text
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import coordinators_of
from matcher.accounts.states import Role
from matcher.availability.states import Kind
from matcher.clock import school_year, school_year_dates
from matcher.coordination.stuck_queries import stuck_count
from matcher.disk import free_bytes
from matcher.home.figures import FEWEST, Health, PublicFigures, RegionFigures, publishable, publishable_column, whole
from matcher.jobs.queries import standings
from matcher.jobs.queue import Waiting
from matcher.matching.model_queries import running
from matcher.matching.models import Match, MatchMoment
from matcher.matching.queries import asks_of, live_counts
from matcher.matching.states import MatchState
from matcher.notices.models import Channel, NoticeState, Outbox
from matcher.organisations.models import Organisation
from matcher.organisations.queries import CHECKED_TYPES, awaiting_confirmation
from matcher.regions.models import Postcode, Region
from matcher.regions.netherlands import Spot
from matcher.regions.states import RegionLevel
from matcher.requests.models import Request
from matcher.requests.states import RequestState

LATE = timedelta(minutes=15)
_WAITS = (
    Outbox.channel == Channel.MAIL,
    Outbox.state.in_((NoticeState.QUEUED, NoticeState.RETRY, NoticeState.INFLIGHT)),
)
_ROWS_PER_DEGREE, _COLUMNS_PER_DEGREE = 6, 4  # squares of about 18 by 17 kilometres


def public_figures(session: Session, *, today: date) -> PublicFigures:
    """Visits held in this school year and requests open now, per region and around places."""
    first, last = school_year_dates(school_year(today))
    held = _counts(
        session, _held(Match.region_id, Match.kind, first=first, last=last).group_by(Match.region_id, Match.kind)
    )
    open_now = _counts(session, _open(Request.region_id, Request.kind).group_by(Request.region_id, Request.kind))
    names = session.execute(
        select(Region.id, Region.name)
        .where(Region.level == RegionLevel.REGION, Region.valid_to.is_(None))
        .order_by(Region.name)
    ).all()
    ids = [region for region, _name in names]
    middles = _middles(session)
    totals = {kind: publishable(_column(held, [kind]).total()) for kind in Kind}
    kinds = tuple(kind for kind, total in totals.items() if total)
    seen = {kind: _seen(_column(held, [kind]), ids) for kind in Kind}
    waiting = _seen(_column(open_now, Kind), ids)
    return PublicFigures(
        lectures=totals[Kind.GUEST_LECTURE],
        internships=totals[Kind.TEACHER_INTERNSHIP],
        hybrids=totals[Kind.HYBRID_PLACEMENT],
        open_requests=publishable(sum(open_now.values())),
        regions=tuple(
            RegionFigures(
                name,
                lectures=seen[Kind.GUEST_LECTURE][number],
                internships=seen[Kind.TEACHER_INTERNSHIP][number],
                open_requests=waiting[number],
                middle=middles.get(number),
                visits=whole(seen[kind][number] for kind in kinds),
            )
            for number, name in names
        ),
        spots=(*_spots(session, first, last),),
        kinds=kinds,
    )


def health(
    session: Session,
    *,
    now: datetime,
    regular: Iterable[str] = (),
    folder: Path | None = None,
    queue: Waiting | None = None,
) -> Health:
    """Late is a mail that should have left more than a quarter of an hour ago. `regular` names the work to look at."""
    mails = select(func.count()).select_from(Outbox).where(Outbox.channel == Channel.MAIL)
    waiting = mails.where(*_WAITS)
    ranking = running(session)
    return Health(
        at=now,
        ranking=ranking.name,
        is_learned=not ranking.is_rule,
        refused_model=ranking.version if ranking.is_degraded else None,
        waiting_mails=session.scalar(waiting) or 0,
        late_mails=session.scalar(waiting.where(Outbox.gather.is_(False), Outbox.not_before < now - LATE)) or 0,
        dead_mails=session.scalar(mails.where(Outbox.state == NoticeState.DEAD)) or 0,
        oldest_unsent_at=session.scalar(select(func.min(Outbox.created_at)).where(*_WAITS)),
        schema=session.scalar(text("select version_num from alembic_version")) or "",
        disk_free=free_bytes(folder) if folder else None,
        jobs=tuple(standings(session, regular, now=now)),
        queue=queue,
    )


class Contact(NamedTuple):
    """The person of flesh and blood who helps in this region."""

    region: str
    name: str
    email: str
    phone: str | None = None
    stand_in: bool = False


def contact_for(session: Session, actor: Actor) -> Contact | None:
    """Who helps this person: the coordinator of the region of their school or company, else of the node above it. None
    for people without an organisation, and where nobody serves the region yet."""
    if not actor.organisation_ids:
        return None
    region = session.execute(_region_of(), {"organisations": sorted(actor.organisation_ids)}).first()
    people = [one for one in coordinators_of(session, region.id) if one.user_id != actor.user_id] if region else []
    return Contact(region.name, people[0].name, people[0].email) if region and people else None


@cache
def _region_of() -> Select[int, str]:
    here = select(Region.id, Region.name).join(Organisation, Organisation.region_id == Region.id)
    here = here.where(Organisation.id.in_(bindparam("organisations", expanding=True)))
    return here.order_by(Organisation.id).limit(1)


def coordinator_rows(session: Session) -> list[Contact]:
    """Every coordinator that works now, in the order of the regions."""
    query = (
        select(Region.name, User.name, User.email, User.phone, Grant.stand_in)
        .join(Grant, Grant.region_id == Region.id)
        .join(User, User.id == Grant.user_id)
        .where(Grant.role == Role.COORDINATOR, Grant.ended_at.is_(None), Grant.confirmed_at.is_not(None))
        .where(Region.valid_to.is_(None))
        .where(User.stopped_at.is_(None), User.erased_at.is_(None))
        .order_by(Region.name, Grant.stand_in, User.name)
    )
    return [Contact(*row) for row in session.execute(query)]


def waiting_counts(session: Session, *, actor: Actor, now: datetime) -> dict[str, int]:
    """What the numbers in the header say; only for the roles this person holds."""
    counts: dict[str, int] = {}
    if actor.user_id and (actor.has(Role.PROFESSIONAL) or actor.has(Role.COMPANY_CONTACT)):
        counts["asked"] = asks_of(session, actor)
    if actor.region_ids:
        counts["approve"] = live_counts(session, actor.region_ids).get(MatchState.ACCEPTED, 0)
        counts["verify"] = _unchecked(session, actor) + len(awaiting_confirmation(session, actor))
        counts["stuck"] = stuck_count(session, actor.region_ids, now)
    return counts


def _unchecked(session: Session, actor: Actor) -> int:
    query = select(func.count(Organisation.id)).where(
        Organisation.type.in_(CHECKED_TYPES),
        Organisation.region_id.in_(actor.region_ids),
        Organisation.verified_at.is_(None),
        Organisation.ended_at.is_(None),
        Organisation.stopped_at.is_(None),
    )
    return session.scalar(query) or 0


def _middles(session: Session) -> dict[int, tuple[float, float]]:
    """Region → the middle of its postcodes."""
    query = select(Postcode.region_id, func.avg(Postcode.lat), func.avg(Postcode.lon)).group_by(Postcode.region_id)
    return {number: (float(lat), float(lon)) for number, lat, lon in session.execute(query)}


def _counts(session: Session, query: Select[Any]) -> dict[tuple[Any, Any], int]:
    return {(row[0], row[1]): row[2] for row in session.execute(query)}


def _column(counts: dict[tuple[Any, Any], int], kinds: Iterable[Kind]) -> Counter[int]:
    """Region → how many of these kinds."""
    column: Counter[int] = Counter()
    for (region, kind), count in counts.items():
        column[region] += count if kind in kinds else 0
    return column


def _seen(column: Counter[int], ids: list[int]) -> dict[int, int | None]:
    """The lines of these regions; what others have is in the total, and so a line of the column too."""
    elsewhere = column.total() - sum(column[region] for region in ids)
    shown = publishable_column([*(column[region] for region in ids), *([elsewhere] if elsewhere else [])])
    return dict(zip(ids, shown, strict=False))


def _held(*columns: Any, first: date, last: date) -> Select[Any]:
    return (
        select(*columns, func.count(Match.id.distinct()))
        .join(MatchMoment, MatchMoment.match_id == Match.id)
        .where(Match.state == MatchState.HELD, MatchMoment.chosen, MatchMoment.day.between(first, last))
    )


def _open(*columns: Any) -> Select[Any]:
    return select(*columns, func.count(Request.id)).where(Request.state == RequestState.OPEN)


def _spots(session: Session, first: date, last: date) -> list[Spot]:
    """Squares of the map with enough visits or requests to publish, at the middle of their schools."""
    square = (func.round(Organisation.lat * _ROWS_PER_DEGREE), func.round(Organisation.lon * _COLUMNS_PER_DEGREE))
    middle = (func.avg(Organisation.lat), func.avg(Organisation.lon))
    where_held = _held(Match.kind, *middle, first=first, last=last).join(Request, Request.id == Match.request_id)
    where_open = _open(*middle)
    found = [
        Spot(lat, lon, count, "lecture" if kind == Kind.GUEST_LECTURE else "internship")
        for kind, lat, lon, count in session.execute(
            where_held.join(Organisation, Organisation.id == Request.organisation_id).group_by(Match.kind, *square)
        )
    ]
    found += [
        Spot(lat, lon, count, "open")
        for lat, lon, count in session.execute(
            where_open.join(Organisation, Organisation.id == Request.organisation_id).group_by(*square)
        )
    ]
    return [spot for spot in found if spot.count >= FEWEST and spot.lat is not None]
