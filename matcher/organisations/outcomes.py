"""What an import did with each row, or would do: the same report for the page, the command and the tests. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from matcher.organisations.cells import Unreadable


class Status(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """One row. `remarks` say what was left out or assumed; a refusal has a column and a reason."""

    row: int
    status: Status
    what: str = ""
    remarks: tuple[str, ...] = ()
    column: str = ""
    reason: str = ""

    def plain(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "status": self.status.value,
            "what": self.what,
            "remarks": list(self.remarks),
            "column": self.column,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class ImportReport:
    """All rows in order. With one refusal nothing was written."""

    outcomes: list[Outcome]
    written: bool = False
    notices: int = 0
    made: dict[str, int] = field(default_factory=dict)

    @property
    def refused(self) -> list[Outcome]:
        return [one for one in self.outcomes if one.status is Status.REFUSED]

    def counts(self) -> dict[str, int]:
        return {status.value: sum(one.status is status for one in self.outcomes) for status in Status}

    def plain(self) -> dict[str, Any]:
        return {
            **self.counts(),
            "written": self.written,
            "notices": self.notices,
            "made": self.made,
            "rows": [one.plain() for one in self.outcomes],
        }


class Refused(Exception):
    """This row cannot go in. `field` names the column it is about."""

    def __init__(self, reason: Any, field: str = "") -> None:
        super().__init__(str(reason))
        self.reason, self.field = str(reason), field


def worst(statuses: Iterable[Status]) -> Status:
    """What a row did as a whole: new before changed before unchanged."""
    found = set(statuses)
    return next((one for one in (Status.NEW, Status.CHANGED) if one in found), Status.UNCHANGED)


__all__ = ["ImportReport", "Outcome", "Refused", "Status", "Unreadable", "worst"]
