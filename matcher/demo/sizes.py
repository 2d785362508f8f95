"""How large a generated world is, pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Counts; `past` are requests of the last half year; `open`, `drafts`, `to_approve` and `invited` are of now."""

    name: str
    schools: int
    teachers: int
    companies: int
    professionals: int
    self_employed: int
    past: int
    open: int
    drafts: int
    to_approve: int
    invited: int


SIZES = {
    "town": Size(
        "town",
        schools=24,
        teachers=60,
        companies=22,
        professionals=150,
        self_employed=42,
        past=210,
        open=54,
        drafts=9,
        to_approve=5,
        invited=9,
    ),
    "hamlet": Size(
        "hamlet",
        schools=9,
        teachers=14,
        companies=9,
        professionals=40,
        self_employed=8,
        past=24,
        open=8,
        drafts=2,
        to_approve=3,
        invited=2,
    ),
}
