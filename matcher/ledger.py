"""Who erased their account, beside the database and not in it: a backup of before knows them still.

A line per person, `erased.jsonl` in MATCHER_VAR: the number of the account, when it was made and when it was erased.
Nothing else about anybody: whoever has only this file knows nobody, and a number that is given out again has another
moment. The file only grows. It goes along with every backup, and a restore takes what either of them has.
"""

import json
import logging
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

LEDGER = "erased.jsonl"
log = logging.getLogger(__name__)


@dataclass(frozen=True, order=True)
class ErasedPerson:
    """``created_at`` and ``erased_at`` are ISO moments in UTC."""

    user_id: int
    created_at: str
    erased_at: str

    @property
    def key(self) -> tuple[int, datetime]:
        return self.user_id, datetime.fromisoformat(self.created_at)


def noted(folder: Path) -> list[ErasedPerson]:
    """What stands in the file; a line that was cut off says nothing."""
    try:
        lines = (folder / LEDGER).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [person for line in lines if (person := _read(line)) is not None]


def note_erased(folder: Path, people: Iterable[ErasedPerson]) -> int:
    """Add who is missing, and have it on the disk. A disk that refuses is logged: the next erasing or restore
    adds them, as long as the database is there."""
    try:
        known = {person.key for person in noted(folder)}
        lines = [json.dumps(asdict(person)) + "\n" for person in people if person.key not in known]
        if lines:
            _append(folder / LEDGER, "".join(lines))
    except OSError as error:
        log.error("who erased their account could not be noted in %s: %s", folder / LEDGER, error.strerror)
        return 0
    return len(lines)


def _append(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # One write to the end of the file: lines of two processes do not mix.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            text = "\n" + text
        os.write(handle, text.encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(line: str) -> ErasedPerson | None:
    try:
        said = json.loads(line)
        person = ErasedPerson(int(said["user_id"]), str(said["created_at"]), str(said["erased_at"]))
        datetime.fromisoformat(person.created_at)
        return person
    except (ValueError, KeyError, TypeError):
        return None
