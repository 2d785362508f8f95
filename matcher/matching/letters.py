"""Which letters have words of their own for a kind, and which may wait for the mail with everything together. Pure."""

from matcher.availability.states import Kind
from matcher.notices.states import Manner

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

NEWS = frozenset(
    {
        "declined",
        "expired",
        "handed_over",
        "held",
        "how_was_it",
        "missed",
        "placement_step",
        "placement_step_back",
        "superseded",
        "withdrawn",
    }
)
"""Nothing has to be done about it today; where a calendar changes with it, it goes at once all the same."""
OPTIONAL = frozenset({"hybrid_route", "weekly_note", "half_year_note"})


def manner_of(template: str) -> Manner:
    """How a letter goes out; one that is not named here goes at once."""
    names = {each.partition("/")[2] for each in (template, common(template))}
    if names & OPTIONAL:
        return Manner.OPTIONAL
    return Manner.NEWS if names & NEWS else Manner.AT_ONCE


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
