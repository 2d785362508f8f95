"""Something a person said to a coordinator instead of typing it here: how it came, when, who is mailed. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

KEY = "on_behalf"
"""Under this name requests and offers keep in their details how they came."""


class How(StrEnum):
    PHONE = "phone"
    MAIL = "mail"
    IN_PERSON = "in_person"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """``tell``: only then the person gets mails about it."""

    how: How
    at: datetime
    tell: bool = False

    @property
    def details(self) -> dict[str, Any]:
        return {"how": self.how.value, "at": self.at.isoformat(), "tell": self.tell}
