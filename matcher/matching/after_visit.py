"""What the page of a match says after the visit, beside the question how it was. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from matcher.matching.policy import MatchFacts
from matcher.matching.states import MatchState, Side

SECONDS = 3600


@dataclass(frozen=True)
class AfterVisit:
    """`own` is what the reader's side reported, `thanks` the school's words for the guest, once it is held;
    `lesson_hours` what a lesson takes by itself."""

    own: Any = None
    thanks: str = ""
    lesson_hours: float = 0


NOT_OVER = AfterVisit()


def after_visit(facts: MatchFacts, reports: Mapping[Side, Any], sides: Collection[Side]) -> AfterVisit:
    said = reports.get(Side.SCHOOL)
    is_shown = said is not None and bool(sides) and facts.state is MatchState.HELD
    took = (facts.ends - facts.starts).total_seconds() if facts.starts and facts.ends else 0
    return AfterVisit(
        own=next((report for side, report in sorted(reports.items()) if side in sides), None),
        thanks=said.thanks if said is not None and is_shown else "",
        lesson_hours=round(took / SECONDS, 2),
    )
