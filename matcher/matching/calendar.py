"""One visit, or several of one match, as a calendar file (RFC 5545 and 5546), pure: plain values in, text out.

The UID stays the same for a match and SEQUENCE only rises, so a calendar moves or removes what it already shows.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from icalendar import Calendar, Event, vCalAddress, vText

from matcher.clock import AMSTERDAM
from matcher.matching.recurrence import Recurrence, Visit, recurrence_of

PRODUCT = "-//Matcher//Visits//NL"
METHODS = frozenset({"REQUEST", "CANCEL"})
PARTICIPATION = {"TENTATIVE": "TENTATIVE", "CONFIRMED": "ACCEPTED", "CANCELLED": "DECLINED"}
LONGEST_LINE = 200
LONGEST_TEXT = 2_000
_CONTROL = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)
_UID = re.compile(r"[^A-Za-z0-9.@_-]")
_ADDRESS = re.compile(r"[^\s@<>\"',;:\\()\[\]]{1,64}@[^\s@<>\"',;:\\()\[\]]{1,250}")


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
    if any(moment.tzinfo is None for moment in (start, end, now)) or end <= start:
        raise ValueError("a visit needs aware moments and an end after its start")
    rule = recurrence_of(visits) if len(visits) > 1 else None
    first, until = (rule.start, rule.end) if rule else (start, end)

    def made(begins: datetime, ends: datetime) -> Event:
        event = Event()
        event.add("uid", _UID.sub("", uid)[:LONGEST_LINE])
        event.add("sequence", sequence)
        event.add("dtstamp", now)
        event.add("dtstart", begins.astimezone(AMSTERDAM))
        event.add("dtend", ends.astimezone(AMSTERDAM))
        event.add("status", status)
        event.add("transp", "OPAQUE")
        event.add("summary", clean_line(summary))
        event.add("description", clean_text(description))
        event.add("location", clean_line(location))
        _add_people(event, organizer, attendees, PARTICIPATION[status])
        return event

    events = [made(first, until)]
    if rule:
        _repeat(events[0], rule)
        for replaced, visit in rule.instead:
            events.append(made(*visit))
            events[-1].add("recurrence-id", replaced)
    return _wrapped(events, method, first.astimezone(AMSTERDAM).year)


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


def _wrapped(events: Iterable[Event], method: str, year: int) -> str:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    # Without bounds the library writes the clock changes of sixty years.
    calendar.add_missing_timezones(first_date=date(year - 1, 12, 1), last_date=date(year + 1, 12, 31))
    return str(calendar.to_ical(), "utf-8")
