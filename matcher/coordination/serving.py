"""Who serves a node of the region tree: its own coordinators, else those of the next node up. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from matcher.regions.states import RegionLevel


@dataclass(frozen=True)
class Server:
    """A coordinator or stand-in of a node; not begun: named for days that are still to come."""

    grant_id: int
    user_id: int
    name: str
    email: str
    stand_in: bool = False
    has_begun: bool = True
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class NodeLine:
    """A node with its people. `served_by` is the node whose coordinators serve it now; none: the administrators."""

    id: int
    name: str
    level: RegionLevel
    parent_id: int | None
    coordinators: tuple[Server, ...] = ()
    stand_ins: tuple[Server, ...] = ()
    served_by: "NodeLine | None" = None

    @property
    def has_own(self) -> bool:
        return any(one.has_begun for one in self.coordinators)


@dataclass(frozen=True)
class Step:
    """Something that happened to the people of a node."""

    at: datetime
    action: str
    who: str | None
    whom: str
    grant_id: int
    can_put_back: bool = False


@dataclass(frozen=True)
class Branch:
    """A node with those that hang from it."""

    node: NodeLine
    below: list["Branch"] = field(default_factory=list)


def served(nodes: Iterable[NodeLine]) -> list[NodeLine]:
    """The same nodes, each with whoever serves it now. Parents come before their children."""
    found: dict[int, NodeLine] = {}
    for node in nodes:
        above = found.get(node.parent_id or 0)
        by = node if node.has_own else above.served_by if above else None
        found[node.id] = _with(node, by)
    return list(found.values())


def _with(node: NodeLine, by: NodeLine | None) -> NodeLine:
    return NodeLine(node.id, node.name, node.level, node.parent_id, node.coordinators, node.stand_ins, served_by=by)


def branches(nodes: Iterable[NodeLine]) -> list[Branch]:
    """As a tree; a node whose parent is not among them stands at the top."""
    known: dict[int, Branch] = {}
    top: list[Branch] = []
    for node in nodes:
        branch = known[node.id] = Branch(node)
        above = known.get(node.parent_id or 0)
        (above.below if above else top).append(branch)
    return top


def below(nodes: Iterable[NodeLine], node_id: int) -> frozenset[int]:
    """The node and everything under it. Parents come before their children."""
    found = {node_id}
    for node in nodes:
        if node.parent_id in found:
            found.add(node.id)
    return frozenset(found)


def path_names(nodes: Mapping[int, NodeLine], node_id: int) -> list[str]:
    """The names of the nodes above, from the country down."""
    names: list[str] = []
    above = nodes[node_id].parent_id
    while above is not None and above in nodes:
        names.append(nodes[above].name)
        above = nodes[above].parent_id
    return names[::-1]
