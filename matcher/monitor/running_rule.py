"""Which rule orders candidates now and how heavily its parts count, as plain values for the page that explains it."""

from matcher.ranking.baseline import WEIGHTS, Baseline


def rule_name() -> str:
    """For example `baseline-2`."""
    return Baseline.name


def rule_weights() -> dict[str, int]:
    """Part → its share in percent, the heaviest first; they add up to about a hundred."""
    total = sum(WEIGHTS.values())
    return {part: round(100 * weight / total) for part, weight in sorted(WEIGHTS.items(), key=lambda item: -item[1])}
