"""What a coordinator told the service about the columns of her spreadsheets, and approvals that went to others."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from matcher.coordination.sending_on import SentOnReason
from matcher.db import Base, UtcDateTime, short, str_enum
from matcher.organisations.columns import ImportKind


class ImportMapping(Base):
    """Header → field ("" for: leave this column out), for files with exactly these headers. ``shape`` is their hash."""

    __tablename__ = "import_mappings"
    __table_args__ = (Index("uq_import_mappings_shape", "user_id", "kind", "shape", unique=True),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[ImportKind] = mapped_column(str_enum(ImportKind, "kind"))
    shape: Mapped[str] = mapped_column(short(64))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SentOn(Base):
    """An approval that nobody touched went to others: `hop` 1 is the first time. ``seq`` is the version of the match
    that waits, so that another yes begins anew. No region: the administrators. ``told`` are ids of people.
    """

    __tablename__ = "approvals_sent_on"
    __table_args__ = (
        CheckConstraint("hop >= 1", name="hop_positive"),
        CheckConstraint("(taken_at is null) = (taken_by_id is null)", name="taken_by_somebody"),
        Index("uq_approvals_sent_on_hop", "match_id", "seq", "hop", unique=True),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"))
    seq: Mapped[int]
    hop: Mapped[int]
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"))
    stand_in: Mapped[bool]
    reason: Mapped[SentOnReason] = mapped_column(str_enum(SentOnReason, "reason"))
    waited_days: Mapped[int]
    told: Mapped[list[Any]] = mapped_column(JSON)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
