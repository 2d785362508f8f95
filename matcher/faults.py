"""What the machine under the database can do to us, told apart and said in words. Pure: it reads error texts only.

People get a sentence that says whether anything was saved; whoever runs the service gets what to do, in both languages.
"""

import errno
from enum import StrEnum
from typing import Any

from matcher.i18n import LOCALES, _l, in_locale

BUSY, NO_ROOM = 503, 507


class Fault(StrEnum):
    FULL = "full"
    REFUSED = "refused"
    READ_ONLY = "read_only"
    MISSING = "missing"
    LOCKED = "locked"
    UNREACHABLE = "unreachable"
    TOO_MANY = "too_many"
    DAMAGED = "damaged"


STATUS = {Fault.FULL: NO_ROOM}
"""What a page answers; 503 unless named."""

_NOTHING_SAVED = _l(
    "Matcher cannot save anything at this moment. What you just sent was not saved; looking around still works. "
    "We know of it. Try again in a few minutes."
)
SENTENCES: dict[Fault, Any] = {
    Fault.FULL: _l(
        "The disk of Matcher is full, so nothing can be saved now. What you just sent was not saved; looking around "
        "still works. We know of it. Try again in a few minutes."
    ),
    Fault.REFUSED: _NOTHING_SAVED,
    Fault.READ_ONLY: _NOTHING_SAVED,
    Fault.LOCKED: _l("Matcher is too busy at the moment. What you just sent was not saved. Try again in a minute."),
}
"""For people; the rest get the usual sentence of a service that is away."""

WHAT_TO_DO: dict[Fault, Any] = {
    Fault.FULL: _l("The disk with the database is full. Make room there and start again; nothing was changed."),
    Fault.REFUSED: _l(
        "The disk refuses to write. Is it full, is there a limit on files, is it broken? Nothing was changed."
    ),
    Fault.READ_ONLY: _l(
        "The database cannot be written to. Give the user that runs Matcher the right to write to the file and its "
        "folder, or mount the disk for writing."
    ),
    Fault.MISSING: _l(
        "The database cannot be opened. Is the disk mounted, does the folder exist, and may the user that runs Matcher "
        "read and write there? No new database was made."
    ),
    Fault.LOCKED: _l("Another program holds the database. Stop it, or wait until it is done, and start again."),
    Fault.UNREACHABLE: _l("The database server does not answer. Is it running, and is MATCHER_DATABASE_URL right?"),
    Fault.TOO_MANY: _l("All connections to the database are in use. Allow more of them, or start fewer processes."),
    Fault.DAMAGED: _l("The database file is damaged. Stop here and put the last backup back."),
}
_BY_CODE = {
    "53100": Fault.FULL,
    "25006": Fault.READ_ONLY,
    "53300": Fault.TOO_MANY,
    "55P03": Fault.LOCKED,
    "57014": Fault.LOCKED,
}
_BY_CLASS = {"08": Fault.UNREACHABLE, "57": Fault.UNREACHABLE, "53": Fault.TOO_MANY, "XX": Fault.DAMAGED}
_BY_WORDS = (
    ("database or disk is full", Fault.FULL),
    # What SQLite says of a write that failed otherwise: a quota, a limit on the size of files, a dying disk.
    ("disk i/o error", Fault.REFUSED),
    ("no space left", Fault.FULL),
    ("readonly database", Fault.READ_ONLY),
    ("unable to open database", Fault.MISSING),
    ("no such table", Fault.MISSING),
    ("database is locked", Fault.LOCKED),
    ("malformed", Fault.DAMAGED),
    ("file is not a database", Fault.DAMAGED),
    ("connection refused", Fault.UNREACHABLE),
    ("no such file or directory", Fault.UNREACHABLE),
    ("connection failed", Fault.UNREACHABLE),
    ("could not translate host", Fault.UNREACHABLE),
    ("too many clients", Fault.TOO_MANY),
)
_BY_NUMBER = {
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
    errno.EFBIG: Fault.REFUSED,
    errno.EIO: Fault.REFUSED,
    errno.EROFS: Fault.READ_ONLY,
}


def fault_of(error: BaseException) -> Fault | None:
    """Which of these it is; None for a fault of our own. `error`: of the database library, a driver or the system."""
    driver = getattr(error, "orig", None) or error
    if isinstance(driver, OSError):
        return _BY_NUMBER.get(driver.errno or 0)
    code = getattr(driver, "sqlstate", None) or ""
    if found := _BY_CODE.get(code) or _BY_CLASS.get(code[:2]):
        return found
    said = str(driver).lower()
    return next((fault for words, fault in _BY_WORDS if words in said), None)


def in_both_languages(fault: Fault, what: str = "") -> str:
    """For the screen of whoever starts the service: we do not know yet which language that is."""
    said = []
    for locale in LOCALES:
        with in_locale(locale):
            said.append(str(WHAT_TO_DO[fault]))
    return "\n".join([*said, what] if what else said)
