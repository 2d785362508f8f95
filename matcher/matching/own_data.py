"""Everything about one person in one file: JSON with names people can read, and their calendar. Pure."""

import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import IO, Any

from matcher.availability.masks import stretches

IN_MEMORY = 2_000_000
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MASKS = ("usually", "never")


def packed(files: Mapping[str, Sequence[Mapping[str, Any]]], calendar: str, *, now: datetime) -> IO[bytes]:
    """A ZIP, at its beginning; a large one lies on the disk until it is closed."""
    made = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (whoever sends it closes it)
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in sorted(files.items()):
            archive.writestr(_entry(f"{name}.json", now), _json(rows))
        archive.writestr(_entry("calendar.ics", now), calendar)
    made.seek(0)
    return made


def _entry(name: str, now: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(now.year, now.month, now.day, now.hour, now.minute, now.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    readable = [{key: _worded(key, value) for key, value in row.items()} for row in rows]
    return json.dumps(readable, ensure_ascii=False, indent=2, default=_plain)


def _worded(key: str, value: Any) -> Any:
    """A week as hours: seven masks of quarters are nothing to read."""
    if key in _MASKS and isinstance(value, list):
        return {
            day: [f"{a:%H:%M}-{b:%H:%M}" for a, b in stretches(mask)]
            for day, mask in zip(WEEKDAYS, value, strict=False)
        }
    return value


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
