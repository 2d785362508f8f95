"""When somebody is busy, read from their own calendar file: half-open blocks in seconds since 1970, and no more. Pure.

An event that cannot be read is left out and counted by what is odd about it; a file that cannot be read gives nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from matcher.availability.ical_lines import Component, FileFault, Property, Unreadable, calendars_of
from matcher.availability.ical_rules import Budget, Rule, TooOften, occurrences, read_rule
from matcher.availability.ical_times import DAY, Odd, Span, When, Zone, read_span, read_when, wall_in, when_of
from matcher.availability.ical_zones import FileZones
from matcher.availability.moments import day_range, local
from matcher.clock import school_year, school_year_dates

MOST_BLOCKS = 4_000
Block = tuple[int, int]


@dataclass(frozen=True)
class BusyTimes:
    """What a file says: blocks in order that neither touch nor overlap, and what could not be read, by code."""

    blocks: tuple[Block, ...]
    events: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    guessed_zones: int = 0


def weeks_of(blocks: Iterable[Block]) -> set[date]:
    """The Mondays of the weeks these blocks touch."""
    mondays: set[date] = set()
    for start_s, end_s in blocks:
        day, last = local(start_s).date(), local(end_s - 1).date()
        while day <= last:
            mondays.add(day - timedelta(days=day.weekday()))
            day += timedelta(days=7 - day.weekday())
    return mondays


def horizon(now: datetime) -> Block:
    """From today on until the end of the next school year."""
    today = local(int(now.timestamp())).date()
    return day_range(today, school_year_dates(school_year(today) + 1)[1])


def merged(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Blocks in order; what touches or overlaps becomes one."""
    found: list[Block] = []
    for start_s, end_s in sorted(blocks):
        if found and start_s <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end_s))
        else:
            found.append((start_s, end_s))
    return tuple(found)


def read_busy(content: bytes, *, now: datetime, own_host: str = "") -> BusyTimes:
    """Everything this file says about being busy from today until the end of the next school year.

    Visits that this service itself put into the calendar (`match-…@own_host`) are left out: they are known, and a
    cancelled one would stay for ever. Raises Unreadable.
    """
    calendars = calendars_of(content)
    reader = _Reader(horizon(now), f"@{own_host}" if own_host else "")
    try:
        for calendar in calendars:
            reader.read(calendar)
    except TooOften as wrong:
        raise Unreadable(FileFault.TOO_OFTEN) from wrong
    blocks = merged(reader.blocks)
    if len(blocks) > MOST_BLOCKS:
        raise Unreadable(FileFault.TOO_MANY_BLOCKS)
    return BusyTimes(blocks, reader.events, dict(sorted(reader.skipped.items())), reader.guessed)


@dataclass
class _Event:
    """One VEVENT with its moment and length; `replaces` is the moment of the series it stands for."""

    part: Component
    start: When
    length: Span
    replaces: When | None
    is_busy: bool

    @property
    def is_onwards(self) -> bool:
        found = self.part.first("RECURRENCE-ID")
        return found is not None and found.parameters.get("RANGE", "").upper() == "THISANDFUTURE"


class _Reader:
    def __init__(self, window: Block, own_tail: str) -> None:
        self.window, self.own_tail = window, own_tail
        self.first, self.last = wall_in(window[0] - DAY), wall_in(window[1] + DAY)
        self.budget = Budget()
        self.blocks: list[Block] = []
        self.skipped: Counter[str] = Counter()
        self.events = 0
        self.guessed = 0

    def read(self, calendar: Component) -> None:
        if calendar.text("METHOD").upper() == "CANCEL":
            return
        zones = FileZones(calendar, self.last, self.budget)
        series: dict[str, list[_Event]] = defaultdict(list)
        for number, part in enumerate(calendar.parts):
            try:
                if part.kind == "VFREEBUSY":
                    self._add_periods(part, zones)
                elif part.kind == "VEVENT" and not self._is_ours(part):
                    series[part.text("UID") or str(number)].append(_event(part, zones))
            except (Odd, OverflowError) as wrong:
                self._skip(wrong)
        for events in series.values():
            self._add_series(events, zones)
        self.guessed += zones.guessed

    def _is_ours(self, part: Component) -> bool:
        uid = part.text("UID")
        return bool(self.own_tail) and uid.startswith("match-") and uid.endswith(self.own_tail)

    def _skip(self, wrong: Exception) -> None:
        self.skipped[wrong.code if isinstance(wrong, Odd) else "date"] += 1

    def _keep(self, start_s: int, end_s: int) -> None:
        start_s, end_s = max(start_s, self.window[0]), min(end_s, self.window[1])
        if start_s < end_s:
            self.budget.spend()
            self.blocks.append((start_s, end_s))

    def _add_periods(self, part: Component, zones: FileZones) -> None:
        self.events += 1
        for line in part.all("FREEBUSY"):
            self.budget.spend(line.value.count(",") + 1)
            if line.parameters.get("FBTYPE", "BUSY").upper() != "FREE":
                for start, length in _periods(line, zones):
                    self._keep(start.seconds, length.after(start, start.wall))

    def _add_series(self, events: list[_Event], zones: FileZones) -> None:
        changed = [event for event in events if event.replaces is not None]
        for event in events:
            try:
                # All or nothing of one event: what raises half-way leaves none of its blocks.
                found = self._one(event, changed if event.replaces is None else [], zones)
            except (Odd, OverflowError) as wrong:
                self._skip(wrong)
                continue
            self.events += 1
            for start_s, end_s in found:
                self._keep(start_s, end_s)

    def _one(self, event: _Event, changed: Sequence[_Event], zones: FileZones) -> list[Block]:
        if event.replaces is not None:
            # What holds for all later ones as well is laid by the series itself.
            return [] if event.is_onwards or not event.is_busy else [_block(event, event.start.wall)]
        if not event.is_busy:
            return []
        walls = self._walls(event, zones)
        # Each has a moment to work out, which costs more than a step of a rule.
        self.budget.spend(4 * len(changed))
        replaced = {each.replaces.seconds: each for each in changed if each.replaces is not None}
        onwards = [(at, each) for at, each in sorted(replaced.items(), key=_first) if each.is_onwards]
        found = []
        for wall in walls:
            seconds = event.start.zone.seconds(wall)
            self.budget.spend(len(onwards))
            later = [each for at, each in onwards if at <= seconds]
            if seconds in replaced and not replaced[seconds].is_onwards:
                continue
            if later:
                found += _moved(event, wall, later[-1])
            else:
                found.append(_block(event, wall))
        return found

    def _walls(self, event: _Event, zones: FileZones) -> list[datetime]:
        """Every wall time at which the event begins, so that it reaches into the window."""
        part, start = event.part, event.start
        first = self.first - timedelta(days=event.length.days, seconds=event.length.seconds)
        walls: set[datetime] = set()
        rules = part.all("RRULE")
        if not rules:
            walls.add(start.wall)
        for line in rules[:10]:
            walls.update(occurrences(_rule(line, start, zones), start.wall, first, self.last, self.budget))
        for line in part.all("RDATE"):
            self.budget.spend(line.value.count(",") + 1)
            walls.update(_dates(line, start, zones))
        without_days, without = set(), set()
        for line in part.all("EXDATE"):
            texts = line.value.split(",")
            self.budget.spend(len(texts))
            for text in texts:
                gone = when_of(text, line.parameters, zones)
                if gone.is_date:
                    without_days.add(gone.wall.date())
                else:
                    without.add(gone.seconds)
        return sorted(
            wall
            for wall in walls
            if wall.date() not in without_days and (not without or start.zone.seconds(wall) not in without)
        )


def _event(part: Component, zones: FileZones) -> _Event:
    """Raises Odd."""
    begin, end, replaces = part.first("DTSTART"), part.first("DTEND"), part.first("RECURRENCE-ID")
    if begin is None:
        raise Odd("date")
    start = read_when(begin, zones)
    if end is not None:
        length = _until(start, read_when(end, zones))
    elif part.text("DURATION"):
        length = read_span(part.text("DURATION"))
    else:
        length = Span(1, 0) if start.is_date else Span(0, 0)
    busy = part.text("TRANSP").upper() != "TRANSPARENT" and part.text("STATUS").upper() != "CANCELLED"
    busy = busy and part.text("X-MICROSOFT-CDO-BUSYSTATUS").upper() not in ("FREE", "WORKINGELSEWHERE")
    return _Event(part, start, length, read_when(replaces, zones) if replaces else None, busy)


def _until(start: When, end: When) -> Span:
    """From begin to end: whole days for dates, exact seconds for times. Raises Odd when it runs backwards."""
    if start.is_date != end.is_date:
        raise Odd("end")
    if start.is_date:
        days = (end.wall - start.wall).days
        if days < 0:
            raise Odd("end")
        # Some programs write the same day twice for one day.
        return Span(days or 1, 0)
    seconds = end.seconds - start.seconds
    if seconds < 0:
        raise Odd("end")
    return Span(0, seconds)


def _block(event: _Event, wall: datetime) -> Block:
    if event.length.days:
        return event.start.zone.seconds(wall), event.length.after(event.start, wall)
    start_s = event.start.zone.seconds(wall)
    return start_s, start_s + event.length.seconds


def _first(pair: tuple[int, _Event]) -> int:
    return pair[0]


def _moved(event: _Event, wall: datetime, later: _Event) -> list[Block]:
    """An occurrence after a change "from here on": moved as far as the first one was, or gone."""
    if not later.is_busy or later.replaces is None:
        return []
    return [_block(later, wall + (later.start.wall - later.replaces.wall))]


def _rule(line: Property, start: When, zones: FileZones) -> Rule:
    parts, rule = read_rule(line.value, start.wall)
    if "UNTIL" not in parts:
        return rule
    end = when_of(parts["UNTIL"], {}, zones)
    if end.is_date:
        return replace(rule, until=end.wall + timedelta(days=1, seconds=-1))
    wall = start.zone.wall(end.seconds) if parts["UNTIL"].endswith("Z") else end.wall
    return replace(rule, until=datetime.combine(wall.date(), datetime.max.time()) if start.is_date else wall)


def _dates(line: Property, start: When, zones: FileZones) -> list[datetime]:
    """Extra moments of a series, as wall times of its own zone; of periods the begin."""
    found = []
    for text in line.value.split(","):
        when = when_of(text.partition("/")[0], line.parameters, zones)
        found.append(when.wall if when.is_date or start.is_date else _same_clock(when, start.zone))
    return found


def _same_clock(when: When, zone: Zone) -> datetime:
    return zone.wall(when.seconds)


def _periods(line: Property, zones: FileZones) -> list[tuple[When, Span]]:
    found = []
    for text in line.value.split(","):
        begin, is_set, end = text.partition("/")
        start = when_of(begin, line.parameters, zones)
        if not is_set or start.is_date:
            raise Odd("date")
        is_span = end.strip()[:1] in ("P", "-", "+")
        found.append((start, read_span(end) if is_span else _until(start, when_of(end, line.parameters, zones))))
    return found


def packed(blocks: Iterable[Block]) -> str:
    """Blocks as text for a form between looking and keeping: the seconds since the one before, and the length."""
    parts, last = [], 0
    for start_s, end_s in blocks:
        parts.append(f"{start_s - last:x}-{end_s - start_s:x}")
        last = end_s
    return ".".join(parts)


def unpacked(text: str, *, now: datetime) -> tuple[Block, ...]:
    """What `packed` made, inside today's horizon. Raises ValueError for anything else: it comes from a browser."""
    if len(text) > MOST_BLOCKS * 24:
        raise ValueError("too long")
    found: list[Block] = []
    last = 0
    for part in text.split(".") if text else ():
        pieces = part.split("-")
        if len(pieces) != 2 or not all(piece.isascii() and piece.isalnum() and len(piece) < 12 for piece in pieces):
            raise ValueError("not a block")
        start_s, length = last + int(pieces[0], 16), int(pieces[1], 16)
        last = start_s + length
        if length <= 0:
            raise ValueError("not a block")
        found.append((start_s, last))
    if len(found) > MOST_BLOCKS:
        raise ValueError("too many")
    first, end = horizon(now)
    return merged((max(start_s, first), min(end_s, end)) for start_s, end_s in found if start_s < end and end_s > first)
