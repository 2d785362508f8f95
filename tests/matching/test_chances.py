"""What people read of a score: a fit where a rule made it, a chance about the question where a model did."""

import pytest
from flask import Flask

from matcher.availability.states import Kind
from matcher.i18n import in_locale
from matcher.matching.nearby_wording import _OWN, own_reasons
from matcher.matching.wording import _REASONS, Names, fit_blocks, fit_words, never_sentence, reason_lines, reasons_for
from matcher.ranking.baseline import Baseline

MODEL = "2026-11-22.1"


@pytest.mark.parametrize(
    ("chance", "blocks", "dutch"),
    [
        (0.62, 6, "goede kans op een ja: van 10 zulke vragen lukken er ongeveer 6"),
        (0.34, 3, "redelijke kans op een ja: van 10 zulke vragen lukken er ongeveer 3"),
        (0.12, 1, "kleine kans op een ja: van 10 zulke vragen lukt er ongeveer 1"),
        (0.04, 0, "kleine kans op een ja: van 10 zulke vragen lukt er minder dan 1"),
        (0.0, 0, "kleine kans op een ja: van 10 zulke vragen lukt er minder dan 1"),
        (0.88, 9, "heel goede kans op een ja: van 10 zulke vragen lukken er ongeveer 9"),
        (1.0, 10, "heel goede kans op een ja: van 10 zulke vragen lukken ze bijna allemaal"),
    ],
)
def test_chance_is_told_in_questions_out_of_ten(app: Flask, chance: float, blocks: int, dutch: str) -> None:
    with app.test_request_context("/"), in_locale("nl"):
        assert fit_words(chance, MODEL) == dutch
    assert fit_blocks(chance, MODEL) == blocks


def test_written_rule_claims_no_chance(app: Flask) -> None:
    with app.test_request_context("/"), in_locale("en"):
        for score in (0.0, 0.3, 0.62, 0.99):
            for rule in (Baseline.name, "baseline-1"):
                assert "chance" not in fit_words(score, rule)
                assert fit_blocks(score, rule) >= 1


def test_as_many_blocks_are_the_same_words(app: Flask) -> None:
    with app.test_request_context("/"), in_locale("en"):
        told = {(fit_blocks(score / 100, Baseline.name), fit_words(score / 100, Baseline.name)) for score in range(101)}
    assert len(told) == 10
    assert {words for _blocks, words in told} == {"fits very well", "fits well", "fits fairly well"}


def test_who_asks_reads_nothing_of_a_no(app: Flask) -> None:
    noes = [[code, {}] for code in ("refused_far", "refused_topic", "refused_level", "refused_often")]
    with app.test_request_context("/"):
        assert reason_lines(noes, Names()) == []
        assert len(own_reasons(noes, Names())) == 4


def test_one_fact_is_never_plus_and_minus_of_the_same_card(app: Flask) -> None:
    free, few = ["free_at", {"count": 8, "moment": 0}], ["few_days", {"count": 8, "asked": 20}]
    with app.test_request_context("/"):
        for kind in (Kind.GUEST_LECTURE, Kind.HYBRID_PLACEMENT):
            assert reasons_for([free], [few], Names(kind=kind)) == own_reasons([free], Names(kind=kind), [few]) == []
            assert len(reasons_for([free], [], Names(kind=kind))) == len(own_reasons([free], Names(kind=kind))) == 1
        # Who offers an internship reads no minus about few half-days, so the plus stays.
        assert len(own_reasons([free], Names(kind=Kind.TEACHER_INTERNSHIP), [few])) == 1


def test_only_what_anybody_calls_close_is_close_to_you(app: Flask) -> None:
    with app.test_request_context("/"):
        assert len(own_reasons([["near", {"km": 15}]], Names())) == 1
        assert own_reasons([["near", {"km": 21}]], Names()) == []


def test_half_days_are_not_called_moments(app: Flask) -> None:
    with app.test_request_context("/"), in_locale("en"):
        assert "half-days" in never_sentence("moments", Kind.HYBRID_PLACEMENT)
        assert "moments" in never_sentence("moments", Kind.GUEST_LECTURE)


def test_every_reason_has_words_for_both_sides() -> None:
    for_askers_only = {"answers", "answers_rarely", "asked_recently", "first_visit"}
    for_oneself_only = {"refused_far", "refused_topic", "refused_level", "refused_often"}
    assert set(_REASONS) - set(_OWN) == for_askers_only
    assert set(_OWN) - set(_REASONS) == for_oneself_only
