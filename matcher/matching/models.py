"""Matches with their chain of events, consents, moments, reports and messages. Suggestion runs: suggestion_models."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from matcher.availability.states import Kind
from matcher.db import Base, Typed, UtcDateTime, short, str_enum
from matcher.matching.states import Action, HybridStep, MatchState, Side

_LIVE = "state in ('proposed','accepted','approved')"
_TAKES = "state in ('accepted','approved','held')"


class AllowedTransition(Base):
    """The rows of states.MOVES; events refer to them, so a forged step finds no parent."""

    __tablename__ = "allowed_transitions"
    from_state: Mapped[str] = mapped_column(short(40), primary_key=True)
    action: Mapped[str] = mapped_column(short(40), primary_key=True)
    to_state: Mapped[str] = mapped_column(short(40), primary_key=True)


class MatchEvent(Base):
    """Append-only. Written before its match: each event's "from" is the previous event's "to" by foreign key."""

    __tablename__ = "match_events"
    __table_args__ = (
        CheckConstraint("seq >= 1", name="seq_positive"),
        CheckConstraint("(seq = 1) = (prev_seq is null)", name="first_has_no_previous"),
        CheckConstraint("(seq = 1) = (from_state is null)", name="first_has_no_from"),
        CheckConstraint("prev_seq is null or prev_seq = seq - 1", name="previous_is_one_less"),
        CheckConstraint("seq > 1 or (action = 'propose' and to_state = 'proposed')", name="born_proposed"),
        CheckConstraint("role = 'system' or actor_id is not null", name="somebody_did_it"),
        UniqueConstraint("match_id", "seq", "to_state", name="uq_match_events_link"),
        ForeignKeyConstraint(
            ["from_state", "action", "to_state"],
            ["allowed_transitions.from_state", "allowed_transitions.action", "allowed_transitions.to_state"],
            name="fk_match_events_transition",
        ),
        ForeignKeyConstraint(
            ["match_id", "prev_seq", "from_state"],
            ["match_events.match_id", "match_events.seq", "match_events.to_state"],
            name="fk_match_events_chain",
        ),
        Index("ix_match_events_at", "at"),
    )
    match_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    prev_seq: Mapped[int | None]
    from_state: Mapped[str | None] = mapped_column(short(40))
    action: Mapped[Action] = mapped_column(str_enum(Action, "action"))
    to_state: Mapped[str] = mapped_column(short(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    on_behalf_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Side] = mapped_column(str_enum(Side, "role"))
    reason: Mapped[str | None] = mapped_column(short(40))
    note: Mapped[str] = mapped_column(short(1000), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Match(Base):
    """One request and one offer. ``seq`` is the version, the number of events and the calendar's SEQUENCE.

    ``professional_id`` is who was asked, ``visitor_id`` who really comes; ``name_follows``: "someone of our team".
    ``place_no`` is taken from acceptance on: its unique index is the limit on places. ``counted_year`` is the school
    year in whose budgets it counts, the guest's and (``counts_for_company``) the organisation's.
    """

    __tablename__ = "matches"
    __table_args__ = (
        ForeignKeyConstraint(
            ["id", "seq", "state"],
            ["match_events.match_id", "match_events.seq", "match_events.to_state"],
            name="fk_matches_last_event",
        ),
        CheckConstraint(
            "(state in ('approved','held','missed') and (approved_by_id is null) <> (approved_rule is null)"
            " and approved_at is not null) or state not in ('approved','held','missed')",
            name="approved_by_exactly_one",
        ),
        CheckConstraint(
            "approved_by_id is null or ((visitor_id is null or approved_by_id <> visitor_id)"
            " and (professional_id is null or approved_by_id <> professional_id)"
            " and (teacher_id is null or approved_by_id <> teacher_id)"
            " and (side = 'coordinator' or proposed_by_id is null or approved_by_id <> proposed_by_id))",
            name="approver_is_no_party",
        ),
        CheckConstraint(f"not ({_TAKES}) or place_no is not null", name="taken_place_has_number"),
        CheckConstraint("place_no is null or place_no between 1 and 60", name="place_sensible"),
        CheckConstraint(
            "state not in ('approved','held') or visitor_id is not null or kind <> 'guest_lecture' or name_follows",
            name="visitor_is_named",
        ),
        Index(
            "uq_matches_live_professional",
            "request_id",
            "professional_id",
            unique=True,
            sqlite_where=text(_LIVE + " and kind <> 'teacher_internship'"),
            postgresql_where=text(_LIVE + " and kind <> 'teacher_internship'"),
        ),
        Index(
            "uq_matches_live_offer",
            "request_id",
            "offer_id",
            unique=True,
            sqlite_where=text(_LIVE),
            postgresql_where=text(_LIVE),
        ),
        Index(
            "uq_matches_place",
            "request_id",
            "place_no",
            unique=True,
            sqlite_where=text(_TAKES),
            postgresql_where=text(_TAKES),
        ),
        Index("ix_matches_request", "request_id", "state"),
        Index("ix_matches_professional", "professional_id", "state"),
        Index("ix_matches_offer", "offer_id", "state"),
        Index("ix_matches_region", "region_id", "state"),
        Index("ix_matches_expiry", "state", "expires_at"),
    )
    # Said aloud: a column that is also part of a foreign key gets no number by itself.
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    kind: Mapped[Kind] = mapped_column(str_enum(Kind, "kind"))
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"))
    request_revision: Mapped[int]
    offer_revision: Mapped[int]
    professional_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    visitor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    name_follows: Mapped[bool] = mapped_column(default=False)
    teacher_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    side: Mapped[Side] = mapped_column(str_enum(Side, "side"))
    on_behalf_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    suggestion_id: Mapped[int | None] = mapped_column(ForeignKey("suggestions.id"), index=True)
    wave: Mapped[int] = mapped_column(default=1)
    state: Mapped[MatchState] = mapped_column(str_enum(MatchState, "state"))
    seq: Mapped[int] = mapped_column()
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id"))
    place_no: Mapped[int | None]
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(short(40))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_rule: Mapped[str | None] = mapped_column(short(60))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    keep_in_mind: Mapped[bool] = mapped_column(default=False)
    counted_year: Mapped[int | None]
    counts_for_company: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    generated: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The one door raises seq itself; the mapper only checks that nobody else did in the meantime.
    __mapper_args__ = {"version_id_col": seq, "version_id_generator": False}


class MatchMoment(Base):
    """A moment on the table of one match: copied from the request, or suggested later by a side; one may be chosen.

    Of several visits ``parts`` holds all of them, [[start_s, end_s], …]; start and end are the first's and the last's.
    """

    __tablename__ = "match_moments"
    __table_args__ = (
        CheckConstraint("end_s > start_s", name="end_after_start"),
        Index("uq_match_moments_start", "match_id", "start_s", "end_s", "shape_key", unique=True),
        Index(
            "uq_match_moments_chosen",
            "match_id",
            unique=True,
            sqlite_where=text("chosen"),
            postgresql_where=text("chosen"),
        ),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"))
    day: Mapped[date] = mapped_column(Date)
    starts: Mapped[str] = mapped_column(short(5))
    ends: Mapped[str] = mapped_column(short(5))
    start_s: Mapped[int] = mapped_column(BigInteger)
    end_s: Mapped[int] = mapped_column(BigInteger)
    periods: Mapped[list[int]] = mapped_column(JSON, default=list)
    parts: Mapped[list[list[int]]] = mapped_column(JSON, default=list, server_default=text("'[]'"))
    shape_key: Mapped[str] = mapped_column(short(40), default="", server_default=text("''"))
    suggested_by: Mapped[Side] = mapped_column(str_enum(Side, "suggested_by"))
    chosen: Mapped[bool] = mapped_column(default=False)
    dropped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Consent(Base):
    """A yes that this match needs. Given: who, when and by which event; a new moment resets it."""

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("(given_at is null) = (seq is null)", name="given_by_an_event"),
        ForeignKeyConstraint(
            ["match_id", "seq"], ["match_events.match_id", "match_events.seq"], name="fk_consents_event"
        ),
    )
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"), primary_key=True)
    party: Mapped[Side] = mapped_column(str_enum(Side, "party"), primary_key=True)
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seq: Mapped[int | None]


class VisitReport(Base):
    """One side's answer to "did it happen, would you do it again?". Of several visits ``parts`` are those that took
    place, [[start_s, end_s], …], and ``part`` says which share of all that is. ``thanks`` is for the guest's eyes."""

    __tablename__ = "visit_reports"
    __table_args__ = (
        CheckConstraint("pupils is null or pupils between 0 and 2000", name="pupils_sensible"),
        CheckConstraint("hours is null or hours between 0 and 2000", name="hours_sensible"),
    )
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"), primary_key=True)
    side: Mapped[Side] = mapped_column(str_enum(Side, "side"), primary_key=True)
    happened: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(short(40))
    again: Mapped[bool | None]
    pupils: Mapped[int | None]
    hours: Mapped[float | None]
    part: Mapped[float | None]
    parts: Mapped[list[list[int]]] = mapped_column(JSON, default=list, server_default=text("'[]'"))
    note: Mapped[str] = mapped_column(short(2000), default="")
    thanks: Mapped[str] = mapped_column(short(500), default="", server_default=text("''"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class HybridStepTaken(Base):
    """A step on the way of a hybrid teacher. Taken back it stays as history; each step stands once at most.

    ``cut`` are the visits after the last day, so that an end can be taken back.
    """

    __tablename__ = "hybrid_steps"
    __table_args__ = (
        CheckConstraint("hours is null or hours between 0 and 60", name="hours_sensible"),
        Index(
            "uq_hybrid_steps_standing",
            "match_id",
            "step",
            unique=True,
            sqlite_where=text("taken_back_at is null"),
            postgresql_where=text("taken_back_at is null"),
        ),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"), index=True)
    step: Mapped[HybridStep] = mapped_column(str_enum(HybridStep, "step"))
    on_day: Mapped[date] = mapped_column(Date)
    hours: Mapped[float | None]
    linked_match_id: Mapped[int | None] = mapped_column(ForeignKey("matches.id"))
    cut: Mapped[list[list[int]]] = mapped_column(JSON, default=list)
    side: Mapped[Side] = mapped_column(str_enum(Side, "side"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Message(Base):
    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_match", "match_id", "at"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    side: Mapped[Side] = mapped_column(str_enum(Side, "side"))
    body: Mapped[str] = mapped_column(Typed(4000))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
