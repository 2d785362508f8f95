"""What somebody sees who acted on a page that was out of date. Pure."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Meanwhile:
    """`happened`: entries of a timeline, the newest first. `ways`: (label, address) of what can be done now."""

    title: str
    happened: list[dict[str, Any]]
    ways: list[tuple[str, str]] = field(default_factory=list)
    state: str = ""
    tone: str = "plain"
    next: str = ""
    keep: str = ""
    """Where somebody who said yes too late says "keep me in mind"; empty for everybody else."""
