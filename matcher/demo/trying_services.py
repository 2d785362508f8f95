"""What people of a generated world try. Flushes only."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.orm import Session

from matcher.errors import Conflict, MatcherError
from matcher.matching.models import Match

Done = TypeVar("Done")


def tried(session: Session, verb: Callable[[], Done]) -> Done | None:
    """What the rules refuse leaves nothing behind, as on a page."""
    try:
        with session.begin_nested():
            return verb()
    except MatcherError:
        return None


def only(asked: Sequence[Match]) -> Match:
    """Raises Conflict when the person who was ticked may not be asked any more."""
    if not asked:
        raise Conflict("nobody was asked")
    return asked[0]
