"""Counts how often SQLite asks the machine to put a file on the disk, from inside the process: no tracer is needed.

The library's own table of file operations is copied when a file is opened, with another `xSync` in it that counts and
goes on to the real one. Where Python carries SQLite inside itself there is no table to reach: `CannotCount`.
"""

import ctypes
import ctypes.util
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORDS = 24
"""Pointers in the newest table of file operations, and a few more."""
METHODS_SYNC = 5
"""iVersion, xClose, xRead, xWrite, xTruncate, then xSync."""
SYNC = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
OPEN = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class CannotCount(Exception):
    """This Python has SQLite inside itself, or the machine has another one."""


class Vfs(ctypes.Structure):
    """The beginning of `sqlite3_vfs`, which has stayed as it is for twenty years."""

    _fields_ = (
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", ctypes.c_void_p),
        ("zName", ctypes.c_char_p),
        ("pAppData", ctypes.c_void_p),
        ("xOpen", ctypes.c_void_p),
    )


@dataclass
class Counter:
    syncs: int = 0


def _library() -> Any:
    """The very library that the `sqlite3` module uses."""
    maps = Path("/proc/self/maps")
    loaded = (
        {line.split()[-1] for line in maps.read_text().splitlines() if "libsqlite3" in line} if maps.exists() else {}
    )
    name = next(iter(sorted(loaded)), None) or ctypes.util.find_library("sqlite3")
    if name is None:
        raise CannotCount("no shared SQLite library")
    library = ctypes.CDLL(name)
    library.sqlite3_libversion.restype = ctypes.c_char_p
    if library.sqlite3_libversion().decode() != sqlite3.sqlite_version:
        raise CannotCount("Python's SQLite is another one than the machine's")
    library.sqlite3_vfs_find.restype = ctypes.POINTER(Vfs)
    return library


@contextmanager
def counted_syncs() -> Iterator[Counter]:
    """How often files that are opened meanwhile are put on the disk. Close them before the end."""
    sqlite3.connect(":memory:").close()
    vfs, counter, tables = _library().sqlite3_vfs_find(None).contents, Counter(), {}
    original = vfs.xOpen
    really_open = OPEN(original)

    def opens(this: int, name: int, file: int, flags: int, out: int) -> int:
        result = int(really_open(this, name, file, flags, out))
        at = ctypes.cast(file, ctypes.POINTER(ctypes.c_void_p))
        if result == 0 and at[0]:
            at[0] = tables.setdefault(at[0], _table(at[0], counter))[0]
        return result

    replaced = OPEN(opens)
    vfs.xOpen = ctypes.cast(replaced, ctypes.c_void_p)
    try:
        yield counter
    finally:
        vfs.xOpen = original


_KEPT: list[Any] = []
"""Files may be closed after the counting ended: what they point at stays."""


def _table(original: int, counter: Counter) -> tuple[int, Any]:
    copy = (ctypes.c_void_p * WORDS)()
    ctypes.memmove(copy, original, ctypes.sizeof(copy))
    really_sync = SYNC(copy[METHODS_SYNC])

    def syncs(file: int, flags: int) -> int:
        counter.syncs += 1
        return int(really_sync(file, flags))

    replaced = SYNC(syncs)
    copy[METHODS_SYNC] = ctypes.cast(replaced, ctypes.c_void_p)
    _KEPT.append((copy, replaced, really_sync))
    return ctypes.addressof(copy), copy
