"""The question to the search key: topic before cell, masks, limits on a flat map. A statement is made once.

Who asks, ring by ring, and judges what comes back: `search_queries`.
"""

import math
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Double, Integer, bindparam, case, or_, select

from matcher.availability.states import Delivery
from matcher.matching.views import RequestView
from matcher.offers.models import OfferSearch
from matcher.regions.geo import EARTH_RADIUS_KM, ONLINE_CELL

KM_PER_DEGREE = EARTH_RADIUS_KM * math.pi / 180
LEAST_COSINE = math.cos(math.radians(54.0))  # the north of the country: makes the flat distance never too long
MARGIN = 0.998
KEY: Any = OfferSearch.__table__.c  # of the table, not of the class: half the time goes into making the statement


class Shape(NamedTuple):
    """What a question to the key consists of; its values come later, so that the statement is made once."""

    level: bool
    weekdays: tuple[int, ...]
    max_km: bool
    travel: bool


class Asked(NamedTuple):
    """A request as a question to the key."""

    shape: Shape
    values: dict[str, Any]

    @classmethod
    def of(cls, request: RequestView, *, online: bool = False) -> "Asked":
        moments = sorted({(moment.weekday, moment.mask) for moment in request.moments})
        shape = Shape(
            level=bool(request.level_bit),
            weekdays=tuple(weekday for weekday, _mask in moments),
            max_km=request.max_km is not None and not online,
            travel=request.delivery is not Delivery.AT_COMPANY and not online,
        )
        values = {
            "kind": request.kind.value,
            "topics": sorted(request.closeness),
            "level": request.level_bit,
            "lat": request.lat,
            "lon": request.lon,
            "most": float(request.max_km or 0) ** 2,
            **{f"mask{number}": mask for number, (_weekday, mask) in enumerate(moments)},
        }
        return cls(shape, values)


# A flat distance that is never longer than the real one, so that nobody is lost; exact ones follow. Squared.
_UP = (KEY.lat - bindparam("lat", type_=Double)) * (KM_PER_DEGREE * MARGIN)
_RIGHT = (KEY.lon - bindparam("lon", type_=Double)) * (KM_PER_DEGREE * LEAST_COSINE * MARGIN)
_FLAT = _UP * _UP + _RIGHT * _RIGHT


@lru_cache(maxsize=500)
def key_statement(shape: Shape, in_cells: bool, ordered: bool = False) -> Any:
    # No DISTINCT: an offer under two topics comes twice, which is cheaper to drop here than to sort there.
    place = KEY.cell.in_(bindparam("cells", expanding=True)) if in_cells else KEY.cell != ONLINE_CELL
    query = select(KEY.offer_id, KEY.lat, KEY.lon, KEY.travel_km).where(*topics_asked(), place, *conditions(shape))
    if ordered:
        query = query.add_columns(_FLAT.label("flat")).order_by(_FLAT, KEY.offer_id)
        query = query.limit(bindparam("first", type_=Integer)).offset(bindparam("skip", type_=Integer))
    return query


def topics_asked() -> tuple[ColumnElement[bool], ...]:
    return KEY.kind == bindparam("kind"), KEY.topic_id.in_(bindparam("topics", expanding=True))


def conditions(shape: Shape) -> list[ColumnElement[bool]]:
    """Level, at least one asked moment without a "never" quarter, and the limits of both as the flat map says."""
    found: list[ColumnElement[bool]] = []
    if shape.level:
        found.append(KEY.level_mask.bitwise_and(bindparam("level", type_=BigInteger)) != 0)
    if shape.weekdays:
        masks = [bindparam(f"mask{number}", type_=BigInteger) for number in range(len(shape.weekdays))]
        pairs = zip(shape.weekdays, masks, strict=True)
        found.append(or_(*(KEY[f"day{day}"].bitwise_and(mask) == mask for day, mask in pairs)))
    most, travel = bindparam("most", type_=Double), KEY.travel_km * KEY.travel_km
    # One comparison, because it is made for every row read.
    if shape.max_km and shape.travel:
        found.append(case((travel < most, travel), else_=most) >= _FLAT)
    elif shape.max_km or shape.travel:
        found.append((most if shape.max_km else travel) >= _FLAT)
    return found
