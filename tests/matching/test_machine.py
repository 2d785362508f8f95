"""Random lives of matches against a plain model, on both engines: nothing the model forbids, no promise broken."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.orm import Session

from matcher.matching.states import ALLOWED_TRANSITIONS
from tests.matching.lifedeeds import STEPS
from tests.matching.lifemodel import REFUSALS
from tests.matching.lifeways import LATE_SCENES, SCENES
from tests.matching.lifeworld import make_world
from tests.matching.machine import LifeMachine

Enough = Callable[[Counter[str]], bool]
RULES, FEW = 60, 10


TOGETHER = 15
"""Lives that are lived before anybody looks whether it is enough."""


def live_through(session: Session, lives: int, rules: int = RULES, enough: Enough = lambda seen: False) -> Counter[str]:
    """So many random lives in one world, or fewer when that is `enough`; what was seen. Raises Violation."""
    seen: Counter[str] = Counter()
    made = type("Lives", (LifeMachine,), {"session": session, "world": make_world(session), "seen": seen})
    for number in range(0, lives, TOGETHER):
        if not enough(seen):
            run_state_machine_as_test(seed(number)(made), settings=_settings(min(TOGETHER, lives - number), rules))
    return seen


def _settings(lives: int, rules: int) -> settings:
    return settings(
        max_examples=lives,
        stateful_step_count=rules,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


FULL, LONG = 105, 120
"""Lives of the lane at most, and rules in each: until there were 10,000 steps and everything came often enough."""
OFTEN = 20
"""So often every transition and every refusal at least, at full length."""
EXPECTED = {" ".join(step) for step in ALLOWED_TRANSITIONS} | REFUSALS
RARE = {
    *SCENES,
    *LATE_SCENES,
    *(f"refused {deed}: an old page" for deed in ("ask_move", "approve", "change_visitor", "move")),
    *(f"refused {deed}: the request is closed" for deed in ("invite", "propose")),
    "refused report_missed: the sides agree",
    "approved change_visitor approved",
    "proposed expire expired",
    "rejected undo accepted",
}
"""What asks so much at once that some lives have none of it: these have to come, however often."""


def short(seen: Counter[str]) -> dict[str, int]:
    """What did not come often enough yet."""
    return {what: seen[what] for what in sorted(EXPECTED) if seen[what] < (1 if what in RARE else OFTEN)}


def test_lives_keep_to_the_model(session: Session) -> None:
    seen = live_through(session, 1, FEW)
    assert seen[STEPS] >= 2 * FEW


@pytest.mark.integrity
def test_many_lives_reach_everything_and_keep_to_the_model(session: Session) -> None:
    seen = live_through(session, FULL, LONG, lambda seen: seen[STEPS] >= 10_000 and not short(seen))
    for what, count in sorted(seen.items()):
        print(f"{count:6} {what}")
    print(f"{seen[STEPS]} steps, {len(EXPECTED)} transitions and refusals, 0 violations")
    print(f"fewer than {OFTEN} times: { {what: seen[what] for what in sorted(EXPECTED) if seen[what] < OFTEN} }")
    assert seen[STEPS] >= 10_000
    assert short(seen) == {}
