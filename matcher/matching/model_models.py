"""Which fitted rankings there are, which one runs, and when one was trained. The numbers themselves lie in files."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, UtcDateTime, short, str_enum


class ModelState(StrEnum):
    """Released: it orders people now. Refused: it did not beat what there was. Dropped: somebody took it away."""

    CANDIDATE = "candidate"
    RELEASED = "released"
    DROPPED = "dropped"
    REFUSED = "refused"


class ModelVersion(Base):
    """One fitted ranking with its card. Its file is only read when it has the hash that stands here."""

    __tablename__ = "model_versions"
    __table_args__ = (
        CheckConstraint("state <> 'released' or released_at is not null", name="released_has_time"),
        Index("uq_model_versions_version", "version", unique=True),
        Index(
            "uq_model_versions_released",
            "state",
            unique=True,
            sqlite_where=text("state = 'released'"),
            postgresql_where=text("state = 'released'"),
        ),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    version: Mapped[str] = mapped_column(short(60))
    file_hash: Mapped[str] = mapped_column(short(64))
    card: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[ModelState] = mapped_column(str_enum(ModelState, "state"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(short(1000), default="")


class ModelTraining(Base):
    """The training of one week: its row is the turn that only one worker gets, and says what came of it."""

    __tablename__ = "model_trainings"
    week: Mapped[str] = mapped_column(short(8), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(short(20))
    version: Mapped[str | None] = mapped_column(short(60))
    note: Mapped[str] = mapped_column(short(1000), default="")
