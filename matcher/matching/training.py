"""One training, from examples to a judged model: the split by time, the fit, the verdict. Knows no database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from matcher.ranking.baseline import Ranker
from matcher.ranking.baselines import baselines
from matcher.ranking.examples import Examples, Truths
from matcher.ranking.facts import FactsBatch
from matcher.ranking.judging import Report, judge, release_verdict
from matcher.ranking.learned import CannotLearn, FittedModel, fit_model
from matcher.ranking.portrait import portrait
from matcher.ranking.ripeness import ripe

SEED = 20261122
FEWEST_REQUESTS = 20
EARLIER = 0.8
"""The share of the requests whose end is known to learn from; those after them are for judging."""
FEWEST_JUDGED = 20
"""With fewer later requests of which two people at least answered, chance would decide what is released."""
GATE_ROWS, GATE_APART = 5_000, 1e-6
"""What serves is written out as plain arrays; on so many suggestions it differs no more than this from the original."""
MODEL, RULE_NAME = "model", "rule"

Tell = Callable[[str], None]
Names = Mapping[str, Mapping[int, str]]


@dataclass(frozen=True, eq=False)
class Trained:
    """A fitted model, how it did on later requests next to every baseline, and whether it may run."""

    model: FittedModel
    window_from: float
    window_to: float
    report: Report
    may_release: bool
    against: list[str]
    portrait: dict[str, Any]


def settled(examples: Examples) -> Truths:
    """Invitations that came to an answer, or to the end of the time for it."""
    found: Truths = examples.invited & np.isfinite(examples.yes)
    return found


def check_enough(examples: Examples) -> None:
    """Raises CannotLearn with a sentence."""
    rows = settled(examples)
    requests = len(np.unique(examples.request[rows]))
    if requests < FEWEST_REQUESTS:
        raise CannotLearn(
            f"There are {requests} answered requests; at least {FEWEST_REQUESTS} are needed to learn from. "
            "The written rule orders people until then."
        )
    if len(np.unique(examples.yes[rows])) < 2:
        said = "yes" if examples.yes[rows][0] else "no"
        raise CannotLearn(f"Every answer so far was a {said}: there is nothing to tell apart.")


def cut_of(examples: Examples) -> float:
    """The moment that parts earlier from later, in epoch seconds."""
    rows = settled(examples)
    ended = rows & ((examples.yes == 0) | np.isfinite(examples.held)) & ripe(examples)
    asked = np.sort(examples.at[ended if ended.any() else rows])
    cut = asked[ceil(EARLIER * len(asked)) - 1]
    # However few there are, there must be enough to learn from.
    return float(max(cut, np.sort(examples.settled_at[rows])[FEWEST_REQUESTS - 1]))


def later_than(examples: Examples, moment: float) -> Examples:
    return examples.where(examples.at > moment)


def train(examples: Examples, *, seed: int, name: str, tell: Tell) -> Trained:
    """Learns from what was known at the cut, and is judged by what was suggested after it. Raises CannotLearn."""
    check_enough(examples)
    cut = cut_of(examples)
    earlier = examples.known_by(cut)
    tell(f"learning from {int(settled(earlier).sum()):,} answered invitations")
    model = fit_model(earlier, seed=seed, name=name)
    later = later_than(examples, cut)
    tell(f"judging by {len(np.unique(later.request)):,} later requests")
    report = compared(model, later, seed=seed)
    may, against = release_verdict(report)
    judged = sum(count for count, _apart in report.segments.get("kind", {}).values())
    if judged < FEWEST_JUDGED:
        few = f"Only {judged} later requests tell which order was better; at least {FEWEST_JUDGED} are needed."
        may, against = False, [few]
    apart = apart_from_original(model, later)
    if not apart <= GATE_APART:
        gate = f"Written out as plain arrays it scores up to {apart:.2g} apart from what was fitted."
        may, against = False, [*against, gate]
    drawn = portrait(model, earlier.facts[earlier.invited])
    return Trained(model, float(earlier.at.min()), cut, report, may, against, drawn)


def apart_from_original(model: FittedModel, examples: Examples) -> float:
    """The largest difference between a chance as served and by scikit-learn's own trees, over later suggestions."""
    spread = np.linspace(0, len(examples) - 1, min(GATE_ROWS, len(examples))).astype(np.int64)
    batch = FactsBatch(examples.facts[spread])
    return float(np.abs(model.rank(batch).scores - model.reference(batch)).max()) if len(batch) else 0.0


def compared(model: Ranker | None, later: Examples, *, seed: int) -> Report:
    """The model, when there is one, next to every baseline; else the written rule next to the others."""
    others = baselines(seed)
    if model is None:
        return judge({RULE_NAME: others.pop(RULE_NAME), **others}, later, seed=seed)
    return judge({MODEL: model, **others}, later, seed=seed)


def in_words(sentences: list[str], names: Names) -> list[str]:
    """The numbers of segments as the words people know them by."""
    found = []
    for sentence in sentences:
        for segment, values in names.items():
            for number, name in values.items():
                sentence = sentence.replace(f"with {segment} {number} are", f"of {name} are")
        found.append(sentence)
    return found
