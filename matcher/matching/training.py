"""One training, from examples to a judged model: the split by time, the fit, the verdict. Knows no database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from matcher.ranking.baseline import Ranker
from matcher.ranking.baselines import baselines
from matcher.ranking.examples import Examples, Truths
from matcher.ranking.judging import MARGIN, Report, judge, release_verdict
from matcher.ranking.learned import CannotLearn, FittedModel, fit_model

SEED = 20261122
FEWEST_REQUESTS = 20
EARLIER = 0.8
"""The share of settled invitations to learn from; the requests after them are for judging."""
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
    moments = np.sort(examples.settled_at[settled(examples)])
    return float(moments[max(ceil(EARLIER * len(moments)), min(FEWEST_REQUESTS, len(moments))) - 1])


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
    return Trained(model, float(earlier.at.min()), cut, report, may, against)


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


__all__ = ["MARGIN", "MODEL", "RULE_NAME", "SEED", "CannotLearn", "Trained", "compared", "cut_of", "train"]
