"""Topics share one id space (subjects, themes, sectors), so that the search key can start with them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, UtcDateTime, short, str_enum


class TopicType(StrEnum):
    SUBJECT = "subject"
    THEME = "theme"
    SECTOR = "sector"


class Topic(Base):
    __tablename__ = "topics"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    type: Mapped[TopicType] = mapped_column(str_enum(TopicType, "type"))
    code: Mapped[str] = mapped_column(short(60), unique=True)
    nl: Mapped[str] = mapped_column(short())
    en: Mapped[str] = mapped_column(short())
    levels: Mapped[list[str]] = mapped_column(JSON)
    near: Mapped[list[str]] = mapped_column(JSON)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class TopicTerm(Base):
    """A name or synonym, folded for search."""

    __tablename__ = "topic_terms"
    __table_args__ = (Index("ix_topic_terms_folded", "folded"),)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"), primary_key=True)
    lang: Mapped[str] = mapped_column(short(2), primary_key=True)
    folded: Mapped[str] = mapped_column(short(), primary_key=True)


class Occupation(Base):
    """A job of ESCO's list with its names in one language, folded for search. Its group leads to topics."""

    __tablename__ = "occupations"
    uri: Mapped[str] = mapped_column(short(), primary_key=True)
    lang: Mapped[str] = mapped_column(short(2), primary_key=True)
    isco: Mapped[str] = mapped_column(short(4))
    name: Mapped[str] = mapped_column(short())
    folded: Mapped[list[str]] = mapped_column(JSON)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class SearchTerm(Base):
    """Every word that a searched text ever held, folded. The number is made from the word, so nobody looks it up."""

    __tablename__ = "search_terms"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    word: Mapped[str] = mapped_column(short(60))
