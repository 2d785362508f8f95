"""What the page of a match says after the visit, beside the question how it was. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from matcher.availability.halfdays import hours_of
from matcher.availability.states import Kind
from matcher.matching.moments import Several, parts_of
from matcher.matching.policy import MatchFacts
from matcher.matching.states import MatchState, Side


@dataclass(frozen=True)
class AfterVisit:
    """`own` is what the reader's side reported, `thanks` the school's words for the guest, once it is held;
    `planned_hours` what was agreed takes by itself; `counted` what an answer at one click says of the numbers."""

    own: Any = None
    thanks: str = ""
    planned_hours: float = 0
    counted: Mapping[str, Any] = field(default_factory=lambda: {"pupils": None, "hours": None})


NOT_OVER = AfterVisit()


def after_visit(
    facts: MatchFacts,
    reports: Mapping[Side, Any],
    sides: Collection[Side],
    moment: Several | None,
    group_size: int | None,
) -> AfterVisit:
    said = reports.get(Side.SCHOOL)
    is_shown = said is not None and bool(sides) and facts.state is MatchState.HELD
    planned = round(hours_of(parts_of(moment)), 2) if moment is not None else 0
    is_host_or_guest = Side.COMPANY in sides or facts.kind is Kind.TEACHER_INTERNSHIP
    counts_pupils = Side.SCHOOL in sides and facts.kind is Kind.GUEST_LECTURE
    return AfterVisit(
        own=next((report for side, report in sorted(reports.items()) if side in sides), None),
        thanks=said.thanks if said is not None and is_shown else "",
        planned_hours=planned,
        counted={"pupils": group_size if counts_pupils else None, "hours": planned if is_host_or_guest else None},
    )
