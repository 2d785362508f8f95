"""Weekly patterns, dated exceptions and bookings. Time is not on the match: it has one booking per party and visit."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from matcher.availability.states import ExceptionKind, OwnerType, Party
from matcher.db import Base, UtcDateTime, short, str_enum


class WeeklyPattern(Base):
    """Seven 60-bit masks of quarter-hours (07–22 h, wall time) per value; the newest row not after a day counts."""

    __tablename__ = "weekly_patterns"
    __table_args__ = (Index("uq_weekly_patterns_owner", "owner_type", "owner_id", "valid_from", unique=True),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner_type: Mapped[OwnerType] = mapped_column(str_enum(OwnerType, "owner_type"))
    owner_id: Mapped[int]
    valid_from: Mapped[date] = mapped_column(Date)
    usually: Mapped[list[int]] = mapped_column(JSON)
    never: Mapped[list[int]] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AvailabilityException(Base):
    """A dated piece of time that is free or busy whatever the pattern says; epoch seconds, half-open."""

    __tablename__ = "availability_exceptions"
    __table_args__ = (
        CheckConstraint("end_s > start_s", name="end_after_start"),
        Index("ix_availability_exceptions_owner", "owner_type", "owner_id", "start_s"),
        Index(
            "ix_availability_exceptions_calendar",
            "end_s",
            sqlite_where=text("source = 'calendar'"),
            postgresql_where=text("source = 'calendar'"),
        ),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner_type: Mapped[OwnerType] = mapped_column(str_enum(OwnerType, "owner_type"))
    owner_id: Mapped[int]
    start_s: Mapped[int] = mapped_column(BigInteger)
    end_s: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[ExceptionKind] = mapped_column(str_enum(ExceptionKind, "kind"))
    source: Mapped[str] = mapped_column(short(40))
    note: Mapped[str | None] = mapped_column(short())


class Booking(Base):
    """Held time of one party, travel pads included, half-open in epoch seconds. Overlap is refused by the database
    (see ddl): live rows of one party never cross. ``party_id`` of a place is offer id × 100 + place number.
    """

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint("end_s > start_s", name="end_after_start"),
        CheckConstraint("pad_before_s >= 0 and pad_after_s >= 0", name="pads_not_negative"),
        CheckConstraint("end_s - start_s > pad_before_s + pad_after_s", name="longer_than_pads"),
        Index("ix_bookings_party", "party", "party_id", "start_s"),
        Index("ix_bookings_match", "match_id"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"))
    party: Mapped[Party] = mapped_column(str_enum(Party, "party"))
    party_id: Mapped[int]
    start_s: Mapped[int] = mapped_column(BigInteger)
    end_s: Mapped[int] = mapped_column(BigInteger)
    pad_before_s: Mapped[int] = mapped_column(default=0)
    pad_after_s: Mapped[int] = mapped_column(default=0)
    live: Mapped[bool] = mapped_column(default=True)


class BusyCalendar(Base):
    """When somebody's own calendar was read; what it said are their exceptions with the source `calendar`.

    ``before`` are the blocks that were replaced, [[start_s, end_s], …], for the way back: within the hour they go.
    """

    __tablename__ = "busy_calendars"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
    before: Mapped[list[list[int]] | None] = mapped_column(JSON(none_as_null=True))
