"""Mails about accounts. They go at once and only by mail; secrets travel in the address of a link."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from sqlalchemy.orm import Session

from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.notices.states import Manner


def send(
    session: Session, *, template: str, recipient: Recipient, params: Mapping[str, Any], once: str, now: datetime
) -> None:
    """Queue `accounts/<template>`. `once` makes each mail its own: the same text is never sent twice."""
    enqueue(
        session,
        recipient=recipient,
        template=f"accounts/{template}",
        params={"name": recipient.name, **params},
        subject="account",
        subject_id=recipient.user_id or 0,
        seq=crc32(once.encode()) & 0x7FFFFFFF,
        now=now,
        hold_seconds=0,
        channels=("mail",),
        manner=Manner.SECURITY,
    )
