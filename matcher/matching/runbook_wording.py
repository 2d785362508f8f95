"""The lines of a runbook in the reader's words: a label, and a hint for whoever fills it in."""

from typing import Any

from matcher.availability.states import Kind
from matcher.i18n import _l
from matcher.matching.runbooks import Item
from matcher.matching.states import Side

_LABELS: dict[Item, Any] = {
    Item.RECEIVES: _l("Who receives the guest"),
    Item.ROOM: _l("Room"),
    Item.ADULT: _l("Who stays in the room"),
    Item.EQUIPMENT: _l("What is there"),
    Item.WAY_IN: _l("Parking and the way in"),
    Item.LINK: _l("Link to the online lesson"),
    Item.BRINGS: _l("What the guest brings"),
    Item.PUPILS: _l("What pupils prepare or bring"),
}
_HINTS: dict[Item, Any] = {
    Item.RECEIVES: _l("Name, and where: at the desk, in the hall."),
    Item.EQUIPMENT: _l("For example a screen with sound, water, sockets, wifi for guests."),
    Item.WAY_IN: _l("For example: park behind the school, in by the main entrance, report at the desk."),
    Item.LINK: _l("Begins with https://"),
    Item.BRINGS: _l("For example tools, a drone, safety goggles. Nothing? Then say so."),
    Item.PUPILS: _l("For example three questions, a laptop, old clothes. Nothing? Then say so."),
}
_OF_KIND: dict[tuple[Kind, Item], Any] = {
    (Kind.TEACHER_INTERNSHIP, Item.RECEIVES): _l("Who receives the teacher"),
    (Kind.TEACHER_INTERNSHIP, Item.ROOM): _l("Where to report"),
    (Kind.TEACHER_INTERNSHIP, Item.EQUIPMENT): _l("What the company provides"),
    (Kind.TEACHER_INTERNSHIP, Item.BRINGS): _l("What the teacher brings"),
    (Kind.HYBRID_PLACEMENT, Item.RECEIVES): _l("Who receives the hybrid teacher"),
    (Kind.HYBRID_PLACEMENT, Item.ADULT): _l("Which qualified colleague is there"),
    (Kind.HYBRID_PLACEMENT, Item.BRINGS): _l("What the hybrid teacher brings or needs"),
}
_HINTS_OF_KIND: dict[tuple[Kind, Item], Any] = {
    (Kind.TEACHER_INTERNSHIP, Item.EQUIPMENT): _l("For example safety shoes, a desk, lunch."),
    (Kind.TEACHER_INTERNSHIP, Item.WAY_IN): _l("For example: report at gate 2 with your identity card."),
    (Kind.TEACHER_INTERNSHIP, Item.BRINGS): _l("For example a laptop, or what you want to try with your class."),
}


def runbook_label(item: str, kind: str, side: str) -> Any:
    """Said of this side's line; a class that goes to a company brings things itself."""
    found = _OF_KIND.get((Kind(kind), Item(item)))
    if found is None and Item(item) is Item.BRINGS and side == Side.SCHOOL:
        return _l("What the class brings")
    return found or _LABELS[Item(item)]


def runbook_hint(item: str, kind: str) -> Any:
    return _HINTS_OF_KIND.get((Kind(kind), Item(item))) or _HINTS.get(Item(item))
