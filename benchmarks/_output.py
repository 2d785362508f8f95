"""How a measurement says what it found: one line per figure, as JSON or for reading."""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

AS_JSON = False


def arguments(description: str) -> argparse.Namespace:
    """`--json` and `--size small|full`, the same for every file."""
    global AS_JSON
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--size", choices=("small", "full"), default="full")
    found = parser.parse_args()
    AS_JSON = found.json
    return found


def line(name: str, value: Any, unit: str, *, goal: str, holds: bool | None, detail: str = "") -> None:
    """One figure. `holds` None: not run, or nothing was promised; the detail says why."""
    value = round(value, 4) if isinstance(value, float) else value
    found = {"name": name, "value": value, "unit": unit, "goal": goal, "holds": holds, "detail": detail}
    if AS_JSON:
        print(json.dumps(found, ensure_ascii=False), flush=True)
        return
    word = {True: "holds", False: "FALLS SHORT", None: "-"}[holds]
    print(f"{name:<44} {value!s:>10} {unit:<14} {goal:<22} {word:<12} {detail}", flush=True)


def not_run(name: str, *, goal: str, why: str) -> None:
    """A row for what this machine cannot measure."""
    line(name, "not run", "", goal=goal, holds=None, detail=why)


def in_turns(
    ways: Sequence[Callable[[], Any]], *, rounds: int, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Seconds of each way, the median of rounds in which each had its turn, after one round that does not count."""
    taken: list[list[float]] = [[] for _way in ways]
    for number in range(rounds + 1):
        for way, kept in zip(ways, taken, strict=True):
            began = clock()
            way()
            if number:
                kept.append(clock() - began)
    return [statistics.median(kept) for kept in taken]
