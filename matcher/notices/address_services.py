"""Marks on addresses that a mail server refused, so that it is not asked again and again."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from matcher.notices.models import RefusedAddress
from matcher.notices.queries import folded

LONGEST_REPLY = 300


def mark_refused(session: Session, address: str, *, reply: str, now: datetime) -> None:
    """What the server said, and when; the newest answer counts."""
    session.merge(RefusedAddress(address=folded(address), reply=reply[:LONGEST_REPLY], refused_at=now))
    session.flush()


def trust_again(session: Session, addresses: Iterable[str]) -> None:
    """A mail arrived, or somebody says that the mailbox works."""
    known = {folded(address) for address in addresses}
    if known:
        gone = delete(RefusedAddress).where(RefusedAddress.address.in_(known))
        session.execute(gone.execution_options(synchronize_session=False))
