"""Reads a delimited or GeoJSON file of unknown quality into rows, pure. Knows nothing of schools.

Every refusal is one sentence with row and column, for the person who sent the file.
"""

import codecs
import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from matcher.errors import InvalidInput
from matcher.i18n import _

MAX_BYTES = 64_000_000  # the full register is about 9 MB as GeoJSON
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_LINE = 20_000  # a whole row of the register is under 1,000 characters
MAX_CELL = 2_000
GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
DELIMITERS = ";,\t"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Table(NamedTuple):
    """Column names as written, and the rows with their number in the file (the header is row 1)."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]


def read_text(content: bytes) -> str:
    """The text of a file: gzipped or not, in UTF-8, UTF-16 with its mark, or Windows-1252. Raises InvalidInput."""
    if content.startswith(ZIP):
        raise InvalidInput("This is a zip or Excel file. Save it as CSV first.")
    if content.startswith(GZIP):
        content = _gunzip(content)
    if len(content) > MAX_BYTES:
        raise InvalidInput(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    text = _decode(content)
    if not text.strip():
        raise InvalidInput("The file is empty.")
    _refuse_binary(text)
    return text


def one_inside(content: bytes, name: str, missing: str) -> bytes:
    """The file that carries its own name in a zip, or the file itself where nothing is packed.

    ``name`` is an expression that the whole path inside the zip must fit. Raises InvalidInput: ``missing`` when there
    is not exactly one such file.
    """
    if not content.startswith(ZIP):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            inside = [part for part in packed.infolist() if re.fullmatch(name, part.filename, re.IGNORECASE)]
            if len(inside) != 1:
                raise InvalidInput(missing)
            with packed.open(inside[0]) as stream:
                return stream.read(MAX_BYTES + 1)
    # All that the library says of damaged, encrypted, unknown and shortened archives.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError) as error:
        raise InvalidInput(_("This zip file is damaged or has a password.")) from error


def read_table(text: str) -> Table:
    """Rows of a delimited file; the delimiter is the one the first row has most. Raises InvalidInput."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    delimiter = max(DELIMITERS, key=lines[0].count)
    columns = [name.strip() for name in _cells(1, lines[0], delimiter, [])]
    _check_columns(columns)
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            cells = _cells(number, line, delimiter, columns)
            _check_width(number, cells, columns)
            rows.append((number, [cell.strip() for cell in cells]))
    if not rows:
        raise InvalidInput("The file has column names but no rows.")
    if len(rows) > MAX_ROWS:
        raise InvalidInput(f"The file has {len(rows):,} rows; at most {MAX_ROWS:,} are read.")
    return Table(columns, rows)


def read_geojson(text: str) -> Table:
    """Features of a GeoJSON collection of points as rows; `lat` and `lon` are added as columns. Raises InvalidInput."""
    try:
        features = json.loads(text)["features"]
        records = list(_records(features))
    except json.JSONDecodeError as error:
        where = f"row {error.lineno}, column {error.colno}"
        raise InvalidInput(f"The file begins like GeoJSON but is broken at {where}.") from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise InvalidInput("The file is JSON but not a GeoJSON collection of points.") from None
    if not records:
        raise InvalidInput("The file holds no features.")
    columns = list(records[0])
    return Table(columns, [(at, [record.get(name, "") for name in columns]) for at, record in enumerate(records, 1)])


def _records(features: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for feature in features:
        lon, lat = feature["geometry"]["coordinates"][:2]
        record = {str(name): "" if value is None else str(value) for name, value in feature["properties"].items()}
        yield record | {"lat": str(float(lat)), "lon": str(float(lon))}


def _gunzip(content: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(content, MAX_BYTES + 1)
    except zlib.error:
        raise InvalidInput("The file begins like gzip but cannot be unpacked.") from None
    if not unpacker.eof and len(unpacked) <= MAX_BYTES:
        raise InvalidInput("The file is cut off: its gzip end is missing.")
    return unpacked


def _decode(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]  # DUO writes "ANSI", Latin-1 but for the signs like €
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            row = content.count(b"\n", 0, error.start) + 1
    raise InvalidInput(f"Row {row} holds a byte that is no letter in UTF-8 or Windows-1252. Is this a text file?")


def _refuse_binary(text: str) -> None:
    sign = _CONTROL.search(text)
    if sign:
        row, column = text.count("\n", 0, sign.start()) + 1, sign.start() - text.rfind("\n", 0, sign.start())
        found = "a NUL" if sign.group() == "\0" else "a control sign"
        raise InvalidInput(f"Row {row}, character {column} is {found}. This is not a plain text file.")


def _cells(number: int, line: str, delimiter: str, columns: list[str]) -> list[str]:
    """The cells of one line. A quote must close on its own line: no cell of a register holds a line break."""
    if len(line) > MAX_LINE:
        at, size = max(enumerate(map(len, line.split(delimiter))), key=lambda cell: cell[1])
        _check_size(number, at, size, columns)
        raise InvalidInput(f"Row {number} has {len(line):,} characters and is too long to be right.")
    try:
        cells = next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        at = _broken_cell(line, delimiter)
        raise InvalidInput(f"{_where(number, at, columns)}: the quotes do not close on this row.") from None
    for at, cell in enumerate(cells):
        _check_size(number, at, len(cell), columns)
    return cells


def _check_size(number: int, at: int, size: int, columns: list[str]) -> None:
    if size > MAX_CELL:
        raise InvalidInput(f"{_where(number, at, columns)}: a cell of {size:,} characters is too long to be right.")


def _broken_cell(line: str, delimiter: str) -> int:
    """The last cell that opens with a quote, as far as the csv module got."""
    at, opened, inside = 0, 0, False
    for character in line:
        if character == '"':
            inside = not inside
            opened = at if inside else opened
        elif character == delimiter and not inside:
            at += 1
    return opened


def _check_columns(columns: list[str]) -> None:
    if len(columns) > MAX_COLUMNS:
        raise InvalidInput(f"Row 1 has {len(columns):,} columns; at most {MAX_COLUMNS} are read.")
    for at, name in enumerate(columns):
        if name and name in columns[:at]:
            raise InvalidInput(f"Row 1, column {at + 1}: the name {name[:60]} is there twice.")


def _check_width(number: int, cells: list[str], columns: list[str]) -> None:
    if len(cells) == len(columns):
        return
    if len(cells) < len(columns):
        detail = f"the row ends before column {len(cells) + 1} ({columns[len(cells)]})"
    else:
        detail = f"cell {len(columns) + 1} is one too many"
    raise InvalidInput(f"Row {number} has {len(cells)} cells where row 1 has {len(columns)}: {detail}.")


def _where(number: int, at: int, columns: list[str]) -> str:
    name = f" ({columns[at]})" if at < len(columns) else ""
    return f"Row {number}, column {at + 1}{name}"
