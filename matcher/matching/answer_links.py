"""The signed address in a letter behind which its reader answers without signing in. Pure.

It names the match, its version and the person with their epoch. Whatever happens to the match makes it old, a new
password or a dismissal ends it, and what the person may do is asked anew when it is used.
"""

from typing import NamedTuple

from matcher.links import Links

PURPOSE = "answer"


class AnswerLink(NamedTuple):
    match_id: int
    seq: int
    user_id: int
    epoch: int


def answer_path(links: Links, link: AnswerLink) -> str:
    return f"/answer/{links.made(PURPOSE, *link)}"


def read_answer(links: Links, secret: str) -> AnswerLink | None:
    """None for what was not made here, or for another purpose."""
    values = links.read(PURPOSE, secret, (int, int, int, int))
    return AnswerLink(*values) if values is not None else None
