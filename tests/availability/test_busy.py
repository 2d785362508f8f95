"""Reading a calendar against a reader that others wrote, and what must hold besides: what counts, what is dropped."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from matcher.availability import busy
from matcher.availability.busy import horizon, merged, packed, read_busy, unpacked, weeks_of
from matcher.availability.ical_times import HERE
from matcher.availability.moments import local
from tests.availability.calendars import AMSTERDAM_OWN, NOW, block, by_library, calendar, event

TEN = ("DTSTART;TZID=Europe/Amsterdam:20261210T100000", "DTEND;TZID=Europe/Amsterdam:20261210T110000")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ZONES = (";TZID=Europe/Amsterdam", "Z", ";TZID=America/New_York", "", ";TZID=Onze tijd", ";VALUE=DATE")


def line(zone: str, name: str, at: datetime) -> str:
    if zone == ";VALUE=DATE":
        return f"{name};VALUE=DATE:{at:%Y%m%d}"
    return f"{name}:{at:%Y%m%dT%H%M%S}Z" if zone == "Z" else f"{name}{zone}:{at:%Y%m%dT%H%M%S}"


def made(chance: random.Random) -> bytes:
    """One appointment as programs write them: once or again and again, with dates taken out, added and moved."""
    zone = chance.choice(ZONES)
    whole_days = zone == ";VALUE=DATE"
    # No appointment lies across a clock change: there the other reader keeps the hour of the end, not the length.
    start = datetime(2025, 1, 1, 5) + timedelta(days=chance.randrange(1100), minutes=15 * chance.randrange(44))  # noqa: DTZ001
    length = timedelta(days=chance.randrange(1, 4)) if whole_days else timedelta(minutes=15 * chance.randrange(1, 24))
    lines, changed = [line(zone, "DTSTART", start), line(zone, "DTEND", start + length)], []
    rule = _rule(chance, start, zone)
    if rule:
        lines.append(f"RRULE:{rule}")
        if chance.random() < 0.4:
            lines += [line(zone, "EXDATE", start + timedelta(weeks=number)) for number in range(1, 4)]
        if chance.random() < 0.3:
            lines.append(line(zone, "RDATE", start + timedelta(days=400)))
    if rule == "FREQ=WEEKLY" and chance.random() < 0.6:
        instead = start + timedelta(weeks=60)
        moved = instead + timedelta(days=1)
        changed = [
            line(zone, "RECURRENCE-ID", instead),
            line(zone, "DTSTART", moved),
            line(zone, "DTEND", moved + length),
        ]
        changed += ["STATUS:CANCELLED"] if chance.random() < 0.3 else []
    lines += ["TRANSP:TRANSPARENT"] if chance.random() < 0.1 else []
    lines += ["STATUS:CANCELLED"] if chance.random() < 0.1 else []
    return calendar(AMSTERDAM_OWN, event(*lines), *([event(*changed)] if changed else []))


def _rule(chance: random.Random, start: datetime, zone: str) -> str:
    own, nth = DAYS[start.weekday()], (start.day - 1) // 7 + 1
    some = ",".join(sorted({own, *chance.sample(DAYS, 2)}))
    rule = chance.choice(
        ("", f"FREQ=DAILY;INTERVAL={chance.randrange(1, 4)}", f"FREQ=MONTHLY;BYMONTHDAY={start.day}", "FREQ=YEARLY",
         f"FREQ=WEEKLY;INTERVAL={chance.randrange(1, 4)};BYDAY={some};WKST={chance.choice(('MO', 'SU'))}",
         f"FREQ=MONTHLY;BYDAY={nth}{own}", f"FREQ=YEARLY;BYMONTH={start.month};BYDAY={nth}{own}",
         "FREQ=WEEKLY", f"FREQ=DAILY;BYDAY={some}", f"FREQ=MONTHLY;BYDAY={own};BYSETPOS={nth}")
    )  # fmt: skip
    last = start + timedelta(days=chance.randrange(700))
    until = f"{last:%Y%m%d}" if zone == ";VALUE=DATE" else f"{last:%Y%m%dT%H%M%S}" + ("Z" if zone else "")
    ends = chance.choice(("", f";COUNT={chance.randrange(1, 200)}", f";UNTIL={until}"))
    return rule + (ends if rule not in ("", "FREQ=WEEKLY") else "")


def differences(cases: int, read: Callable[[bytes], tuple[busy.Block, ...]]) -> list[int]:
    """The numbers of the calendars that the two readers read differently."""
    found = []
    for number in range(cases):
        content = made(random.Random(number))
        if read(content) != by_library(content):
            found.append(number)
    return found


@pytest.mark.parametrize("cases", [40, pytest.param(1_500, marks=pytest.mark.integrity)])
def test_reads_what_another_reader_reads(cases: int) -> None:
    assert differences(cases, lambda content: read_busy(content, now=NOW).blocks) == []


def test_rig_notices_a_reader_that_knows_no_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busy.FileZones, "find", lambda self, name: HERE)
    assert differences(40, lambda content: read_busy(content, now=NOW).blocks)


def test_what_does_not_keep_anybody_busy_is_left_out() -> None:
    free = [
        event(*TEN, "TRANSP:TRANSPARENT", uid="1"),
        event(*TEN, "STATUS:CANCELLED", uid="2"),
        event(*TEN, "X-MICROSOFT-CDO-BUSYSTATUS:FREE", uid="3"),
        event(TEN[0], uid="4"),
        event("DTSTART:20250101T100000Z", "DURATION:PT1H", uid="5"),
        event("DTSTART:20300101T100000Z", "DURATION:PT1H", uid="6"),
        "BEGIN:VTODO\nDTSTART:20261210T100000Z\nDUE:20261210T110000Z\nEND:VTODO",
    ]
    assert read_busy(calendar(*free), now=NOW).blocks == ()
    assert read_busy(calendar(event(*TEN), head=["METHOD:CANCEL"]), now=NOW).blocks == ()


def test_visits_of_this_service_do_not_come_back_as_busy_time() -> None:
    visit, other = event(*TEN, uid="match-7@hier.example"), event(*TEN, uid="match-7@daar.example")
    assert read_busy(calendar(visit), now=NOW, own_host="hier.example").blocks == ()
    assert read_busy(calendar(other), now=NOW, own_host="hier.example").blocks == (
        block("2026-12-10", "10:00", "11:00"),
    )


@pytest.mark.parametrize(
    "name",
    ["Europe/Amsterdam", "W. Europe Standard Time", "/maker.example/20260101_1/Europe/Amsterdam", '"Europe/Amsterdam"'],
)
def test_names_of_zones_are_known(name: str) -> None:
    found = read_busy(calendar(event(f"DTSTART;TZID={name}:20270610T100000", "DURATION:PT1H")), now=NOW)
    assert (found.blocks, found.guessed_zones) == ((block("2027-06-10", "10:00", "11:00"),), 0)


def test_zone_nobody_explains_is_dutch_time_and_said() -> None:
    found = read_busy(calendar(event("DTSTART;TZID=Maan/Zee:20270610T100000", "DURATION:PT1H")), now=NOW)
    assert (found.blocks, found.guessed_zones) == ((block("2027-06-10", "10:00", "11:00"),), 1)


def test_change_from_here_on_moves_all_later_ones() -> None:
    series = event(*TEN, "RRULE:FREQ=WEEKLY;COUNT=4")
    later = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Amsterdam:20261224T100000",
        "DTSTART;TZID=Europe/Amsterdam:20261224T140000", "DTEND;TZID=Europe/Amsterdam:20261224T160000",
    )  # fmt: skip
    assert read_busy(calendar(series, later), now=NOW).blocks == (
        block("2026-12-10", "10:00", "11:00"), block("2026-12-17", "10:00", "11:00"),
        block("2026-12-24", "14:00", "16:00"), block("2026-12-31", "14:00", "16:00"),
    )  # fmt: skip


def test_free_busy_lists_are_read() -> None:
    part = "BEGIN:VFREEBUSY\nFREEBUSY:20261210T090000Z/PT1H,20261211T090000Z/20261211T100000Z\n"
    part += "FREEBUSY;FBTYPE=FREE:20261212T090000Z/PT1H\nEND:VFREEBUSY"
    found = read_busy(calendar(part), now=NOW).blocks
    assert found == (block("2026-12-10", "10:00", "11:00"), block("2026-12-11", "10:00", "11:00"))


def test_horizon_is_this_and_the_next_school_year() -> None:
    first, end = horizon(NOW)
    assert (f"{local(first):%Y-%m-%d %H:%M}", f"{local(end):%Y-%m-%d %H:%M}") == (
        "2026-11-23 00:00",
        "2028-08-01 00:00",
    )
    found = read_busy(calendar(event("DTSTART;VALUE=DATE:20200101", "DTEND;VALUE=DATE:20350101")), now=NOW)
    assert found.blocks == ((first, end),)


def test_blocks_that_touch_become_one_and_count_their_weeks() -> None:
    assert merged([(5, 9), (1, 3), (3, 5), (20, 30), (21, 22)]) == ((1, 9), (20, 30))
    assert len(weeks_of([block("2026-12-10", "10:00", "11:00"), block("2026-12-13", "23:00", "23:30")])) == 1
    assert len(weeks_of([(block("2026-12-13", "23:00", "23:30")[0], block("2026-12-14", "00:00", "01:00")[1])])) == 2


def test_blocks_survive_the_page_between_looking_and_keeping() -> None:
    blocks = tuple(block(f"2026-12-{day:02}", "10:00", "11:00") for day in range(1, 30))
    assert unpacked(packed(blocks), now=NOW) == blocks
    assert unpacked("", now=NOW) == ()


@pytest.mark.parametrize(
    "text", ["x", "1-", "1-0", "zz-1", "-1-5", "1-5-6", "1-5..1-5", "٣-٣", "1-5." * 30_000, "1 -5"]
)
def test_what_a_browser_makes_up_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        unpacked(text, now=NOW)


def test_what_a_browser_makes_up_stays_inside_the_horizon() -> None:
    assert unpacked("1-ffffffffff", now=NOW) == (horizon(NOW),)
    assert unpacked("1-5", now=NOW) == ()
