"""Filling and changing the region tree, its rules and the postcode table. Flushes, never commits."""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from matcher.errors import InvalidInput
from matcher.regions.geo import cell_of
from matcher.regions.models import Postcode, Region, RegionRule
from matcher.regions.policy import DEFAULT_RULES
from matcher.regions.postcodes import PostcodeRow, read_table
from matcher.regions.queries import region, region_tree
from matcher.regions.states import SHIPPED
from matcher.regions.tree import DEFAULT_SCHEME, nodes

# The default tiling has no beginning that matters; matches brought in from earlier years belong to it too.
SCHEME_BEGAN = date(2000, 1, 1)
_SHIPPED: tuple[Any, ...] = (
    Postcode.pc4,
    Postcode.place,
    Postcode.province,
    Postcode.lat,
    Postcode.lon,
    Postcode.cell,
    Postcode.holiday_region,
    Postcode.source,
)


class Seeded(NamedTuple):
    """How many rows were written: nothing when everything was there."""

    regions: int
    postcodes: int


def seed_regions(session: Session, now: datetime) -> Seeded:
    """Put the default tree and the shipped postcode table in place; safe to repeat.

    A postcode that is there keeps its region, which a later tiling may have changed. Rules have defaults in code, so
    no rows are needed; `now` is in the signature of every service that writes.
    """
    return Seeded(_seed_tree(session), _seed_postcodes(session))


def set_region_rule(
    session: Session, *, region_id: int, kind: str | None, key: str, value: Any, set_by_id: int | None, now: datetime
) -> RegionRule:
    """A rule of one node from now on; earlier ones stay for the matches they decided. Raises NotFound, InvalidInput."""
    if key not in DEFAULT_RULES:
        raise InvalidInput(field="key")
    region(session, region_id)
    rule = RegionRule(region_id=region_id, kind=kind, key=key, value=value, valid_from=now, set_by_id=set_by_id)
    session.add(rule)
    session.flush()
    return rule


def _seed_tree(session: Session) -> int:
    known = {node.code: node for node in region_tree(session)}
    written = 0
    for node in nodes():
        parent_id = known[node.parent].id if node.parent else None
        found = known.get(node.code)
        if found is None:
            found = Region(scheme=DEFAULT_SCHEME, code=node.code, valid_from=SCHEME_BEGAN)
            session.add(found)
        found.name, found.level, found.parent_id = node.name, node.level, parent_id
        if session.is_modified(found):
            session.flush()
            written += 1
        known[node.code] = found
    return written


def _seed_postcodes(session: Session) -> int:
    regions = {node.code: node for node in region_tree(session)}
    known = {row.pc4: row._asdict() for row in session.execute(select(*_SHIPPED))}
    now_in = {row.pc4: row.region_id for row in session.execute(select(Postcode.pc4, Postcode.region_id))}
    table = read_table()
    # What was imported is better than what is shipped.
    ours = {pc4 for pc4, row in known.items() if row["source"] in SHIPPED}
    new = [
        _values(row) | {"region_id": _region_of(row, regions[row.region], now_in)}
        for row in table
        if row.pc4 not in known
    ]
    changed = [_values(row) for row in table if row.pc4 in ours and known[row.pc4] != _values(row)]
    if new:
        session.execute(insert(Postcode), new)
    if changed:
        session.execute(update(Postcode), changed)
    return len(new) + len(changed)


def _region_of(row: PostcodeRow, region: Region, now_in: dict[str, int]) -> int:
    """As the default tiling says; when a later one replaced it, where the nearest number lies."""
    if region.valid_to is None or not now_in:
        return region.id
    return now_in[min(now_in, key=lambda pc4: (abs(int(pc4) - int(row.pc4)), pc4))]


def _values(row: PostcodeRow) -> dict[str, Any]:
    return {
        "pc4": row.pc4,
        "place": row.place,
        "province": row.province,
        "lat": row.lat,
        "lon": row.lon,
        "cell": cell_of(row.lat, row.lon),
        "holiday_region": row.holiday_region,
        "source": row.source.value,
    }
