"""How heavily the parts of the running ranking count, as plain values for the page that explains it."""

from collections.abc import Mapping
from typing import Any

from matcher.matching.model_cards import part_shares
from matcher.ranking.baseline import WEIGHTS


def part_weights(card: Mapping[str, Any] | None) -> dict[str, int]:
    """Part → its share in percent, the heaviest first, about a hundred together; without a card of the written rule."""
    if card is not None:
        return {part: round(share) for part, share in part_shares(card)}
    total = sum(WEIGHTS.values())
    return {part: round(100 * weight / total) for part, weight in sorted(WEIGHTS.items(), key=lambda item: -item[1])}
