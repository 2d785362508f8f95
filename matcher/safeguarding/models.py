"""Rules as data, proofs that were seen (never the document), blocks and reports of concern."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, Typed, UtcDateTime, short, str_enum
from matcher.safeguarding.states import ProofType


class SafeguardingRule(Base):
    """What a visit of a kind asks; a null column means "any", the most specific row wins, a board's row before all."""

    __tablename__ = "safeguarding_rules"
    __table_args__ = (CheckConstraint("max_age_weeks is null or max_age_weeks > 0", name="age_positive"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str | None] = mapped_column(short(40))
    level: Mapped[str | None] = mapped_column(short(20))
    supervised: Mapped[bool | None]
    structural: Mapped[bool | None]
    board_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    proof: Mapped[ProofType] = mapped_column(str_enum(ProofType, "proof"))
    max_age_weeks: Mapped[int | None]
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Proof(Base):
    """Somebody of the school saw it: who, when, until when; valid for that board."""

    __tablename__ = "proofs"
    __table_args__ = (Index("ix_proofs_lookup", "user_id", "board_id", "type"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    board_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    type: Mapped[ProofType] = mapped_column(str_enum(ProofType, "type"))
    seen_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_on: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)


class Block(Base):
    """One side does not want the other: never suggested, never told why."""

    __tablename__ = "blocks"
    __table_args__ = (
        CheckConstraint("(by_user_id is null) <> (by_organisation_id is null)", name="one_blocker"),
        CheckConstraint("(of_user_id is null) <> (of_organisation_id is null)", name="one_blocked"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    by_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    of_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    of_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReportOfConcern(Base):
    __tablename__ = "reports_of_concern"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    match_id: Mapped[int | None] = mapped_column(index=True)
    of_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"), index=True)
    body: Mapped[str] = mapped_column(Typed(4000))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
