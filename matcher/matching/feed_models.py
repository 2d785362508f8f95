"""The private calendar link of a person."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, UtcDateTime, short


class CalendarFeed(Base):
    """Whoever knows the secret of the link reads this person's visits. Kept are its hash, and the salt from which the
    application's own key makes it again, so that the page can show it and a copy of the database cannot.

    ``etag`` and ``changed_at``: what was given last, and since when it is so.
    """

    __tablename__ = "calendar_feeds"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(short(64), unique=True)
    salt: Mapped[str] = mapped_column(short(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    etag: Mapped[str] = mapped_column(short(64), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
