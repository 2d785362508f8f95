"""A placement's steps in the reader's words. No rules here."""

from typing import Any

from matcher.availability.states import Kind
from matcher.i18n import _, _l, format_day_month, format_number
from matcher.matching.labels import STATES
from matcher.matching.policy import MatchFacts
from matcher.matching.states import HybridStep, MatchState

STEPS: dict[HybridStep, Any] = {
    HybridStep.INTRODUCTION: _l("Met each other"),
    HybridStep.TRIAL_LESSON: _l("Trial lesson"),
    HybridStep.OFFER_MADE: _l("Offer made"),
    HybridStep.STARTED: _l("Started"),
    HybridStep.ENDED: _l("Last day"),
}
NOTE_IT: dict[HybridStep, Any] = {
    HybridStep.INTRODUCTION: _l("We met"),
    HybridStep.TRIAL_LESSON: _l("The trial lesson was given"),
    HybridStep.OFFER_MADE: _l("We made an offer"),
    HybridStep.STARTED: _l("It starts"),
    HybridStep.ENDED: _l("It ends"),
}
WHEN: dict[HybridStep, Any] = {
    HybridStep.INTRODUCTION: _l("On which day did you meet?"),
    HybridStep.TRIAL_LESSON: _l("On which day was the lesson?"),
    HybridStep.OFFER_MADE: _l("On which day was the offer made?"),
    HybridStep.STARTED: _l("What is the first day?"),
    HybridStep.ENDED: _l("What is the last day?"),
}


def state_words(facts: MatchFacts) -> str:
    """The state of any match; an introduced placement says how far it is."""
    if facts.kind is not Kind.HYBRID_PLACEMENT or facts.state is not MatchState.APPROVED:
        return str(STATES[facts.state])
    taken = [step for step in HybridStep if step in facts.steps]
    return str(STEPS[taken[-1]]) if taken else _("Introduced")


def step_label(step: HybridStep, row: Any) -> str:
    """`Proefles · do 4 februari`."""
    return f"{STEPS[step]} · {format_day_month(row.on_day)}" if row is not None else str(STEPS[step])


def step_sentence(row: Any) -> str:
    """What the timeline says of it."""
    day = format_day_month(row.on_day)
    if row.step is HybridStep.STARTED and row.hours:
        hours = format_number(row.hours)
        return _("Start on %(day)s, %(hours)s hours a week", day=day, hours=hours)
    sentences = {
        HybridStep.INTRODUCTION: _("Met each other on %(day)s", day=day),
        HybridStep.TRIAL_LESSON: _("Trial lesson on %(day)s", day=day),
        HybridStep.OFFER_MADE: _("Offer made on %(day)s", day=day),
        HybridStep.STARTED: _("Start on %(day)s", day=day),
        HybridStep.ENDED: _("Last day: %(day)s", day=day),
    }
    return sentences[row.step]


def next_step_sentence(taken: frozenset[HybridStep]) -> str:
    """What usually comes next, while nobody has to answer anything."""
    if HybridStep.STARTED in taken:
        return _("Started. After the last half-day we ask you both how it was.")
    if HybridStep.OFFER_MADE in taken:
        return _("An offer was made. Before the start the school has to see the certificate of conduct (VOG).")
    if HybridStep.TRIAL_LESSON in taken:
        return _("The trial lesson was given. Do you both want to go on? Then the school makes an offer.")
    if HybridStep.INTRODUCTION in taken:
        return _("You met. A trial lesson helps to decide; you may also skip it.")
    return _("You are introduced to each other. Make an appointment to meet, and note it here.")
