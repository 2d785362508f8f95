"""Drafts of any kind as plain values: what somebody typed, and what the page that keeps it says of itself. Pure."""

from dataclasses import dataclass

from matcher.accounts.behalf import Heard
from matcher.requests.asking import Wish
from matcher.requests.internships import InternshipWish
from matcher.requests.vacancies import VacancyWish

AnyWish = Wish | InternshipWish | VacancyWish


@dataclass(frozen=True)
class Sending:
    """One sending of a page: which page it is, how often it was sent before, which draft it shows and how old that is,
    who asks and how that was heard, and the offer that it began with."""

    page: str = ""
    turn: int = 0
    draft_id: int | None = None
    version: int | None = None
    asked_by_id: int | None = None
    heard: Heard | None = None
    first_offer: int | None = None
