"""The country as it is divided now: every postcode with its region, the live regions and what they hang from."""

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.coordination.tiling_file import Place, Tiling
from matcher.coordination.tiling_moves import Node, Overlap
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType
from matcher.regions.geo import distance_km
from matcher.regions.models import Postcode, Region
from matcher.regions.states import RegionLevel


def live_nodes(session: Session) -> list[Region]:
    """Without an end date, parents first."""
    return list(session.scalars(select(Region).where(Region.valid_to.is_(None)).order_by(Region.id)))


def split(nodes: Iterable[Region]) -> tuple[dict[str, Node], dict[str, Node]]:
    """The regions and the nodes above them, by code."""
    nodes = list(nodes)
    codes = {node.id: node.code for node in nodes}
    regions: dict[str, Node] = {}
    above: dict[str, Node] = {}
    for node in nodes:
        found = Node(node.code, node.name, codes.get(node.parent_id or 0, ""))
        (regions if node.level is RegionLevel.REGION else above)[node.code] = found
    return regions, above


def places(session: Session) -> list[Place]:
    """Every postcode, ascending, with the number of schools that have it."""
    schools = (
        select(Organisation.pc4, func.count().label("number"))
        .where(Organisation.type == OrganisationType.SCHOOL, Organisation.ended_at.is_(None))
        .group_by(Organisation.pc4)
        .subquery()
    )
    query = (
        select(
            Postcode.pc4,
            Postcode.municipality,
            Postcode.municipality_code,
            Postcode.lat,
            Postcode.lon,
            Postcode.region_id,
            func.coalesce(schools.c.number, 0),
        )
        .outerjoin(schools, schools.c.pc4 == Postcode.pc4)
        .order_by(Postcode.pc4)
    )
    return [Place(*row) for row in session.execute(query)]


def divided(found: Iterable[Place], tiling: Tiling) -> dict[str, str]:
    """Postcode → code of its new region; one without municipality goes with the nearest that has one."""
    found = list(found)
    known = {place.pc4: tiling.region_of[place.key] for place in found if place.key in tiling.region_of and place.key}
    settled = [place for place in found if place.pc4 in known]
    for place in found:
        if place.pc4 not in known:
            known[place.pc4] = known[nearest(place.lat, place.lon, settled).pc4]
    return known


def nearest(lat: float, lon: float, found: Iterable[Place]) -> Place:
    return min(found, key=lambda place: (distance_km(lat, lon, place.lat, place.lon), place.pc4))


def overlaps(found: Iterable[Place], new_of: Mapping[str, str], codes: Mapping[int, str]) -> list[Overlap]:
    """Of each old region with each new one; `codes`: id of a live region → its code."""
    postcodes: Counter[tuple[str, str]] = Counter()
    schools: Counter[tuple[str, str]] = Counter()
    for place in found:
        if place.region_id in codes:
            pair = (codes[place.region_id], new_of[place.pc4])
            postcodes[pair] += 1
            schools[pair] += place.schools
    return [Overlap(old, new, count, schools[old, new]) for (old, new), count in sorted(postcodes.items())]
