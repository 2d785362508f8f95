"""Random lives of matches against a plain model, on both engines: nothing the model forbids, no promise broken."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.orm import Session

from matcher.matching.states import ALLOWED_TRANSITIONS
from tests.matching.lifeworld import make_world
from tests.matching.machine import LifeMachine

STEPS = 60


def live_through(session: Session, lives: int, world: dict[str, Any] | None = None, steps: int = STEPS) -> Counter[str]:
    """So many random lives in one world; what was seen. Raises Violation."""
    seen: Counter[str] = Counter()
    made = type("Lives", (LifeMachine,), {"session": session, "world": world or make_world(session), "seen": seen})
    run_state_machine_as_test(
        made,
        settings=settings(
            max_examples=lives,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=True,
            report_multiple_bugs=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    return seen


FULL = 180
"""Lives of the lane: more than 10,000 steps an engine."""
TRANSITIONS = {(before, action, after) for before, action, after in ALLOWED_TRANSITIONS}


@pytest.mark.parametrize("lives", [2, pytest.param(FULL, marks=pytest.mark.integrity)])
def test_lives_keep_to_the_model(session: Session, lives: int) -> None:
    seen = live_through(session, lives)
    for what, count in sorted(seen.items()):
        print(f"{count:6} {what}")
    reached = {step: seen[" ".join(step)] for step in sorted(TRANSITIONS)}
    steps = sum(count for what, count in seen.items() if what not in {" ".join(step) for step in TRANSITIONS})
    print(f"{steps} steps, transitions never reached: {[step for step, count in reached.items() if not count]}")
    assert steps >= 45 * lives
    if lives == FULL:
        assert steps >= 10_000
        assert min(reached.values()) >= 20, reached
