"""Judges orders on what became of later suggestions, and says whether a model may be released.

An order is judged among those whose invitation was settled: what was never asked is neither good nor bad. How high
those who came stood in the whole list counts by how rarely their place in it was asked, because the list as it was
shown decided who was asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.ranking import measures
from matcher.ranking.baseline import Ranker
from matcher.ranking.censoring import weights_of_answers
from matcher.ranking.examples import Examples
from matcher.ranking.facts import Column, FactsBatch
from matcher.ranking.learned import CATEGORIES, FEWEST, MONOTONE_FACTS
from matcher.ranking.lines import Evidence, code_categories, fit_lines
from matcher.ranking.measures import Whole
from matcher.ranking.ripeness import ripe
from matcher.ranking.shapes import sigmoid

FIRST = 3
"""Exposure and service are about so many: nobody asks more at once."""
LEAST_ASKED = 0.02
"""A place in the list counts no more than fifty times, however rarely it was asked."""
MARGIN = 0.02
"""No group of requests may be worse off than under the written rule by more NDCG than this."""
SEGMENT_FEWEST = 50
SURE = 0.005
"""The lower end of the interval may not lie further than this below the written rule."""

Figure = tuple[float, float, float]  # mean, and the 95 % interval over requests


@dataclass(frozen=True, eq=False)
class Report:
    """Figures by ranker and measure; per segment the first ranker's NDCG less the rule's, over the same requests."""

    requests: int
    settled: int
    figures: dict[str, dict[str, Figure]]
    ratios: dict[str, Figure]  # the first ranker's NDCG over each other's
    segments: dict[str, dict[int, tuple[int, Figure]]]
    curves: dict[str, list[tuple[float, float, int]]]  # said, came true, how many

    def as_json(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "settled": self.settled,
            "rankers": {
                name: {measure: _rounded(figure) for measure, figure in found.items()}
                for name, found in self.figures.items()
            },
            "ratios": {name: _rounded(figure) for name, figure in self.ratios.items()},
            "segments": {
                name: {str(value): [count, *_rounded(figure)] for value, (count, figure) in found.items()}
                for name, found in self.segments.items()
            },
            "curves": {name: [[*_rounded(point)] for point in curve] for name, curve in self.curves.items()},
        }


def _rounded(figures: tuple[float, ...]) -> list[float | None]:
    return [round(float(each), 5) if np.isfinite(each) else None for each in figures]


def judge(rankers: Mapping[str, Ranker], examples: Examples, *, seed: int) -> Report:
    """The first ranker is the one that is judged, the others what it is compared with; one of them is called rule."""
    seen = _Seen.of(examples)
    batch = FactsBatch(examples.facts)
    scores = {name: _scores(ranker, batch, seen) for name, ranker in rankers.items()}
    ndcg = {name: measures.ndcg(found[seen.settled], seen.came, seen.settled_bounds) for name, found in scores.items()}
    # Of one alone there is no order to judge.
    tellable = np.diff(seen.settled_bounds) > 1
    ndcg = {name: np.where(tellable, found, np.nan) for name, found in ndcg.items()}
    first = next(iter(rankers))
    return Report(
        requests=len(np.unique(examples.request)),
        settled=int(seen.settled.sum()),
        figures={name: _figures(found, ndcg[name], seen, seed) for name, found in scores.items()},
        ratios={
            name: measures.ratio_interval(ndcg[first], found, seed=seed)
            for name, found in ndcg.items()
            if name != first
        },
        segments=_segments(examples, seen, ndcg[first] - ndcg.get("rule", ndcg[first]), seed),
        curves={
            name: measures.reliability(found[seen.settled], seen.came, weights=seen.counts_for)
            for name, found in scores.items()
        },
    )


def _scores(ranker: Ranker, batch: FactsBatch, seen: "_Seen") -> Column:
    """Run by run, as it is served: what depends on the others of a list does so here too."""
    if not len(batch):
        return np.zeros(0)
    bounds = seen.bounds
    parts = [
        ranker.rank(FactsBatch(batch.values[low:high])).scores
        for low, high in zip(bounds[:-1:_AT_ONCE], [*bounds[_AT_ONCE::_AT_ONCE], bounds[-1]], strict=False)
        if high > low
    ]
    return np.concatenate(parts)


_AT_ONCE = 2_000


@dataclass(frozen=True, eq=False)
class _Seen:
    """Rows by run, which of them were settled, and who of those came."""

    bounds: Whole
    settled: Any  # truths over all rows
    settled_bounds: Whole  # of the settled rows, a question per run with any
    settled_runs: Whole  # the run of each of these questions, as its place in bounds
    came: Column  # of the settled rows
    counts_for: Column  # of the settled rows: more where others like them were cut off before they could answer
    visits: Column  # of all rows, 0 where not known
    rarity: Column  # of all rows: how much a place in the list counts
    chances: Column  # of all rows: that they would have come, learned from these same outcomes in two halves
    guest: Whole

    @classmethod
    def of(cls, examples: Examples) -> "_Seen":
        bounds = _bounds(examples.run)
        came = np.where(examples.yes == 0, 0.0, np.where(examples.yes == 1, examples.held, np.nan))
        settled = np.isfinite(came) & examples.invited & ripe(examples)
        run_of = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))[settled]
        return cls(
            bounds=bounds,
            settled=settled,
            settled_bounds=_bounds(run_of),
            settled_runs=np.unique(run_of),
            came=came[settled],
            counts_for=_counts_for(examples)[settled],
            visits=np.where(settled, np.nan_to_num(came), 0.0),
            rarity=_rarity(examples.position, settled),
            chances=_chances(examples, came, settled),
            guest=examples.guest,
        )


def _counts_for(examples: Examples) -> Column:
    weights = np.zeros(len(examples))
    weights[examples.invited] = weights_of_answers(examples.where(examples.invited))
    return weights


def _bounds(run: Whole) -> Whole:
    if not len(run):
        return np.zeros(1, dtype=np.int64)
    return np.concatenate([[0], np.flatnonzero(run[1:] != run[:-1]) + 1, [len(run)]]).astype(np.int64)


def _chances(examples: Examples, came: Column, settled: Any) -> Column:
    """Of who was never asked, what became of others like them says most; nobody's own outcome counts."""
    chances = np.full(len(examples), np.clip(came[settled].mean(), 0.01, 0.99) if settled.any() else 0.5)
    half = examples.request % 2 == 0
    for out in (half, ~half):
        known = settled & ~out
        if known.sum() < FEWEST or len(np.unique(came[known])) < 2:
            continue
        count = int(known.sum())
        evidence = Evidence(
            examples.facts[known], came[known], np.ones(count), np.zeros((count, 0)), MONOTONE_FACTS, CATEGORIES
        )
        fitted = fit_lines(evidence, code_categories(evidence))
        chances[out] = sigmoid(fitted.logits(examples.facts[out], np.zeros((int(out.sum()), 0))))
    found: Column = np.clip(chances, 0.0, 0.999)
    return found


def _rarity(position: Whole, settled: Any) -> Column:
    """One over the share of rows at this place that were asked."""
    if not len(position):
        return np.zeros(0)
    total = np.bincount(position)
    asked = np.bincount(position, weights=settled, minlength=len(total))
    rarity: Column = 1 / np.maximum(LEAST_ASKED, asked / np.maximum(1, total))[position]
    return rarity


def _figures(scores: Column, ndcg: Column, seen: _Seen, seed: int) -> dict[str, Figure]:
    place = measures.places(scores, seen.bounds)
    counts = np.add.reduceat(seen.visits, seen.bounds[:-1]) if len(scores) else np.zeros(0)
    weight = seen.visits * seen.rarity
    total = np.add.reduceat(weight, seen.bounds[:-1]) if len(scores) else np.zeros(0)

    def weighed(values: Any) -> Figure:
        """Over whoever came, in runs where anybody did; each by how rarely their place was asked."""
        sums = np.add.reduceat(weight * values, seen.bounds[:-1]) if len(scores) else np.zeros(0)
        return measures.ratio_interval(
            np.where(counts > 0, sums, np.nan), np.where(counts > 0, total, np.nan), seed=seed
        )

    came, chances = seen.came, scores[seen.settled]
    nobody = np.where(place <= FIRST, np.log1p(-seen.chances), 0.0)
    served = 1 - np.exp(np.add.reduceat(nobody, seen.bounds[:-1])) if len(scores) else np.zeros(0)
    return {
        "ndcg@10": measures.interval(ndcg, seed=seed),
        "mrr": weighed(1 / place),
        "hit@1": weighed(place <= 1),
        "hit@3": weighed(place <= 3),
        "hit@5": weighed(place <= 5),
        "ece": _drawn_ece(chances, came, seen.counts_for, seed),
        "gini": _drawn_gini(place, seen, seed),
        "served": measures.interval(served, seed=seed),
    }


_FEW_DRAWS = 100


def _drawn_ece(chances: Column, came: Column, weights: Column, seed: int) -> Figure:
    dice = np.random.default_rng(seed)
    rows = [dice.integers(0, len(came), len(came)) for _draw in range(_FEW_DRAWS)] if len(came) else []
    drawn = [measures.ece(chances[each], came[each], weights=weights[each]) for each in rows]
    return _figure(measures.ece(chances, came, weights=weights), drawn)


def _drawn_gini(place: Whole, seen: _Seen, seed: int) -> Figure:
    """Of how often each one stands among the first three."""
    dice = np.random.default_rng(seed)
    guests = np.unique(seen.guest, return_inverse=True)[1]
    runs = len(seen.bounds) - 1
    run_of = np.repeat(np.arange(runs), np.diff(seen.bounds))
    among = (place <= FIRST).astype(np.float64)
    drawn = [_gini(guests, among * _drawn(dice, runs)[run_of]) for _draw in range(_FEW_DRAWS if runs else 0)]
    return _figure(_gini(guests, among) if runs else float("nan"), drawn)


def _gini(guests: Whole, shown: Column) -> float:
    return measures.gini(np.bincount(guests, weights=shown).astype(np.float64))


def _drawn(dice: np.random.Generator, count: int) -> Column:
    """How often each is drawn, of so many draws."""
    return np.bincount(dice.integers(0, count, count), minlength=count).astype(np.float64)


def _figure(value: float, drawn: list[float]) -> Figure:
    if not drawn:
        return value, float("nan"), float("nan")
    # Drawing again makes both measures larger; how far the draws lie apart is what they tell.
    low, high = np.quantile(drawn, [0.025, 0.975]) - np.mean(drawn)
    return value, value + float(low), value + float(high)


def _segments(examples: Examples, seen: _Seen, apart: Column, seed: int) -> dict[str, dict[int, tuple[int, Figure]]]:
    """Per segment and value: how many requests could be judged, and how the model and the rule differ there."""
    kinds = FactsBatch(examples.facts).column("kind").astype(np.int64)
    said = {
        "landsdeel": examples.landsdeel,
        "level": examples.level,
        "kind": kinds,
        "never_served": examples.never_served.astype(np.int64),
    }
    found: dict[str, dict[int, tuple[int, Figure]]] = {}
    starts = seen.bounds[seen.settled_runs]
    for name, column in said.items():
        of_run = column[starts]
        found[name] = {}
        for value in np.unique(of_run).tolist():
            here = apart[(of_run == value) & np.isfinite(apart)]
            found[name][value] = (len(here), measures.interval(here, seed=seed))
    return found


def release_verdict(report: Report, *, margin: float = MARGIN) -> tuple[bool, list[str]]:
    """Whether the first ranker of the report may be released, and every reason why not."""
    model = next(iter(report.figures))
    mine = report.figures[model]["ndcg@10"][0]
    if not np.isfinite(mine):
        return False, ["No later request could be judged: nobody knows whether it orders better."]
    against = []
    for name, (ratio, low, _high) in report.ratios.items():
        if not ratio > 1:
            against.append(
                f"It orders no better than {name}: {mine:.4f} against {report.figures[name]['ndcg@10'][0]:.4f}."
            )
        elif name == "rule" and low < 1 - SURE:
            against.append(
                f"It may order worse than the written rule: the ratio lies between {low:.4f} and {_high:.4f}."
            )
    for name, values in report.segments.items():
        for value, (count, (apart, _low, high)) in values.items():
            if count >= SEGMENT_FEWEST and apart < -margin and high < 0:
                against.append(
                    f"Requests with {name} {value} are worse off by {-apart:.3f}; at most {margin:.3f} is allowed."
                )
    return not against, against
