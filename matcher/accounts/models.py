"""People, their sessions and links by mail, what they may do, and the log of security events."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from matcher.accounts.states import Role
from matcher.db import Base, PersonName, UtcDateTime, short, str_enum


class User(Base):
    """A person. ``email_key`` is NFKC, case-folded and IDNA: made in Python, because SQL's lower() differs by engine.

    ``epoch`` rises when every session must end (new password, dismissal). No address confirmed: cannot sign in yet.
    """

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("version >= 1", name="version_positive"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    email: Mapped[str] = mapped_column(short(320))
    email_key: Mapped[str] = mapped_column(short(320), unique=True)
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(PersonName(200))
    phone: Mapped[str | None] = mapped_column(short(40))
    function: Mapped[str | None] = mapped_column(short())
    locale: Mapped[str] = mapped_column(short(8), default="nl")
    password_hash: Mapped[str | None] = mapped_column(short())
    epoch: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    do_not_approach_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class UserSession(Base):
    """A signed-in browser. The cookie holds a random token, this row its SHA-256: deleting the row ends the session."""

    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(short(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    epoch: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agent: Mapped[str] = mapped_column(short())


class LoginToken(Base):
    """A link by mail: one purpose, one use; only the hash of the secret is kept."""

    __tablename__ = "login_tokens"
    hash: Mapped[str] = mapped_column(short(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(short(40))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    subject: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Grant(Base):
    """A role at an organisation or in a node of the region tree. Unconfirmed: may prepare, may not send.

    ``starts_on`` and ``ends_on`` are the days of a stand-in, both included: unconfirmed before, ended after them.
    """

    __tablename__ = "grants"
    __table_args__ = (
        CheckConstraint(
            "(role in ('teacher','school_lead','professional','company_contact') and organisation_id is not null"
            " and region_id is null) or (role = 'coordinator' and region_id is not null and organisation_id is null)"
            " or (role = 'administrator' and region_id is null and organisation_id is null)",
            name="scope_fits_role",
        ),
        Index(
            "uq_grants_live",
            "user_id",
            "role",
            text("coalesce(organisation_id, 0)"),
            text("coalesce(region_id, 0)"),
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[Role] = mapped_column(str_enum(Role, "role"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"), index=True)
    stand_in: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SecondContact(Base):
    """The colleague who answers for somebody at one organisation while that person is away."""

    __tablename__ = "second_contacts"
    __table_args__ = (CheckConstraint("user_id <> colleague_id", name="somebody_else"),)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True, index=True)
    colleague_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    named_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CommandResult(Base):
    """What an unsafe form did the first time, so that a second click gets the same answer."""

    __tablename__ = "command_results"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    nonce: Mapped[str] = mapped_column(short(64), primary_key=True)
    request_hash: Mapped[str] = mapped_column(short(64))
    location: Mapped[str] = mapped_column(short(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Audit(Base):
    """Append-only: who did what to which thing. Names of fields, never personal values."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_object", "object_type", "object_id"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(short(60))
    object_type: Mapped[str] = mapped_column(short(40))
    object_id: Mapped[int | None]
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
