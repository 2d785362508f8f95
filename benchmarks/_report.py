"""`python -m benchmarks._report LINES.jsonl docs/benchmarks.md`: the figures that `make bench` printed as a page, and
the learning curve beside it as a picture.

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

CURVE = "quality.curve."
PICTURE = "learning-curve.svg"
WIDE, HIGH, EDGE = 640, 260, 48
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


def curve(lines: Iterable[str]) -> str | None:
    """The learning curve as SVG: settled requests, each step as wide as the next, against times the written rule."""
    found = [json.loads(text) for text in lines]
    points = [
        (int(each["name"].removeprefix(CURVE)), float(each["value"]))
        for each in found
        if each.get("name", "").startswith(CURVE) and each["value"] != "not run"
    ]
    if len(points) < 2:
        return None
    points.sort()
    low, high = min(value for _count, value in points) - 0.005, max(value for _count, value in points) + 0.005
    across = (WIDE - 2 * EDGE) / (len(points) - 1)
    placed = [
        (EDGE + across * at, HIGH - EDGE - (value - low) / (high - low) * (HIGH - 2 * EDGE))
        for at, (_count, value) in enumerate(points)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#0f5c5c"/>'
        f'<text x="{x:.1f}" y="{y - 10:.1f}" text-anchor="middle">{value:.3f}</text>'
        f'<text x="{x:.1f}" y="{HIGH - EDGE + 22}" text-anchor="middle">{count}</text>'
        for (x, y), (count, value) in zip(placed, points, strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" font-family="sans-serif" font-size="13">'
        f'<rect width="{WIDE}" height="{HIGH}" fill="#fff"/>'
        f'<polyline points="{path}" fill="none" stroke="#0f5c5c" stroke-width="2"/>{marks}'
        f'<text x="{WIDE / 2}" y="{HIGH - 6}" text-anchor="middle">settled requests learned from</text>'
        f'<text x="{EDGE}" y="18">NDCG@10, times the written rule</text></svg>\n'
    )


def _row(row: dict[str, Any]) -> str:
    cells = (row["name"], row["value"], row["unit"], row["goal"], WORDS[row["holds"]], row["detail"])
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("usage: python -m benchmarks._report LINES.jsonl PAGE.md", file=sys.stderr)
        return 2
    source, target = map(Path, arguments)
    try:
        lines = source.read_text().splitlines()
        written, drawn = page(lines, now=datetime.now(UTC)), curve(lines)
    except (OSError, ValueError, KeyError) as error:
        print(f"{source}: {error}", file=sys.stderr)
        return 2
    if drawn is not None:
        target.with_name(PICTURE).write_text(drawn)
        written += f"\n![The learning curve]({PICTURE})\n"
    target.write_text(written)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
