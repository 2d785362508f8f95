"""How much of each ask budget is taken: one row per owner and school year."""

from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, str_enum


class BudgetOf(StrEnum):
    """Whose budget: a person's, that of an offer which names nobody, or an organisation's over all schools."""

    PERSON = "person"
    OFFER = "offer"
    ORGANISATION = "organisation"


class AskCounter(Base):
    """Visits of a school year (the year in which it began) that were agreed or asked and not answered yet.

    ``cap`` is the maximum that held when the last one was taken; none: there was no maximum.
    """

    __tablename__ = "ask_counters"
    __table_args__ = (
        CheckConstraint("taken >= 0", name="never_negative"),
        CheckConstraint("cap is null or taken <= cap", name="within_cap"),
    )
    owner: Mapped[BudgetOf] = mapped_column(str_enum(BudgetOf, "owner"), primary_key=True)
    owner_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    period: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    taken: Mapped[int]
    cap: Mapped[int | None]
