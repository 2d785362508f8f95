"""Who is behind a request: the cookie holds a random token, the session row its hash. Signing in itself is a route."""

from dataclasses import dataclass
from typing import Any

from flask_login import LoginManager, login_user, logout_user

from matcher.accounts import queries
from matcher.accounts.passwords import Passwords
from matcher.accounts.tokens import SEEN_EVERY, hashed, is_live
from matcher.clock import utcnow
from matcher.web.transaction import reading


@dataclass(frozen=True)
class SignedIn:
    """The visitor as plain values; what they may do is asked of `guards.actor`."""

    user_id: int
    name: str
    email: str
    locale: str
    token: str
    is_stale: bool = False
    row: object = None  # held, so that who asks for this person in the same request need not read the row again
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    @property
    def session_id(self) -> str:
        return hashed(self.token)

    def get_id(self) -> str:
        """What the library puts into the cookie: the token, never the user's number."""
        return self.token

    def get_user_id(self) -> int:
        return self.user_id


def init_app(app: Any) -> None:
    """Server-side sessions for the whole application, and its hasher of passwords."""
    manager = LoginManager(app)
    # The library would compare browser and address on each request; phones change address all day.
    manager.session_protection = None
    manager.user_loader(load)
    app.extensions["matcher_passwords"] = Passwords(cheap=app.extensions["matcher_settings"].testing)


def load(token: str) -> SignedIn | None:
    """The person behind a cookie's token, or nobody: ended, idle too long, stopped, or password changed since."""
    found = queries.session_with_user(reading(), hashed(token))
    if found is None:
        return None
    row, user, now = found.session, found.user, utcnow()
    if user.stopped_at or user.erased_at or row.epoch != user.epoch:
        return None
    if not is_live(seen_at=row.seen_at, ends_at=row.ends_at, is_staff=found.is_staff, now=now):
        return None
    return SignedIn(
        user.id, user.name, user.email, user.locale, token, is_stale=now - row.seen_at >= SEEN_EVERY, row=user
    )


def remember(visitor: SignedIn) -> None:
    """This browser is signed in from now on."""
    login_user(visitor)


def forget() -> None:
    """This browser is nobody's from now on; the row is ended by the route."""
    logout_user()
