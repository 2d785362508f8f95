"""Statements of hours, and the code on them: whoever has the paper can ask whether it is real. Nothing is stored."""

import hashlib
import hmac
from base64 import b32encode
from dataclasses import dataclass, field
from datetime import datetime

Pairs = list[tuple[str, str]]

LENGTH, GROUP = 16, 4
"""80 bits in four groups that can be typed."""


@dataclass(frozen=True)
class HoursStatement:
    """`ended` is the last moment of the visit and `settled` when it was noted as held: both stay what they are."""

    match_id: int
    kind: str
    title: str
    holder: str
    facts: Pairs
    visits: Pairs
    hours: Pairs
    school: str
    region: str
    ended: datetime
    settled: datetime
    made_on: str

    @property
    def signed_by(self) -> str:
        return f"{self.school} · {self.region}"


@dataclass(frozen=True)
class Confirmed:
    """What a stranger with the code reads: what stands on the paper too, without any name but the school's."""

    facts: Pairs = field(default_factory=list)


def code_of(key: str, match_id: int) -> str:
    """`1234-ABCD-EFGH-IJKL-MNOP`: always the same for the same visit, and not to be guessed."""
    told = _sign(key, match_id)
    return "-".join([str(match_id), *(told[start : start + GROUP] for start in range(0, LENGTH, GROUP))])


def match_of(key: str, code: str) -> int | None:
    """The visit behind a typed code, in whatever case and with whatever between the groups; None for any other text."""
    first, _dash, rest = code.strip().partition("-")
    typed = "".join(sign for sign in rest.upper() if sign.isalnum())
    if not (first.isascii() and first.isdigit() and len(first) < 10 and typed.isascii()):
        return None
    match_id = int(first)
    return match_id if hmac.compare_digest(typed, _sign(key, match_id)) else None


def _sign(key: str, match_id: int) -> str:
    said = hmac.new(key.encode(), f"statement of hours {match_id}".encode(), hashlib.sha256).digest()
    return b32encode(said).decode()[:LENGTH]


def initials(name: str) -> str:
    """`A.d.V.`: enough to compare with the paper, and no name."""
    return "".join(f"{part[0]}." for part in name.split())
