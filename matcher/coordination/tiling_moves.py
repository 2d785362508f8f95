"""Who and what moves from an old region to a new one: proposed by overlap, written as a table, read back. Pure.

People decide: a region that is cut in two takes its coordinators along to both halves, to one, or to none.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from matcher.errors import InvalidInput
from matcher.i18n import _
from matcher.organisations.cells import is_yes
from matcher.organisations.spreadsheets import read_sheets

ENOUGH = 1 / 3
"""Coordinators go along to a new region when theirs gives at least this part of its schools."""
COLUMNS = (
    "old_code",
    "old_name",
    "new_code",
    "new_name",
    "under",
    "postcodes",
    "schools",
    "coordinators",
    "stand_ins",
    "rules",
)
NEEDED = ("old_code", "new_code", "under", "coordinators", "stand_ins", "rules")
MOST_NAMED = 10


@dataclass(frozen=True)
class Node:
    """A region or a node above it. `under`: the code of the node it hangs from."""

    code: str
    name: str
    under: str = ""


@dataclass(frozen=True)
class Overlap:
    """How much of an old region lies in a new one."""

    old: str
    new: str
    postcodes: int
    schools: int


@dataclass(frozen=True)
class Move:
    """One line of the table: what of the old region goes to the new one, which hangs from `under`."""

    old: str
    new: str
    under: str
    postcodes: int = 0
    schools: int = 0
    coordinators: bool = False
    stand_ins: bool = False
    rules: bool = False


def propose(overlaps: Iterable[Overlap], old: Mapping[str, Node]) -> list[Move]:
    """By overlap: rules of the region that gives most, its coordinators and those of every region that gives a third.

    A region that gives most to none goes to where most of it lies, so that nobody's work ends by a border.
    """
    into: dict[str, list[Overlap]] = defaultdict(list)
    out_of: dict[str, list[Overlap]] = defaultdict(list)
    for overlap in overlaps:
        into[overlap.new].append(overlap)
        out_of[overlap.old].append(overlap)
    main = {new: max(parts, key=_weight).old for new, parts in into.items()}
    refuge = {each: max(parts, key=_weight).new for each, parts in out_of.items() if each not in main.values()}
    under = {new: _parent(parts, old) for new, parts in into.items()}
    moves = []
    for new, parts in into.items():
        for part in parts:
            goes = part.old == main[new] or refuge.get(part.old) == new or _share(part, parts) >= ENOUGH
            moves.append(
                Move(
                    old=part.old,
                    new=new,
                    under=under[new],
                    postcodes=part.postcodes,
                    schools=part.schools,
                    coordinators=goes,
                    stand_ins=goes,
                    rules=part.old == main[new],
                )
            )
    return sorted(moves, key=lambda move: (move.new, -move.schools, -move.postcodes, move.old))


def _weight(part: Overlap) -> tuple[int, int, str]:
    return part.schools, part.postcodes, part.old + part.new


def _share(part: Overlap, parts: Sequence[Overlap]) -> float:
    schools = sum(one.schools for one in parts)
    return part.schools / schools if schools else part.postcodes / max(1, sum(one.postcodes for one in parts))


def _parent(parts: Sequence[Overlap], old: Mapping[str, Node]) -> str:
    """The node above that most of the region lies under."""
    weights: dict[str, tuple[int, int]] = {}
    for part in parts:
        above = old[part.old].under
        schools, postcodes = weights.get(above, (0, 0))
        weights[above] = (schools + part.schools, postcodes + part.postcodes)
    return max(weights, key=lambda code: (weights[code], code))


def as_table(moves: Iterable[Move], old: Mapping[str, Node], names: Mapping[str, str]) -> bytes:
    """The table as a CSV that Dutch spreadsheets open as it is."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for move in moves:
        answers = ["yes" if said else "no" for said in (move.coordinators, move.stand_ins, move.rules)]
        names_of = [move.old, old[move.old].name, move.new, names[move.new]]
        writer.writerow([*names_of, move.under, move.postcodes, move.schools, *answers])
    return file.getvalue().encode("utf-8-sig")


def read_moves(
    content: bytes, *, old: Mapping[str, Node], above: Mapping[str, Node], names: Mapping[str, str]
) -> list[Move]:
    """The reviewed table. Raises InvalidInput, with the row, for what does not fit the tiling."""
    sheet = read_sheets(content, "map.csv")[0]
    at = {" ".join(name.lower().split()): position for position, name in enumerate(sheet.columns)}
    missing = [name for name in NEEDED if name not in at]
    if missing:
        raise InvalidInput(_("The reviewed table lacks the column “%(name)s”.", name=missing[0]))
    moves: list[Move] = []
    for number, cells in sheet.rows:
        said = {name: cells[position] for name, position in at.items()}
        for column, known in (("old_code", old), ("new_code", names), ("under", above)):
            if said[column] not in known:
                raise InvalidInput(
                    _(
                        "Row %(row)s, column %(column)s: “%(said)s” does not exist.",
                        row=number,
                        column=column,
                        said=said[column][:60],
                    )
                )
        move = Move(
            old=said["old_code"],
            new=said["new_code"],
            under=said["under"],
            coordinators=is_yes(said["coordinators"]),
            stand_ins=is_yes(said["stand_ins"]),
            rules=is_yes(said["rules"]),
        )
        _refuse_contradiction(number, move, moves)
        moves.append(move)
    lacking = sorted(names[code] for code in set(names) - {move.new for move in moves})
    if lacking:
        raise InvalidInput(_("The reviewed table says nothing about: %(names)s.", names=listed(lacking)))
    return moves


def _refuse_contradiction(number: int, move: Move, earlier: Iterable[Move]) -> None:
    for other in earlier:
        if other.new != move.new:
            continue
        if other.old == move.old:
            raise InvalidInput(_("Row %(row)s: this pair stands there twice.", row=number))
        if other.under != move.under:
            raise InvalidInput(_("Row %(row)s: the new region hangs from something else in a row above.", row=number))
        if other.rules and move.rules:
            raise InvalidInput(_("Row %(row)s: the new region gets the rules of two old ones.", row=number))


def sized(moves: Iterable[Move], proposed: Iterable[Move]) -> list[Move]:
    """The reviewed moves with the sizes of the proposal: nobody has to keep those columns right."""
    sizes = {(move.old, move.new): move for move in proposed}
    known = [(move, sizes.get((move.old, move.new))) for move in moves]
    return [
        replace(move, postcodes=same.postcodes, schools=same.schools) if same is not None else move
        for move, same in known
    ]


def listed(names: Sequence[str]) -> str:
    """The first few, and how many more."""
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} … (+{len(names) - MOST_NAMED})" if len(names) > MOST_NAMED else shown
