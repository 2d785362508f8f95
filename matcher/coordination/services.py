"""What a coordinator decides about the region itself: how approval is given. Flushes, never commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.services import record
from matcher.availability.states import Kind
from matcher.errors import InvalidInput, NotFound
from matcher.regions.models import RegionRule
from matcher.regions.policy import ALL_BUT_FIRST, APPROVAL, BY_HAND, KNOWN_PAIRS
from matcher.regions.services import set_region_rule

CHOICES = (BY_HAND, KNOWN_PAIRS, ALL_BUT_FIRST)


def choose_approval(
    session: Session, *, region_id: int, kind: Kind, value: str, actor: Actor, now: datetime
) -> RegionRule:
    """From now on, for one kind. Raises NotFound for somebody else's region, InvalidInput for an unknown choice."""
    if not actor.is_coordinator_of(region_id):
        raise NotFound()
    if value not in CHOICES:
        raise InvalidInput(field="value")
    rule = set_region_rule(
        session, region_id=region_id, kind=kind.value, key=APPROVAL, value=value, set_by_id=actor.user_id, now=now
    )
    record(
        session,
        action="approval_rule_set",
        object_type="region",
        object_id=region_id,
        actor_id=actor.user_id,
        region_id=region_id,
        details={"kind": kind.value, "value": value},
        now=now,
    )
    return rule
