"""Who a notice goes to, as plain values: this room knows no users table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipient:
    """`user_id` is None for people without an account (an employer's signed link): they get mail, no inbox."""

    user_id: int | None
    email: str
    name: str
    locale: str = "nl"
