"""From facts and contributions to reasons for and against, as codes with parameters. The words are made on reading.

Every reason states something the facts say; a contribution only decides which reasons come first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matcher.ranking.facts import PairFacts

Reason = list[Any]  # [code, parameters]: as it is stored

FIRST = frozenset({"topic_exact", "topic_near", "standing_partner"})
MOST_FOR = 4
MOST_AGAINST = 3

NEARBY_SHARE = 0.5
NEARBY_KM = 15
EDGE_SHARE = 0.8
LOADED_SHARE = 2 / 3
QUIET_SHARE = 0.5
ENOUGH_ASKS = 3
GOOD_ANSWERS = 0.8
POOR_ANSWERS = 0.5
RECENT_DAYS = 14
FEW_SHARE = 0.5
SHORT_DAYS = 3
ALIKE = 0.6
MUCH_CHOICE = 2
COSTLY = 15.0
REFUSED = 0.5
"""A no of a year ago: it has faded to half."""


@dataclass(frozen=True)
class Detail:
    """What a reason names besides the facts: ids and whole counts. None where there is nothing to name."""

    topic: int | None = None
    level: str | None = None
    moment: int | None = None
    asked_moments: int = 0
    travel_km: int = 0
    taken: int = 0
    cap: int | None = None
    asked: int = 0
    answered: int = 0
    group_most: int | None = None
    standing: bool = False
    pays_travel: bool = False
    wanted: int = 0  # half-days
    paper_asked: bool = False
    contract_asked: bool = False
    hours_asked: int = 0
    hours_offered: int = 0  # 0: not said


@dataclass(frozen=True)
class Reasons:
    on: list[Reason]
    against: list[Reason]


def reasons(facts: PairFacts, contributions: Mapping[str, float], detail: Detail, *, own: bool = False) -> Reasons:
    """At most four for and three against: the topic, then the weightiest, in a fixed order between equals.

    `own`: for the eyes of the one who is asked. Only they read what they said no to before.
    """
    on = _weighed(
        [
            *_place_for(facts, detail),
            *_content_for(facts, detail),
            *_people_for(facts, detail),
            *_work_for(facts, detail),
        ],
        contributions,
        -1,
    )
    against = _weighed(
        [
            *(_refused(facts) if own else ()),
            *_place_against(facts, detail),
            *_time_against(facts, detail),
            *_people_against(facts, detail),
            *_work_against(facts, detail),
        ],
        contributions,
        1,
    )
    return Reasons(on[:MOST_FOR], against[:MOST_AGAINST])


_Found = tuple[str, Reason]  # the part of the score it belongs to


def _weighed(found: list[_Found], contributions: Mapping[str, float], sign: int) -> list[Reason]:
    # What it is about comes first, for and against: without it the other reasons mean little.
    order = sorted(
        range(len(found)), key=lambda i: (found[i][1][0] not in FIRST, sign * contributions.get(found[i][0], 0.0), i)
    )
    return [found[i][1] for i in order]


def _reason(part: str, code: str, **params: Any) -> _Found:
    return part, [code, params]


def _place_for(facts: PairFacts, detail: Detail) -> list[_Found]:
    if facts.online:
        return [_reason("near", "online")]
    if facts.distance_km <= NEARBY_KM or facts.distance_share <= NEARBY_SHARE:
        return [_reason("near", "near", km=round(facts.distance_km))]
    return [_reason("near", "travel_paid")] if detail.pays_travel else []


def _content_for(facts: PairFacts, detail: Detail) -> list[_Found]:
    found = []
    if facts.topic_exact:
        found.append(_reason("topic", "topic_exact", topic=detail.topic))
    if facts.text_similarity >= ALIKE:
        found.append(_reason("topic", "alike"))
    if facts.moments_usual:
        found.append(_reason("time", "free_at", moment=detail.moment, count=int(facts.moments_usual)))
    if facts.level_experience:
        found.append(_reason("level", "level_experience", level=detail.level, times=int(facts.level_experience)))
    return found


def _people_for(facts: PairFacts, detail: Detail) -> list[_Found]:
    found = [_reason("standing", "standing_partner")] if detail.standing else []
    if facts.earlier_visits_here:
        found.append(_reason("earlier", "been_before", times=int(facts.earlier_visits_here)))
    elif facts.partnership and not detail.standing:
        found.append(_reason("earlier", "partnership", times=int(facts.partnership)))
    if detail.asked >= ENOUGH_ASKS and detail.answered >= GOOD_ANSWERS * detail.asked:
        found.append(_reason("answers", "answers", answered=detail.answered, asked=detail.asked))
    if detail.cap and detail.taken <= QUIET_SHARE * detail.cap:
        found.append(_reason("spare", "load", taken=detail.taken, cap=detail.cap))
    return found


def _work_for(facts: PairFacts, detail: Detail) -> list[_Found]:
    """What only stays and placements have: days to choose from, papers, hours and forms of contract."""
    found = []
    if detail.wanted and facts.days_ratio >= MUCH_CHOICE:
        count = int(facts.moments_usual + facts.moments_unknown)
        found.append(_reason("time", "choice", count=count, wanted=detail.wanted))
    if detail.paper_asked and facts.qualification_fit >= 1:
        found.append(_reason("fit", "paper"))
    if detail.hours_asked and detail.hours_offered >= detail.hours_asked:
        found.append(_reason("fit", "hours", asked=detail.hours_asked))
    if detail.contract_asked and facts.contract_fit >= 1:
        found.append(_reason("fit", "contract"))
    return found


def _work_against(facts: PairFacts, detail: Detail) -> list[_Found]:
    found = []
    if detail.paper_asked and facts.qualification_fit < 1:
        found.append(_reason("fit", "paper_unknown" if facts.qualification_fit > 0 else "paper_other"))
    if 0 < detail.hours_offered < detail.hours_asked:
        found.append(_reason("fit", "hours_fewer", offered=detail.hours_offered, asked=detail.hours_asked))
    if detail.contract_asked and facts.contract_fit < 1:
        found.append(_reason("fit", "contract_unknown" if facts.contract_fit > 0 else "contract_other"))
    return found


def _refused(facts: PairFacts) -> list[_Found]:
    """Noes with a coded reason, as long as they have not faded."""
    named = (
        ("near", "refused_far"),
        ("topic", "refused_topic"),
        ("level", "refused_level"),
        ("spare", "refused_often"),
    )
    return [_reason(part, code) for part, code in named if getattr(facts, code) >= REFUSED]


def _place_against(facts: PairFacts, detail: Detail) -> list[_Found]:
    found = []
    if not facts.online and facts.distance_share >= EDGE_SHARE and facts.distance_km > NEARBY_KM:
        found.append(_reason("near", "far_edge", km=round(facts.distance_km), limit=detail.travel_km))
    if not facts.online and facts.travel_cost >= COSTLY:
        found.append(_reason("near", "travel_unpaid", euros=round(facts.travel_cost)))
    if not facts.topic_exact:
        found.append(_reason("topic", "topic_near", topic=detail.topic))
    if facts.group_fit < 1 and detail.group_most:
        found.append(_reason("fit", "large_group", most=detail.group_most))
    return found


def _time_against(facts: PairFacts, detail: Detail) -> list[_Found]:
    found = []
    if not facts.moments_usual and facts.moments_unknown:
        found.append(_reason("time", "unknown_times", count=int(facts.moments_unknown)))
    possible = int(facts.moments_usual + facts.moments_unknown)
    if detail.asked_moments > 1 and possible and possible <= FEW_SHARE * detail.asked_moments:
        found.append(_reason("time", "few_days", count=possible, asked=detail.asked_moments))
    if possible and facts.notice_margin_days <= SHORT_DAYS:
        found.append(_reason("time", "short_notice", days=int(facts.notice_margin_days)))
    return found


def _people_against(facts: PairFacts, detail: Detail) -> list[_Found]:
    found = []
    if detail.cap and detail.taken >= LOADED_SHARE * detail.cap:
        found.append(_reason("spare", "load", taken=detail.taken, cap=detail.cap))
    if facts.days_since_ask < RECENT_DAYS:
        found.append(_reason("spare", "asked_recently", days=int(facts.days_since_ask)))
    if detail.asked >= ENOUGH_ASKS and detail.answered < POOR_ANSWERS * detail.asked:
        found.append(_reason("answers", "answers_rarely", answered=detail.answered, asked=detail.asked))
    if facts.earlier_visits_total and not facts.level_experience and detail.level:
        found.append(_reason("level", "no_level_experience", level=detail.level))
    elif not facts.earlier_visits_total:
        found.append(_reason("earlier", "first_visit"))
    if not facts.named:
        found.append(_reason("fit", "name_follows"))
    return found
