"""Dates, durations and time zones of a foreign calendar file as seconds since 1970. Pure.

A wall time that spring skips is read as the same number of hours after midnight in winter time (02:30 becomes 03:30
summer time); one that autumn gives twice is its first coming: what RFC 5545 says, and `moments.epoch` does.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from matcher.availability.ical_lines import Property
from matcher.clock import AMSTERDAM

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - walls have no zone until one is put to them
DAY = 86_400
FIRST_YEAR, LAST_YEAR = 1900, 2300
_WHEN = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?")
_DURATION = re.compile(r"(-?)\+?P(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?")
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?")
_KNOWN = available_timezones()


class Odd(Exception):
    """This one event cannot be read: the code says what about it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Zone(Protocol):
    """What turns a wall time into seconds since 1970, and back."""

    def seconds(self, wall: datetime) -> int: ...

    def wall(self, seconds: int) -> datetime: ...


@dataclass(frozen=True)
class NamedZone:
    """A zone the world knows."""

    zone: ZoneInfo

    def seconds(self, wall: datetime) -> int:
        return int(wall.replace(tzinfo=self.zone, fold=0).timestamp())

    def wall(self, seconds: int) -> datetime:
        return datetime.fromtimestamp(seconds, self.zone).replace(tzinfo=None)


@dataclass(frozen=True)
class Change:
    """From this wall time of the old offset on, another offset holds; all in seconds."""

    at: int
    before: int
    after: int


class OwnZone:
    """A zone that a file describes itself, by its changes in order of time."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = sorted(changes, key=lambda change: change.at - change.before)
        # A skipped hour is read with the offset before it, a doubled one as its first coming.
        self._walls = [change.at + max(0, change.after - change.before) for change in self._changes]
        self._seconds = [change.at - change.before for change in self._changes]

    def seconds(self, wall: datetime) -> int:
        flat = flat_seconds(wall)
        return flat - self._offset(bisect_right(self._walls, flat))

    def wall(self, seconds: int) -> datetime:
        return EPOCH + timedelta(seconds=seconds + self._offset(bisect_right(self._seconds, seconds)))

    def _offset(self, number: int) -> int:
        return self._changes[number - 1].after if number else self._changes[0].before


WORLD = NamedZone(ZoneInfo("UTC"))
HERE = NamedZone(AMSTERDAM)


def known_zone(name: str) -> NamedZone | None:
    """A zone by its name in the tz database, with a maker's prefix before it, or by Windows' name for it."""
    cleaned = name.strip().strip('"')
    if cleaned in _KNOWN:
        return NamedZone(ZoneInfo(cleaned))
    if cleaned in WINDOWS_TO_OLSON:
        return NamedZone(ZoneInfo(WINDOWS_TO_OLSON[cleaned]))
    parts = cleaned.split("/")
    # "/maker.example/20260101_1/Europe/Amsterdam": a name of two or three parts stands at the end.
    tails = ("/".join(parts[-count:]) for count in (3, 2) if cleaned.startswith("/") and len(parts) > count)
    return next((NamedZone(ZoneInfo(tail)) for tail in tails if tail in _KNOWN), None)


@dataclass(frozen=True)
class When:
    """A date, or a wall time with the zone it is read in."""

    wall: datetime
    zone: Zone
    is_date: bool

    @property
    def seconds(self) -> int:
        return self.zone.seconds(self.wall)


class Zones(Protocol):
    """The zones of a file, by the name that stands with a time; no name is a floating time."""

    def find(self, name: str | None) -> Zone: ...


def read_when(line: Property, zones: Zones) -> When:
    """The one moment of a line. Raises Odd."""
    return when_of(line.value, line.parameters, zones)


def when_of(text: str, parameters: dict[str, str], zones: Zones) -> When:
    """`20260329`, `20260329T013000Z` or `20260329T023000` with its zone in the parameters. Raises Odd."""
    found = _WHEN.fullmatch(text.strip())
    if found is None:
        raise Odd("date")
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Odd("year")
    try:
        if found[4] is None:
            return When(datetime(year, month, day), HERE, is_date=True)  # noqa: DTZ001 - a wall
        # A leap second is the second before it.
        clock = int(found[4]), int(found[5]), min(int(found[6]), 59) if int(found[6]) == 60 else int(found[6])
        wall = datetime(year, month, day, *clock)  # noqa: DTZ001 - a wall
    except ValueError as wrong:
        raise Odd("date") from wrong
    return When(wall, WORLD if found[7] else zones.find(parameters.get("TZID")), is_date=False)


@dataclass(frozen=True)
class Span:
    """How long: whole days by the calendar, and seconds on top."""

    days: int
    seconds: int

    def after(self, when: When, start: datetime) -> int:
        """The end, in seconds since 1970, of what starts at this wall time."""
        return when.zone.seconds(start + timedelta(days=self.days)) + self.seconds


def read_span(text: str) -> Span:
    """`P1D`, `PT45M`, `P1W`. Raises Odd, also for what runs backwards."""
    found = _DURATION.fullmatch(text.strip().upper())
    if found is None or not any(found[number] for number in range(2, 7)):
        raise Odd("end")
    weeks, days, hours, minutes, seconds = (int(found[number] or 0) for number in range(2, 7))
    total = Span(weeks * 7 + days, hours * 3600 + minutes * 60 + seconds)
    if found[1] and (total.days or total.seconds):
        raise Odd("end")
    if total.days * DAY + total.seconds > 3 * 366 * DAY:
        raise Odd("end")
    return total


def read_offset(text: str) -> int:
    """`+0100` in seconds. Raises Odd."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None or int(found[2]) > 15 or int(found[3]) > 59:
        raise Odd("zone")
    seconds = int(found[2]) * 3600 + int(found[3]) * 60 + int(found[4] or 0)
    return -seconds if found[1] == "-" else seconds


def flat_seconds(wall: datetime) -> int:
    """A wall time as if it were in UTC: for putting wall times in order."""
    return int((wall - EPOCH).total_seconds())


def wall_in(seconds: int) -> datetime:
    """A moment on the clock of UTC."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
