"""The time zones of one foreign calendar file: names the world knows, else what the file says itself. Pure."""

from datetime import datetime, timedelta

from matcher.availability.ical_lines import Component
from matcher.availability.ical_rules import Budget, occurrences, read_rule
from matcher.availability.ical_times import (
    HERE,
    WORLD,
    Change,
    Odd,
    OwnZone,
    Zone,
    flat_seconds,
    known_zone,
    read_offset,
    when_of,
)

MOST_CHANGES = 5_000


class FileZones:
    """Zones by name. `guessed` counts names that nobody explains: they are read as Dutch time."""

    def __init__(self, calendar: Component, until: datetime, budget: Budget) -> None:
        self._own = {part.text("TZID"): part for part in calendar.parts if part.kind == "VTIMEZONE"}
        self._floating: Zone = known_zone(calendar.text("X-WR-TIMEZONE")) or HERE
        self._until, self._budget = until, budget
        self._made: dict[str, Zone] = {}
        self.guessed = 0

    def find(self, name: str | None) -> Zone:
        """A time without a name floats: it is that hour wherever the calendar is."""
        if name is None:
            return self._floating
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Zone:
        described = self._own.get(name)
        known = known_zone(name) or (known_zone(described.text("X-LIC-LOCATION")) if described else None)
        if known is not None:
            return known
        if described is None or not described.parts:
            self.guessed += 1
            return HERE
        changes: list[Change] = []
        for observance in described.parts:
            changes += _changes(observance, self._until, self._budget)
            if len(changes) > MOST_CHANGES:
                raise Odd("zone")
        return OwnZone(changes)


def _changes(observance: Component, until: datetime, budget: Budget) -> list[Change]:
    """When this part of a zone begins, again and again. Raises Odd."""
    begin, rule_line = observance.first("DTSTART"), observance.first("RRULE")
    if begin is None:
        raise Odd("zone")
    before, after = read_offset(observance.text("TZOFFSETFROM")), read_offset(observance.text("TZOFFSETTO"))
    start = when_of(begin.value, {}, _Walls()).wall
    walls = {start}
    for line in observance.all("RDATE"):
        walls.update(when_of(text, {}, _Walls()).wall for text in line.value.split(",")[:MOST_CHANGES])
    if rule_line is not None:
        parts, rule = read_rule(rule_line.value, start)
        if "UNTIL" in parts:
            ends = when_of(parts["UNTIL"], {}, _Walls())
            last = ends.wall + timedelta(seconds=before if parts["UNTIL"].endswith("Z") else 0)
            until = min(until, last)
        walls.update(occurrences(rule, start, start, until, budget))
    return [Change(flat_seconds(wall), before, after) for wall in walls]


class _Walls:
    """Inside a zone's own description no zone holds."""

    def find(self, name: str | None) -> Zone:
        return WORLD
