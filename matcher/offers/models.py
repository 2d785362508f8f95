"""Offers with their append-only revisions, and the search key derived from them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matcher.availability.states import Delivery, Kind
from matcher.db import Base, Typed, UtcDateTime, short, str_enum
from matcher.offers.states import OfferState


class Offer(Base):
    """A lesson, a place or a person to be found. No ``person_id``: "someone of our team", or a place.

    ``details`` holds what only one kind has (lesson: minutes, materials, groups; place: department, supervisor, …).
    """

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint("travel_km between 0 and 400", name="travel_in_country"),
        CheckConstraint("notice_days between 0 and 365", name="notice_in_year"),
        CheckConstraint("yearly_cap is null or yearly_cap between 0 and 400", name="cap_sensible"),
        CheckConstraint("open_cap between 1 and 50", name="open_cap_sensible"),
        CheckConstraint("places between 1 and 99", name="places_sensible"),
        CheckConstraint("kind <> 'hybrid_placement' or person_id is not null", name="hybrid_is_a_person"),
        CheckConstraint("revision >= 1", name="revision_positive"),
        Index("ix_offers_organisation", "organisation_id", "state"),
        Index("ix_offers_person", "person_id", "state"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[Kind] = mapped_column(str_enum(Kind, "kind"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    own_name: Mapped[bool] = mapped_column(default=False)
    state: Mapped[OfferState] = mapped_column(str_enum(OfferState, "state"), default=OfferState.DRAFT)
    title: Mapped[str] = mapped_column(Typed(200))
    description: Mapped[str] = mapped_column(short(4000), default="")
    delivery: Mapped[Delivery] = mapped_column(str_enum(Delivery, "delivery"), default=Delivery.ON_SITE)
    languages: Mapped[list[str]] = mapped_column(JSON)
    levels: Mapped[list[str]] = mapped_column(JSON)
    level_mask: Mapped[int] = mapped_column(BigInteger)
    pc4: Mapped[str | None] = mapped_column(ForeignKey("postcodes.pc4"))
    lat: Mapped[float]
    lon: Mapped[float]
    travel_km: Mapped[int] = mapped_column(default=25)
    notice_days: Mapped[int] = mapped_column(default=21)
    # None is a value here (no maximum), or the mapper would take it for "not given" and store the default.
    yearly_cap: Mapped[int | None] = mapped_column(Integer().evaluates_none(), default=6)
    open_cap: Mapped[int] = mapped_column(default=1)
    months_off: Mapped[list[int]] = mapped_column(JSON, default=list)
    paused_until: Mapped[date | None] = mapped_column(Date)
    places: Mapped[int] = mapped_column(default=1)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    revision: Mapped[int] = mapped_column(default=1)
    on_behalf_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    generated: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class OfferTopic(Base):
    __tablename__ = "offer_topics"
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"), primary_key=True, index=True)


class OfferWord(Base):
    """Derived: the words of an open offer, each once, with how much its place in the text says (title 12, text 8)."""

    __tablename__ = "offer_words"
    __table_args__ = (PrimaryKeyConstraint("term_id", "offer_id"), {"sqlite_with_rowid": False})
    term_id: Mapped[int] = mapped_column(ForeignKey("search_terms.id"), primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), primary_key=True, index=True)
    weight: Mapped[int]


class OfferRevision(Base):
    """What the offer said at a moment; never changed, so that a suggestion can be explained later."""

    __tablename__ = "offer_revisions"
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)


BESIDE_THE_KEY = ["lat", "lon", "travel_km", "level_mask", *(f"day{day}" for day in range(7))]


class OfferSearch(Base):
    """Derived: one row per open offer, topic and cell (cell 0: online). The key puts the topic before the cell; SQLite
    keeps the table in its order, PostgreSQL everything beside it. ``day0``…``day6``: quarters that are not "never"."""

    __tablename__ = "offer_search"
    __table_args__ = (
        PrimaryKeyConstraint("kind", "topic_id", "cell", "offer_id", postgresql_include=BESIDE_THE_KEY),
        {"sqlite_with_rowid": False},
    )
    kind: Mapped[str] = mapped_column(short(40), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"), primary_key=True)
    cell: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), primary_key=True, index=True)
    lat: Mapped[float]
    lon: Mapped[float]
    travel_km: Mapped[int]
    level_mask: Mapped[int] = mapped_column(BigInteger)
    day0: Mapped[int] = mapped_column(BigInteger)
    day1: Mapped[int] = mapped_column(BigInteger)
    day2: Mapped[int] = mapped_column(BigInteger)
    day3: Mapped[int] = mapped_column(BigInteger)
    day4: Mapped[int] = mapped_column(BigInteger)
    day5: Mapped[int] = mapped_column(BigInteger)
    day6: Mapped[int] = mapped_column(BigInteger)
