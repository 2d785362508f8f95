"""A trial lesson: a guest lecture by somebody whom a school may take as a hybrid teacher. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

KEY = "trial"


@dataclass(frozen=True)
class Trial:
    """For which vacancy, and whose lesson it is."""

    vacancy_id: int
    person_id: int

    @property
    def details(self) -> dict[str, Any]:
        return {KEY: asdict(self)}


def trial_of(details: Mapping[str, Any]) -> Trial | None:
    """What the request of a lesson says of it; None for any other lesson."""
    found = details.get(KEY)
    return Trial(int(found["vacancy_id"]), int(found["person_id"])) if found else None
