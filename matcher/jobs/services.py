"""The only writer of `job_runs`: who does what now, and what became of it. Flushes, never commits."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import and_, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matcher.jobs.models import JobRun
from matcher.jobs.periods import Periodic, next_after
from matcher.jobs.states import Outcome

LONGEST_ERROR = 300


def make_known(session: Session, jobs: Iterable[Periodic], *, now: datetime) -> None:
    """A row for each piece of regular work that has none."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    for job in jobs:
        row = {"name": job.name, "next_due_at": job.when.first(now), "lease_beat": 0, "counts": {}, "failures": 0}
        session.execute(dialect.insert(JobRun).values(**row).on_conflict_do_nothing(index_elements=["name"]))


def claim(session: Session, job: Periodic, *, now: datetime, dead: tuple[str, int] | None = None) -> str | None:
    """The token of a lease, when the job is due and nobody has it. `dead` is a lease whose heartbeat stopped; it is
    taken over only if it is still that very one."""
    free: Any = JobRun.lease_token.is_(None)
    if dead is not None:
        free = or_(free, and_(JobRun.lease_token == dead[0], JobRun.lease_beat == dead[1]))
    token = uuid4().hex
    due = update(JobRun).where(JobRun.name == job.name, JobRun.next_due_at <= now, free)
    return token if _count(session, due.values(lease_token=token, lease_beat=0, started_at=now)) else None


def beat(session: Session, name: str, token: str) -> bool:
    """The holder is alive. False when somebody else took over."""
    return bool(_count(session, _mine(name, token).values(lease_beat=JobRun.lease_beat + 1)))


def finish(
    session: Session,
    job: Periodic,
    token: str,
    *,
    began_at: datetime,
    now: datetime,
    counts: dict[str, int],
    error: str | None,
    failures: int = 0,
) -> bool:
    """What became of it. False, and nothing is written, when the lease went to somebody else in the meantime."""
    due = next_after(job.when, began_at, failures)
    values = {"lease_token": None, "next_due_at": due, **_ended(now, counts, error, failures)}
    return bool(_count(session, _mine(job.name, token).values(**values)))


def give_back(session: Session, name: str, token: str, *, now: datetime) -> bool:
    """The worker stops in the middle: the job stays due, and the next worker need not wait for the heart to stop."""
    values = {"lease_token": None, "outcome": Outcome.CUT_OFF, "finished_at": now}
    return bool(_count(session, _mine(name, token).values(**values)))


def note_beside(
    session: Session, job: Periodic, *, began_at: datetime, now: datetime, counts: dict[str, int], error: str | None
) -> None:
    """The last run of work that every worker does at once."""
    mine = update(JobRun).where(JobRun.name == job.name)
    values = {"started_at": began_at, "next_due_at": job.when.after(began_at)}
    _count(session, mine.values(**values, **_ended(now, counts, error, int(error is not None))))


def reckon_anew(session: Session, job: Periodic, *, absurd: datetime, now: datetime) -> None:
    """The clock was years ahead when the next time was written; the work itself is not done twice for that."""
    wrong = update(JobRun).where(JobRun.name == job.name, JobRun.next_due_at == absurd, JobRun.lease_token.is_(None))
    _count(session, wrong.values(next_due_at=job.when.after(now)))


def _ended(now: datetime, counts: dict[str, int], error: str | None, failures: int) -> dict[str, Any]:
    outcome = Outcome.DONE if error is None else Outcome.FAILED
    words = error[:LONGEST_ERROR] if error else None
    return {"outcome": outcome, "finished_at": now, "counts": counts, "error": words, "failures": failures}


def _mine(name: str, token: str) -> Any:
    # The token is the fence: whoever slept past the lease may not overwrite what the successor wrote.
    return update(JobRun).where(JobRun.name == name, JobRun.lease_token == token)


def _count(session: Session, statement: Any) -> int:
    # What an update gives back counts its rows; the session promises only a result of any kind.
    return int(session.execute(statement.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]
