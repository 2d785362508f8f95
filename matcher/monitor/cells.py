"""The rule for published numbers: what is so small that it would point at people stays hidden. Pure."""

from collections.abc import Iterable, Sequence

FEWEST = 5


def publishable(count: int) -> int | None:
    """The count, or None when so few would point at people."""
    return count if count == 0 or count >= FEWEST else None


def publishable_column(counts: Sequence[int]) -> list[int | None]:
    """A column whose total is published too. The total less what is seen gives what the hidden lines are together, so
    while that says too much the next smallest lines are hidden with them, zeros last."""
    hidden = {count for count in counts if publishable(count) is None}
    rest = sorted({*counts} - hidden, key=lambda count: (not count, count))
    while rest and _tells([count for count in counts if count in hidden], sum(counts)):
        hidden.add(rest.pop(0))  # every line of this size: the choice of one would say which is the smaller
    return [None if count in hidden else count for count in counts]


def whole(parts: Iterable[int | None]) -> int | None:
    """What parts are together, None when one of them is hidden: less the others it would be that one."""
    known = list(parts)
    return None if None in known else sum(part for part in known if part is not None)


def _tells(hidden: Sequence[int], total: int) -> bool:
    """Whether the total gives hidden lines away: one line, under five together, or so many that each is one, or four.
    A total under five is hidden itself, and says only that there are no more than four."""
    lines, together = len(hidden), sum(hidden)
    if total < FEWEST:
        return lines == FEWEST - 1
    return lines == 1 or 0 < together < FEWEST or (lines > 0 and together in (lines, lines * (FEWEST - 1)))
