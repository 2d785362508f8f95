"""The model learns what happened, from settled invitations only; stays monotone, explains itself and says chances."""

import numpy as np
import pytest

from matcher.ranking import measures
from matcher.ranking.baseline import Baseline
from matcher.ranking.facts import GROUPS, MONOTONE, NAMES, FactsBatch
from matcher.ranking.learned import CannotLearn, fit_model
from tests.ranking.made import AT, batch, changed, made_examples, true_chance


@pytest.fixture(scope="module")
def examples():
    return made_examples()


@pytest.fixture(scope="module")
def model(examples):
    return fit_model(examples, seed=3)


def test_what_bends_is_learned(model) -> None:
    new = batch(2_000)
    bounds = np.arange(0, 2_001, 20)
    truth = true_chance(new.values)
    learned = measures.ndcg(model.rank(new).scores, truth, bounds)
    rule = measures.ndcg(Baseline().rank(new).scores, truth, bounds)
    assert learned.mean() > 1.03 * rule.mean()
    assert model.stage == "blend"


def test_plain_arrays_equal_scikit_learn_on_thousands_of_rows(model) -> None:
    new = batch(5_000)
    assert np.abs(model.rank(new).scores - model.reference(new)).max() < 1e-9


def test_never_shown_and_superseded_teach_nothing(examples, model) -> None:
    """Whoever was not asked, or was asked and let go before an answer, may be anybody."""
    unknown = ~np.isfinite(examples.yes)
    nonsense = changed(examples, opened=~examples.opened, score=1 - examples.score, shown=~examples.shown)
    other_facts = nonsense.facts.copy()
    other_facts[unknown] = other_facts[unknown][::-1]
    other_facts[:, [AT["kind"], AT["school_visits"]]] = examples.facts[:, [AT["kind"], AT["school_visits"]]]
    again = fit_model(changed(nonsense, facts=other_facts), seed=3)
    assert np.array_equal(again.rank(batch()).scores, model.rank(batch()).scores)


def test_shown_at_position_is_corrected_for() -> None:
    """The first of the list is asked far more often; that must not make whoever stands first look better."""
    fair = made_examples(700, seed=5)
    dice = np.random.default_rng(5)
    # Those with few moments stand first and are asked; moments change nothing in the truth.
    by_place = np.where(fair.invited, dice.random(len(fair)) < 1 / (1 + fair.facts[:, AT["moments_usual"]]), False)
    biased = changed(fair, invited=by_place, yes=np.where(by_place, fair.yes, np.nan))
    new = batch(2_000)
    truth, bounds = true_chance(new.values), np.arange(0, 2_001, 20)
    thinned = np.where(dice.random(len(fair)) < by_place.sum() / fair.invited.sum(), fair.invited, False)
    fair = changed(fair, invited=thinned, yes=np.where(thinned, fair.yes, np.nan))
    one = measures.ndcg(fit_model(biased, seed=1).rank(new).scores, truth, bounds).mean()
    other = measures.ndcg(fit_model(fair, seed=1).rank(new).scores, truth, bounds).mean()
    assert one >= 0.985 * other


def test_no_sweep_of_a_monotone_fact_falls(model) -> None:
    dice = np.random.default_rng(2)
    names = [name for name, sign in MONOTONE.items() if sign]
    for name in names:
        rows = np.repeat(batch(40, seed=4).values[None], 10, axis=0)
        rows[:, :, AT[name]] = np.sort(dice.uniform(-1, 70 if name.endswith("km") else 6, (10, 40)), axis=0)
        scores = model.rank(FactsBatch(rows.reshape(400, -1))).scores.reshape(10, 40)
        assert (np.diff(scores, axis=0) * MONOTONE[name] >= -1e-12).all(), name


def test_unscaled_column_changes_nothing(examples, model) -> None:
    """Metres instead of kilometres, for learning and for asking."""
    metres, asked = examples.facts.copy(), batch().values.copy()
    for values in (metres, asked):
        values[:, AT["asks"]] *= 1_000
    scores = fit_model(changed(examples, facts=metres), seed=3).rank(FactsBatch(asked)).scores
    assert np.abs(scores - model.rank(batch()).scores).max() < 1e-6


def test_swapped_class_order_is_found(examples, model) -> None:
    """The score is the chance of a yes, not of a no: it goes with what happened, and its mean is the share that came."""
    swapped = fit_model(changed(examples, yes=1 - examples.yes, held=np.where(examples.yes == 0, 1.0, np.nan)), seed=3)
    assert np.corrcoef(swapped.rank(batch()).scores, true_chance(batch().values))[0, 1] < 0.5
    assert np.corrcoef(model.rank(batch()).scores, true_chance(batch().values))[0, 1] > 0.9
    came = np.where(examples.yes == 0, 0.0, examples.held)[examples.invited]
    assert model.rank(FactsBatch(examples.facts)).scores.mean() == pytest.approx(np.nanmean(came), abs=0.05)


def test_renamed_fact_is_refused(model) -> None:
    with pytest.raises(ValueError, match="wrong columns"):
        FactsBatch.from_columns({**dict.fromkeys(NAMES[1:], 0.0), "renamed": 0.0}, 3)


def test_contributions_add_up_to_how_much_likelier_than_typical(model) -> None:
    new = batch(50)
    plain = model.plain
    typical = np.where(plain.of_request, new.values, plain.typical)
    ranked = model.rank(new)
    apart = np.log(ranked.scores) - np.log(model.rank(FactsBatch(typical)).scores)
    assert set(ranked.contributions) == set(GROUPS)
    assert np.abs(sum(ranked.contributions.values()) - apart).max() < 1e-9


def test_recent_failures_do_not_make_everything_look_bad(examples) -> None:
    """Of the latest visits only those called off are known: they are too young to learn from."""
    young = (examples.at > examples.at.max() - 19 * 86_400) & (examples.yes == 1)
    held = np.where(young, np.where(examples.held == 0, 0.0, np.nan), examples.held)
    scores = fit_model(changed(examples, held=held), seed=3).rank(batch()).scores
    assert scores.mean() == pytest.approx(fit_model(examples, seed=3).rank(batch()).scores.mean(), abs=0.03)


def test_missing_values_and_a_constant_fact_are_no_obstacle(examples) -> None:
    facts = examples.facts.copy()
    facts[np.random.default_rng(1).random(len(facts)) < 0.2, AT["yes_share"]] = np.nan
    facts[:, AT["group_fit"]] = 1.0
    facts[:, AT["partnership"]] = np.nan
    scores = fit_model(changed(examples, facts=facts), seed=3).rank(FactsBatch(facts[:200])).scores
    assert np.all(np.isfinite(scores) & (scores > 0) & (scores < 1))


@pytest.mark.parametrize("count", [0, 19])
def test_fewer_than_twenty_settled_say_so(count) -> None:
    few = made_examples(60, asked=1)
    with pytest.raises(CannotLearn, match="at least 20 are needed"):
        fit_model(few.where(np.arange(len(few)) < few_rows(few, count)), seed=1)


def few_rows(examples, settled: int) -> int:
    return int(np.searchsorted(np.cumsum(np.isfinite(examples.yes)), settled + 1)) if settled else 0


def test_one_class_only_says_so(examples) -> None:
    with pytest.raises(CannotLearn, match="ended the same way"):
        fit_model(changed(examples, yes=np.where(examples.invited, 1.0, np.nan)), seed=1)


def test_little_data_stays_near_the_rule() -> None:
    few = fit_model(made_examples(30, asked=1), seed=1)
    assert few.stage == "rule"
    rule, learned = Baseline().rank(batch()).scores, few.rank(batch()).scores
    assert np.corrcoef(rule, learned)[0, 1] > 0.8
