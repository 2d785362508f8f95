"""How large a generated world is, pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Counts; `past` is requests whose lessons lie in the last half year, `open` those that look for somebody now."""

    name: str
    schools: int
    teachers: int
    companies: int
    professionals: int
    self_employed: int
    past: int
    open: int
    drafts: int


SIZES = {
    size.name: size
    for size in (
        Size("town", schools=24, teachers=60, companies=22, professionals=150, self_employed=42, past=185, open=82, drafts=9),
        Size("hamlet", schools=9, teachers=14, companies=9, professionals=36, self_employed=8, past=26, open=16, drafts=3),
    )
}
