"""What was suggested, in which order and why; and who was ticked. Outcomes are joined through matches, never copied."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, UtcDateTime, short


class SuggestionRun(Base):
    """One answer to one revision of a request: what was known (as_of), by which model, on which facts."""

    __tablename__ = "suggestion_runs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["request_id", "request_revision"],
            ["request_revisions.request_id", "request_revisions.revision"],
            name="fk_suggestion_runs_revision",
        ),
        Index("ix_suggestion_runs_request", "request_id", "as_of"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"))
    request_revision: Mapped[int]
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    model: Mapped[str] = mapped_column(short(80))
    fingerprint: Mapped[str] = mapped_column(short(64))
    eligible: Mapped[int]
    never: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    smallest_change: Mapped[list[Any]] = mapped_column(JSON, default=list)
    generated: Mapped[bool] = mapped_column(default=False)


class Suggestion(Base):
    """One candidate in a run: facts as packed floats, position from 1, reasons as codes worded on reading."""

    __tablename__ = "suggestions"
    __table_args__ = (
        CheckConstraint("position >= 1", name="position_from_one"),
        ForeignKeyConstraint(
            ["offer_id", "offer_revision"],
            ["offer_revisions.offer_id", "offer_revisions.revision"],
            name="fk_suggestions_revision",
        ),
        Index("uq_suggestions_position", "run_id", "position", unique=True),
        Index("uq_suggestions_offer", "run_id", "offer_id", unique=True),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("suggestion_runs.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), index=True)
    offer_revision: Mapped[int]
    position: Mapped[int]
    score: Mapped[float]
    propensity: Mapped[float] = mapped_column(default=1.0)
    distance_km: Mapped[float]
    facts: Mapped[bytes] = mapped_column(LargeBinary)
    reasons: Mapped[list[Any]] = mapped_column(JSON)
    against: Mapped[list[Any]] = mapped_column(JSON)
    moments: Mapped[dict[str, str]] = mapped_column(JSON)
    shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RequestTick(Base):
    """Whom the asker ticked, in the order to be asked; ``asked_at`` once the invitation went out."""

    __tablename__ = "request_ticks"
    __table_args__ = (Index("uq_request_ticks_order", "request_id", "wave", "position", unique=True),)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), primary_key=True)
    wave: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]
    suggestion_id: Mapped[int | None] = mapped_column(ForeignKey("suggestions.id"))
    ticked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ticked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    skipped_reason: Mapped[str | None] = mapped_column(short(40))
