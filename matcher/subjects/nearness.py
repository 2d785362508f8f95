"""How close two topics are: the same, parent and child, neighbours, or neighbours of neighbours. Pure."""

from collections.abc import Iterable

from matcher.subjects.vocabulary import NEAR_CLOSENESS, Vocabulary

SAME = 1.0
# What counts as a common topic when offers are looked up: the topic itself and one step away.
FITS = NEAR_CLOSENESS


def expand(codes: Iterable[str], vocabulary: Vocabulary, at_least: float = FITS) -> dict[str, float]:
    """Every topic at least so close to one of the codes, with its closeness; unknown codes only fit themselves."""
    asked = list(dict.fromkeys(codes))
    found = dict.fromkeys(asked, SAME)
    steps = 1 if at_least > NEAR_CLOSENESS * NEAR_CLOSENESS * 1.5 else 2
    edge = dict(found)
    for _ in range(steps):
        further: dict[str, float] = {}
        for code, closeness in edge.items():
            for other, step in vocabulary.neighbours.get(code, {}).items():
                reached = round(closeness * step, 3)
                if reached >= at_least and reached > max(found.get(other, 0.0), further.get(other, 0.0)):
                    further[other] = reached
        found |= further
        edge = further
    return found


def closeness(request_topics: Iterable[str], offer_topics: Iterable[str], vocabulary: Vocabulary) -> float:
    """Of the best pair, 0 to 1: 1 the same, 0.7 parent, 0.6 neighbour, under 0.5 two steps, 0 further away."""
    around = expand(request_topics, vocabulary, at_least=0.3)
    return max((around.get(code, 0.0) for code in offer_topics), default=0.0)
