"""Numbers for public pages. Everything here may be shown to anybody, so cells under five are hidden before they leave."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from matcher.availability.states import Kind
from matcher.clock import school_year, school_year_dates
from matcher.home.netherlands import Spot
from matcher.matching.models import Match, MatchMoment
from matcher.matching.states import MatchState
from matcher.notices.models import Channel, Outbox
from matcher.organisations.models import Organisation
from matcher.regions.models import Region
from matcher.regions.states import RegionLevel
from matcher.requests.models import Request
from matcher.requests.states import RequestState

FEWEST = 5
_ROWS_PER_DEGREE, _COLUMNS_PER_DEGREE = 6, 4  # squares of about 18 by 17 kilometres


@dataclass(frozen=True)
class RegionFigures:
    """One line of the public table; None is a number too small to publish."""

    name: str
    lectures: int | None
    internships: int | None
    open_requests: int | None


@dataclass(frozen=True)
class PublicFigures:
    """What the home page says about the whole country in this school year."""

    lectures: int
    internships: int
    hybrids: int
    open_requests: int
    regions: tuple[RegionFigures, ...]
    spots: tuple[Spot, ...]


def public_figures(session: Session, *, today: date) -> PublicFigures:
    """Visits held in this school year and requests open now, per region and around places."""
    first, last = school_year_dates(school_year(today))
    held = _counts(session, _held(Match.region_id, Match.kind, first=first, last=last).group_by(Match.region_id, Match.kind))
    open_now = _counts(session, _open(Request.region_id, Request.kind).group_by(Request.region_id, Request.kind))
    names = session.execute(
        select(Region.id, Region.name).where(Region.level == RegionLevel.REGION, Region.valid_to.is_(None)).order_by(Region.name)
    ).all()
    rows = tuple(
        RegionFigures(
            name,
            publishable(held.get((region, Kind.GUEST_LECTURE), 0)),
            publishable(held.get((region, Kind.TEACHER_INTERNSHIP), 0)),
            publishable(sum(count for (where, _kind), count in open_now.items() if where == region)),
        )
        for region, name in names
    )
    return PublicFigures(
        lectures=_total(held, Kind.GUEST_LECTURE),
        internships=_total(held, Kind.TEACHER_INTERNSHIP),
        hybrids=_total(held, Kind.HYBRID_PLACEMENT),
        open_requests=sum(open_now.values()),
        regions=rows,
        spots=(*_spots(session, first, last),),
    )


def publishable(count: int) -> int | None:
    """The count, or None when so few would point at people."""
    return count if count == 0 or count >= FEWEST else None


def unread_messages(session: Session, *, user_id: int) -> int:
    """How many messages in the inbox this person has not opened."""
    mine = (Outbox.recipient_user_id == user_id, Outbox.channel == Channel.INBOX, Outbox.read_at.is_(None))
    return session.scalar(select(func.count()).select_from(Outbox).where(*mine, Outbox.sent_at.is_not(None))) or 0


def _counts(session: Session, query: Select[Any]) -> dict[tuple[Any, Any], int]:
    return {(row[0], row[1]): row[2] for row in session.execute(query)}


def _total(counts: dict[tuple[Any, Any], int], kind: Kind) -> int:
    return sum(count for (_region, of), count in counts.items() if of == kind)


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
