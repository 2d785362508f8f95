"""One row per piece of regular work: when it is due, who does it now, and what became of it last time."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, UtcDateTime, short, str_enum
from matcher.jobs.states import Outcome


class JobRun(Base):
    """A lease is a token and a heartbeat that is counted: whoever waits looks whether it goes on, not at a clock."""

    __tablename__ = "job_runs"
    __table_args__ = (
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        CheckConstraint("lease_token is null or started_at is not null", name="leased_has_start"),
        CheckConstraint("outcome is null or finished_at is not null", name="ended_has_time"),
    )
    name: Mapped[str] = mapped_column(short(80), primary_key=True)
    next_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_token: Mapped[str | None] = mapped_column(short(40))
    lease_beat: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[Outcome | None] = mapped_column(str_enum(Outcome, "outcome"))
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(short(300))
    failures: Mapped[int] = mapped_column(default=0)
