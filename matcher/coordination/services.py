"""What a coordinator decides about the region itself: how approval is given, how questions are spread. Flushes, never
commits."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.services import record
from matcher.availability.states import Kind
from matcher.db import check_shown, lock_row
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.i18n import _l
from matcher.regions.models import Region, RegionRule
from matcher.regions.policy import (
    ALL_BUT_FIRST,
    APPROVAL,
    AS_ABOVE,
    BY_HAND,
    KNOWN_PAIRS,
    SPREAD,
    SPREAD_WEIGHTS,
)
from matcher.regions.queries import rules_mark
from matcher.regions.services import set_region_rule

CHOICES = (BY_HAND, KNOWN_PAIRS, ALL_BUT_FIRST, AS_ABOVE)
NOTHING_TO_UNDO = _l("There is nothing here to undo.")


def choose_approval(
    session: Session, *, region_id: int, kind: Kind, value: str, actor: Actor, now: datetime, mark: int | None = None
) -> RegionRule:
    """From now on, for one kind; `AS_ABOVE` follows the node above again.

    Raises NotFound for somebody else's region, InvalidInput for an unknown choice.
    """
    _require_own(session, actor, region_id, mark)
    if value not in CHOICES:
        raise InvalidInput(field="value")
    return _set(session, region_id, kind, None if value == AS_ABOVE else value, actor, now)


def undo_approval(
    session: Session, *, region_id: int, kind: Kind, actor: Actor, now: datetime, mark: int | None = None
) -> RegionRule:
    """What held before the last choice of this node, from now on. Raises NotFound, Conflict."""
    _require_own(session, actor, region_id, mark)
    query = select(RegionRule).where(
        RegionRule.region_id == region_id, RegionRule.key == APPROVAL, RegionRule.kind == kind.value
    )
    last = list(session.scalars(query.order_by(RegionRule.valid_from.desc(), RegionRule.id.desc()).limit(2)))
    if not last:
        raise Conflict(NOTHING_TO_UNDO)
    return _set(session, region_id, kind, last[1].value if len(last) > 1 else None, actor, now)


def choose_spread(
    session: Session, *, region_id: int, value: str, actor: Actor, now: datetime, mark: int | None = None
) -> RegionRule:
    """How much questions are spread over people who are rarely asked, from now on; `AS_ABOVE` follows the node above.

    Raises NotFound for somebody else's region, InvalidInput for an unknown choice.
    """
    _require_own(session, actor, region_id, mark)
    if value != AS_ABOVE and value not in SPREAD_WEIGHTS:
        raise InvalidInput(field="spread")
    return _set_spread(session, region_id, None if value == AS_ABOVE else value, actor, now)


def undo_spread(session: Session, *, region_id: int, actor: Actor, now: datetime) -> RegionRule:
    """What held before the last choice of this node, from now on. Raises NotFound, Conflict."""
    _require_own(session, actor, region_id)
    query = select(RegionRule).where(RegionRule.region_id == region_id, RegionRule.key == SPREAD)
    last = list(session.scalars(query.order_by(RegionRule.valid_from.desc(), RegionRule.id.desc()).limit(2)))
    if not last:
        raise Conflict(NOTHING_TO_UNDO)
    return _set_spread(session, region_id, last[1].value if len(last) > 1 else None, actor, now)


def _set_spread(session: Session, region_id: int, value: str | None, actor: Actor, now: datetime) -> RegionRule:
    rule = set_region_rule(
        session, region_id=region_id, kind=None, key=SPREAD, value=value, set_by_id=actor.user_id, now=now
    )
    _recorded(session, "spread_rule_set", region_id, {"value": value}, actor, now)
    return rule


def _require_own(session: Session, actor: Actor, region_id: int, mark: int | None = None) -> None:
    """Locked, so that `mark` (the newest choice the page showed) still holds when the next one is written."""
    if not (actor.is_administrator or actor.is_coordinator_of(region_id)):
        raise NotFound()
    lock_row(session, Region, region_id)
    check_shown(rules_mark(session, region_id), mark)


def _set(session: Session, region_id: int, kind: Kind, value: str | None, actor: Actor, now: datetime) -> RegionRule:
    rule = set_region_rule(
        session, region_id=region_id, kind=kind.value, key=APPROVAL, value=value, set_by_id=actor.user_id, now=now
    )
    _recorded(session, "approval_rule_set", region_id, {"kind": kind.value, "value": value}, actor, now)
    return rule


def _recorded(
    session: Session, action: str, region_id: int, details: dict[str, Any], actor: Actor, now: datetime
) -> None:
    record(
        session,
        action=action,
        object_type="region",
        object_id=region_id,
        actor_id=actor.user_id,
        region_id=region_id,
        details=details,
        now=now,
    )
