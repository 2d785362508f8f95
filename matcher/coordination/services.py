"""What a coordinator decides about the region itself: how approval is given. Flushes, never commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.services import record
from matcher.availability.states import Kind
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.i18n import _l
from matcher.regions.models import RegionRule
from matcher.regions.policy import ALL_BUT_FIRST, APPROVAL, AS_ABOVE, BY_HAND, KNOWN_PAIRS
from matcher.regions.services import set_region_rule

CHOICES = (BY_HAND, KNOWN_PAIRS, ALL_BUT_FIRST, AS_ABOVE)
NOTHING_TO_UNDO = _l("There is nothing here to undo.")


def choose_approval(
    session: Session, *, region_id: int, kind: Kind, value: str, actor: Actor, now: datetime
) -> RegionRule:
    """From now on, for one kind; `AS_ABOVE` follows the node above again.

    Raises NotFound for somebody else's region, InvalidInput for an unknown choice.
    """
    _require_own(actor, region_id)
    if value not in CHOICES:
        raise InvalidInput(field="value")
    return _set(session, region_id, kind, None if value == AS_ABOVE else value, actor, now)


def undo_approval(session: Session, *, region_id: int, kind: Kind, actor: Actor, now: datetime) -> RegionRule:
    """What held before the last choice of this node, from now on. Raises NotFound, Conflict."""
    _require_own(actor, region_id)
    query = select(RegionRule).where(
        RegionRule.region_id == region_id, RegionRule.key == APPROVAL, RegionRule.kind == kind.value
    )
    last = list(session.scalars(query.order_by(RegionRule.valid_from.desc(), RegionRule.id.desc()).limit(2)))
    if not last:
        raise Conflict(NOTHING_TO_UNDO)
    return _set(session, region_id, kind, last[1].value if len(last) > 1 else None, actor, now)


def _require_own(actor: Actor, region_id: int) -> None:
    if not (actor.is_administrator or actor.is_coordinator_of(region_id)):
        raise NotFound()


def _set(session: Session, region_id: int, kind: Kind, value: str | None, actor: Actor, now: datetime) -> RegionRule:
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
