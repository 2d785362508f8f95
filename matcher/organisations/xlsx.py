"""Turns an Excel workbook on standard input into JSON, in a process of its own. Imports nothing of ours.

A small file may unpack into more than the machine has: `spreadsheets` starts this with limits and waits a short while.
"""

import datetime
import io
import json
import sys
from typing import Any

MOST_SECONDS = 10
MOST_BYTES = 1_000_000_000


def limited() -> None:
    """From here on the machine itself refuses too much memory or time."""
    try:
        import resource
    except ImportError:  # not on Windows, where only the time-out of the parent remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def words(cell: Any) -> str:
    """A cell as it is read on the screen; days and times in ISO form."""
    if isinstance(cell, bool):
        return "ja" if cell else "nee"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ", "minutes") if cell.time() != datetime.time() else cell.date().isoformat()
    if isinstance(cell, datetime.time):
        return cell.isoformat("minutes")
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return f"{int(cell.total_seconds()) // 3600:02d}:{int(cell.total_seconds()) // 60 % 60:02d}"
    return str(cell)


def sheets(content: bytes, most_rows: int) -> list[dict[str, Any]]:
    """Every visible sheet: its name and rows from the first used one on, with the number of that row."""
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    found = []
    for about in book.sheets_metadata:
        if about.visible != python_calamine.SheetVisibleEnum.Visible:
            continue
        if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(about.name)
        rows = []
        for row in sheet.iter_rows():
            rows.append([words(cell) for cell in row])
            if len(rows) > most_rows:
                break
        found.append({"name": about.name, "rows": rows})
    return found


if __name__ == "__main__":
    limited()
    json.dump(sheets(sys.stdin.buffer.read(), int(sys.argv[1])), sys.stdout)
