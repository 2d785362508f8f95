"""Reads the routes that come with the application from `data/`, as values for columns."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

WORDED = ("title", "summary", "steps", "not_allowed", "who_decides", "funds")
NUMBERS = ("months_from", "months_to", "hours_from", "hours_to", "cost_from", "cost_to")
_UNSAID: dict[str, Any] = {
    **dict.fromkeys(NUMBERS),
    "lower_by_assessment": False,
    "ask_first": False,
    "subjects": "any",
    "gives": "none",
    "source_url": "",
}


@cache
def shipped_routes() -> dict[str, dict[str, Any]]:
    """Code → every column an administrator may change."""
    text = resources.files(__package__).joinpath("data", "routes.toml").read_text(encoding="utf-8")
    return {code: _values(written) for code, written in tomllib.loads(text).items()}


def _values(written: dict[str, Any]) -> dict[str, Any]:
    worded = {f"{name}_{lang}": written[lang][name].strip() for lang in ("nl", "en") for name in WORDED}
    return _UNSAID | {name: value for name, value in written.items() if name not in ("nl", "en")} | worded
