"""The region tree with the people who serve it, and what happened to them. A fixed number of statements."""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from matcher.accounts.models import Audit, Grant, User
from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.coordination import serving
from matcher.coordination.serving import NodeLine, Server, Step
from matcher.errors import NotFound
from matcher.regions.models import Postcode, Region
from matcher.regions.wording import shown_name

PUT_BACK_WITHIN = timedelta(days=30)
NAMED, STAND_IN_NAMED, ENDED, PUT_BACK, BEGUN = (
    "coordinator_named",
    "stand_in_named",
    "grant_ended",
    "grant_put_back",
    "grant_begun",
)


def whole_tree(session: Session) -> list[NodeLine]:
    """Every live node, parents first, by name within their level; who serves which."""
    servers = _servers(session)
    nodes = session.scalars(select(Region).where(Region.valid_to.is_(None)))
    order = {"country": 0, "landsdeel": 1, "region": 2}
    found = sorted(nodes, key=lambda node: (order[node.level.value], node.name))
    return serving.served(_line(node, servers.get(node.id, [])) for node in found)


def _line(node: Region, servers: list[Server]) -> NodeLine:
    return NodeLine(
        node.id,
        shown_name(node.name),
        node.level,
        node.parent_id,
        tuple(one for one in servers if not one.stand_in),
        tuple(one for one in servers if one.stand_in),
    )


def _servers(session: Session) -> dict[int, list[Server]]:
    query = (
        select(Grant, User.name, User.email)
        .join(User, User.id == Grant.user_id)
        .where(Grant.role == Role.COORDINATOR, Grant.ended_at.is_(None), Grant.region_id.is_not(None))
        .where(User.stopped_at.is_(None), User.erased_at.is_(None))
        .order_by(User.name, Grant.id)
    )
    found: dict[int, list[Server]] = defaultdict(list)
    for grant, name, email in session.execute(query):
        server = Server(
            grant.id,
            grant.user_id,
            name,
            email,
            grant.stand_in,
            grant.confirmed_at is not None,
            grant.starts_on,
            grant.ends_on,
        )
        found[grant.region_id or 0].append(server)
    return found


def seen_by(nodes: list[NodeLine], actor: Actor) -> list[NodeLine]:
    """All of them for an administrator, their own for a coordinator."""
    return [node for node in nodes if actor.is_administrator or node.id in actor.region_ids]


def node_of(nodes: list[NodeLine], region_id: int) -> NodeLine:
    """Raises NotFound."""
    for node in nodes:
        if node.id == region_id:
            return node
    raise NotFound()


def appoints_in(session: Session, actor: Actor, nodes: list[NodeLine]) -> frozenset[int]:
    """The nodes for which this person names others: an administrator all, a coordinator their own; no stand-in."""
    if actor.is_administrator:
        return frozenset(node.id for node in nodes)
    query = select(Grant.region_id).where(
        Grant.user_id == actor.user_id,
        Grant.role == Role.COORDINATOR,
        Grant.ended_at.is_(None),
        Grant.confirmed_at.is_not(None),
        Grant.stand_in.is_(False),
    )
    own = [region_id for region_id in session.scalars(query) if region_id is not None]
    return frozenset[int]().union(*(serving.below(nodes, region_id) for region_id in own))


def earlier_servers(session: Session, actor: Actor) -> list[tuple[Region, Server]]:
    """Grants of regions that have ended: they only open the past. For administrators."""
    if not actor.is_administrator:
        return []
    servers = _servers(session)
    ended = session.scalars(select(Region).where(Region.valid_to.is_not(None)).order_by(Region.name, Region.id))
    return [(region, server) for region in ended for server in servers.get(region.id, [])]


def history(session: Session, region_id: int, now: datetime, *, limit: int = 30) -> list[Step]:
    """What happened to the people of a node, the latest first."""
    other = aliased(User)
    query = (
        select(Audit, User.name, Grant, other.name)
        .join(Grant, Grant.id == Audit.object_id)
        .join(other, other.id == Grant.user_id)
        .outerjoin(User, User.id == Audit.actor_id)
        .where(Audit.object_type == "grant", Audit.region_id == region_id, Grant.region_id == region_id)
        .order_by(Audit.at.desc(), Audit.id.desc())
        .limit(limit)
    )
    steps: list[Step] = []
    for line, who, grant, whom in session.execute(query):
        newest = line.action == ENDED and all(step.grant_id != grant.id for step in steps)
        can = newest and grant.ended_at is not None and now - grant.ended_at <= PUT_BACK_WITHIN
        steps.append(Step(line.at, line.action, who, whom, grant.id, can_put_back=can))
    return steps


def postcode_points(session: Session) -> tuple[tuple[float, float, int], ...]:
    """(lat, lon, region) of every postcode, for the map."""
    rows = session.execute(select(Postcode.lat, Postcode.lon, Postcode.region_id).order_by(Postcode.pc4))
    return tuple((lat, lon, region_id) for lat, lon, region_id in rows)
