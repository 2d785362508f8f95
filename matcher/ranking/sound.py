"""Whether arrays that came from a file are those of a model: every shape, every index and every number. Pure."""

from collections.abc import Mapping
from typing import Any

import numpy as np

WHOLE = ("knots_from", "edges_from", "first", "second", "steps_from", "coding_columns", "coding_begins")
REAL = ("bias", "rule_weights", "knots", "heights", "line_missing", "edges", "steps", "coding_values", "coding_ranks")


def faults_of(plain: Mapping[str, Any], width: int, parts: int) -> str | None:
    """`shape` or `numbers` where something is wrong, else None: scoring with these arrays cannot fail."""
    if not all(_is(plain.get(name), np.int64) for name in WHOLE) or not all(
        _is(plain.get(name), np.float64) for name in REAL
    ):
        return "shape"
    if not all(np.all(np.isfinite(plain[name])) for name in REAL):
        return "numbers"
    right = (
        plain["bias"].shape == (1,)
        and plain["rule_weights"].shape == (parts,)
        and plain["line_missing"].shape == (width,)
        and _begins(plain["knots_from"], width, len(plain["knots"]))
        and len(plain["heights"]) == len(plain["knots"])
        and _rising(plain["knots"], plain["knots_from"])
        and _begins(plain["edges_from"], width, len(plain["edges"]))
        and _rising(plain["edges"], plain["edges_from"])
        and _tables_fit(plain, width)
        and _coding_fits(plain, width)
    )
    return None if right else "shape"


def _is(array: Any, dtype: type) -> bool:
    return isinstance(array, np.ndarray) and array.dtype == dtype and array.ndim == 1


def _begins(begins: Any, parts: int, end: int) -> bool:
    return bool(len(begins) == parts + 1 and begins[0] == 0 and begins[-1] == end and np.all(np.diff(begins) >= 0))


def _rising(values: Any, begins: Any) -> bool:
    """Within each part every value is above the one before."""
    same_part = np.ones(max(0, len(values) - 1), dtype=np.bool_)
    inner = begins[(begins > 0) & (begins < len(values))] - 1
    same_part[inner] = False
    return bool(np.all(np.diff(values)[same_part] > 0))


def _tables_fit(plain: Mapping[str, Any], width: int) -> bool:
    first, second, begins = plain["first"], plain["second"], plain["steps_from"]
    if len(first) != len(second) or not _begins(begins, len(first), len(plain["steps"])):
        return False
    if not all(np.all((each >= 0) & (each < width)) for each in (first, second)):
        return False
    codes = np.diff(plain["edges_from"]) + 2
    return bool(np.all(np.diff(begins) == codes[first] * codes[second]))


def _coding_fits(plain: Mapping[str, Any], width: int) -> bool:
    columns, begins, values = plain["coding_columns"], plain["coding_begins"], plain["coding_values"]
    return bool(
        np.all((columns >= 0) & (columns < width))
        and _begins(begins, len(columns), len(values))
        and len(values) == len(plain["coding_ranks"])
        and _rising(values, begins)
    )
