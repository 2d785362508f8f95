"""The mail to somebody who was named coordinator or stand-in. It waits a minute, in which it can be taken back."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.models import Grant
from matcher.accounts.policy import Actor
from matcher.accounts.queries import recipient_of
from matcher.accounts.services import issue_link
from matcher.accounts.tokens import INVITED, Purpose
from matcher.notices.services import enqueue
from matcher.regions.models import Region


def tell_named(session: Session, *, grant: Grant, region: Region, is_new: bool, by: Actor, now: datetime) -> None:
    """Somebody who never was here gets a link to sign in with, by mail alone: it is a key."""
    path = f"/coordination/regions/{region.id}"
    if is_new:
        secret = issue_link(session, purpose=Purpose.SIGN_IN, user_id=grant.user_id, lifetime=INVITED, now=now)
        path = f"/accounts/link/{secret}"
    reader = recipient_of(session, grant.user_id)
    enqueue(
        session,
        recipient=reader,
        template="accounts/coordinator_named",
        params={
            "name": reader.name,
            "path": path,
            "region": region.name,
            "person": by.name,
            "stand_in": grant.stand_in,
            "starts_on": grant.starts_on,
            "ends_on": grant.ends_on,
            "is_new": is_new,
            "days": INVITED.days,
        },
        subject="named",
        subject_id=grant.id,
        seq=0,
        now=now,
        channels=("mail",) if is_new else ("mail", "inbox"),
    )
