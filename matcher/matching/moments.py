"""The visits inside one moment of a match: itself, or its parts. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from matcher.availability.halfdays import Part, days_of, shape_key
from matcher.availability.moments import local


class Several(Protocol):
    """As much of a stored moment as says when its visits are."""

    start_s: int
    end_s: int
    parts: list[list[int]]


def parts_of(moment: Several) -> list[Part]:
    """Every visit in order of time; a moment without parts is one visit."""
    if not moment.parts:
        return [(moment.start_s, moment.end_s)]
    return sorted((part[0], part[1]) for part in moment.parts)


def visits_of(moment: Several) -> list[tuple[datetime, datetime]]:
    """The same as aware moments, morning and afternoon of one day together."""
    return [(local(start_s), local(end_s)) for start_s, end_s in days_of(parts_of(moment))]


def set_parts(moment: Any, parts: Sequence[Part]) -> None:
    """Lay other visits in a stored moment; begin, end, day, wall times and key follow."""
    for name, value in columns_of(parts).items():
        setattr(moment, name, value)


def columns_of(parts: Sequence[Part]) -> dict[str, Any]:
    """The columns of a moment that holds these visits."""
    ordered = sorted(parts)
    first, last = local(ordered[0][0]), local(ordered[-1][1])
    return {
        "day": first.date(),
        "starts": f"{first:%H:%M}",
        "ends": f"{last:%H:%M}",
        "start_s": ordered[0][0],
        "end_s": ordered[-1][1],
        "periods": [],
        "parts": [list(part) for part in ordered],
        "shape_key": shape_key(ordered),
    }
