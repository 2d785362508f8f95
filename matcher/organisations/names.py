"""How names and numbers of organisations are compared and checked in form, pure."""

import re

from matcher.subjects.words import fold

_BRIN = re.compile(r"[0-9]{2}[A-Z]{2}")
_LOCATION = re.compile(r"[0-9A-Z]{2}")
_KVK = re.compile(r"[0-9]{8}")


def name_key(name: str) -> str:
    """What a name is searched and sorted by: folded, one space between words."""
    return " ".join(fold(name).split())[:200]


def is_brin(text: str) -> bool:
    """Two digits and two capitals, like 00AH."""
    return _BRIN.fullmatch(text) is not None


def is_location(text: str) -> bool:
    """The two signs behind the BRIN, like 00 or 07."""
    return _LOCATION.fullmatch(text) is not None


def is_kvk(text: str) -> bool:
    """Eight digits."""
    return _KVK.fullmatch(text) is not None
