"""Noes that who said them took back from memory: the answer stays, its reason changes no fact any more."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, UtcDateTime


class ForgottenNo(Base):
    __tablename__ = "forgotten_noes"
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
