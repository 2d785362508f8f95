"""What both sides wrote for a visit: the newest version of a side holds, the others say what stood there."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, UtcDateTime, str_enum
from matcher.matching.states import Side


class RunbookVersion(Base):
    """`said` is {item: text}, one side's half as it was saved."""

    __tablename__ = "runbook_versions"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("side in ('school','company')", name="of_a_party"),
    )
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"), primary_key=True)
    side: Mapped[Side] = mapped_column(str_enum(Side, "side"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    said: Mapped[dict[str, Any]] = mapped_column(JSON)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
