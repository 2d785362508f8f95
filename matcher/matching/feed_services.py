"""Switching a calendar link on, giving it a new secret, switching it off, and noting that it was read."""

from datetime import datetime, timedelta
from secrets import token_hex

from sqlalchemy import delete
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.tokens import hashed
from matcher.db import lock_row
from matcher.matching.feed_models import CalendarFeed
from matcher.matching.feeds import READ_EVERY, feed_token


def renew_feed(session: Session, *, actor: Actor, now: datetime, key: str) -> CalendarFeed:
    """A link with a new secret; one that was there before is dead at once."""
    user_id = lock_row(session, User, actor.user_id or 0).id
    feed, salt = session.get(CalendarFeed, user_id), token_hex(16)
    if feed is None:
        feed = CalendarFeed(user_id=user_id)
        session.add(feed)
    feed.salt, feed.token_hash = salt, hashed(feed_token(key, user_id, salt))
    feed.made_at, feed.changed_at, feed.read_at, feed.etag = now, now, None, ""
    session.flush()
    return feed


def stop_feed(session: Session, *, actor: Actor) -> None:
    """No link any more; who tries it finds nothing."""
    session.execute(delete(CalendarFeed).where(CalendarFeed.user_id == actor.user_id))


def is_due(feed: CalendarFeed, etag: str, now: datetime) -> bool:
    """Is there anything to note: other content, or the first look for a while?"""
    return feed.etag != etag or feed.read_at is None or now - feed.read_at >= READ_EVERY


def note_reading(session: Session, *, user_id: int, token_hash: str, etag: str, now: datetime) -> datetime:
    """That a program came by; says since when what it gets is as it is. A link renewed meanwhile is left alone."""
    feed = session.get(CalendarFeed, user_id, with_for_update=True)
    if feed is None or feed.token_hash != token_hash:
        return now
    feed.read_at = now
    if feed.etag != etag:
        # HTTP counts whole seconds: two versions never share one.
        least = feed.changed_at.replace(microsecond=0) + timedelta(seconds=1) if feed.etag else now
        feed.etag, feed.changed_at = etag, max(now, least)
    return feed.changed_at
