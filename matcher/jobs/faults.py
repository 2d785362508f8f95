"""A row that fails for a reason nobody thought of: it is noted, and the rows after it are done all the same."""

import logging
import threading

MOST = 20
"""So many in one round are no matter of rows: the database is away, say."""
log = logging.getLogger(__name__)
_here = threading.local()


def note_fault(what: str, error: Exception) -> None:
    """For the outcome of the job that this thread does now. Raises the error itself when there were too many."""
    log.error("%s failed; the others go on", what, exc_info=error)
    noted: list[str] = _here.__dict__.setdefault("noted", [])
    noted.append(f"{what}: {type(error).__name__}")
    if len(noted) >= MOST:
        raise error


def taken() -> list[str]:
    """What was noted since this was asked before."""
    found: list[str] = _here.__dict__.pop("noted", [])
    return found
