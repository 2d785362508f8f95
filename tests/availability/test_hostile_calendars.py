"""Forty calendar files that are broken, endless or meant to hurt: a sentence or the right blocks, at once."""

import gzip
import io
import time
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask

from matcher.availability import ical_rules
from matcher.availability.busy import Block, read_busy
from matcher.availability.busy_wording import fault_sentence, odd_lines
from matcher.availability.ical_lines import MOST_BYTES, FileFault, Unreadable
from matcher.i18n import in_locale
from tests.availability.calendars import AMSTERDAM_OWN, NOW, block, calendar, event

SECONDS = 2.0
TEN = ("DTSTART;TZID=Europe/Amsterdam:20261210T100000", "DTEND;TZID=Europe/Amsterdam:20261210T110000")
GOOD = event(*TEN, uid="good")
TEN_BLOCK = block("2026-12-10", "10:00", "11:00")
Outcome = FileFault | tuple[Block, ...] | dict[str, int]


def ruled(rule: str, *more: str) -> bytes:
    return calendar(event(*TEN, f"RRULE:{rule}", *more), GOOD)


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr("agenda.ics", calendar(GOOD))
    return held.getvalue()


def zone(*lines: str) -> str:
    return "\n".join(["BEGIN:VTIMEZONE", "TZID:Bom", *lines, "END:VTIMEZONE"])


def observance(rule: str, offset: str = "+0100") -> str:
    return (
        f"BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0200\nTZOFFSETTO:{offset}\nRRULE:{rule}\nEND:STANDARD"
    )


BOMBED = event("DTSTART;TZID=Bom:20261210T100000", "DTEND;TZID=Bom:20261210T110000", uid="bomb")
DATED = [
    event(f"DTSTART:{text}", uid=text) for text in ("20270230T100000", "20261301", "20261210T250000", "2026-12-10")
]
PAYLOADS: dict[str, tuple[Callable[[], bytes], Outcome]] = {
    "nothing": (lambda: b"", FileFault.EMPTY),
    "only white space": (lambda: b" \r\n\t\r\n", FileFault.EMPTY),
    "zip": (zipped, FileFault.PACKED),
    "gzip": (lambda: gzip.compress(calendar(GOOD)), FileFault.PACKED),
    "web page": (lambda: b"<!DOCTYPE html><title>Sign in</title>", FileFault.PAGE),
    "a letter": (lambda: b"Beste mensen, hierbij mijn agenda.", FileFault.NO_CALENDAR),
    "a card": (lambda: b"BEGIN:VCARD\r\nFN:Piet\r\nEND:VCARD\r\n", FileFault.NO_CALENDAR),
    "NUL in a title": (lambda: calendar(event(*TEN, "SUMMARY:a\x00b")), FileFault.NOT_TEXT),
    "UTF-16 without a mark": (lambda: calendar(GOOD).decode().encode("utf-16-le"), FileFault.NOT_TEXT),
    "UTF-16 with a mark": (lambda: calendar(GOOD).decode().encode("utf-16"), (TEN_BLOCK,)),
    "half a UTF-16": (lambda: b"\xff\xfeB", FileFault.NOT_TEXT),
    "UTF-8 with a mark": (lambda: b"\xef\xbb\xbf" + calendar(GOOD), (TEN_BLOCK,)),
    "Latin-1": (lambda: calendar(event(*TEN, "SUMMARY:caf?")).replace(b"?", b"\xe9"), (TEN_BLOCK,)),
    "no end": (lambda: calendar(GOOD).rpartition(b"END:VCALENDAR")[0], FileFault.CUT_OFF),
    "cut in an event": (lambda: calendar(GOOD)[:120], FileFault.CUT_OFF),
    "event in an event": (lambda: calendar(f"BEGIN:VEVENT\n{GOOD}\nEND:VEVENT"), FileFault.BROKEN),
    "deep": (lambda: calendar("\n".join(["BEGIN:X-A"] * 5_000)), FileFault.BROKEN),
    "ends that never began": (lambda: calendar("END:VEVENT\n" * 500), FileFault.BROKEN),
    "a million lines": (lambda: b"BEGIN:VCALENDAR\n" + b"X\n" * 1_000_000, FileFault.TOO_LONG),
    "three megabytes": (lambda: b"BEGIN:VCALENDAR\n" + b"x" * (MOST_BYTES + 1), FileFault.TOO_BIG),
    "one endless line": (lambda: calendar(GOOD, head=["X-A:" + "x" * 1_900_000]), (TEN_BLOCK,)),
    "folded a hundred thousand times": (lambda: calendar(event(*TEN, "SUMMARY:x" + "\n y" * 100_000)), (TEN_BLOCK,)),
    "six thousand events": (lambda: calendar(*[GOOD] * 6_000), FileFault.TOO_MANY_EVENTS),
    "every second": (lambda: ruled("FREQ=SECONDLY"), {"rule": 1}),
    "every minute, a billion times": (lambda: ruled("FREQ=MINUTELY;COUNT=1000000000"), {"rule": 1}),
    "every day without end, for a second": (lambda: ruled("FREQ=DAILY;BYSECOND=0;COUNT=1"), (TEN_BLOCK,)),
    "a billion days since 1900": (
        lambda: calendar(event("DTSTART:19000101T100000Z", "DURATION:PT1S", "RRULE:FREQ=DAILY;COUNT=1000000000")),
        {},
    ),
    "until before the start": (lambda: ruled("FREQ=DAILY;UNTIL=20200101T000000Z"), (TEN_BLOCK,)),
    "thirty February": (lambda: ruled("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), (TEN_BLOCK,)),
    "no such weekday": (lambda: ruled("FREQ=MONTHLY;BYDAY=99XX"), {"rule": 1}),
    "a rule twice over": (lambda: ruled("FREQ=DAILY;FREQ=SECONDLY"), {"rule": 1}),
    "a rule with a program in it": (lambda: ruled("FREQ=DAILY;COUNT=__import__('os')"), {"rule": 1}),
    "every rule at once": (
        lambda: calendar(
            *(event(*TEN, *["RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"] * 10, uid=str(n)) for n in range(900))
        ),
        FileFault.TOO_OFTEN,
    ),
    "dates that are none": (lambda: calendar(*DATED, GOOD), {"date": 4}),
    "years 1 and 9999": (
        lambda: calendar(event("DTSTART:00010101T000000Z"), event("DTSTART:99991231T235959Z", uid="b"), GOOD),
        {"year": 2},
    ),
    "ends before it begins": (
        lambda: calendar(
            event(TEN[0], "DTEND;TZID=Europe/Amsterdam:20261209T100000"), event(TEN[0], "DURATION:-PT1H", uid="b"), GOOD
        ),
        {"end": 2},
    ),
    "fifty thousand extra dates": (
        lambda: calendar(event(*TEN, "RDATE:" + ",".join(["20261217T090000Z"] * 5_000)), GOOD),
        (TEN_BLOCK, block("2026-12-17", "10:00", "11:00")),
    ),
    "zone that changes by the second": (lambda: calendar(zone(observance("FREQ=SECONDLY")), BOMBED, GOOD), {"rule": 1}),
    "zone of a thousand parts": (
        lambda: calendar(zone(*[observance("FREQ=YEARLY")] * 1_000), BOMBED), FileFault.TOO_OFTEN
    ),
    "zone that changes every day": (
        lambda: calendar(zone(*[observance("FREQ=DAILY")] * 300), BOMBED, GOOD), {"zone": 1}
    ),
    "offset of 99 hours": (lambda: calendar(zone(observance("FREQ=YEARLY", "+9900")), BOMBED, GOOD), {"zone": 1}),
    "lines that pretend": (
        lambda: calendar(event(*TEN, "SUMMARY:a\\nEND:VEVENT\\nBEGIN:VEVENT\\nDTSTART:20261211T100000Z")),
        (TEN_BLOCK,),
    ),
    "quotes in parameters": (
        lambda: calendar(event('DTSTART;TZID="Europe/Amsterdam";X-A="a:b;c=d":20261210T100000', "DURATION:PT1H")),
        (TEN_BLOCK,),
    ),
    "a quote that never closes": (
        lambda: calendar(event('DTSTART;TZID="Europe/Amsterdam:20261210T100000', "DURATION:PT1H"), GOOD),
        {"date": 1},
    ),
    "spans of a thousand years": (lambda: calendar(event(TEN[0], "DURATION:P99999W"), GOOD), {"end": 1}),
    "five thousand times the same name": (
        lambda: calendar(
            *(event(*TEN, f"RECURRENCE-ID:2026{1 + n % 12:02}01T0900{n % 60:02}Z", uid="same") for n in range(2_000)),
            *(event(*TEN, "RRULE:FREQ=DAILY", uid="same") for _ in range(2_000)),
        ),
        FileFault.TOO_OFTEN,
    ),
}  # fmt: skip


def outcome(content: bytes) -> tuple[Outcome, tuple[Block, ...], float]:
    """What came of it, the blocks, and the seconds of this very thread it took."""
    began = time.thread_time()
    try:
        found = read_busy(content, now=NOW)
    except Unreadable as wrong:
        return wrong.fault, (), time.thread_time() - began
    took = time.thread_time() - began
    return found.skipped or found.blocks, found.blocks, took


def test_there_are_forty_of_them() -> None:
    assert len(PAYLOADS) >= 40


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_calendar_is_refused_or_read_right(name: str, app: Flask) -> None:
    make, expected = PAYLOADS[name]
    content = make()
    found, blocks, took = outcome(content)
    assert took < SECONDS
    if name == "a billion days since 1900":
        assert isinstance(found, tuple)
        assert len(found) > 500
        return
    assert found == expected
    if isinstance(expected, dict):
        assert TEN_BLOCK in blocks
    for locale in ("nl", "en"):
        with app.test_request_context(), in_locale(locale):
            said = [fault_sentence(found)] if isinstance(found, FileFault) else []
            said += odd_lines(read_busy(content, now=NOW)) if isinstance(found, dict) else []
            assert all(text.endswith(".") and "%(" not in text for text in said)


def test_rig_notices_a_reader_without_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the count of steps the twenty endless rules take as long as a whole bad file may not."""
    monkeypatch.setattr(ical_rules.Budget, "spend", lambda self, steps=1: None)
    make, expected = PAYLOADS["every rule at once"]
    content = b"END:VEVENT\r\n".join(make().split(b"END:VEVENT\r\n")[:20]) + b"END:VEVENT\r\nEND:VCALENDAR\r\n"
    found, _blocks, took = outcome(content)
    assert found != expected
    assert took > 0.4


def test_zone_of_ones_own_is_believed() -> None:
    inside = event("DTSTART;TZID=Onze tijd:20270610T100000", "DTEND;TZID=Onze tijd:20270610T110000")
    assert read_busy(calendar(AMSTERDAM_OWN, inside), now=NOW).blocks == (block("2027-06-10", "10:00", "11:00"),)
