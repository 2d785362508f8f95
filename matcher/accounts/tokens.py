"""Random secrets for cookies and links, and the hash that is kept of them. Pure; how long they live stands here too."""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

IDLE = timedelta(hours=2)
STAFF_IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)


class Purpose(StrEnum):
    """What a mailed link is for; one made for the one is refused for the other."""

    CONFIRM_ADDRESS = "confirm_address"
    SIGN_IN = "sign_in"
    RESET = "reset"
    CONFIRM_MEMBER = "confirm_member"
    EMPLOYER_CONSENT = "employer_consent"


LIFETIMES = {
    Purpose.CONFIRM_ADDRESS: timedelta(days=2),
    Purpose.SIGN_IN: timedelta(minutes=30),
    Purpose.RESET: timedelta(hours=1),
    Purpose.CONFIRM_MEMBER: timedelta(days=14),
    Purpose.EMPLOYER_CONSENT: timedelta(days=14),
}
INVITED = timedelta(days=7)
KEPT_AFTER = timedelta(days=30)
"""A dead link stays so long, to tell why it no longer works."""


def new_secret() -> str:
    """256 random bits, safe in an address and in a cookie."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What the database keeps. The secret is random, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def is_live(*, seen_at: datetime, ends_at: datetime, is_staff: bool, now: datetime) -> bool:
    """Neither too long idle nor past its end; coordinators and administrators are signed out sooner."""
    idle = STAFF_IDLE if is_staff else IDLE
    return now < ends_at and now - seen_at < idle
