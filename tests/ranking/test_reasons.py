"""Reasons say only what the facts say, at most four for and three against."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from matcher.ranking.baseline import Baseline
from matcher.ranking.facts import NAMES, FactsBatch, PairFacts
from matcher.ranking.reasons import Detail, reasons
from tests.ranking.test_baseline import any_facts

details = st.builds(
    Detail,
    topic=st.integers(1, 9),
    level=st.sampled_from(["havo", None]),
    moment=st.integers(1, 9),
    asked_moments=st.integers(1, 20),
    travel_km=st.integers(1, 100),
    taken=st.integers(0, 8),
    cap=st.one_of(st.none(), st.integers(0, 8)),
    asked=st.integers(0, 9),
    answered=st.integers(0, 9),
    group_most=st.one_of(st.none(), st.integers(1, 40)),
    standing=st.booleans(),
    pays_travel=st.booleans(),
    wanted=st.integers(0, 6),
    paper_asked=st.booleans(),
    contract_asked=st.booleans(),
    hours_asked=st.integers(0, 12),
    hours_offered=st.integers(0, 12),
)

TRUE_WHEN = {
    "near": lambda f, d, p: not f.online and p["km"] == round(f.distance_km),
    "online": lambda f, d, p: f.online == 1,
    "topic_exact": lambda f, d, p: f.topic_exact == 1,
    "topic_near": lambda f, d, p: f.topic_exact == 0 and p["topic"] == d.topic,
    "free_at": lambda f, d, p: p["count"] == f.moments_usual > 0,
    "been_before": lambda f, d, p: p["times"] == f.earlier_visits_here > 0,
    "partnership": lambda f, d, p: p["times"] == f.partnership > 0,
    "standing_partner": lambda f, d, p: d.standing,
    "level_experience": lambda f, d, p: p["times"] == f.level_experience > 0,
    "no_level_experience": lambda f, d, p: f.level_experience == 0 and p["level"] == d.level,
    "answers": lambda f, d, p: (p["answered"], p["asked"]) == (d.answered, d.asked) and d.asked >= 3,
    "answers_rarely": lambda f, d, p: d.answered < 0.5 * d.asked,
    "load": lambda f, d, p: (p["taken"], p["cap"]) == (d.taken, d.cap),
    "far_edge": lambda f, d, p: f.distance_share >= 0.8 and not f.online,
    "large_group": lambda f, d, p: f.group_fit < 1 and p["most"] == d.group_most,
    "unknown_times": lambda f, d, p: f.moments_usual == 0 < f.moments_unknown,
    "few_days": lambda f, d, p: p["count"] == f.moments_usual + f.moments_unknown <= p["asked"] / 2,
    "short_notice": lambda f, d, p: f.notice_margin_days <= 3,
    "asked_recently": lambda f, d, p: p["days"] <= f.days_since_ask < 14,
    "first_visit": lambda f, d, p: f.earlier_visits_total == 0,
    "name_follows": lambda f, d, p: f.named == 0,
    "alike": lambda f, d, p: f.text_similarity >= 0.6,
    "travel_paid": lambda f, d, p: d.pays_travel and not f.online,
    "travel_unpaid": lambda f, d, p: p["euros"] == round(f.travel_cost) >= 15 and not f.online,
    "choice": lambda f, d, p: f.days_ratio >= 2 and p["wanted"] == d.wanted > 0,
    "paper": lambda f, d, p: d.paper_asked and f.qualification_fit == 1,
    "paper_unknown": lambda f, d, p: d.paper_asked and 0 < f.qualification_fit < 1,
    "paper_other": lambda f, d, p: d.paper_asked and f.qualification_fit == 0,
    "hours": lambda f, d, p: d.hours_offered >= p["asked"] == d.hours_asked > 0,
    "hours_fewer": lambda f, d, p: (
        p == {"offered": d.hours_offered, "asked": d.hours_asked} and 0 < d.hours_offered < d.hours_asked
    ),
    "contract": lambda f, d, p: d.contract_asked and f.contract_fit == 1,
    "contract_unknown": lambda f, d, p: d.contract_asked and 0 < f.contract_fit < 1,
    "contract_other": lambda f, d, p: d.contract_asked and f.contract_fit == 0,
}
REFUSED = {"refused_far", "refused_topic", "refused_level", "refused_often"}
"""What somebody said no to before: for their own eyes."""


@given(any_facts(), details)
def test_every_reason_is_true(facts: PairFacts, detail: Detail) -> None:
    parts = Baseline().rank(FactsBatch.of([facts])).of_row(0)
    found = reasons(facts, parts, detail)
    assert len(found.on) <= 4
    assert len(found.against) <= 3
    for code, params in (*found.on, *found.against):
        assert TRUE_WHEN[code](facts, detail, params), (code, params)


@given(any_facts(), details)
def test_only_the_one_who_said_no_reads_of_it(facts: PairFacts, detail: Detail) -> None:
    found = reasons(facts, {}, detail)
    assert not {code for code, _ in (*found.on, *found.against)} & REFUSED
    own = {code for code, _ in reasons(facts, {}, detail, own=True).against} & REFUSED
    assert own <= {name for name in REFUSED if getattr(facts, name) >= 0.5}


def test_no_is_told_to_the_one_who_said_it() -> None:
    facts = PairFacts(*(0.0 for _ in NAMES))
    refused = replace(facts, refused_far=0.9, topic_exact=1.0, earlier_visits_total=1.0, days_since_ask=99.0)
    assert ["refused_far", {}] in reasons(refused, {"near": -0.4}, Detail(), own=True).against
    assert ["refused_far", {}] not in reasons(refused, {"near": -0.4}, Detail()).against


@given(any_facts(), details)
def test_nothing_is_said_for_and_against_at_once(facts: PairFacts, detail: Detail) -> None:
    found = reasons(facts, {}, detail)
    assert not {code for code, _ in found.on} & {code for code, _ in found.against}


@given(any_facts(), details)
def test_same_facts_give_the_same_reasons_in_the_same_order(facts: PairFacts, detail: Detail) -> None:
    assert reasons(facts, {}, detail) == reasons(facts, {}, detail)
