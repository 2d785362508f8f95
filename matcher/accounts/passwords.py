"""Passwords: which are good enough, and their hashes. Slow on purpose, so never inside a write unit."""

import re
import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from matcher.accounts.common_passwords import COMMON
from matcher.errors import InvalidInput
from matcher.i18n import _l

# Longer is what makes a password strong; rules about capitals and signs only make it harder to remember. NIST asks
# eight at least; ten keeps nearly every list of leaked passwords out by itself and still fits three short words.
SHORTEST = 10
LONGEST = 128
OWN_SIGNS = 6
"""So much of a password must not be a name or an address."""

TOO_SHORT = _l("Use at least %(count)s characters. A few words in a row work well.", count=SHORTEST)
TOO_LONG = _l("Use at most %(count)s characters.", count=LONGEST)
TOO_COMMON = _l("Many people use this password or one just like it. Choose another one.")
TOO_PERSONAL = _l("Your name, mail address or this service's name is easy to guess. Choose another password.")

_LEET = str.maketrans("013457@$!", "oieastasi")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "01234567890123456789",
)


class Passwords:
    """The one hasher of the application. Tests use the cheapest profile: they do not measure strength."""

    def __init__(self, *, cheap: bool = False) -> None:
        low = profiles.CHEAPEST
        self._hasher = (
            PasswordHasher.from_parameters(low)
            if cheap
            else PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        )
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        return self._hasher.hash(_bytes(password))

    def fits(self, kept: str | None, password: str) -> bool:
        """Is this the password behind the hash? Without a hash just as much work is done, and the answer is no."""
        try:
            return self._hasher.verify(kept or self._nobody, _bytes(password)) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, kept: str) -> bool:
        return self._hasher.check_needs_rehash(kept)


def check_strength(password: str, *, context: Iterable[str] = ()) -> None:
    """Raises InvalidInput with a sentence. `context` are words others know about this person (name, address)."""
    shown = unicodedata.normalize("NFC", password)
    if len(shown) < SHORTEST:
        raise InvalidInput(TOO_SHORT, field="password")
    if len(shown) > LONGEST:
        raise InvalidInput(TOO_LONG, field="password")
    plain = shown.casefold()
    if is_common(plain):
        raise InvalidInput(TOO_COMMON, field="password")
    if _without_words(plain, context) < OWN_SIGNS:
        raise InvalidInput(TOO_PERSONAL, field="password")


def is_common(plain: str) -> bool:
    """A word everybody tries, also with figures around it or signs for letters; one sign repeated; a row of keys."""
    core = re.sub(r"[\W\d_]+$", "", re.sub(r"^[\W\d_]+", "", plain))
    spelled = plain.translate(_LEET)
    words = {plain, core, spelled, re.sub(r"[\W\d_]+$", "", spelled), core.translate(_LEET)}
    if words & COMMON or any(_doubled(word) in COMMON for word in words):
        return True
    return len(set(plain)) <= 3 or _is_row(plain) or (len(core) >= 4 and _is_row(core))


def _doubled(word: str) -> str:
    """`welkomwelkom` → `welkom`; anything else unchanged."""
    half = len(word) // 2
    return word[:half] if word and word[:half] == word[half:] else word


def _is_row(text: str) -> bool:
    return len(text) >= 4 and any(text in row or text in row[::-1] for row in _ROWS)


def _without_words(plain: str, context: Iterable[str]) -> int:
    """How many characters are left when known words are taken out."""
    for word in ("matcher", *context):
        for part in re.split(r"[\W_]+", word.casefold()):
            if len(part) >= 4:
                plain = plain.replace(part, "")
    return len(plain)


def _bytes(password: str) -> bytes:
    # One normal form, or the same keys on another machine give another password. Nothing is trimmed or cut.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
