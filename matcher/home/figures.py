"""Numbers for public pages as plain values; the rule that hides the small ones is `monitor`'s."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from matcher.availability.states import Kind
from matcher.disk import is_nearly_full
from matcher.jobs.queue import Waiting
from matcher.jobs.standing import JobStanding, lag
from matcher.monitor.cells import FEWEST, publishable, publishable_column, whole
from matcher.regions.netherlands import Spot

__all__ = ["FEWEST", "Health", "PublicFigures", "RegionFigures", "publishable", "publishable_column", "whole"]


@dataclass(frozen=True)
class RegionFigures:
    """One line of the public table; None is a number too small to publish."""

    name: str
    lectures: int | None
    internships: int | None
    open_requests: int | None
    middle: tuple[float, float] | None = None
    visits: int | None = None  # of every kind that is counted, where each may be seen


@dataclass(frozen=True)
class PublicFigures:
    """What the home page says about the whole country in this school year."""

    lectures: int | None
    internships: int | None
    hybrids: int | None
    open_requests: int | None
    regions: tuple[RegionFigures, ...]
    spots: tuple[Spot, ...]
    kinds: tuple[Kind, ...] = ()  # so many held that totals may count them


@dataclass(frozen=True)
class Health:
    """What can be said about the running system without naming anybody."""

    at: datetime
    waiting_mails: int
    late_mails: int
    dead_mails: int
    ranking: str
    is_learned: bool  # a fitted model orders people, not the rule written by people
    refused_model: str | None = None  # the version whose file cannot be used, so that the rule stands in
    oldest_unsent_at: datetime | None = None
    schema: str = ""
    disk_free: int | None = None
    jobs: tuple[JobStanding, ...] = ()  # empty while no worker ever ran
    queue: Waiting | None = None

    @property
    def is_fine(self) -> bool:
        works = self.late_mails == 0 and self.refused_model is None and not is_nearly_full(self.disk_free)
        return works and bool(self.jobs) and all(job.is_fine for job in self.jobs)

    @property
    def lag(self) -> timedelta:
        """How long the regular work that waits longest has been due."""
        return lag(list(self.jobs), self.at)

    def as_json(self) -> dict[str, object]:
        """For whoever watches the server: figures and names of work, nothing about people."""
        unsent = self.at - self.oldest_unsent_at if self.oldest_unsent_at else None
        queued = self.at - self.queue.since if self.queue and self.queue.since else None
        return {
            "status": "ok" if self.is_fine else "degraded",
            "ranking": self.ranking,
            "schema": self.schema,
            "lag_seconds": round(self.lag.total_seconds()),
            "queued_jobs": self.queue.count if self.queue else None,
            "oldest_queued_seconds": round(queued.total_seconds()) if queued else None,
            "late_mails": self.late_mails,
            "oldest_unsent_seconds": round(unsent.total_seconds()) if unsent else None,
            "dead_letters": self.dead_mails,
            "disk_free_mb": None if self.disk_free is None else self.disk_free // 1_000_000,
            "jobs": {job.name: _job_json(job, self.at) for job in self.jobs},
        }


def _job_json(job: JobStanding, now: datetime) -> dict[str, object]:
    # What went wrong may name things; the outcome is enough here.
    told = job.as_json(now)
    return {name: told[name] for name in ("outcome", "age_seconds", "overdue")}
