"""Calendar entries read back by a parser: facts, clock changes, the life of a visit, and texts that want to be more."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar, Event

from matcher.clock import AMSTERDAM
from matcher.matching.calendar import build_event

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "uid": "match-42@matcher.example",
    "sequence": 3,
    "method": "REQUEST",
    "status": "CONFIRMED",
    "start": datetime(2026, 12, 10, 9, 15, tzinfo=UTC),
    "end": datetime(2026, 12, 10, 10, 5, tzinfo=UTC),
    "summary": "Gastles warmtepompen – Lyceum De Brug",
    "description": "Lokaal 12; neem een laptop mee.\nParkeren achter de school.",
    "location": "Lyceum De Brug, 's-Hertogenbosch",
    "organizer": "noreply@matcher.example",
    "attendees": ["anna@school.example"],
    "now": NOW,
}


def read(**changes: Any) -> tuple[Calendar, Event, str]:
    text = build_event(**{**FACTS, **changes})
    calendar = Calendar.from_ical(text)
    events = calendar.walk("VEVENT")
    assert len(events) == 1
    return calendar, events[0], text


def test_entry_holds_the_facts() -> None:
    calendar, event, text = read()
    assert (calendar["method"], calendar["version"]) == ("REQUEST", "2.0")
    assert (event["uid"], event["sequence"], event["status"]) == ("match-42@matcher.example", 3, "CONFIRMED")
    assert event["dtstart"].dt == FACTS["start"]
    assert event["dtend"].dt == FACTS["end"]
    assert event["dtstamp"].dt == NOW
    assert event["summary"] == FACTS["summary"]
    assert event["description"] == FACTS["description"]
    assert event["location"] == FACTS["location"]
    assert event["organizer"] == "mailto:noreply@matcher.example"
    assert event["attendee"] == "mailto:anna@school.example"
    assert event["attendee"].params["PARTSTAT"] == "ACCEPTED"
    assert "DTSTART;TZID=Europe/Amsterdam:20261210T101500" in text


def test_entry_is_well_formed_bytes() -> None:
    text = build_event(**{**FACTS, "summary": "é" * 190})
    assert text.endswith("END:VCALENDAR\r\n")
    lines = text.split("\r\n")
    assert not any("\n" in line or "\r" in line for line in lines)
    assert max(len(line.encode()) for line in lines) <= 75


@pytest.mark.parametrize(
    ("day", "offset"),
    [
        ((2026, 3, 27), 1),
        ((2026, 3, 29), 2),
        ((2026, 3, 30), 2),
        ((2026, 10, 23), 2),
        ((2026, 10, 25), 1),
        ((2026, 10, 26), 1),
        ((2027, 3, 28), 2),
    ],
)
def test_ten_o_clock_stays_ten_o_clock_around_clock_changes(day: tuple[int, int, int], offset: int) -> None:
    start = datetime(*day, 10, 0, tzinfo=AMSTERDAM)
    _calendar, event, text = read(start=start.astimezone(UTC), end=start.astimezone(UTC) + timedelta(minutes=50))
    assert f"DTSTART;TZID=Europe/Amsterdam:{start:%Y%m%d}T100000" in text
    assert event["dtstart"].dt.utcoffset() == timedelta(hours=offset)
    assert event["dtstart"].dt == start


def test_time_zone_is_bounded_and_knows_the_changes() -> None:
    calendar, _event, text = read()
    (zone,) = calendar.walk("VTIMEZONE")
    assert zone["tzid"] == "Europe/Amsterdam"
    assert "DTSTART:20260329T030000" in text
    assert "DTSTART:20261025T030000" in text
    assert len(text) < 1500


def test_life_of_a_visit_keeps_uid_and_raises_sequence() -> None:
    life = [("REQUEST", "TENTATIVE"), ("REQUEST", "CONFIRMED"), ("REQUEST", "CONFIRMED"), ("CANCEL", "CANCELLED")]
    seen = []
    for sequence, (method, status) in enumerate(life, start=2):
        moved = FACTS["start"] + timedelta(days=sequence)
        calendar, event, _text = read(
            method=method, status=status, sequence=sequence, start=moved, end=moved + timedelta(minutes=50)
        )
        seen.append((event["uid"], event["sequence"], calendar["method"], event["status"]))
    assert {uid for uid, *_ in seen} == {"match-42@matcher.example"}
    assert [sequence for _, sequence, *_ in seen] == [2, 3, 4, 5]
    assert seen[-1][2:] == ("CANCEL", "CANCELLED")


PAYLOADS = [
    "A\r\nATTENDEE:mailto:evil@x.nl",
    "A\nATTENDEE:mailto:evil@x.nl",
    "A\rATTENDEE:mailto:evil@x.nl",
    "A\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil",
    "A\nEND:VEVENT\nEND:VCALENDAR\nBEGIN:VCALENDAR",
    "A\\nEND:VEVENT\\nBEGIN:VEVENT",
    "A\x0bATTENDEE:mailto:evil@x.nl",
    "A\x0cATTENDEE:mailto:evil@x.nl",
    "A\x85ATTENDEE:mailto:evil@x.nl",
    "A\u2028ATTENDEE:mailto:evil@x.nl",
    "A\u2029ATTENDEE:mailto:evil@x.nl",
    "A\x00B\x07C\x1b[31m",
    "A\u202eevil\u2066",
    "A\r\n ATTENDEE:mailto:evil@x.nl",
    "A\r\n\tATTENDEE:mailto:evil@x.nl",
    'A";X-EVIL="1',
    "A;VALUE=URI:http://evil.example",
    "A,B;C:D\\",
    "A\\",
    "x" * 100_000,
    "é" * 40 + "\r\nEND:VEVENT",
    "BEGIN:VALARM\r\nACTION:AUDIO\r\nEND:VALARM",
    "A\ud800B",
    "^n^'^^",
]


@pytest.mark.parametrize("name", ["summary", "description", "location", "uid", "organizer", "attendees"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_becomes_structure(name: str, payload: str) -> None:
    value = [payload, f"anna@x.nl{payload}", "anna@school.example"] if name == "attendees" else payload
    calendar, event, text = read(**{name: value})
    assert text.split("\r\n").count("BEGIN:VEVENT") == 1
    assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE", "VEVENT"]
    assert not event.subcomponents
    assert event["attendee"] == "mailto:anna@school.example"
    assert set(event) <= {
        "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "STATUS", "TRANSP", "SUMMARY", "DESCRIPTION", "LOCATION",
        "ORGANIZER", "ATTENDEE",
    }  # fmt: skip
    assert not any(ord(sign) < 32 and sign not in "\r\n" for sign in text)
    assert len(text) < 6_000


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "PUBLISH"},
        {"status": "MAYBE"},
        {"start": datetime(2026, 12, 10, 9, 15)},  # noqa: DTZ001
        {"end": FACTS["start"]},
        {"end": FACTS["start"] - timedelta(minutes=1)},
    ],
)
def test_impossible_entries_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"calendar|visit"):
        build_event(**{**FACTS, **changes})
