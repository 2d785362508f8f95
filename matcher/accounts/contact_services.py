"""Naming the colleague who answers while somebody is away, once for each organisation."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.models import SecondContact
from matcher.accounts.policy import Actor
from matcher.accounts.queries import colleagues_of
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _l


def name_second_contact(
    session: Session, *, actor: Actor, organisation_id: int, colleague_id: int | None, now: datetime
) -> None:
    """None takes the name away. Raises NotFound where this person has no confirmed place, InvalidInput for others."""
    if actor.user_id is None or not actor.is_member_of(organisation_id):
        raise NotFound()
    row = session.get(SecondContact, (actor.user_id, organisation_id))
    if colleague_id is None:
        if row is not None:
            session.delete(row)
    elif colleague_id not in {user.id for user in colleagues_of(session, actor, organisation_id)}:
        raise InvalidInput(_l("Choose a confirmed colleague of the same organisation."), field="colleague")
    else:
        row = row or SecondContact(user_id=actor.user_id, organisation_id=organisation_id)
        row.colleague_id, row.named_at = colleague_id, now
        session.add(row)
    session.flush()
