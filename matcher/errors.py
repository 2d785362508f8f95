"""What can go wrong in the terms of the application. Every message is a sentence for the person who reads it."""

from typing import Any


class MatcherError(Exception):
    """Base of all refusals. `status` is the answer the web gives, `message` may be a lazy translation."""

    status = 500

    def __init__(self, message: Any = "") -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class NotFound(MatcherError):
    """The thing does not exist, or this person may not know that it does."""

    status = 404


class Forbidden(MatcherError):
    """The person is known, the thing is known, and this is not theirs to do."""

    status = 403


class Conflict(MatcherError):
    """Somebody else was first, or the page was out of date."""

    status = 409


class IllegalMove(Conflict):
    """The state table has no such step from here."""


class Busy(MatcherError):
    """Too many at once; nothing was done, and the same thing works in a moment."""

    status = 503


class InvalidInput(MatcherError):
    """What came in cannot be right. `field` names the input it belongs to, when one does."""

    status = 422

    def __init__(self, message: Any = "", field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class ConfigurationError(MatcherError):
    """The application was set up in a way it must not run."""
