"""What people decided in a generated history: a list that can be lived again through the verbs of the service. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Deed:
    """One decision: when, which verb, on which row, with which choices. Ids are those of the bulk rows."""

    at: datetime
    verb: str
    row_id: int
    chosen: dict[str, Any]


class Record:
    """Keeps deeds only when somebody wants to read them: a large history has millions."""

    def __init__(self, *, keep: bool = False) -> None:
        self._keep = keep
        self.deeds: list[Deed] = []

    def note(self, at: datetime, verb: str, row_id: int, **chosen: Any) -> None:
        if self._keep:
            self.deeds.append(Deed(at, verb, row_id, chosen))
