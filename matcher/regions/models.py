"""The region tree with its rules, and the postcode table."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, UtcDateTime, short, str_enum
from matcher.regions.states import HolidayRegion, RegionLevel


class Region(Base):
    """A node of the tree; a scheme is one tiling, and an old tiling gets an end date instead of being changed."""

    __tablename__ = "regions"
    __table_args__ = (
        CheckConstraint("valid_to is null or valid_to > valid_from", name="valid_range"),
        Index("uq_regions_scheme_code", "scheme", "code", unique=True),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"), index=True)
    level: Mapped[RegionLevel] = mapped_column(str_enum(RegionLevel, "level"))
    scheme: Mapped[str] = mapped_column(short(40))
    code: Mapped[str] = mapped_column(short(40))
    name: Mapped[str] = mapped_column(short())
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class RegionRule(Base):
    """A rule of one node, for one kind or all; the nearest node upward that has the key decides."""

    __tablename__ = "region_rules"
    __table_args__ = (Index("ix_region_rules_lookup", "region_id", "key", "kind", "valid_from"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id"))
    kind: Mapped[str | None] = mapped_column(short(40))
    key: Mapped[str] = mapped_column(short(60))
    value: Mapped[Any] = mapped_column(JSON)
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Postcode(Base):
    """A 4-digit postcode with its place and position; the position is called "about" where people see it."""

    __tablename__ = "postcodes"
    __table_args__ = (
        CheckConstraint("lat between 50 and 54", name="lat_in_country"),
        CheckConstraint("lon between 3 and 8", name="lon_in_country"),
    )
    pc4: Mapped[str] = mapped_column(short(4), primary_key=True)
    place: Mapped[str] = mapped_column(short())
    municipality: Mapped[str | None] = mapped_column(short())
    municipality_code: Mapped[str | None] = mapped_column(short(4), index=True)
    province: Mapped[str] = mapped_column(short(40))
    lat: Mapped[float]
    lon: Mapped[float]
    cell: Mapped[int] = mapped_column(index=True)
    holiday_region: Mapped[HolidayRegion] = mapped_column(str_enum(HolidayRegion, "holiday_region"))
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id"), index=True)
    source: Mapped[str] = mapped_column(short(40))


class SourceFile(Base):
    """A file of an authority as it was when it was brought in, so that the same one is not brought in twice."""

    __tablename__ = "source_files"
    url: Mapped[str] = mapped_column(short(500), primary_key=True)
    sha256: Mapped[str] = mapped_column(short(64))
    etag: Mapped[str | None] = mapped_column(short())
    last_modified: Mapped[str | None] = mapped_column(short())
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
