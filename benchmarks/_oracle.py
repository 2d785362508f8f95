"""Who is eligible, said a second time: whole columns of the drawn offers, no key, no rings, no code of the service.

Only for the synthetic offers of `_offers`, which have no history, holds or dated exceptions.
"""

from typing import Any

import numpy as np

from benchmarks._offers import NOW, Offers
from matcher.availability.states import Delivery
from matcher.clock import local_date
from matcher.matching.views import RequestView

EARTH_KM = 6371.0088


def full_scan(offers: Offers, request: RequestView, wanted: int) -> list[int]:
    """Ids of the nearest in person, then of the nearest online, in the order in which they must be found."""
    has_topic = np.zeros(len(offers), dtype=bool)
    has_topic[offers.topic_row[np.isin(offers.topic, list(request.closeness))]] = True
    may = np.nonzero(has_topic & _can(offers, request))[0]
    km = _away(offers, may, request)
    on_site, online = offers.way[may] != 2, offers.way[may] != 0
    asked = np.inf if request.max_km is None else request.max_km
    meets = on_site & (km <= np.minimum(asked, offers.travel_km[may]))
    if request.delivery is Delivery.ONLINE:
        meets = np.zeros(len(may), dtype=bool)
    instead = online & ~meets if request.delivery is not Delivery.ON_SITE else np.zeros(len(may), dtype=bool)
    return [number for part in (meets, instead) for number in _nearest(may[part], km[part], wanted)]


def _nearest(rows: Any, km: Any, wanted: int) -> list[int]:
    return [int(number) + 1 for number in rows[np.lexsort((rows, km))][:wanted]]


def _can(offers: Offers, request: RequestView) -> Any:
    level = (offers.level_mask & request.level_bit) != 0
    language = offers.english if request.language == "en" else np.ones(len(offers), dtype=bool)
    moment = np.zeros(len(offers), dtype=bool)
    for asked in request.moments:
        free = (offers.never[offers.person, asked.weekday] & asked.mask) == 0
        moment |= free & ((asked.day - local_date(NOW)).days >= offers.notice_days)
    return level & language & moment


def _away(offers: Offers, rows: Any, request: RequestView) -> Any:
    lat, lon = np.radians(offers.lat[rows]), np.radians(offers.lon[rows])
    here, there = np.radians(request.lat), np.radians(request.lon)
    half = np.sin((lat - here) / 2) ** 2 + np.cos(here) * np.cos(lat) * np.sin((lon - there) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(half))
