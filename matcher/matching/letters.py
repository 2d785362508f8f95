"""Which letters have words of their own for a kind; all others read the same for every kind. Pure."""

from matcher.availability.states import Kind

PREFIX: dict[Kind, str] = {Kind.TEACHER_INTERNSHIP: "internship", Kind.HYBRID_PLACEMENT: "placement"}
OVERRIDES: dict[Kind, frozenset[str]] = {
    Kind.TEACHER_INTERNSHIP: frozenset(
        {
            "another_moment",
            "approved",
            "cancelled",
            "declined",
            "expired",
            "held",
            "how_was_it",
            "missed",
            "move_asked",
            "moved",
            "proposed",
            "rejected",
            "superseded",
        }
    ),
    Kind.HYBRID_PLACEMENT: frozenset(
        {
            "another_moment",
            "approved",
            "bridge_broken",
            "cancelled",
            "declined",
            "employer_asked",
            "expired",
            "held",
            "how_was_it",
            "missed",
            "move_asked",
            "moved",
            "proposed",
            "rejected",
            "superseded",
        }
    ),
}


def letter_for(kind: Kind, name: str) -> str:
    """The template of a letter: `matching/internship_approved` where that kind has its own."""
    own = name in OVERRIDES.get(kind, frozenset())
    return f"matching/{PREFIX[kind]}_{name}" if own else f"matching/{name}"


def every(name: str) -> list[str]:
    """The templates of a letter over all kinds."""
    return [f"matching/{name}", *(letter_for(kind, name) for kind, own in OVERRIDES.items() if name in own)]


def common(template: str) -> str:
    """The letter that a template of one kind stands in for; any other is itself."""
    room, _slash, name = template.partition("/")
    prefix, _line, rest = name.partition("_")
    return f"{room}/{rest}" if prefix in PREFIX.values() else template
