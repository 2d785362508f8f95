"""How a piece of regular work stands, from its row and the present. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from matcher.jobs.states import Outcome

PATIENCE = timedelta(minutes=15)
"""So late may work be before somebody should look."""
PATIENCE_BUSY = timedelta(hours=1)
"""So long may work take."""


@dataclass(frozen=True)
class JobStanding:
    """What the status says about one piece of regular work."""

    name: str
    finished_at: datetime | None
    outcome: Outcome | None
    counts: dict[str, int]
    error: str | None
    busy_since: datetime | None
    next_due_at: datetime
    is_overdue: bool

    @property
    def is_fine(self) -> bool:
        return not self.is_overdue and self.outcome is not Outcome.FAILED

    def as_json(self, now: datetime) -> dict[str, Any]:
        """Plain values; the age is what a person asks for first."""
        return {
            "outcome": self.outcome.value if self.outcome else None,
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "age_seconds": round((now - self.finished_at).total_seconds()) if self.finished_at else None,
            "busy_since": self.busy_since.isoformat() if self.busy_since else None,
            "next_due_at": self.next_due_at.isoformat(),
            "overdue": self.is_overdue,
            "counts": self.counts,
            "error": self.error,
        }


def standing_of(row: Any, now: datetime) -> JobStanding:
    """`row` has the columns of `job_runs`."""
    busy_since = row.started_at if row.lease_token else None
    overdue = now - busy_since > PATIENCE_BUSY if busy_since else now - row.next_due_at > PATIENCE
    return JobStanding(
        name=row.name,
        finished_at=row.finished_at,
        outcome=row.outcome,
        counts=row.counts,
        error=row.error,
        busy_since=busy_since,
        next_due_at=row.next_due_at,
        is_overdue=overdue,
    )


def lag(found: list[JobStanding], now: datetime) -> timedelta:
    """How long the work that waits longest has been due."""
    waits = (now - job.next_due_at for job in found if job.busy_since is None)
    return max((wait for wait in waits if wait > timedelta()), default=timedelta())
