"""Somebody else's calendar file (RFC 5545) as lines and components: only what says when, never what or with whom. Pure.

Made for files nobody has checked: every loop is bounded by the size of the file, and names, people and places are
dropped here, before anything else sees them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

MOST_BYTES = 2 * 1024 * 1024
MOST_LINES = 200_000
MOST_EVENTS = 5_000
MOST_OBSERVANCES = 400
DEEPEST = 8
LONGEST_LINE = 100_000

WANTED = {
    "VCALENDAR": {"X-WR-TIMEZONE", "METHOD"},
    "VEVENT": {
        "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "TRANSP", "STATUS",
        "X-MICROSOFT-CDO-BUSYSTATUS",
    },
    "VFREEBUSY": {"FREEBUSY"},
    "VTIMEZONE": {"TZID", "X-LIC-LOCATION"},
    "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"},
}  # fmt: skip
_PARENT = {
    "VEVENT": "VCALENDAR", "VFREEBUSY": "VCALENDAR", "VTIMEZONE": "VCALENDAR",
    "STANDARD": "VTIMEZONE", "DAYLIGHT": "VTIMEZONE",
}  # fmt: skip
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";:]*)')
_NAME = re.compile(r"[A-Za-z0-9-]+")


class FileFault(StrEnum):
    """Why a whole file is refused."""

    EMPTY = "empty"
    TOO_BIG = "too_big"
    TOO_LONG = "too_long"
    PACKED = "packed"
    PAGE = "page"
    NOT_TEXT = "not_text"
    NO_CALENDAR = "no_calendar"
    CUT_OFF = "cut_off"
    BROKEN = "broken"
    TOO_MANY_EVENTS = "too_many_events"
    TOO_OFTEN = "too_often"
    TOO_MANY_BLOCKS = "too_many_blocks"


class Unreadable(Exception):
    """This file gives nothing at all."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True)
class Property:
    """One line: its name, what stands before the colon, and its value."""

    name: str
    parameters: dict[str, str]
    value: str


@dataclass
class Component:
    """A part of the file with the lines that are wanted of it."""

    kind: str
    lines: list[Property] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        return [line for line in self.lines if line.name == name]

    def first(self, name: str) -> Property | None:
        return next((line for line in self.lines if line.name == name), None)

    def text(self, name: str) -> str:
        found = self.first(name)
        return found.value.strip() if found else ""


def decoded(content: bytes) -> str:
    """The file as text. Raises Unreadable for what is no text, or no calendar at first sight."""
    if not content.strip():
        raise Unreadable(FileFault.EMPTY)
    if len(content) > MOST_BYTES:
        raise Unreadable(FileFault.TOO_BIG)
    if content.startswith((b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ")):
        raise Unreadable(FileFault.PACKED)
    text = _text_of(content)
    if "\x00" in text:
        raise Unreadable(FileFault.NOT_TEXT)
    start = text.lstrip("\ufeff \t\r\n")[:20].upper()
    if start.startswith("<"):
        raise Unreadable(FileFault.PAGE)
    if not start.startswith("BEGIN:VCALENDAR"):
        raise Unreadable(FileFault.NO_CALENDAR)
    return text.lstrip("\ufeff \t\r\n")


def _text_of(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as wrong:
            raise Unreadable(FileFault.NOT_TEXT) from wrong
    # All that counts is plain ASCII; letters in titles, which nobody reads, may be spelt in any way.
    return content.decode("utf-8", "replace")


def calendars_of(content: bytes) -> list[Component]:
    """Every VCALENDAR of a file with the parts that tell when. Raises Unreadable."""
    text = decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > MOST_LINES:
        raise Unreadable(FileFault.TOO_LONG)
    return _Reader().read(text.split("\n"))


class _Reader:
    """Builds the tree; unknown components are passed over with everything in them."""

    def __init__(self) -> None:
        self.found: list[Component] = []
        self.open: list[Component] = []
        self.events = 0
        self.observances = 0

    def read(self, lines: list[str]) -> list[Component]:
        for line in _unfolded(lines, self._is_wanted):
            head = line[:6].upper()
            if head == "BEGIN:":
                self._begin(line[6:].strip().upper())
            elif head.startswith("END:"):
                self._end(line[4:].strip().upper())
            elif self.open:
                made = _property(line)
                if made is not None:
                    self.open[-1].lines.append(made)
        if self.open:
            raise Unreadable(FileFault.CUT_OFF)
        return self.found

    def _is_wanted(self, line: str) -> bool:
        if line[:6].upper() == "BEGIN:" or line[:4].upper() == "END:":
            return True
        name = _NAME.match(line)
        return bool(self.open and name and name[0].upper() in WANTED.get(self.open[-1].kind, ()))

    def _begin(self, kind: str) -> None:
        above = self.open[-1].kind if self.open else None
        if len(self.open) >= DEEPEST or (kind == "VCALENDAR") != (above is None) or _PARENT.get(kind, above) != above:
            raise Unreadable(FileFault.BROKEN)
        self.events += kind in ("VEVENT", "VFREEBUSY")
        self.observances += kind in ("STANDARD", "DAYLIGHT")
        if self.events > MOST_EVENTS:
            raise Unreadable(FileFault.TOO_MANY_EVENTS)
        if self.observances > MOST_OBSERVANCES:
            raise Unreadable(FileFault.TOO_OFTEN)
        self.open.append(Component(kind))

    def _end(self, kind: str) -> None:
        if not self.open or self.open[-1].kind != kind:
            raise Unreadable(FileFault.BROKEN)
        done = self.open.pop()
        if not self.open:
            self.found.append(done)
        elif kind in WANTED:
            self.open[-1].parts.append(done)


def _unfolded(lines: list[str], is_wanted: Callable[[str], bool]) -> Iterator[str]:
    """Wanted lines with their continuations; of the others not even the text is put together."""
    parts: list[str] = []
    length = 0
    for line in lines:
        if line[:1] in (" ", "\t"):
            length += len(line)
            if parts and length <= LONGEST_LINE:
                parts.append(line[1:])
            continue
        if parts:
            yield "".join(parts)
        # Asked only now: what was yielded may have opened or closed a part.
        parts, length = ([line], len(line)) if len(line) <= LONGEST_LINE and is_wanted(line) else ([], 0)
    if parts:
        yield "".join(parts)


def _property(line: str) -> Property | None:
    """A content line taken apart; None for what is none."""
    name = _NAME.match(line)
    if name is None:
        return None
    parameters, at = {}, name.end()
    while (found := _PARAMETER.match(line, at)) is not None:
        parameters[found[1].upper()] = found[2].strip('"')
        at = found.end()
    if line[at : at + 1] != ":":
        return None
    return Property(name[0].upper(), parameters, line[at + 1 :])
