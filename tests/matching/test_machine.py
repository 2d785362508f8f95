"""Random lives of matches against a plain model, on both engines: nothing the model forbids, no promise broken."""

from collections import Counter
from collections.abc import Callable, Collection

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.orm import Session

from matcher.matching.states import ALLOWED_TRANSITIONS
from tests.matching.lifedeeds import STEPS
from tests.matching.lifemodel import REFUSALS
from tests.matching.lifescenes import LATE_SCENES, SCENES
from tests.matching.lifeworld import make_world
from tests.matching.machine import LifeMachine

Enough = Callable[[Counter[str]], bool]
RULES, FEW = 60, 10


TOGETHER = 15
"""Lives that are lived before anybody looks whether it is enough."""


def live_through(session: Session, *spans: tuple[int, int, Enough]) -> Counter[str]:
    """So many random lives of so many rules in one world, or fewer when that is enough; what was seen. Raises
    Violation."""
    seen: Counter[str] = Counter()
    made = type("Lives", (LifeMachine,), {"session": session, "world": make_world(session), "seen": seen})
    for lives, rules, enough in spans:
        for number in range(0, lives, TOGETHER):
            if not enough(seen):
                chance = seed(rules * 1_000 + number)
                run_state_machine_as_test(chance(made), settings=_settings(min(TOGETHER, lives - number), rules))
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
"""Lives of the lane at most, and rules in each: until there were 10,000 steps and everything came often enough that
comes by itself."""
BRIEF, AT_ONCE = 600, 3
"""Brief lives after them at most, and rules in each: they begin with what was seen least."""
OFTEN = 20
"""So often every transition and every refusal at least, at full length."""
EXPECTED = {" ".join(step) for step in ALLOWED_TRANSITIONS} | REFUSALS
RARE = {
    *SCENES,
    *LATE_SCENES,
    *(f"refused {deed}: an old page" for deed in ("ask_move", "approve", "change_visitor", "move")),
    "refused report_missed: the sides agree",
    "approved change_visitor approved",
    "proposed expire expired",
}
"""What asks so much at once that it seldom comes by itself."""


def short(seen: Counter[str], but: Collection[str] = ()) -> dict[str, int]:
    """What did not come often enough yet."""
    return {what: seen[what] for what in sorted(EXPECTED.difference(but)) if seen[what] < OFTEN}


def test_lives_keep_to_the_model(session: Session) -> None:
    seen = live_through(session, (1, FEW, lambda seen: False))
    assert seen[STEPS] >= 2 * FEW


@pytest.mark.integrity
def test_many_lives_reach_everything_and_keep_to_the_model(session: Session) -> None:
    long = (FULL, LONG, lambda seen: seen[STEPS] >= 10_000 and not short(seen, RARE))
    seen = live_through(session, long, (BRIEF, AT_ONCE, lambda seen: not short(seen)))
    for what, count in sorted(seen.items()):
        print(f"{count:6} {what}")
    print(f"{seen[STEPS]} steps, {len(EXPECTED)} transitions and refusals, 0 violations")
    print(f"seldom, of {OFTEN}: {sorted((seen[what], what) for what in EXPECTED)[:5]}; short: {short(seen)}")
    assert seen[STEPS] >= 10_000
    assert short(seen) == {}
