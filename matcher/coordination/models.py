"""What a coordinator told the service about the columns of her spreadsheets."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

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
