"""Tables as an Excel workbook or a zip of CSV files that no spreadsheet program runs. Pure."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import xlsxwriter

from matcher.organisations.spreadsheets import DISARMED

RUNS = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
LONGEST = 32_000
FIXED = (1980, 1, 1, 0, 0, 0)


class Table(NamedTuple):
    """One sheet. Numbers stay numbers; everything else is text, ids too."""

    name: str
    head: Sequence[Any]
    rows: list[Sequence[Any]]


def words(value: Any) -> Any:
    """A number, or text without what no cell can hold."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = value.isoformat() if isinstance(value, date | datetime) else str(value)
        return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST]
    return value


def disarmed(value: Any) -> Any:
    """An apostrophe before what a spreadsheet would run, or what looks disarmed already: reading takes one off."""
    cell = words(value)
    return f"'{cell}" if isinstance(cell, str) and (RUNS.match(cell) or DISARMED.match(cell)) else cell


def as_xlsx(tables: Iterable[Table]) -> bytes:
    """Cells are written as text, marked as text for whoever edits them: none is a formula."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    plain, bold = book.add_format({"num_format": "@", "quote_prefix": True}), book.add_format({"bold": True})
    for table in tables:
        sheet = book.add_worksheet(_sheet_name(table.name))
        sheet.freeze_panes(1, 0)
        for at, name in enumerate(table.head):
            sheet.write_string(0, at, str(name), bold)
            sheet.set_column(at, at, min(40, max(10, len(str(name)) + 2)))
        for number, row in enumerate(table.rows, 1):
            for at, value in enumerate(row):
                cell = words(value)
                if isinstance(cell, str):
                    sheet.write_string(number, at, f"'{cell}" if DISARMED.match(cell) else cell, plain)
                else:
                    sheet.write_number(number, at, cell)
    book.close()
    return out.getvalue()


def as_zip(tables: Iterable[Table]) -> bytes:
    """One CSV per table, with semicolons and a mark at the beginning, as Dutch spreadsheets expect."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for table in tables:
            text = io.StringIO()
            writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
            writer.writerow([disarmed(str(name)) for name in table.head])
            writer.writerows([disarmed(cell) for cell in row] for row in table.rows)
            name = zipfile.ZipInfo(f"{_sheet_name(table.name)}.csv", FIXED)
            packed.writestr(name, ("\ufeff" + text.getvalue()).encode(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", str(name)).strip()[:31]
