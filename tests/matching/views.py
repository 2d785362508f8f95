"""Plain views for pure tests: a request in Den Bosch and an offer from Eindhoven, 29 km away, that fits it."""

from dataclasses import replace
from datetime import date, time
from typing import Any

from matcher.availability.moments import epoch
from matcher.availability.patterns import default_availability
from matcher.availability.states import Delivery, Kind
from matcher.matching.views import MomentView, OfferView, RequestView
from matcher.subjects.levels import LEVEL_BITS, Level

THURSDAY = date(2026, 12, 10)
SATURDAY = date(2026, 12, 12)


def moment(number: int = 1, day: date = THURSDAY, start: time = time(10, 15), end: time = time(11, 5)) -> MomentView:
    return MomentView.of(number, epoch(day, start), epoch(day, end))


def request_view(**fields: Any) -> RequestView:
    base = RequestView(
        id=1,
        revision=1,
        kind=Kind.GUEST_LECTURE,
        organisation_id=10,
        board_id=11,
        lat=51.69,
        lon=5.30,
        level="havo",
        level_bit=LEVEL_BITS[Level.HAVO],
        language="nl",
        delivery=Delivery.ON_SITE,
        group_size=28,
        max_km=None,
        topics=frozenset({7}),
        closeness={7: 1.0, 8: 0.6},
        around=({7: 1.0, 8: 0.6},),
        moments=(moment(1), moment(2, date(2026, 12, 17))),
        school_year=2026,
    )
    return replace(base, **fields)


def offer_view(**fields: Any) -> OfferView:
    base = OfferView(
        id=100,
        revision=1,
        kind=Kind.GUEST_LECTURE,
        organisation_id=20,
        person_id=30,
        is_open=True,
        organisation_ok=True,
        person_ok=True,
        released=True,
        delivery=Delivery.ON_SITE,
        languages=("nl",),
        level_mask=LEVEL_BITS[Level.HAVO] | LEVEL_BITS[Level.VWO],
        lat=51.44,
        lon=5.48,
        travel_km=40,
        notice_days=14,
        yearly_cap=6,
        open_cap=1,
        paused_until=None,
        topics=frozenset({7}),
        availability=default_availability(),
    )
    return replace(base, **fields)
