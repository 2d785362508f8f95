"""The runbook of a visit: what each side tells the other beforehand, by kind and place. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from matcher.availability.states import Delivery, Kind
from matcher.matching.states import Side

LONGEST = 500
PARTIES = (Side.SCHOOL, Side.COMPANY)


class Item(StrEnum):
    """One line of a runbook; the value names its column and its field."""

    RECEIVES = "receives"
    ROOM = "room"
    ADULT = "adult"
    EQUIPMENT = "equipment"
    WAY_IN = "way_in"
    LINK = "link"
    BRINGS = "brings"
    PUPILS = "pupils"


_I = Item
_ON_SITE = {
    Side.SCHOOL: (_I.RECEIVES, _I.ROOM, _I.ADULT, _I.EQUIPMENT, _I.WAY_IN),
    Side.COMPANY: (_I.BRINGS, _I.PUPILS),
}
_ONLINE = {Side.SCHOOL: (_I.LINK, _I.ADULT, _I.EQUIPMENT), Side.COMPANY: (_I.PUPILS,)}
_AT_COMPANY = {
    Side.SCHOOL: (_I.ADULT, _I.BRINGS),
    Side.COMPANY: (_I.RECEIVES, _I.ROOM, _I.WAY_IN, _I.PUPILS),
}
_INTERNSHIP = {
    Side.SCHOOL: (_I.BRINGS,),
    Side.COMPANY: (_I.RECEIVES, _I.ROOM, _I.EQUIPMENT, _I.WAY_IN),
}
_PLACEMENT = {Side.SCHOOL: (_I.RECEIVES, _I.ROOM, _I.ADULT, _I.WAY_IN), Side.COMPANY: (_I.BRINGS,)}


def items_of(kind: Kind, delivery: Delivery, side: Side) -> tuple[Item, ...]:
    """What this side fills in, in the order of the form."""
    if kind is Kind.TEACHER_INTERNSHIP:
        return _INTERNSHIP[side]
    if kind is Kind.HYBRID_PLACEMENT:
        return _PLACEMENT[side]
    return {Delivery.ONLINE: _ONLINE, Delivery.AT_COMPANY: _AT_COMPANY}.get(delivery, _ON_SITE)[side]


@dataclass(frozen=True)
class Half:
    """One side's lines. `said` holds what is known, also from the request; `version` counts how often it was saved."""

    side: Side
    items: tuple[Item, ...]
    said: Mapping[Item, str]
    version: int = 0

    @property
    def known(self) -> list[tuple[Item, str]]:
        return [(item, self.said[item]) for item in self.items if self.said.get(item)]

    @property
    def missing(self) -> list[Item]:
        return [item for item in self.items if not self.said.get(item)]


HEARD = "heard"
"""Beside the lines of a half: how it was told to the coordinator who noted it."""


def half_of(
    kind: Kind, delivery: Delivery, side: Side, saved: Mapping[str, str], known: Mapping[Item, str], version: int
) -> Half:
    """What was saved; where nothing stands, what the request or the offer says already."""
    items = items_of(kind, delivery, side)
    said = {item: saved.get(item.value) or known.get(item, "") for item in items}
    return Half(side, items, said, version)
