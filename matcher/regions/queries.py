"""Questions to the region tree, its rules and the postcode table. Nothing here writes."""

from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from matcher.errors import NotFound
from matcher.regions.models import Postcode, Region, RegionRule
from matcher.regions.policy import DEFAULT_RULES
from matcher.regions.tree import DEFAULT_SCHEME


def postcode(session: Session, pc4: str) -> Postcode | None:
    """The row of a four-digit postcode, none when the table does not know it."""
    return session.get(Postcode, pc4)


def region_for_postcode(session: Session, pc4: str) -> Region | None:
    """The region a postcode belongs to now."""
    return session.scalars(select(Region).join(Postcode).where(Postcode.pc4 == pc4)).one_or_none()


def region(session: Session, region_id: int) -> Region:
    """A node by its number. Raises NotFound."""
    found = session.get(Region, region_id)
    if found is None:
        raise NotFound()
    return found


def region_by_code(session: Session, code: str) -> Region:
    """A node by its stable code: the one that holds now before one that has ended. Raises NotFound."""
    query = select(Region).where(Region.code == code).order_by(Region.valid_to.is_not(None), Region.id.desc())
    found = session.scalars(query.limit(1)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def region_tree(session: Session, *, scheme: str = DEFAULT_SCHEME) -> list[Region]:
    """All nodes of one tiling, parents before children, in the order of the pages."""
    return list(session.scalars(select(Region).where(Region.scheme == scheme).order_by(Region.id)))


def descendant_ids(session: Session, region_id: int) -> frozenset[int]:
    """The node and everything below it."""
    below = select(Region.id).where(Region.id == region_id).cte("below", recursive=True)
    below = below.union_all(select(Region.id).join(below, Region.parent_id == below.c.id))
    return frozenset(session.scalars(select(below.c.id)))


def ancestors(region_id: ColumnElement[int] | int) -> CTE:
    """The node (0 steps), its parent (1), and so on up to the country, as a table to join with."""
    up = select(Region.id, Region.parent_id, literal(0).label("steps")).where(Region.id == region_id)
    known = up.cte("up", recursive=True)
    return known.union_all(
        select(Region.id, Region.parent_id, known.c.steps + 1).join(known, Region.id == known.c.parent_id)
    )


def ancestor_ids(session: Session, region_id: int) -> list[int]:
    """The node, its parent, and so on up to the country: who serves a region when the node itself has nobody."""
    up = ancestors(region_id)
    return list(session.scalars(select(up.c.id).order_by(up.c.steps)))


def region_rule(session: Session, region_id: int, kind: str | None, key: str, *, at: datetime) -> Any:
    """The value in force at a moment: the nearest node upward that has the key, its rule for the kind before its rule
    for all kinds, else the default. Raises KeyError for a key nobody defined."""
    return rule_with_source(session, region_id, kind, key, at=at)[0]


def rule_with_source(
    session: Session, region_id: int, kind: str | None, key: str, *, at: datetime
) -> tuple[Any, int | None]:
    """The value in force and the node that said so; none for the default. Raises KeyError.

    A rule without a value takes back the one before it: the node follows those above it again.
    """
    default = DEFAULT_RULES[key]
    path = ancestor_ids(session, region_id)
    query = (
        select(RegionRule)
        .where(RegionRule.region_id.in_(path), RegionRule.key == key, RegionRule.valid_from <= at)
        .where(RegionRule.kind.is_(None) | (RegionRule.kind == kind))
    )
    newest = {(rule.region_id, rule.kind): rule for rule in sorted(session.scalars(query), key=_order)}
    rules = [rule for rule in newest.values() if rule.value is not None]
    if not rules:
        return default, None
    nearest = min(rules, key=lambda rule: (path.index(rule.region_id), rule.kind is None))
    return nearest.value, nearest.region_id


def _order(rule: RegionRule) -> tuple[datetime, int]:
    """Later rules win; of two set in the same moment the one written last."""
    return rule.valid_from, rule.id


def rules_mark(session: Session, region_id: int) -> int:
    """The newest choice this node made itself, as a number that only grows."""
    return int(session.scalar(select(func.max(RegionRule.id)).where(RegionRule.region_id == region_id)) or 0)
