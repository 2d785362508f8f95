"""One visit, or several of one match, as a calendar file (RFC 5545 and 5546), pure: plain values in, text out.

The UID stays the same for a match and SEQUENCE only rises, so a calendar moves or removes what it already shows.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event, vCalAddress, vDuration, vText

from matcher.clock import AMSTERDAM
from matcher.matching.recurrence import Recurrence, Visit, recurrence_of

PRODUCT = "-//Matcher//Visits//NL"
METHODS = frozenset({"REQUEST", "CANCEL"})
PARTICIPATION = {"TENTATIVE": "TENTATIVE", "CONFIRMED": "ACCEPTED", "CANCELLED": "DECLINED"}
REFRESH = timedelta(hours=4)
LONGEST_LINE = 200
LONGEST_TEXT = 2_000
_CONTROL = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)
_UID = re.compile(r"[^A-Za-z0-9.@_-]")
_ADDRESS = re.compile(r"[^\s@<>\"',;:\\()\[\]]{1,64}@[^\s@<>\"',;:\\()\[\]]{1,250}")


@dataclass(frozen=True)
class Entry:
    """One agreement as a feed shows it. `changed_at` is its last step, `address` the page about it."""

    uid: str
    sequence: int
    status: str
    visits: tuple[Visit, ...]
    summary: str
    description: str
    location: str
    address: str
    changed_at: datetime


def build_event(
    *,
    uid: str,
    sequence: int,
    method: str,
    status: str,
    start: datetime,
    end: datetime,
    summary: str,
    description: str,
    location: str,
    organizer: str,
    attendees: Iterable[str],
    now: datetime,
    visits: Sequence[Visit] = (),
) -> str:
    """The text of the file. Moments are aware; organizer and attendees are mail addresses: what is none is left out.

    Several `visits`, one a day, become one event that comes back; start and end are then taken from them. Raises
    ValueError for an unknown method or status, a naive moment, or an end before the start.
    """
    if method not in METHODS or status not in PARTICIPATION:
        raise ValueError(f"no calendar message is {method} {status}")
    if now.tzinfo is None:
        raise ValueError("a calendar message is made at an aware moment")
    entry = Entry(uid, sequence, status, tuple(visits) or ((start, end),), summary, description, location, "", now)
    events = _events(entry)
    for event in events:
        _add_people(event, organizer, attendees, PARTICIPATION[status])
    calendar = _calendar(method)
    return _whole(calendar, events)


def build_feed(entries: Iterable[Entry], *, name: str) -> str:
    """All agreements of one person, for a calendar program that comes back for it. Nobody is invited by it: it holds no
    addresses of people. Raises ValueError for what `build_event` refuses.
    """
    calendar = _calendar("PUBLISH")
    calendar.add("x-wr-calname", clean_line(name))
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    events: list[Event] = []
    for entry in entries:
        for event in _events(entry):
            event.add("last-modified", entry.changed_at)
            if entry.address:
                event.add("url", entry.address)
            events.append(event)
    return _whole(calendar, events)


def _events(entry: Entry) -> list[Event]:
    """The agreement itself, and one more for each visit of a series at another hour. Raises ValueError."""
    if entry.status not in PARTICIPATION:
        raise ValueError(f"no visit is {entry.status}")
    if any(moment.tzinfo is None for visit in entry.visits for moment in visit) or any(
        end <= start for start, end in entry.visits
    ):
        raise ValueError("a visit needs aware moments and an end after its start")
    rule = recurrence_of(entry.visits) if len(entry.visits) > 1 else None
    found = [_event(entry, (rule.start, rule.end) if rule else entry.visits[0])]
    if rule:
        _repeat(found[0], rule)
        for replaced, visit in rule.instead:
            found.append(_event(entry, visit))
            found[-1].add("recurrence-id", replaced)
    return found


def _event(entry: Entry, visit: Visit) -> Event:
    event = Event()
    event.add("uid", _UID.sub("", entry.uid)[:LONGEST_LINE])
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at)
    event.add("dtstart", visit[0].astimezone(AMSTERDAM))
    event.add("dtend", visit[1].astimezone(AMSTERDAM))
    event.add("status", entry.status)
    event.add("transp", "TRANSPARENT" if entry.status == "CANCELLED" else "OPAQUE")
    event.add("summary", clean_line(entry.summary))
    event.add("description", clean_text(entry.description))
    event.add("location", clean_line(entry.location))
    return event


def _repeat(event: Event, rule: Recurrence) -> None:
    event.add("rrule", {"freq": "weekly", "byday": list(rule.weekdays), "until": rule.until.astimezone(UTC)})
    if rule.without:
        event.add("exdate", list(rule.without))


def clean_line(text: str) -> str:
    """One line without control or direction characters."""
    return " ".join(_CONTROL.sub(" ", text).split())[:LONGEST_LINE]


def clean_text(text: str) -> str:
    """The same, with its line breaks."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").split("\n")
    return "\n".join(_CONTROL.sub(" ", line).strip() for line in lines).strip()[:LONGEST_TEXT]


def _add_people(event: Event, organizer: str, attendees: Iterable[str], participation: str) -> None:
    if _is_address(organizer):
        event.add("organizer", vCalAddress(f"mailto:{organizer}"))
    for address in attendees:
        if not _is_address(address):
            continue
        person = vCalAddress(f"mailto:{address}")
        person.params["ROLE"] = vText("REQ-PARTICIPANT")
        person.params["PARTSTAT"] = vText(participation)
        # Answers happen on the site; a reply to this address is read by nobody.
        person.params["RSVP"] = vText("FALSE")
        event.add("attendee", person, encode=False)


def _is_address(text: str) -> bool:
    return text.isprintable() and _ADDRESS.fullmatch(text) is not None


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def _whole(calendar: Calendar, events: Sequence[Event]) -> str:
    for event in events:
        calendar.add_component(event)
    if events:
        years = [event.start.year for event in events]
        # Without bounds the library writes the clock changes of sixty years.
        calendar.add_missing_timezones(first_date=date(min(years) - 1, 12, 1), last_date=date(max(years) + 1, 12, 31))
    return str(calendar.to_ical(), "utf-8")
