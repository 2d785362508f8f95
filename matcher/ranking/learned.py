"""The ranking that learned: the chance that asking this one ends in a visit that takes place.

Two outcomes, multiplied: the side asked says yes, and an agreed visit takes place. Only settled invitations teach the
first and only yeses the second; who was never shown or never asked teaches nothing. The kinds share one model, with the
kind as a fact.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from matcher.ranking.baseline import Baseline, Ranked
from matcher.ranking.censoring import weights_of_answers
from matcher.ranking.estimator import Fitted, fit_outcome
from matcher.ranking.examples import Examples
from matcher.ranking.facts import CATEGORICAL, GROUPS, MONOTONE, NAMES, WIDTH, Column, FactsBatch
from matcher.ranking.lines import Evidence
from matcher.ranking.ripeness import ripe
from matcher.ranking.scoring import Together
from matcher.ranking.shapes import Shapes, constant, sigmoid

FEWEST = 20
FEW = 50
"""Below this many settled requests it is the written rule that orders, and only the chance is learned."""
FEW_YESES = 20
PRIOR_HELD, PRIOR_YESES = 0.9, 10.0
"""What is assumed of agreed visits before any was counted, and how many visits that is worth."""

_POSITION = {name: at for at, name in enumerate(NAMES)}
MONOTONE_FACTS = tuple(MONOTONE.get(name, 0) for name in NAMES)
CATEGORIES = tuple(_POSITION[name] for name in CATEGORICAL)
RULE_SCALE = 4.0
"""A tenth more score in the written rule is about this much logit of a tenth: its middle lies near a half."""
_MEMBERS = np.array([[float(name in names) for names in GROUPS.values()] for name in NAMES])


class CannotLearn(ValueError):
    """There is not enough to learn from; the sentence says what is missing."""


@dataclass(frozen=True, eq=False)
class Learned:
    """A model in plain arrays: scores, and explains in parts."""

    name: str
    stage: str  # rule, logistic or blend
    yes: Shapes
    held: Shapes
    typical: Column  # the middle of what was asked
    of_request: npt.NDArray[np.bool_]  # facts that are the same for every candidate of a request

    @cached_property
    def _both(self) -> Together:
        return Together([self.yes, self.held], WIDTH)

    def rank(self, batch: FactsBatch) -> Ranked:
        """Scores are calibrated chances; contributions add up to the log of how many times likelier than typical."""
        rule = rule_parts(batch)
        yes, held = self._both.logits(batch.values, rule)
        return Ranked(sigmoid(yes) * sigmoid(held), _OnAsking(lambda: self._parts(batch, rule, [yes, held])))

    def _parts(self, batch: FactsBatch, rule: Column, logits: list[Column]) -> dict[str, Column]:
        x = batch.values
        typical = np.where(self.of_request | np.isnan(x), x, self.typical)
        by_rule = rule - rule_parts(FactsBatch(typical))
        total = np.zeros(rule.shape)
        added = self._both.against(x, typical, _MEMBERS)
        for shapes, logit, by_facts in zip((self.yes, self.held), logits, added, strict=True):
            parts = by_facts + shapes.rule_weights * by_rule
            total += parts * _steepness(logit, logit - parts.sum(axis=1))[:, None]
        return dict(zip(GROUPS, total.T, strict=True))


class _OnAsking(Mapping[str, Column]):
    """Contributions are only worked out when somebody wants to know why."""

    def __init__(self, work_out: Callable[[], dict[str, Column]]) -> None:
        self._work_out = work_out

    @cached_property
    def _found(self) -> dict[str, Column]:
        return self._work_out()

    def __getitem__(self, part: str) -> Column:
        return self._found[part]

    def __iter__(self) -> Iterator[str]:
        return iter(GROUPS)

    def __len__(self) -> int:
        return len(GROUPS)


def rule_parts(batch: FactsBatch) -> Column:
    """(n, parts): what each part of the written rule adds, about as large as a logit."""
    parts = Baseline().rank(batch).contributions
    # A part whose facts are missing says nothing.
    found: Column = RULE_SCALE * np.nan_to_num(np.array([parts[part] for part in GROUPS]).T)
    return found


def _steepness(logit: Column, usual: Column) -> Column:
    """How much the log of the chance moves per unit of its logit, on the way from usual to here."""
    apart = logit - usual
    near = np.abs(apart) < 1e-6
    rise = (np.logaddexp(0, -usual) - np.logaddexp(0, -logit)) / np.where(near, 1.0, apart)
    found: Column = np.where(near, sigmoid(-logit), rise)
    return found


@dataclass(frozen=True, eq=False)
class FittedModel:
    """What was fitted: the plain model, and beside it what it was made of."""

    plain: Learned
    yes: Fitted
    held: Fitted
    settled: int
    requests: int

    @property
    def name(self) -> str:
        return self.plain.name

    @property
    def stage(self) -> str:
        return self.plain.stage

    def rank(self, batch: FactsBatch) -> Ranked:
        return self.plain.rank(batch)

    def reference(self, batch: FactsBatch) -> Column:
        """The same chances by scikit-learn's own trees."""
        x, rule = batch.values, rule_parts(batch)
        chance: Column = sigmoid(self.yes.reference(x, rule)) * sigmoid(self.held.reference(x, rule))
        return chance


def fit_model(examples: Examples, *, seed: int, name: str = "learned") -> FittedModel:
    """Learns from every settled invitation. Raises CannotLearn with a sentence."""
    settled = np.isfinite(examples.yes) & examples.invited
    asked = examples.where(settled)
    if len(asked) < FEWEST:
        raise CannotLearn(f"There are {len(asked)} settled invitations; at least {FEWEST} are needed.")
    if len(np.unique(asked.yes)) < 2:
        raise CannotLearn("Every settled invitation ended the same way: there is nothing to tell apart.")
    requests = len(np.unique(asked.request))
    weight = weights_of_answers(examples.where(examples.invited))[np.isfinite(examples.yes[examples.invited])]
    yes = fit_outcome(_evidence(asked, asked.yes, weight), asked.request, seed=seed)
    agreed = examples.where(settled & ripe(examples) & (examples.yes == 1) & np.isfinite(examples.held))
    held = _fit_held(agreed, seed)
    stage = "rule" if requests < FEW else "blend" if yes.trees is not None else "logistic"
    plain = Learned(
        name=name,
        stage=stage,
        yes=yes.shapes,
        held=held.shapes,
        typical=_middle(asked.facts),
        of_request=_of_request(examples),
    )
    return FittedModel(plain, yes, held, len(asked), requests)


def _fit_held(agreed: Examples, seed: int) -> Fitted:
    """With few yeses, or when all or none took place, one chance for everybody."""
    if len(agreed) >= FEW_YESES and len(np.unique(agreed.held)) == 2:
        return fit_outcome(
            _evidence(agreed, agreed.held, np.ones(len(agreed)), with_rule=False), agreed.request, seed=seed
        )
    chance = (agreed.held.sum() + PRIOR_YESES * PRIOR_HELD) / (len(agreed) + PRIOR_YESES)
    flat = constant(float(np.log(chance / (1 - chance))), WIDTH, len(GROUPS))
    return Fitted(flat, flat, None, 1.0, 0, 1.0, 0.0)


def _evidence(examples: Examples, y: Column, weight: Column, *, with_rule: bool = True) -> Evidence:
    rule = rule_parts(FactsBatch(examples.facts)) * float(with_rule)
    return Evidence(examples.facts, y, weight, rule, MONOTONE_FACTS, CATEGORIES)


def _middle(facts: Column) -> Column:
    """Of each fact; 0 where it was never known."""
    known = np.where(np.isnan(facts).all(axis=0), 0.0, facts)
    found: Column = np.nanmedian(known, axis=0)
    return found


def _of_request(examples: Examples) -> npt.NDArray[np.bool_]:
    """Facts that never differ within a run."""
    same_run = examples.run[1:] == examples.run[:-1]
    steps = np.abs(np.diff(np.nan_to_num(examples.facts), axis=0))[same_run]
    found: npt.NDArray[np.bool_] = ~steps.any(axis=0)
    return found
