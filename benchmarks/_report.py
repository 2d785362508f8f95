"""`python -m benchmarks._report LINES.jsonl docs/benchmarks.md`: the page of figures, from what `make bench` printed.

The lines are JSON, one per figure; a line {"file", "seconds", "failed"} ends each file.
"""

import json
import os
import platform
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

SHOWN = ("numpy", "scipy", "scikit-learn", "sqlalchemy", "flask", "lightgbm", "ortools")
WORDS = {True: "holds", False: "**falls short**", None: ""}


def page(lines: Iterable[str], *, now: datetime) -> str:
    """The whole page. Raises ValueError for a line that is not a figure."""
    parts = [_head(now)]
    rows: list[dict[str, Any]] = []
    for text in lines:
        found = json.loads(text)
        if "file" in found:
            parts.append(_table(found, rows))
            rows = []
        elif "name" in found:
            rows.append(found)
        else:
            raise ValueError(f"not a figure: {text[:80]}")
    if rows:
        raise ValueError("the last file did not come to its end")
    return "\n".join(parts)


def _head(now: datetime) -> str:
    versions = ", ".join(f"{name} {found}" for name in SHOWN if (found := _version(name)))
    return f"""# Figures

Written by `make bench` from its own output; nothing here was typed. What is measured and why is said in each file of
`benchmarks/`. Figures are ratios taken in one run, or counts: absolute times differ per machine and promise nothing.

- When: {now:%Y-%m-%d}
- Machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}
- Versions: {versions}
"""


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _table(end: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    ended = "did not come to its end" if end["failed"] else f"{end['seconds']:.0f} seconds"
    head = [f"## {end['file']}", "", f"`python -m benchmarks.{end['file']} --json`, {ended}.", ""]
    if not rows:
        return "\n".join([*head, "No figures.", ""])
    head += ["| figure | value | unit | goal | | |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *map(_row, rows), ""])


def _row(row: dict[str, Any]) -> str:
    cells = (row["name"], row["value"], row["unit"], row["goal"], WORDS[row["holds"]], row["detail"])
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("usage: python -m benchmarks._report LINES.jsonl PAGE.md", file=sys.stderr)
        return 2
    source, target = map(Path, arguments)
    try:
        written = page(source.read_text().splitlines(), now=datetime.now(UTC))
    except (OSError, ValueError, KeyError) as error:
        print(f"{source}: {error}", file=sys.stderr)
        return 2
    target.write_text(written)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
