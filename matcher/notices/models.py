"""The outbox: one row per recipient and channel, written in the transaction of the step it tells about.

Also how often each person wants mail, which addresses were refused, and how many invitations somebody sent.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from matcher.db import Base, UtcDateTime, short, str_enum
from matcher.notices.states import Manner, Rhythm


class Channel(StrEnum):
    MAIL = "mail"
    INBOX = "inbox"


class NoticeState(StrEnum):
    QUEUED = "queued"
    INFLIGHT = "inflight"
    RETRY = "retry"
    SENT = "sent"
    DEAD = "dead"
    WITHHELD = "withheld"


class Outbox(Base):
    """A notice. Recipient values are plain copies: this room knows no users table.

    ``gather``: it goes in the mail with everything together, whose row is ``digest_id`` once that is made.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("state <> 'sent' or sent_at is not null", name="sent_has_time"),
        Index("ix_outbox_due", "state", "not_before"),
        Index("ix_outbox_recipient", "recipient_user_id", "channel", "created_at"),
        # Counted on every page of somebody who is signed in.
        Index("ix_outbox_unread", "recipient_user_id", "channel", "read_at", "state", "not_before"),
        Index("ix_outbox_subject", "subject", "subject_id"),
        Index("ix_outbox_digest", "digest_id"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(short(300), unique=True)
    channel: Mapped[Channel] = mapped_column(str_enum(Channel, "channel"))
    recipient_user_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(short(320))
    recipient_name: Mapped[str] = mapped_column(short())
    locale: Mapped[str] = mapped_column(short(8))
    template: Mapped[str] = mapped_column(short(100))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    subject: Mapped[str] = mapped_column(short(40))
    subject_id: Mapped[int]
    seq: Mapped[int]
    calendar: Mapped[str | None] = mapped_column(Text)
    calendar_method: Mapped[str | None] = mapped_column(short(20))
    state: Mapped[NoticeState] = mapped_column(str_enum(NoticeState, "state"), default=NoticeState.QUEUED)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_token: Mapped[str | None] = mapped_column(short(40))
    last_error: Mapped[str | None] = mapped_column(short(300))
    manner: Mapped[str] = mapped_column(short(20), default=Manner.AT_ONCE.value, server_default=text("'at_once'"))
    gather: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    digest_id: Mapped[int | None]
    dead_reason: Mapped[str | None] = mapped_column(short(20))
    message_id: Mapped[str] = mapped_column(short(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailChoice(Base):
    """How often this person wants mail about what may wait; no row: at once. ``extras`` are the optional letters."""

    __tablename__ = "mail_choices"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    rhythm: Mapped[Rhythm] = mapped_column(str_enum(Rhythm, "rhythm"))
    extras: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RefusedAddress(Base):
    """An address of which a mail server said that it does not exist. Folded, because people type capitals."""

    __tablename__ = "refused_addresses"
    address: Mapped[str] = mapped_column(short(320), primary_key=True)
    reply: Mapped[str] = mapped_column(short(300))
    refused_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MailQuota(Base):
    """How many invitations of one person leave in one hour or one day; the condition of the update is the limit."""

    __tablename__ = "mail_quotas"
    __table_args__ = (CheckConstraint("taken >= 0", name="taken_not_negative"),)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    unit: Mapped[str] = mapped_column(short(10), primary_key=True)
    starts_s: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    taken: Mapped[int]
