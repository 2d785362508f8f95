"""What the worker and the status look at. Nothing is written here."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.jobs.models import JobRun
from matcher.jobs.standing import JobStanding, standing_of


def runs(session: Session) -> dict[str, JobRun]:
    """Every piece of regular work that was ever known, by name."""
    query = select(JobRun).execution_options(populate_existing=True)
    return {row.name: row for row in session.scalars(query)}


def standings(session: Session, names: Iterable[str], *, now: datetime) -> list[JobStanding]:
    """How each of these stands, in this order; those that no worker ever saw are left out."""
    rows = runs(session)
    return [standing_of(rows[name], now) for name in names if name in rows]
