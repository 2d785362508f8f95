"""How large a generated world is, pure."""

from dataclasses import dataclass

from matcher.availability.states import Kind


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


Shares = tuple[tuple[Kind, float], ...]
USUAL_SHARES: Shares = (
    (Kind.GUEST_LECTURE, 0.9),
    (Kind.TEACHER_INTERNSHIP, 0.07),
    (Kind.HYBRID_PLACEMENT, 0.03),
)
"""Of all requests."""


@dataclass(frozen=True)
class BulkSize:
    """A large world around a hamlet. `regions` are codes, none for the whole country; `sample` is how many candidates
    with the topic are looked at for a request (half as many with a near topic, and online), `kept` how many of them a
    suggestion run keeps; `looked_at` bounds the search for what would help when there are few.
    """

    name: str
    professionals: int
    requests: int
    teachers: int
    schools: int
    regions: tuple[str, ...] | None = None
    sample: int = 14
    kept: int = 10
    looked_at: int = 60
    shares: Shares = USUAL_SHARES


BULK_SIZES = {
    "region": BulkSize(
        "region",
        professionals=2_000,
        requests=4_000,
        teachers=1_000,
        schools=220,
        regions=("fryslan", "groningen", "drenthe"),
    ),
    "country": BulkSize("country", professionals=20_000, requests=50_000, teachers=12_000, schools=2_600, sample=8),
}
