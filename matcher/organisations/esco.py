"""The layout of ESCO's own list of occupations (occupations_nl.csv, or the zip it is published in), pure."""

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from matcher.errors import InvalidInput
from matcher.organisations.sheets import MAX_ROWS, one_inside, read_text
from matcher.subjects.words import folded_words

REQUIRED = ("conceptUri", "iscoGroup", "preferredLabel", "altLabels")
PACKED = r"(.*/)?occupations_\w\w\.csv"
LONGEST_LABEL = 200
MOST_LABELS = 300
DELIMITERS = ",;\t"
_GROUP = re.compile(r"(?:.*/)?C?(\d{1,4})")


class Job(NamedTuple):
    """An occupation with all its names; `folded` has them as they are searched for, in the order of the alphabet."""

    row: int
    uri: str
    isco: str
    name: str
    folded: tuple[str, ...]


class WrongRow(NamedTuple):
    row: int
    column: str
    reason: str


def read_jobs(content: bytes) -> tuple[list[Job], list[WrongRow]]:
    """The occupations of a file, and the rows that cannot be right. Raises InvalidInput when it is no such file."""
    jobs, wrong, seen = list[Job](), list[WrongRow](), dict[str, int]()
    for number, cells in _rows(
        read_text(one_inside(content, PACKED, "This zip file does not hold one occupations_nl.csv."))
    ):
        # A list of ESCO may hold groups, and occupations that are withdrawn.
        if cells.get("conceptType", "Occupation") != "Occupation" or cells.get("status", "released") != "released":
            continue
        found = _job(number, cells)
        if isinstance(found, Job) and found.uri in seen:
            found = WrongRow(number, "conceptUri", f"This is in row {seen[found.uri]} already.")
        if isinstance(found, WrongRow):
            wrong.append(found)
        else:
            seen[found.uri] = number
            jobs.append(found)
    if not jobs and not wrong:
        raise InvalidInput("The file has column names but no occupations.")
    return jobs, wrong


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by name of the column, with the line each ends on: the cells of ESCO hold line breaks."""
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [name.strip() for name in next(reader)]
        _check_columns(columns)
        for count, cells in enumerate(reader, start=1):
            if count > MAX_ROWS:
                raise InvalidInput(f"The file has more than {MAX_ROWS:,} rows.")
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                sizes = f"{len(cells)} cells where row 1 has {len(columns)}"
                raise InvalidInput(f"The row that ends on line {reader.line_num} has {sizes}.")
            yield reader.line_num, dict(zip(columns, cells, strict=True))
    except csv.Error:
        raise InvalidInput(f"The quotes of a cell around line {reader.line_num} do not close.") from None


def _check_columns(columns: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise InvalidInput(
            f"This is no list of occupations as ESCO writes it: row 1 lacks {', '.join(missing)}."
            " Take occupations_nl.csv."
        )
    twice = [name for name in REQUIRED if columns.count(name) > 1]
    if twice:
        raise InvalidInput(f"Row 1 has the name {twice[0]} twice.")


def _job(number: int, cells: dict[str, str]) -> Job | WrongRow:
    """Soft hyphens, which ESCO's Dutch labels hold, go; so do names that are nothing once folded."""
    uri, name = cells["conceptUri"].strip(), _plain(cells["preferredLabel"])
    group = _GROUP.fullmatch(cells["iscoGroup"].strip())
    if not uri or len(uri) > LONGEST_LABEL:
        return WrongRow(number, "conceptUri", "Every occupation has an address, of at most 200 characters.")
    if group is None:
        return WrongRow(number, "iscoGroup", "A group of ISCO-08 has one to four digits.")
    labels = [name, *(_plain(label) for label in cells["altLabels"].splitlines())]
    if len(labels) > MOST_LABELS or any(len(label) > LONGEST_LABEL for label in labels):
        return WrongRow(number, "altLabels", "At most 300 names of at most 200 characters each.")
    folded = sorted({folded_words(label) for label in labels} - {""})
    if not folded_words(name) or any(len(one) > 2 * LONGEST_LABEL for one in folded):
        return WrongRow(number, "preferredLabel", "An occupation has a name with letters.")
    return Job(number, uri, group[1], name, tuple(folded))


def _plain(label: str) -> str:
    return " ".join(label.replace("\u00ad", "").split())
