"""Is a notice about somebody's role still true just before it is sent? Asked by `notices`, by subject."""

from sqlalchemy.orm import Session

from matcher.accounts.models import Grant


def named_still_true(session: Session, grant_id: int, seq: int, template: str) -> bool:
    """Taken back within the minute that mails wait: then nobody hears of it."""
    grant = session.get(Grant, grant_id)
    return grant is not None and grant.ended_at is None


STILL_TRUE = {"named": named_still_true}
