"""Whether an offer needs its employer's consent, and who that is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matcher.matching.states import Side


@dataclass(frozen=True)
class Employer:
    name: str
    email: str


def needs_employer(details: Mapping[str, Any]) -> bool:
    """As the person said when they described their offer; without an address nobody could be asked."""
    return bool(details.get("employer_consent")) and bool(details.get("employer_email"))


def employer_of(details: Mapping[str, Any]) -> Employer:
    email = str(details["employer_email"])
    return Employer(str(details.get("employer_name") or email), email)


def parties(details: Mapping[str, Any], *, named: bool) -> tuple[Side, ...]:
    """Whose yes a match needs. The employer's only for a named person who said so."""
    both = (Side.SCHOOL, Side.COMPANY)
    return (*both, Side.EMPLOYER) if named and needs_employer(details) else both
