"""Classes, requests with their moments and topics, and the append-only revisions of a request."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from matcher.availability.states import Delivery, Kind
from matcher.db import Base, Typed, UtcDateTime, short, str_enum
from matcher.requests.asking import class_ids_of
from matcher.requests.states import RequestState

FIRST_OFFER = "first_offer_id"


class SchoolClass(Base):
    """A class with its weekly periods [[weekday 0–6, first period, how many], …] on the lesson grid of the location."""

    __tablename__ = "classes"
    __table_args__ = (CheckConstraint("size between 1 and 500", name="size_sensible"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(short(60))
    level: Mapped[str] = mapped_column(short(20))
    year: Mapped[int | None]
    size: Mapped[int]
    weekly_periods: Mapped[list[Any]] = mapped_column(JSON, default=list)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Request(Base):
    """What a school asks. ``details`` holds what only one kind has; ``teacher_id`` is the adult who stays there.

    Lessons of one series share ``series_id``, the id of the first of them, and are counted by ``series_no``.
    """

    __tablename__ = "requests"
    __table_args__ = (
        CheckConstraint("needed between 1 and 60", name="needed_sensible"),
        CheckConstraint("window_to is null or window_to >= window_from", name="window_in_order"),
        CheckConstraint("state <> 'open' or published_at is not null", name="open_has_time"),
        CheckConstraint("revision >= 1", name="revision_positive"),
        Index("ix_requests_organisation", "organisation_id", "state"),
        Index("ix_requests_region", "region_id", "state", "published_at"),
        Index("ix_requests_asked_by", "asked_by_id", "state"),
        Index("ix_requests_series", "series_id", "series_no"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[Kind] = mapped_column(str_enum(Kind, "kind"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    on_behalf_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    teacher_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[RequestState] = mapped_column(str_enum(RequestState, "state"), default=RequestState.DRAFT)
    class_id: Mapped[int | None] = mapped_column(ForeignKey("classes.id"))
    title: Mapped[str] = mapped_column(Typed(200), default="")
    level: Mapped[str | None] = mapped_column(short(20))
    year: Mapped[int | None]
    group_size: Mapped[int | None]
    language: Mapped[str] = mapped_column(short(8), default="nl")
    delivery: Mapped[Delivery] = mapped_column(str_enum(Delivery, "delivery"), default=Delivery.ON_SITE)
    needed: Mapped[int] = mapped_column(default=1)
    together: Mapped[bool] = mapped_column(default=True)
    window_from: Mapped[date | None] = mapped_column(Date)
    window_to: Mapped[date | None] = mapped_column(Date)
    days: Mapped[float | None]
    hours: Mapped[float | None]
    half_day_mask: Mapped[int | None]
    max_km: Mapped[int | None]
    own_words: Mapped[str] = mapped_column(short(4000), default="")
    costs: Mapped[str] = mapped_column(short(), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    revision: Mapped[int] = mapped_column(default=1)
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id"))
    generated: Mapped[bool] = mapped_column(default=False)
    held_back: Mapped[bool] = mapped_column(default=False)
    series_id: Mapped[int | None]
    series_no: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def first_offer_id(self) -> int | None:
        """Whom the school wants to ask again, before everybody else who fits."""
        found = (self.details or {}).get(FIRST_OFFER)
        return int(found) if found is not None else None

    @property
    def class_ids(self) -> tuple[int, ...]:
        """Every class the guest visits, the first one first."""
        return class_ids_of(self.class_id, self.details or {})


class RequestMoment(Base):
    """One asked moment: 1–4 lesson periods on one day, a half-day, or (with ``parts``, [[start_s, end_s], …]) the same
    half-day of every week. Wall times are what people see, seconds what is compared."""

    __tablename__ = "request_moments"
    __table_args__ = (
        CheckConstraint("end_s > start_s", name="end_after_start"),
        Index("uq_request_moments_start", "request_id", "start_s", "end_s", unique=True),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"))
    day: Mapped[date] = mapped_column(Date)
    starts: Mapped[str] = mapped_column(short(5))
    ends: Mapped[str] = mapped_column(short(5))
    start_s: Mapped[int] = mapped_column(BigInteger)
    end_s: Mapped[int] = mapped_column(BigInteger)
    periods: Mapped[list[int]] = mapped_column(JSON, default=list)
    parts: Mapped[list[list[int]]] = mapped_column(JSON, default=list, server_default=text("'[]'"))


class RequestTopic(Base):
    __tablename__ = "request_topics"
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"), primary_key=True, index=True)


class RequestRevision(Base):
    """What the request said at a moment; never changed."""

    __tablename__ = "request_revisions"
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
