"""A form sent twice is done once: what a command was, and where its first answer led."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from matcher.accounts.models import CommandResult

KEPT = timedelta(days=7)


def first_answer(session: Session, *, user_id: int, nonce: str) -> CommandResult | None:
    """What the same form of the same person did before; without a location while that answer is being made."""
    query = select(CommandResult).where(CommandResult.user_id == user_id, CommandResult.nonce == nonce)
    return session.scalars(query).one_or_none()


def remember_command(session: Session, *, user_id: int, nonce: str, request_hash: str, now: datetime) -> None:
    """First thing in a unit: a twin that runs at the same time waits here and then fails on the key."""
    session.add(CommandResult(user_id=user_id, nonce=nonce, request_hash=request_hash, location="", created_at=now))
    session.flush()


def keep_answer(session: Session, *, user_id: int, nonce: str, location: str) -> None:
    """Where the first answer led, for the twins that come after."""
    session.execute(
        update(CommandResult)
        .where(CommandResult.user_id == user_id, CommandResult.nonce == nonce)
        .values(location=location[:500])
    )


def has_old_commands(session: Session, *, now: datetime) -> bool:
    return session.scalar(select(CommandResult.nonce).where(CommandResult.created_at < now - KEPT).limit(1)) is not None


def forget_commands(session: Session, *, now: datetime) -> int:
    """Nobody presses a button again after a week; how many were forgotten."""
    gone = session.execute(delete(CommandResult).where(CommandResult.created_at < now - KEPT))
    return int(getattr(gone, "rowcount", 0))
