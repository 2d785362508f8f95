"""The secret of a calendar link. Pure.

It is made from the application's key, the person and a random salt: whoever reads the database alone cannot make it,
and a new salt is a new link.
"""

import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta

KEPT_CANCELLED = timedelta(days=14)
"""So long a cancelled visit stays in the feed as cancelled, so that programs that only add take it away too."""
MOST_VISITS = 500
READ_EVERY = timedelta(minutes=30)
"""So often at most is noted that a program came by."""


def feed_token(key: str, user_id: int, salt: str) -> str:
    """43 letters that fit in an address."""
    made = hmac.digest(key.encode(), f"calendar-feed:{user_id}:{salt}".encode(), "sha256")
    return urlsafe_b64encode(made).decode().rstrip("=")
