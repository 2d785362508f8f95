"""What every test pays for again and again, paid once per process. Nothing here changes what is tested."""

import gc
from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

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


def leave_what_is_loaded_alone() -> None:
    """The modules stay until the end; the collector need not walk through them a thousand times."""
    gc.collect()
    gc.freeze()
