"""Values that travel in the address of a mailed link, signed: whoever changes a letter of it holds nothing.

Nothing is kept of them. What a link may still do is asked of the database when it is used.
"""

import hashlib
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

LONGEST = 500


class Links:
    """Makes and reads links for one purpose each; one made for the one is nothing for the other."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def made(self, purpose: str, *values: Any) -> str:
        return str(self._signer(purpose).dumps(values))

    def read(self, purpose: str, text: str, shape: tuple[type, ...]) -> tuple[Any, ...] | None:
        """The values, or None for what was not made here, for this purpose and in this shape."""
        if len(text) > LONGEST or not text.isascii():
            return None
        try:
            values = self._signer(purpose).loads(text)
        except (BadData, UnicodeError, ValueError, RecursionError):
            return None
        fits = isinstance(values, list) and tuple(map(type, values)) == shape
        return tuple(values) if fits else None

    def _signer(self, purpose: str) -> URLSafeSerializer:
        options = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        return URLSafeSerializer(self._secret, salt=f"matcher.{purpose}", signer_kwargs=options)
