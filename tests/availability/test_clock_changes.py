"""The nights in which the clock jumps, 2026 and 2027: nothing shifts, and odd times that somebody types are refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import recurring_ical_events
from icalendar import Calendar

from matcher.availability import busy, ical_times, moments
from matcher.availability.busy import read_busy
from matcher.availability.clock_changes import comes, odd_time
from matcher.availability.moments import day_range, epoch, epoch_range, local
from matcher.availability.services import exception_range
from matcher.clock import AMSTERDAM
from matcher.errors import InvalidInput
from matcher.matching.calendar import Entry, build_event, build_feed
from tests.availability.calendars import AMSTERDAM_OWN, by_library, calendar, event

SPRING, AUTUMN = (date(2026, 3, 29), date(2027, 3, 28)), (date(2026, 10, 25), date(2027, 10, 31))
BEFORE = datetime(2025, 8, 20, 8, 0, tzinfo=UTC)
"""Both years lie inside what is read from here."""
STAMP = datetime(2026, 1, 5, tzinfo=UTC)


def utc(day: date, hour: int, minute: int = 0) -> int:
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC).timestamp())


def read(*lines: str, head: str = AMSTERDAM_OWN) -> tuple[busy.Block, ...]:
    content = calendar(head, event(*lines))
    now = BEFORE if "2026" in "".join(lines) else BEFORE + timedelta(days=365)
    found = read_busy(content, now=now).blocks
    if any(f"{day:%Y%m%d}T0230" in lines[0] for day in SPRING):
        # The other reader takes the offset after the gap, RFC 5545 (3.3.5) the one before it.
        return found
    # Begins only: the other reader adds an hour on the wall, which inside these hours is none or two.
    assert [start_s for start_s, _end_s in found] == [start_s for start_s, _end_s in by_library(content, now)]
    return found


def ics(start: datetime, end: datetime, visits: tuple[Any, ...] = ()) -> list[tuple[int, int]]:
    """Begin and end of every visit, as a program reads them from a mail and from a feed; both must say the same."""
    facts: dict[str, Any] = {"uid": "match-1@x", "sequence": 1, "status": "CONFIRMED", "summary": "Les", "location": "",
                             "description": ""}  # fmt: skip
    mail = build_event(
        **facts, method="REQUEST", start=start, end=end, organizer="", attendees=[], now=STAMP, visits=visits
    )
    feed = build_feed(
        [Entry(**facts, visits=visits or ((start, end),), address="", changed_at=STAMP)], name="Mijn afspraken"
    )
    found = [
        [(int(each["DTSTART"].dt.timestamp()), int(each["DTEND"].dt.timestamp())) for each in expanded(text)]
        for text in (mail, feed)
    ]
    assert found[0] == found[1]
    return found[0]


def expanded(text: str) -> list[Any]:
    found = recurring_ical_events.of(Calendar.from_ical(text)).between(datetime(2026, 1, 1), datetime(2028, 1, 1))  # noqa: DTZ001
    return sorted(found, key=lambda each: each["DTSTART"].dt)


def wall(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=AMSTERDAM)


Case = tuple[str, Callable[[], object], object]


def spring_cases(day: date) -> list[Case]:
    d, n = f"{day:%Y%m%d}", f"{day + timedelta(days=1):%Y%m%d}"
    week = day - timedelta(days=5)
    return [
        (f"{d} whole day has 23 hours", lambda: day_range(day)[1] - day_range(day)[0], 23 * 3600),
        (f"{d} 02:30 counts as 03:30", lambda: epoch(day, time(2, 30)), utc(day, 1, 30)),
        (f"{d} 02:30 never comes", lambda: comes(day, time(2, 30)), 0),
        (f"{d} 01:59 and 03:00 come once", lambda: (comes(day, time(1, 59)), comes(day, time(3))), (1, 1)),
        (f"{d} across: 01:30 to 03:30 is one hour", lambda: _length(day, time(1, 30), time(3, 30)), 3600),
        (f"{d} file, named zone, 02:30", lambda: read(f"DTSTART;TZID=Europe/Amsterdam:{d}T023000", "DURATION:PT1H"),
         ((utc(day, 1, 30), utc(day, 2, 30)),)),
        (f"{d} file, own zone, 02:30", lambda: read(f"DTSTART;TZID=Onze tijd:{d}T023000", "DURATION:PT1H"),
         ((utc(day, 1, 30), utc(day, 2, 30)),)),
        (f"{d} file, floating, across", lambda: read(f"DTSTART:{d}T013000", f"DTEND:{d}T033000"),
         ((utc(day, 0, 30), utc(day, 1, 30)),)),
        (f"{d} file, UTC", lambda: read(f"DTSTART:{d}T010000Z", f"DTEND:{d}T020000Z"), ((utc(day, 1), utc(day, 2)),)),
        (f"{d} file, whole day", lambda: read(f"DTSTART;VALUE=DATE:{d}", f"DTEND;VALUE=DATE:{n}"), (day_range(day),)),
        (f"{d} file, weekly stays at 10", lambda: [local(s).strftime("%H:%M") for s, _e in read(
            f"DTSTART;TZID=Europe/Amsterdam:{week:%Y%m%d}T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3")],
         ["10:00"] * 3),
        (f"{d} mail and feed, across", lambda: ics(wall(day, 1, 30), wall(day, 3, 30)),
         [(utc(day, 0, 30), utc(day, 1, 30))]),
        (f"{d} mail and feed, weekly", lambda: _weekly_walls(week), ["10:15-11:05"] * 3),
    ]  # fmt: skip


def autumn_cases(day: date) -> list[Case]:
    d, n = f"{day:%Y%m%d}", f"{day + timedelta(days=1):%Y%m%d}"
    week = day - timedelta(days=5)
    return [
        (f"{d} whole day has 25 hours", lambda: day_range(day)[1] - day_range(day)[0], 25 * 3600),
        (f"{d} 02:30 is its first coming", lambda: epoch(day, time(2, 30)), utc(day, 0, 30)),
        (f"{d} 02:30 comes twice", lambda: comes(day, time(2, 30)), 2),
        (f"{d} 01:59 and 03:00 come once", lambda: (comes(day, time(1, 59)), comes(day, time(3))), (1, 1)),
        (f"{d} across: 01:30 to 03:30 is three hours", lambda: _length(day, time(1, 30), time(3, 30)), 3 * 3600),
        (f"{d} file, named zone, 02:30", lambda: read(f"DTSTART;TZID=Europe/Amsterdam:{d}T023000", "DURATION:PT30M"),
         ((utc(day, 0, 30), utc(day, 1)),)),
        (f"{d} file, own zone, 02:30", lambda: read(f"DTSTART;TZID=Onze tijd:{d}T023000", "DURATION:PT30M"),
         ((utc(day, 0, 30), utc(day, 1)),)),
        (f"{d} file, second 02:30 in UTC", lambda: read(f"DTSTART:{d}T013000Z", "DURATION:PT30M"),
         ((utc(day, 1, 30), utc(day, 2)),)),
        (f"{d} file, floating, across", lambda: read(f"DTSTART:{d}T013000", f"DTEND:{d}T033000"),
         ((utc(day, -1 % 24, 30) - 86_400, utc(day, 2, 30)),)),
        (f"{d} file, whole day", lambda: read(f"DTSTART;VALUE=DATE:{d}", f"DTEND;VALUE=DATE:{n}"), (day_range(day),)),
        (f"{d} file, weekly stays at 10", lambda: [local(s).strftime("%H:%M") for s, _e in read(
            f"DTSTART;TZID=Onze tijd:{week:%Y%m%d}T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3")],
         ["10:00"] * 3),
        (f"{d} mail and feed, across", lambda: ics(wall(day, 1, 30), wall(day, 3, 30)),
         [(utc(day, -1 % 24, 30) - 86_400, utc(day, 2, 30))]),
        (f"{d} mail and feed, weekly", lambda: _weekly_walls(week), ["10:15-11:05"] * 3),
    ]  # fmt: skip


def reminder_cases(day: date) -> list[Case]:
    """The day before at four in the afternoon, and a week before: counted on the wall."""
    after = day + timedelta(days=1)
    return [
        (f"{day} the day before", lambda: f"{wall(after, 10) - timedelta(days=1):%d %H:%M}", f"{day:%d} 10:00"),
        (f"{day} a week before", lambda: _wall_before(after, time(10, 15), 7), f"{after - timedelta(days=7):%d} 10:15"),
    ]


def _wall_before(day: date, at: time, days: int) -> str:
    return f"{local(epoch(day - timedelta(days=days), at)):%d %H:%M}"


def _length(day: date, start: time, end: time) -> int:
    start_s, end_s = epoch_range(day, start, end)
    return end_s - start_s


def _weekly_walls(first: date) -> list[str]:
    days = [first + timedelta(weeks=number) for number in range(3)]
    visits = tuple((wall(day, 10, 15), wall(day, 11, 5)) for day in days)
    return [f"{local(s):%H:%M}-{local(e):%H:%M}" for s, e in ics(*visits[0], visits)]


CASES = [
    *(case for day in SPRING for case in spring_cases(day)),
    *(case for day in AUTUMN for case in autumn_cases(day)),
    *(case for day in (*SPRING, *AUTUMN) for case in reminder_cases(day)),
]


def test_there_are_sixty_cases() -> None:
    assert len({name for name, _made, _expected in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize(("name", "made", "expected"), CASES, ids=[name for name, *_rest in CASES])
def test_nothing_shifts(name: str, made: Callable[[], object], expected: object) -> None:
    assert made() == expected


def test_rig_notices_a_clock_without_summer_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that thinks it is always winter fails most cases."""
    winter = ical_times.OwnZone([ical_times.Change(0, 3600, 3600)])
    monkeypatch.setattr(busy.FileZones, "find", lambda self, name: winter)
    monkeypatch.setattr(ical_times, "HERE", winter)
    failed = [name for name, made, expected in CASES if "file" in name and not _holds(made, expected)]
    assert len(failed) >= 10


def test_rig_notices_arithmetic_on_the_wall() -> None:
    """Twenty-four hours earlier is not the day before, and the rig knows it."""
    for day in (*SPRING, *AUTUMN):
        after = day + timedelta(days=1)
        early = wall(after, 1).astimezone(UTC) - timedelta(hours=24)
        assert f"{early.astimezone(AMSTERDAM):%d %H:%M}" != _wall_before(after, time(1), 1)


def _holds(made: Callable[[], object], expected: object) -> bool:
    try:
        return made() == expected
    except AssertionError:
        return False


@pytest.mark.parametrize(
    ("day", "start", "end", "field"),
    [
        (SPRING[1], time(2, 30), time(3), "start"),
        (SPRING[1], time(2), time(2, 45), "start"),
        (SPRING[1], time(1), time(2, 15), "end"),
        (AUTUMN[1], time(2, 30), time(4), "start"),
        (AUTUMN[1], time(1), time(2, 59), "end"),
    ],
)
def test_typed_time_that_is_none_or_two_is_refused(day: date, start: time, end: time, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        exception_range(day, None, start, end, now=BEFORE + timedelta(days=500))
    assert refused.value.field == field
    assert f"{start if field == 'start' else end:%H:%M}" in str(refused.value)


def test_times_beside_the_jump_are_taken() -> None:
    assert odd_time(SPRING[1], time(3)) is None
    assert exception_range(SPRING[1], None, time(1), time(3), now=BEFORE + timedelta(days=500)) == (
        utc(SPRING[1], 0), utc(SPRING[1], 1)
    )  # fmt: skip
    assert exception_range(AUTUMN[1], None, time(1, 30), time(3), now=BEFORE + timedelta(days=500)) == (
        utc(AUTUMN[1], 0) - 1800, utc(AUTUMN[1], 2)
    )  # fmt: skip
    assert moments.epoch(AUTUMN[1], time(3)) == utc(AUTUMN[1], 2)
