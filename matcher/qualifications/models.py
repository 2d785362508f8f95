"""Routes to teaching as data in both languages, and every earlier text of them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, UtcDateTime, short, str_enum
from matcher.qualifications.states import Change, Education, Qualification, Subjects

TEXT = 1000


class TeachingRoute(Base):
    """One route. Months, hours a week and euros are None when nobody should name a number; steps are one a line."""

    __tablename__ = "teaching_routes"
    __table_args__ = (
        CheckConstraint("min_education <> 'unknown'", name="education_known"),
        CheckConstraint("months_from is null or months_to is null or months_from <= months_to", name="months_in_order"),
        CheckConstraint("hours_from is null or hours_to is null or hours_from <= hours_to", name="hours_in_order"),
        CheckConstraint("cost_from is null or cost_to is null or cost_from <= cost_to", name="cost_in_order"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(short(60), unique=True)
    position: Mapped[int] = mapped_column(default=100)
    sectors: Mapped[list[str]] = mapped_column(JSON)
    min_education: Mapped[Education] = mapped_column(str_enum(Education, "min_education"))
    lower_by_assessment: Mapped[bool] = mapped_column(default=False)
    subjects: Mapped[Subjects] = mapped_column(str_enum(Subjects, "subjects"), default=Subjects.ANY)
    gives: Mapped[Qualification] = mapped_column(str_enum(Qualification, "gives"), default=Qualification.NONE)
    ask_first: Mapped[bool] = mapped_column(default=False)
    months_from: Mapped[int | None]
    months_to: Mapped[int | None]
    hours_from: Mapped[int | None]
    hours_to: Mapped[int | None]
    cost_from: Mapped[int | None]
    cost_to: Mapped[int | None]
    title_nl: Mapped[str] = mapped_column(short())
    title_en: Mapped[str] = mapped_column(short())
    summary_nl: Mapped[str] = mapped_column(short(TEXT))
    summary_en: Mapped[str] = mapped_column(short(TEXT))
    steps_nl: Mapped[str] = mapped_column(short(TEXT), default="")
    steps_en: Mapped[str] = mapped_column(short(TEXT), default="")
    not_allowed_nl: Mapped[str] = mapped_column(short(TEXT))
    not_allowed_en: Mapped[str] = mapped_column(short(TEXT))
    who_decides_nl: Mapped[str] = mapped_column(short(TEXT))
    who_decides_en: Mapped[str] = mapped_column(short(TEXT))
    funds_nl: Mapped[str] = mapped_column(short(TEXT), default="")
    funds_en: Mapped[str] = mapped_column(short(TEXT), default="")
    source: Mapped[str] = mapped_column(short(300))
    source_url: Mapped[str] = mapped_column(short(300), default="")
    checked_on: Mapped[date] = mapped_column(Date)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class TeachingRouteRevision(Base):
    """What a route said after a change; never changed itself. Nobody behind it: it came with the application."""

    __tablename__ = "teaching_route_revisions"
    route_id: Mapped[int] = mapped_column(ForeignKey("teaching_routes.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    change: Mapped[Change] = mapped_column(str_enum(Change, "change"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    said: Mapped[dict[str, Any]] = mapped_column(JSON)
