"""Schools, boards, companies; lesson times and year calendar of a location."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, PersonName, UtcDateTime, short, str_enum
from matcher.organisations.states import OrganisationType, PartnerSide, SchoolSector, SizeClass
from matcher.regions.states import HolidayRegion


class PositionSource(StrEnum):
    REGISTER = "register"
    POSTCODE = "postcode"


class DayKind(StrEnum):
    TEST_WEEK = "test_week"
    STUDY_DAY = "study_day"
    FREE_DAY = "free_day"
    EXAM_CLASSES_GONE = "exam_classes_gone"
    LESSON_DAY = "lesson_day"


def _where(condition: str) -> dict[str, Any]:
    return {"unique": True, "sqlite_where": text(condition), "postgresql_where": text(condition)}


class Organisation(Base):
    """A school is a location (BRIN + location code); ``parent_id`` is its board. Verified: checked by a coordinator."""

    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint("type <> 'school' or (brin is not null and location is not null)", name="school_has_brin"),
        # A coordinator's own list often has no KvK number; who registers on the page gives one.
        CheckConstraint("type <> 'company' or kvk is not null or source = 'spreadsheet'", name="company_has_kvk"),
        CheckConstraint("kvk is null or length(kvk) = 8", name="kvk_eight_digits"),
        CheckConstraint("type = 'board' or (lat is not null and lon is not null)", name="has_position"),
        CheckConstraint("version >= 1", name="version_positive"),
        Index("uq_organisations_location", "brin", "location", **_where("type = 'school'")),
        Index("uq_organisations_kvk", "kvk", "pc4", **_where("type = 'company' and ended_at is null")),
        Index("uq_organisations_board", "board_code", **_where("type = 'board'")),
        Index("ix_organisations_search", "type", "name_key"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    type: Mapped[OrganisationType] = mapped_column(str_enum(OrganisationType, "type"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(PersonName(200))
    name_key: Mapped[str] = mapped_column(short())
    brin: Mapped[str | None] = mapped_column(short(4))
    location: Mapped[str | None] = mapped_column(short(2))
    board_code: Mapped[str | None] = mapped_column(short(8))
    kvk: Mapped[str | None] = mapped_column(short(8))
    school_sector: Mapped[SchoolSector | None] = mapped_column(str_enum(SchoolSector, "school_sector"))
    levels: Mapped[list[str]] = mapped_column(JSON, default=list)
    sector_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"))
    size: Mapped[SizeClass | None] = mapped_column(str_enum(SizeClass, "size"))
    street: Mapped[str | None] = mapped_column(short())
    postcode: Mapped[str | None] = mapped_column(short(7))
    pc4: Mapped[str | None] = mapped_column(ForeignKey("postcodes.pc4"), index=True)
    place: Mapped[str | None] = mapped_column(short())
    website: Mapped[str | None] = mapped_column(short())
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    position_source: Mapped[PositionSource | None] = mapped_column(str_enum(PositionSource, "position_source"))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"), index=True)
    holiday_region: Mapped[HolidayRegion | None] = mapped_column(str_enum(HolidayRegion, "holiday_region"))
    pupils: Mapped[int | None]
    source: Mapped[str] = mapped_column(short(40))
    generated: Mapped[bool] = mapped_column(default=False)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    do_not_approach_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hours_budget: Mapped[int | None]
    ask_limit: Mapped[int | None]
    via_contact: Mapped[bool] = mapped_column(default=False)
    staff_domain: Mapped[str | None] = mapped_column(short())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def address(self) -> str:
        """As on an envelope, as far as it is known: `Dorpsstraat 1, 8911 AB Leeuwarden`."""
        town = " ".join(part for part in (self.postcode, self.place) if part)
        return ", ".join(part for part in (self.street, town) if part)


class Partnership(Base):
    """A school and a company that go on with each other; it counts from the day the other side said yes."""

    __tablename__ = "partnerships"
    __table_args__ = (
        CheckConstraint("(confirmed_at is null) = (confirmed_by_id is null)", name="confirmed_by_somebody"),
        CheckConstraint("school_id <> company_id", name="two_sides"),
        Index("uq_partnerships_live", "school_id", "company_id", **_where("ended_at is null")),
        Index("ix_partnerships_company", "company_id"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    proposed_side: Mapped[PartnerSide] = mapped_column(str_enum(PartnerSide, "proposed_side"))
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LessonGrid(Base):
    """Lesson times of a location, or of one department or year: ``periods`` is [[number, "08:30", "09:20"], …]."""

    __tablename__ = "lesson_grids"
    __table_args__ = (Index("ix_lesson_grids_owner", "organisation_id", "valid_from"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    department: Mapped[str | None] = mapped_column(short(60))
    shortened: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date] = mapped_column(Date)
    periods: Mapped[list[Any]] = mapped_column(JSON)


class CalendarDay(Base):
    """A day on which a location differs from its holiday region."""

    __tablename__ = "calendar_days"
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[DayKind] = mapped_column(str_enum(DayKind, "kind"), primary_key=True)
    note: Mapped[str | None] = mapped_column(short())
