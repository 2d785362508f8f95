"""How names and numbers of organisations are compared and checked in form, pure."""

import re

from matcher.i18n import _l
from matcher.subjects.words import fold

POSTCODE_FORM = _l("Fill in a Dutch postcode, like 1234 AB.")
KVK_FORM = _l("A KvK number has 8 digits.")
BRIN_FORM = _l("A BRIN has two digits and two letters, like 00AH.")
LOCATION_FORM = _l("The location code has two signs, like 00.")

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
