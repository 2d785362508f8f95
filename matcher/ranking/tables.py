"""A grouped table to learn from, ours or anybody's: rows with facts and an outcome, rows of one question together."""

from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from matcher.ranking.facts import Column

Counts = npt.NDArray[np.int64]
MOST_BYTES = 2_000_000_000
MOST_GRADES = 31
LARGEST = 1e100


class BadTable(ValueError):
    """The table cannot be used; the sentence says why."""


@dataclass(frozen=True, eq=False)
class Table:
    """X is n by d, y has n outcomes from 0 up, `group` how many rows each question has, in order of the rows.

    `monotone` says of each column whether more is never worse (1), never better (-1) or either (0); rows from
    `valid_from` on are later than the others.
    """

    X: Column
    y: Column
    group: Counts
    names: tuple[str, ...]
    categorical: tuple[int, ...] = ()
    monotone: tuple[int, ...] = field(default=())
    valid_from: int | None = None

    def __post_init__(self) -> None:
        if not self.monotone:
            object.__setattr__(self, "monotone", (0,) * len(self.names))

    def __len__(self) -> int:
        return len(self.y)

    @property
    def bounds(self) -> Counts:
        """Where each group begins, and where the last one ends."""
        return np.concatenate([[0], np.cumsum(self.group)])

    @property
    def group_of(self) -> Counts:
        return np.repeat(np.arange(len(self.group)), self.group)

    def part(self, groups: npt.NDArray[np.bool_]) -> "Table":
        """The groups that are true, in their order."""
        rows = np.repeat(groups, self.group)
        return Table(self.X[rows], self.y[rows], self.group[groups], self.names, self.categorical, self.monotone)


def read_table(path: Path) -> Table:
    """The table in a file of `numpy.savez`. Raises BadTable with a sentence for whoever made the file."""
    found = _arrays(path)
    if missing := [name for name in ("X", "y", "group") if name not in found]:
        raise BadTable(f"The file has no array named {' or '.join(missing)}.")
    x, y, group = _numbers(found, "X"), _numbers(found, "y"), _numbers(found, "group")
    _check_shapes(x, y, group)
    names = _names(found, x.shape[1])
    return Table(
        np.ascontiguousarray(x),
        y,
        group.astype(np.int64),
        names,
        _categorical(found, names),
        _monotone(found, names),
        _valid_from(found, group),
    )


def _arrays(path: Path) -> dict[str, npt.NDArray]:
    if not path.is_file():
        raise BadTable("There is no such file.")
    if path.stat().st_size > MOST_BYTES:
        raise BadTable("The file is larger than two gigabytes.")
    try:
        with np.load(path, allow_pickle=False) as opened:
            return {name: opened[name] for name in opened.files}
    # All that the library says of cut, foreign, encrypted and boundless files.
    except (OSError, ValueError, EOFError, KeyError, BadZipFile, AttributeError, NotImplementedError, MemoryError):
        raise BadTable("The file is not one that numpy.savez wrote, or it holds something else than numbers.") from None


def _numbers(found: dict[str, npt.NDArray], name: str) -> Column:
    if found[name].dtype.kind not in "biuf":
        raise BadTable(f"The array {name} does not hold numbers.")
    numbers: Column = found[name].astype(np.float64)
    return numbers


def _check_shapes(x: Column, y: Column, group: Column) -> None:
    if x.ndim != 2 or y.ndim != 1 or group.ndim != 1:
        raise BadTable("X must have rows and columns; y and group must be one row of numbers each.")
    if not len(x) or not x.shape[1]:
        raise BadTable("X is empty.")
    if len(x) != len(y):
        raise BadTable(f"X has {len(x)} rows and y has {len(y)}.")
    if not np.all(np.isfinite(group)) or np.any(group < 1) or np.any(group != np.round(group)):
        raise BadTable("The sizes in group must be whole numbers from 1.")
    if group.sum() != len(y):
        raise BadTable(f"The groups have {group.sum():.0f} rows together and X has {len(y)}.")
    if np.any(np.abs(x) > LARGEST):
        raise BadTable("X holds infinite numbers, or numbers too large to reckon with.")
    if not np.all(np.isfinite(y)) or np.any(y < 0) or np.any(y != np.round(y)) or y.max() > MOST_GRADES:
        raise BadTable(f"The outcomes in y must be whole numbers from 0 to {MOST_GRADES}.")
    if len(np.unique(y)) < 2:
        raise BadTable("Every outcome in y is the same: there is nothing to learn.")


def _names(found: dict[str, npt.NDArray], width: int) -> tuple[str, ...]:
    if "names" not in found:
        return tuple(f"column {number}" for number in range(1, width + 1))
    names = tuple(str(name) for name in found["names"].ravel().tolist())
    if len(names) != width:
        raise BadTable(f"X has {width} columns and there are {len(names)} names.")
    if len(set(names)) != width:
        raise BadTable("Two columns have the same name.")
    return names


def _categorical(found: dict[str, npt.NDArray], names: tuple[str, ...]) -> tuple[int, ...]:
    """By name, by number, or a true and false for each column."""
    said = found.get("categorical", np.array([], dtype=np.int64)).ravel()
    if said.dtype.kind == "b":
        if len(said) != len(names):
            raise BadTable("categorical must say true or false of each column.")
        return tuple(np.flatnonzero(said).tolist())
    wanted = [names.index(each) if each in names else -1 for each in said.tolist()] if said.dtype.kind in "US" else None
    if wanted is None:
        if said.dtype.kind not in "iuf" or np.any(said != np.round(said)):
            raise BadTable("categorical must hold names or numbers of columns.")
        wanted = [int(each) for each in said.tolist()]
    if any(not 0 <= each < len(names) for each in wanted):
        raise BadTable("categorical names a column that is not there.")
    return tuple(sorted(set(wanted)))


def _monotone(found: dict[str, npt.NDArray], names: tuple[str, ...]) -> tuple[int, ...]:
    if "monotone" not in found:
        return (0,) * len(names)
    said = found["monotone"].ravel()
    if said.dtype.kind not in "biuf" or len(said) != len(names) or np.any(~np.isin(said, (-1, 0, 1))):
        raise BadTable("monotone must be -1, 0 or 1 for each column.")
    return tuple(int(each) for each in said.tolist())


def _valid_from(found: dict[str, npt.NDArray], group: Column) -> int | None:
    if "valid_from" not in found:
        return None
    said = found["valid_from"].ravel()
    if said.dtype.kind not in "iuf" or len(said) != 1:
        raise BadTable("valid_from must be one row number.")
    row = float(said[0])
    begins = np.concatenate([[0], np.cumsum(group)])
    if row not in begins[1:-1]:
        raise BadTable("valid_from must be the first row of a group, not of the first.")
    return int(row)
