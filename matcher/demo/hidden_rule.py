"""Who says yes in a generated world, what takes place, and what an asker opens: the truth behind its history. Pure.

Nothing of this is stored. A chance follows from the stored facts of a suggestion and from the temper of the person
asked, which follows from the seed and their id; so any ranking can be judged against `chance_of_visit`. Explained in
docs/generated-world.md.
"""

from dataclasses import dataclass
from math import exp
from random import Random

from matcher.ranking.facts import PairFacts

SLIP = 0.03
"""How often somebody answers against everything the rule says, by whim."""
NEVER_SEEN_AFTER = 10
ATTENTION = 0.7
"""The steepness of the position bias: the k-th of the list is looked at in k ** -ATTENTION of the cases."""
MOST_TICKED = 3
_KINDS = (-1.1, -0.9, -1.6)
"""A lecture is asked of many, an internship costs a company little, a fixed day in the week is a large step."""


@dataclass(frozen=True)
class Temper:
    """What no fact shows of a person: how keen, how prompt, how faithful, and how far is far."""

    keen: float
    prompt_hours: float
    reachable: float
    faithful: float
    reach_km: float


def temper_of(seed: int, person: int) -> Temper:
    """The same for the same seed and person, in whatever order people are asked for. An offer that names nobody has a
    temper too: that of minus its id."""
    dice = Random(seed * 1_000_003 + person)
    return Temper(
        keen=dice.gauss(0.0, 0.55),
        prompt_hours=min(90.0, dice.lognormvariate(2.8, 0.7)),
        reachable=dice.gauss(2.1, 0.6),
        faithful=dice.gauss(0.0, 0.4),
        reach_km=dice.lognormvariate(2.95, 0.3),
    )


def chance_of_yes(facts: PairFacts, temper: Temper) -> float:
    """Of a yes, given an answer. The parts bend, have edges and depend on each other."""
    wish = (
        _KINDS[round(facts.kind)]
        + temper.keen
        + _way(facts, temper)
        + _subject(facts)
        + _calendar(facts)
        + _habit(facts)
        + _burden(facts)
        + _terms(facts)
    )
    return SLIP / 2 + (1 - SLIP) * _sigmoid(wish)


def chance_of_answer(facts: PairFacts, temper: Temper) -> float:
    """Of any answer before the invitation ends: busy people and people asked yesterday leave it lying."""
    tired = 1.2 * facts.load_share**2 + 0.5 * facts.open_asks + _asked_just_now(facts)
    known = 0.5 * (1 - exp(-facts.earlier_visits_total / 2))
    return _sigmoid(temper.reachable + known - tired)


def chance_of_taking_place(facts: PairFacts, temper: Temper) -> float:
    """Of an approved visit: far and long ahead goes wrong more often, with people who know the way less."""
    way = 0.15 if facts.online else 1.1 * _power(facts.distance_km / 60, 1.5)
    ahead = 0.7 * _power(facts.notice_margin_days / 80, 2)
    way_known = 0.6 * (1 - exp(-facts.earlier_visits_here))
    return _sigmoid(2.9 + temper.faithful + way_known - way - min(ahead, 1.5) - 0.5 * facts.load_share)


def chance_of_visit(facts: PairFacts, temper: Temper) -> float:
    """What a perfect ranking would order by: that asking this person ends in a visit that took place."""
    agreed = chance_of_answer(facts, temper) * chance_of_yes(facts, temper)
    return agreed * chance_of_taking_place(facts, temper)


def chance_of_looking(position: int) -> float:
    """Position bias: of an asker reaching this place in the list, whoever stands there; from 1."""
    return 0.0 if position > NEVER_SEEN_AFTER else _power(position, -ATTENTION)


def chance_of_opening(facts: PairFacts, position: int) -> float:
    """Looked at, and then found attractive from what the page shows; the asker knows nobody's temper."""
    return chance_of_looking(position) * _sigmoid(0.2 + _appeal(facts))


def chance_of_ticking(facts: PairFacts, ticked: int) -> float:
    """Of an opened one being asked; nobody asks more than a few at once."""
    return 0.0 if ticked >= MOST_TICKED else _sigmoid(0.9 + _appeal(facts) - 1.4 * ticked)


def hours_to_answer(temper: Temper, dice: Random) -> float:
    return dice.expovariate(1 / temper.prompt_hours) + 0.2


def _appeal(facts: PairFacts) -> float:
    known = 0.7 if facts.earlier_visits_here else 0.3 if facts.partnership else 0.0
    way = -0.2 if facts.online else -facts.distance_km / 45
    return 1.2 * facts.topic_exact - 0.6 + known + way + (0.3 if facts.moments_usual else -0.2)


def _way(facts: PairFacts, temper: Temper) -> float:
    """Nearly flat at first, then a cliff at the own idea of far; far and unknown is worse than both."""
    if facts.online:
        return 0.3
    if facts.kind == 1:
        return 0.0  # it is the teacher who travels
    cliff = -min(3.5, _power(facts.distance_km / temper.reach_km, 2.2))
    return cliff - (0.6 if facts.distance_share > 0.7 and not facts.earlier_visits_here else 0.0)


def _subject(facts: PairFacts) -> float:
    group = -1.8 * (1 - facts.group_fit)
    level = 0.7 * (1 - exp(-facts.level_experience / 2))
    return 1.2 * facts.topic_exact + 1.8 * facts.topic_closeness**3 - 1.3 + group + level


def _calendar(facts: PairFacts) -> float:
    """The first moment that suits counts most; with little time to answer, no choice of moments helps."""
    choice = 1.2 * (1 - _power(0.5, facts.moments_usual + 0.3 * facts.moments_unknown))
    if facts.notice_margin_days < 3:
        return choice / 2 - 1.2
    return choice + 0.6 * (1 - exp(-facts.notice_margin_days / 10))


def _habit(facts: PairFacts) -> float:
    been = 1.5 * (1 - exp(-facts.earlier_visits_here))
    used_to_it = 0.5 * (1 - exp(-facts.earlier_visits_total / 3))
    return been + used_to_it + 0.12 * min(facts.partnership, 3.0)


def _burden(facts: PairFacts) -> float:
    return -3.2 * facts.load_share**2 - 0.8 * facts.open_asks - _asked_just_now(facts)


def _terms(facts: PairFacts) -> float:
    """A company with days to choose from, a teacher whose hours, paper and contract suit."""
    if facts.kind == 1:
        return 0.5 * (1 - exp(1 - max(1.0, facts.days_ratio)))
    if facts.kind == 2:
        return 0.9 * (facts.hours_fit + facts.qualification_fit + facts.contract_fit - 2.2)
    return 0.0


def _asked_just_now(facts: PairFacts) -> float:
    return 1.3 * max(0.0, 1 - facts.days_since_ask / 21)


def _power(value: float, exponent: float) -> float:
    return float(value**exponent)


def _sigmoid(value: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, value))))
