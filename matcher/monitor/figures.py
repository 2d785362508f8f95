"""Held visits as numbers: totals and the same by kind, region, subject and school year. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from matcher.monitor.cells import publishable, publishable_column


@dataclass(frozen=True)
class Cell:
    """One line: how many visits, pupils reached (counted per visit), hours given in kind. None is hidden."""

    label: str
    visits: int | None
    pupils: int | None
    hours: float | None


@dataclass(frozen=True)
class Figures:
    year: int
    visits: int | None
    pupils: int | None
    hours: float | None
    schools: int | None
    companies: int | None
    by_kind: list[Cell]
    by_region: list[Cell]
    by_subject: list[Cell]
    by_year: list[Cell]
    unapproved: int | None = 0
    """Both said yes and the date passed without a decision."""


def published(found: Figures, by_region: Mapping[str, int | None]) -> Figures:
    """The same with every small number hidden; pupils and hours of hidden visits are hidden with them. `by_region` has
    the regions as the table by kind shows them: a line that is not the same there could be taken from that table."""
    total = publishable(found.visits or 0)
    return replace(
        found,
        visits=total,
        pupils=found.pupils if total is not None else None,
        hours=found.hours if total is not None else None,
        schools=publishable(found.schools or 0),
        companies=publishable(found.companies or 0),
        unapproved=publishable(found.unapproved or 0),
        by_kind=_column(found.by_kind),
        by_region=[cell if by_region.get(cell.label) == cell.visits else _hidden(cell) for cell in found.by_region],
        by_subject=_column(found.by_subject),
        by_year=_column(found.by_year),
    )


def _column(cells: list[Cell]) -> list[Cell]:
    shown = publishable_column([cell.visits or 0 for cell in cells])
    return [cell if count is not None else _hidden(cell) for cell, count in zip(cells, shown, strict=True)]


def _hidden(cell: Cell) -> Cell:
    return replace(cell, visits=None, pupils=None, hours=None)


def drawn(cells: list[Cell]) -> list[tuple[str, float]]:
    """(label, visits) of the lines that may be seen, as charts want them."""
    return [(cell.label, float(cell.visits)) for cell in cells if cell.visits]


def year_label(year: int) -> str:
    """`2026/27`."""
    return f"{year}/{(year + 1) % 100:02d}"
