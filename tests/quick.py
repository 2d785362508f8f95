"""What every test pays for again and again, paid once per process. Nothing here changes what is tested."""

import gc
from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

from matcher import db

sqlite_as_it_is = db._sqlite_connect
_compile_builder = Rule._compile_builder
_builders: dict[tuple[Any, ...], Callable[..., Any]] = {}


def remember_address_builders() -> None:
    """Almost all of making an application is compiling, for every route, the function that writes its address.

    Such a function depends on nothing but the parts below, and every test makes an application with the same routes.
    """
    Rule._compile_builder = _remembered  # type: ignore[method-assign]


def _remembered(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
    if rule.defaults:
        return _compile_builder(rule, append_unknown)
    key = (rule.rule, tuple(rule._trace), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


def do_not_wait_for_the_disk() -> None:
    """A commit on SQLite ends when the disk has it, which is what most tests would be waiting for.

    Only a power cut could tell the difference; what looks at the disk asks for the fixture `real_disk`.
    """
    db._sqlite_connect = _without_waiting


def _without_waiting(connection: Any, record: Any) -> None:
    sqlite_as_it_is(connection, record)
    connection.execute("PRAGMA synchronous=OFF")


def leave_what_is_loaded_alone() -> None:
    """The modules stay until the end; the collector need not walk through them a thousand times."""
    gc.collect()
    gc.freeze()
