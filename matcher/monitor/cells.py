"""The rule for published numbers: what is so small that it would point at people stays hidden. Pure."""

from collections.abc import Sequence

FEWEST = 5


def publishable(count: int) -> int | None:
    """The count, or None when so few would point at people."""
    return count if count == 0 or count >= FEWEST else None


def publishable_column(counts: Sequence[int]) -> list[int | None]:
    """A column whose total is published too: one hidden number alone could be worked out, so the next smallest goes."""
    shown = [publishable(count) for count in counts]
    if shown.count(None) == 1 and (others := [count for count in shown if count]):
        shown[shown.index(min(others))] = None
    return shown
