"""Reads somebody's own spreadsheet (CSV, Excel, or a zip of CSV files) into sheets of text, pure. Knows no fields.

More forgiving than `sheets`, which reads registers: titles above the header, short rows and line breaks in cells are
usual here. Every refusal is one sentence with row and column.
"""

import codecs
import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from matcher.errors import InvalidInput
from matcher.i18n import _
from matcher.organisations import xlsx

MOST_BYTES = 10_000_000
MOST_UNPACKED = 60_000_000
MOST_ROWS = 5_000
MOST_COLUMNS = 100
MOST_CELL = 4_000
MOST_LINES = 40
MOST_SHEETS = 20
HEADER_WITHIN = 15
SECONDS = 15
ZIP, OLD_EXCEL, PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"
DELIMITERS = ";,\t"
DISARMED = re.compile(r"'(?='*\s*[=+\-@＝＋－＠\t\r])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class Sheet(NamedTuple):
    """Headers as written (made unique), and rows of as many cells with the row's number as a spreadsheet shows it."""

    name: str
    columns: list[str]
    rows: list[tuple[int, list[str]]]


def read_sheets(content: bytes, name: str = "") -> list[Sheet]:
    """Every sheet with a header and rows. Raises InvalidInput."""
    if not content.strip():
        raise InvalidInput(_("The file is empty."))
    if len(content) > MOST_BYTES:
        raise InvalidInput(_("The file is larger than %(size)s MB.", size=MOST_BYTES // 1_000_000))
    if content.startswith(OLD_EXCEL):
        raise InvalidInput(_("This is an old Excel file, or one with a password. Save it as .xlsx and try again."))
    if content.startswith(PDF):
        raise InvalidInput(_("This is a PDF. Save the list as .xlsx or CSV and try again."))
    if content.startswith(ZIP):
        found = [_sheet(title, rows) for title, rows in _unpacked(content)]
    else:
        found = [_sheet(Path(name).stem, _csv_rows(content))]
    whole = [sheet for sheet in found if sheet is not None]
    if not whole:
        raise InvalidInput(_("The file has no rows below its column names."))
    return whole


def _unpacked(content: bytes) -> Iterator[tuple[str, list[list[str]]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = packed.namelist()
            _refuse_bomb(packed)
            if "[Content_Types].xml" not in names:
                inside = [each for each in names if each.lower().endswith(".csv")][:MOST_SHEETS]
                if not inside:
                    raise InvalidInput(_("This zip file holds no spreadsheet."))
                yield from ((Path(each).stem, _csv_rows(packed.read(each))) for each in inside)
                return
    # All that the library says of damaged, encrypted, unknown and shortened archives.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError) as error:
        raise InvalidInput(_("The file begins like an Excel file but is damaged.")) from error
    yield from _workbook(content)


def _refuse_bomb(packed: zipfile.ZipFile) -> None:
    """What the parts really unpack to counts, not what they say of themselves."""
    left = MOST_UNPACKED
    if len(packed.infolist()) > 2_000:
        raise InvalidInput(_("The file unpacks into more than we read."))
    for part in packed.infolist():
        with packed.open(part) as stream:
            while chunk := stream.read(1 << 20):
                left -= len(chunk)
                if left < 0:
                    raise InvalidInput(_("The file unpacks into more than we read."))


def _workbook(content: bytes) -> Iterator[tuple[str, list[list[str]]]]:
    """By a process of its own, whose memory and time are limited. -P: what lies beside it shadows nothing."""
    command = [sys.executable, "-P", xlsx.__file__, str(MOST_ROWS + HEADER_WITHIN)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise InvalidInput(_("This Excel file takes too long to read. Save only the sheet you need.")) from error
    if done.returncode != 0:
        raise InvalidInput(_("This Excel file cannot be read: it is damaged, too large, or has a password."))
    for sheet in json.loads(done.stdout)[:MOST_SHEETS]:
        yield sheet["name"], sheet["rows"]


def _csv_rows(content: bytes) -> list[list[str]]:
    """The number of a row is its place in the list, from 1 on."""
    text = _decoded(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    told = re.fullmatch(r"\s*sep=(.)\s*", first, re.IGNORECASE)
    delimiter = told.group(1) if told else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        for cells in reader:
            rows.append([] if told and len(rows) < 1 else cells)
            if len(rows) > MOST_ROWS + HEADER_WITHIN:
                break
    except csv.Error as error:
        raise InvalidInput(
            _("Row %(row)s: the quotes do not close, or the cell is far too long.", row=len(rows) + 1)
        ) from error
    return rows


def _delimiter(text: str) -> str:
    """The sign most of the first rows agree on."""
    lines = [line for line in text.splitlines()[:HEADER_WITHIN] if line.strip()]
    return max(
        DELIMITERS, key=lambda sign: (sum(sign in line for line in lines), sum(line.count(sign) for line in lines))
    )


def _decoded(content: bytes) -> str:
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    encodings = ["utf-16"] if content.startswith(marks) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            row = content.count(b"\n", 0, error.start) + 1
            continue
        if "\0" in text:
            row = text.count("\n", 0, text.index("\0")) + 1
            raise InvalidInput(_("Row %(row)s holds a NUL. This is not a plain text file.", row=row))
        return text
    raise InvalidInput(_("Row %(row)s holds a sign we cannot read. Save the file as CSV UTF-8 or as .xlsx.", row=row))


def _sheet(name: str, raw: list[list[str]]) -> Sheet | None:
    """None when there is nothing but a header, or not even that."""
    rows = [(number, [_cell(number, at, cell) for at, cell in enumerate(cells)]) for number, cells in enumerate(raw, 1)]
    filled = [(number, cells) for number, cells in rows if any(cells)]
    start = _header_at([sum(map(bool, cells)) for _number, cells in filled[:HEADER_WITHIN]])
    if len(filled) <= start + 1:
        return None
    if len(filled) - start - 1 > MOST_ROWS:
        raise InvalidInput(_("The file has more than %(most)s rows. Split it.", most=MOST_ROWS))
    width = max(_width(cells) for _number, cells in filled[start:])
    if width > MOST_COLUMNS:
        raise InvalidInput(_("The file has more than %(most)s columns.", most=MOST_COLUMNS))
    columns = _unique(filled[start][1], width)
    return Sheet(name, columns, [(number, (cells + [""] * width)[:width]) for number, cells in filled[start + 1 :]])


def _header_at(counts: list[int]) -> int:
    """The first row that is about as full as the fullest: above it stand titles and remarks."""
    enough = max(2, 0.6 * max(counts, default=0))
    return next((at for at, count in enumerate(counts) if count >= enough), 0)


def _width(cells: list[str]) -> int:
    return max((at for at, cell in enumerate(cells, 1) if cell), default=0)


def _unique(header: list[str], width: int) -> list[str]:
    """Names for all columns. A second one of the same name gets a number: it must not silently win."""
    columns: list[str] = []
    for at in range(width):
        name = " ".join(header[at].split())[:80] if at < len(header) else ""
        name = name or _("column %(letter)s", letter=letter(at))
        number, wanted = 2, name
        while name in columns:
            name, number = f"{wanted} ({number})", number + 1
        columns.append(name)
    return columns


def letter(at: int) -> str:
    """What a spreadsheet calls the column: A … Z, AA …"""
    return (letter(at // 26 - 1) if at >= 26 else "") + chr(65 + at % 26)


def _cell(number: int, at: int, cell: str) -> str:
    if len(cell) > MOST_CELL or cell.count("\n") > MOST_LINES:
        raise InvalidInput(
            _(
                "Row %(row)s, column %(column)s: a cell of %(size)s characters. Is a quote left open there?",
                row=number,
                column=letter(at),
                size=len(cell),
            )
        )
    text = _CONTROL.sub("", cell.replace("\u00a0", " ")).strip()
    # An export of this service disarms what a spreadsheet would run: the apostrophe is taken off again.
    return text[1:].strip() if DISARMED.match(text) else text


def best_sheet(sheets: Iterable[Sheet], wanted: str | None) -> Sheet | None:
    """The one with this name, whatever its capitals; None when there is none."""
    return next((sheet for sheet in sheets if wanted and sheet.name.casefold() == wanted.casefold()), None)
