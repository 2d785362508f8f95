"""How heavily the parts of the running ranking count, as plain values for the page that explains it."""

from matcher.matching.model_cards import part_shares
from matcher.matching.model_queries import Running
from matcher.ranking.baseline import WEIGHTS


def part_weights(running: Running) -> dict[str, int]:
    """Part → its share in percent, the heaviest first; of a model as measured when it was made. They add up to about a
    hundred."""
    if running.card is not None and not running.is_rule:
        return {part: round(share) for part, share in part_shares(running.card)}
    total = sum(WEIGHTS.values())
    return {part: round(100 * weight / total) for part, weight in sorted(WEIGHTS.items(), key=lambda item: -item[1])}
