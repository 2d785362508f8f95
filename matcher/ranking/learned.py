"""The ranking that learned: the chance that asking this one ends in a visit that takes place.

Two outcomes, multiplied: the side asked says yes, and an agreed visit takes place. Only settled invitations teach the
first and only yeses the second; who was never shown or never asked teaches nothing. The kinds share one model, with the
kind as a fact.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from matcher.ranking.baseline import Baseline, Ranked
from matcher.ranking.estimator import Fitted, fit_outcome
from matcher.ranking.examples import Examples
from matcher.ranking.facts import CATEGORICAL, GROUPS, MONOTONE, NAMES, WIDTH, Column, FactsBatch
from matcher.ranking.lines import Evidence
from matcher.ranking.ripeness import ripe
from matcher.ranking.shapes import Shapes, constant, sigmoid, to_logit

FEWEST = 20
FEW = 50
"""Below this many settled requests it is the written rule that orders, and only the chance is learned."""
FEW_YESES = 20
PRIOR_HELD, PRIOR_YESES = 0.9, 10.0
"""What is assumed of agreed visits before any was counted, and how many visits that is worth."""

_POSITION = {name: at for at, name in enumerate(NAMES)}
MONOTONE_FACTS = tuple(MONOTONE.get(name, 0) for name in NAMES)
CATEGORIES = tuple(_POSITION[name] for name in CATEGORICAL)


class CannotLearn(ValueError):
    """There is not enough to learn from; the sentence says what is missing."""


class Chance(Protocol):
    """What both the fitted model and the stored one are."""

    name: str
    stage: str

    def rank(self, batch: FactsBatch) -> Ranked: ...


@dataclass(frozen=True, eq=False)
class Learned:
    """A model in plain arrays: scores, and explains in parts."""

    name: str
    stage: str  # rule, logistic or blend
    yes: Shapes
    held: Shapes
    typical: Column  # the middle of what was asked
    of_request: npt.NDArray[np.bool_]  # facts that are the same for every candidate of a request

    def rank(self, batch: FactsBatch) -> Ranked:
        """Scores are calibrated chances; contributions add up to the log of how many times likelier than typical."""
        x = batch.values
        typical = np.where(self.of_request | np.isnan(x), x, self.typical)
        rule, usual_rule = Baseline().rank(batch), Baseline().rank(FactsBatch(typical))
        rule_logit, usual_logit = to_logit(rule.scores), to_logit(usual_rule.scores)
        yes, held = self.yes.logits(x, rule_logit), self.held.logits(x, rule_logit)
        added = {part: np.zeros(len(batch)) for part in GROUPS}
        for shapes, logit in ((self.yes, yes), (self.held, held)):
            apart = shapes.against(x, typical)
            by_rule = shapes.rule_weight * _rule_parts(rule, usual_rule, rule_logit - usual_logit)
            steepness = _steepness(logit, logit - apart.sum(axis=1) - by_rule.sum(axis=1))
            for at, (part, names) in enumerate(GROUPS.items()):
                facts = [_POSITION[name] for name in names]
                added[part] += steepness * (apart[:, facts].sum(axis=1) + by_rule[:, at])
        return Ranked(sigmoid(yes) * sigmoid(held), added)


def _rule_parts(rule: Ranked, usual: Ranked, apart: Column) -> Column:
    """(n, parts): the difference of the rule's logits, divided as its own parts differ."""
    parts = [rule.contributions[part] - usual.contributions[part] for part in GROUPS if part in rule.contributions]
    differ = np.zeros((len(apart), len(GROUPS)))
    differ[:, [at for at, part in enumerate(GROUPS) if part in rule.contributions]] = np.array(parts).T
    total = differ.sum(axis=1)
    shares: Column = differ * (apart / np.where(np.abs(total) < 1e-9, np.inf, total))[:, None]
    return shares


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
        rule = to_logit(Baseline().rank(batch).scores)
        chance: Column = sigmoid(self.yes.reference(batch.values, rule)) * sigmoid(
            self.held.reference(batch.values, rule)
        )
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
    yes = fit_outcome(_evidence(asked, asked.yes), asked.request, seed=seed)
    agreed = examples.where(settled & ripe(examples) & (examples.yes == 1) & np.isfinite(examples.held))
    held = _fit_held(agreed, seed)
    stage = "rule" if requests < FEW else "blend" if yes.trees is not None else "logistic"
    plain = Learned(
        name=name,
        stage=stage,
        yes=yes.shapes,
        held=held.shapes,
        typical=np.nanmedian(asked.facts, axis=0),
        of_request=_of_request(examples),
    )
    return FittedModel(plain, yes, held, len(asked), requests)


def _fit_held(agreed: Examples, seed: int) -> Fitted:
    """With few yeses, or when all or none took place, one chance for everybody."""
    if len(agreed) >= FEW_YESES and len(np.unique(agreed.held)) == 2:
        return fit_outcome(_evidence(agreed, agreed.held, with_rule=False), agreed.request, seed=seed)
    chance = (agreed.held.sum() + PRIOR_YESES * PRIOR_HELD) / (len(agreed) + PRIOR_YESES)
    flat = constant(float(np.log(chance / (1 - chance))), WIDTH)
    return Fitted(flat, flat, None, 1.0, 0, 1.0, 0.0)


def _evidence(examples: Examples, y: Column, *, with_rule: bool = True) -> Evidence:
    rule = to_logit(Baseline().rank(FactsBatch(examples.facts)).scores) if with_rule else np.zeros(len(examples))
    return Evidence(examples.facts, y, np.ones(len(examples)), rule, MONOTONE_FACTS, CATEGORIES)


def _of_request(examples: Examples) -> npt.NDArray[np.bool_]:
    """Facts that never differ within a run."""
    same_run = examples.run[1:] == examples.run[:-1]
    steps = np.abs(np.diff(np.nan_to_num(examples.facts), axis=0))[same_run]
    found: npt.NDArray[np.bool_] = ~steps.any(axis=0)
    return found
