"""The parts of a score and the facts behind them, as people read them. Pure; every fact has a name here (by test)."""

from typing import Any

from matcher.availability.states import Kind
from matcher.i18n import _, _l, current_locale
from matcher.matching.labels import KINDS
from matcher.ranking.facts import GROUPS
from matcher.subjects.levels import Level, level_name

PARTS: dict[str, tuple[Any, Any]] = {
    "topic": (_l("Topic"), _l("Exactly your topic counts most, a neighbouring topic less.")),
    "near": (_l("Near"), _l("Closer is better. Online counts as fairly near.")),
    "time": (_l("Time"), _l("How many of your moments usually suit them, and how much time there still is.")),
    "earlier": (_l("Earlier visits"), _l("They have been at your school, or your school and company work together.")),
    "answers": (_l("Answers"), _l("They answer, in time, and often say yes. Saying no is better than no answer.")),
    "spare": (_l("Room"), _l("They still have room this school year and have not just been asked.")),
    "level": (_l("Experience with the level"), _l("They have taught this kind of group before.")),
    "fit": (_l("Details"), _l("Size of the group, language, place, and whether it is already known who comes.")),
}
"""A part without text here is shown by its code, so that nothing counts unseen."""

FACTS: dict[str, Any] = {
    "kind": _l("Kind of question"),
    "distance_km": _l("Distance in km"),
    "distance_share": _l("Distance, of what they want to travel"),
    "online": _l("Online"),
    "topic_exact": _l("Exactly the topic asked for"),
    "topic_closeness": _l("How near the topic is"),
    "text_similarity": _l("How alike the titles are"),
    "level_experience": _l("Earlier visits at this level"),
    "moments_usual": _l("Moments that usually suit"),
    "moments_unknown": _l("Moments nobody knows about"),
    "moments_share": _l("Possible moments, of those asked"),
    "notice_margin_days": _l("Days left to answer"),
    "earlier_visits_here": _l("Earlier visits at this school"),
    "earlier_visits_total": _l("Earlier visits anywhere"),
    "partnership": _l("Visits of this organisation here"),
    "answers_share": _l("Questions that were answered"),
    "answers_in_time": _l("Answers within three days"),
    "yes_share": _l("Answers that were yes"),
    "no_time_share": _l('Answers that were "no time"'),
    "asks": _l("How often asked"),
    "refused_far": _l("Said before: too far"),
    "refused_topic": _l("Said before: not my topic"),
    "refused_level": _l("Said before: not this level"),
    "refused_often": _l("Said before: asked too often"),
    "load_share": _l("Visits this year, of their maximum"),
    "open_asks": _l("Questions still open"),
    "days_since_ask": _l("Days since the last question"),
    "company_size": _l("Size of the organisation"),
    "delivery_match": _l("At school or online as both want"),
    "language_match": _l("Language as asked"),
    "group_fit": _l("Size of the group fits"),
    "named": _l("Known who comes"),
    "school_visits": _l("Visits at the school in a year"),
    "travel_cost": _l("Cost of the way in euros"),
    "days_ratio": _l("Half-days to choose from, of those asked"),
    "hours_fit": _l("Hours offered, of those asked"),
    "qualification_fit": _l("Paper for teaching as asked"),
    "contract_fit": _l("Form of working as accepted"),
}
_SIZES = (_l("not known"), _l("one person"), _l("up to 10"), _l("up to 50"), _l("up to 250"), _l("over 250"))
_KINDS = tuple(KINDS[kind] for kind in Kind)


def part_words(part: str) -> tuple[Any, Any]:
    return PARTS.get(part, (part, ""))


def fact_words(fact: str) -> str:
    return str(FACTS.get(fact, fact))


def part_of(fact: str) -> str:
    return next((part for part, facts in GROUPS.items() if fact in facts), "")


def category_words(fact: str, value: float) -> str | None:
    """What a number of a fact without order stands for; None where the number is one."""
    names = {"kind": _KINDS, "company_size": _SIZES}.get(fact)
    if names is None:
        return None
    return str(names[int(value)]) if 0 <= int(value) < len(names) else f"{value:g}"


def measure_words(measure: str) -> str:
    """A figure of a card; codes of other versions stay codes."""
    return str(MEASURES.get(measure, measure))


MEASURES: dict[str, Any] = {
    "ndcg@10": _l("Order of the first ten (NDCG)"),
    "mrr": _l("How high the first yes stands (MRR)"),
    "hit@1": _l("A visit from the first one"),
    "hit@3": _l("A visit from the first three"),
    "hit@5": _l("A visit from the first five"),
    "ece": _l("How far chances are off"),
    "gini": _l("How unevenly people are shown (Gini)"),
    "served": _l("Requests that are served"),
}
RANKERS: dict[str, Any] = {
    "model": _l("this version"),
    "rule": _l("the written rule"),
    "nearest": _l("nearest first"),
    "most_popular": _l("most visits first"),
    "most_recent": _l("lately active first"),
    "random": _l("by lot"),
}
SEGMENTS: dict[str, Any] = {
    "landsdeel": _l("Part of the country"),
    "level": _l("Level"),
    "kind": _l("Kind"),
    "never_served": _l("School"),
}


def ranker_words(name: str) -> str:
    return str(RANKERS.get(name, name))


def segment_words(segment: str, value: str, landsdelen: dict[int, str]) -> str:
    """What a group of requests is called; numbers nobody knows any more stay numbers."""
    number = int(value) if value.lstrip("-").isdigit() else None
    name = value if number is None else _group_name(segment, number, landsdelen)
    return f"{SEGMENTS[segment]}: {name}" if segment in SEGMENTS else name


def _group_name(segment: str, number: int, landsdelen: dict[int, str]) -> str:
    if segment == "never_served":
        return _("never had a visit") if number else _("had visits before")
    if segment == "landsdeel":
        return landsdelen.get(number, _("elsewhere"))
    names: dict[str, list[str]] = {
        "kind": [str(name) for name in _KINDS],
        "level": [level_name(level, current_locale()) for level in Level],
    }
    known = names.get(segment, [])
    return known[number] if 0 <= number < len(known) else _("no level")
