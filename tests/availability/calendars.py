"""Calendar files for tests: small ones put together from lines, and a rig that asks an independent reader."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import recurring_ical_events
from icalendar import Calendar

from matcher.availability.busy import Block, horizon, merged
from matcher.availability.moments import day_range
from matcher.clock import AMSTERDAM

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

AMSTERDAM_OWN = """BEGIN:VTIMEZONE
TZID:Onze tijd
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE"""


def event(*lines: str, uid: str = "a") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT"])


def calendar(*parts: str, head: Iterable[str] = ()) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//NL", *head, *parts, "END:VCALENDAR", ""]
    return "\r\n".join("\n".join(lines).split("\n")).encode()


def clock(text: str) -> int:
    """`2026-12-10 10:15` in Amsterdam, in seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM).timestamp())


def block(day: str, start: str, end: str) -> Block:
    return clock(f"{day} {start}"), clock(f"{day} {end}")


def by_library(content: bytes, now: datetime = NOW) -> tuple[Block, ...]:
    """The same blocks by a reader that others wrote."""
    first, end = horizon(now)
    found = recurring_ical_events.of(Calendar.from_ical(content), skip_bad_series=False).between(
        datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(end, UTC)
    )
    blocks = []
    for each in found:
        if str(each.get("TRANSP", "")) == "TRANSPARENT" or str(each.get("STATUS", "")) == "CANCELLED":
            continue
        start_s, end_s = _seconds(each["DTSTART"].dt), _seconds(each["DTEND"].dt)
        if max(start_s, first) < min(end_s, end):
            blocks.append((max(start_s, first), min(end_s, end)))
    return merged(blocks)


def _seconds(when: date | datetime) -> int:
    if not isinstance(when, datetime):
        return day_range(when)[0]
    return int((when if when.tzinfo else when.replace(tzinfo=AMSTERDAM)).timestamp())
