"""Rows as a CSV text that a spreadsheet opens as it is meant. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: Any) -> Any:
    """Text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.lstrip(" \n").startswith(BEGINS_A_FORMULA) or text.startswith(BEGINS_A_FORMULA) else text


def csv_text(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """With semicolons and a mark at the beginning, as Dutch spreadsheets expect."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([safe_cell(str(cell)) for cell in head])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return "\ufeff" + out.getvalue()
