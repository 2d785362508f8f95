"""What people type into cells, read as what they mean: days, numbers, names, codes. Pure.

Raises Unreadable with a sentence for what cannot be right; gives nothing for an empty cell.
"""

import re
from datetime import date, time

from matcher.accounts.addresses import checked_address
from matcher.errors import InvalidInput
from matcher.i18n import _
from matcher.organisations.names import is_brin, is_kvk, is_location
from matcher.organisations.states import SizeClass
from matcher.subjects.words import fold

NO = frozenset({"", "nee", "n", "no", "0", "false", "onwaar", "-", "nvt", "n.v.t.", "geen"})
MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
OTHER_MONTHS = {"maa": 3, "mar": 3, "may": 5, "oct": 10}
INFIXES = frozenset(
    word
    for words in (
        "van von de der den het 't ten ter te in op la le du da di",
        "dos el al bij aan uit 's d' v.d. v/d vd v.",
    )
    for word in words.split()
)
TITLES = re.compile(r"^(?:(?:dhr|mevr|mw|mevrouw|de heer|ir|ing|drs|dr|prof|mr|heer)\.?\s+)+", re.IGNORECASE)
_NUMERIC_DAY = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4}|\d{2})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_WORD_DAY = re.compile(r"(\d{1,2})\s*[- ]?\s*([a-z]{3,9})\.?\s*[- ]?\s*(\d{4}|\d{2})")
_WEEKDAY = re.compile(r"^(?:ma|di|wo|do|vr|za|zo)[a-z]*\.?,?\s+")
_TIME = re.compile(r"(\d{1,2})(?:\s*[:.u]\s*(\d{2}))?(?::\d{2})?\s*(?:u|uur)?")
_MAIL = re.compile(r"[^\s<>,;:\"'()]+@[^\s<>,;:\"'()]+")
_SIZES = ((1, SizeClass.ONE), (9, SizeClass.SMALL), (49, SizeClass.MIDDLE), (249, SizeClass.LARGE))


class Unreadable(Exception):
    """`reason` is the sentence for the report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def line(text: str, most: int = 200) -> str:
    """On one line, not longer than its column in the database."""
    return " ".join(text.split())[:most]


def is_yes(text: str) -> bool:
    """Anything but a clear no: somebody wrote something there."""
    return fold(text).strip(" .") not in NO


def read_day(text: str) -> date:
    """Day, month, year, in that order; or as a computer writes it."""
    written = _WEEKDAY.sub("", fold(text).strip())
    # A spreadsheet that keeps a moment writes the clock behind the day.
    written = re.sub(r"[t ]\d{1,2}:\d{2}(:\d{2})?$", "", written)
    try:
        if found := _ISO_DAY.fullmatch(written):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _NUMERIC_DAY.fullmatch(written):
            return date(_year(found[3]), int(found[2]), int(found[1]))
        if found := _WORD_DAY.fullmatch(written):
            return date(_year(found[3]), _month(found[2]), int(found[1]))
    except ValueError:
        pass
    raise Unreadable(_("“%(said)s” is no day. Write it like 25-10-2026.", said=text[:40]))


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _month(word: str) -> int:
    short = word[:3]
    return OTHER_MONTHS.get(short) or MONTHS.index(short) + 1


def read_time(text: str) -> time:
    found = _TIME.fullmatch(fold(text).strip())
    try:
        if found:
            return time(int(found[1]), int(found[2] or 0))
    except ValueError:
        pass
    raise Unreadable(_("“%(said)s” is no time. Write it like 10:30.", said=text[:40]))


def read_number(text: str, least: int, most: int) -> int:
    found = re.match(r"\s*(\d{1,6})(?:[.,]\d+)?(?!\d)", text)
    if found is None or not least <= int(found[1]) <= most:
        raise Unreadable(
            _("“%(said)s” is no number from %(least)s to %(most)s.", said=text[:40], least=least, most=most)
        )
    return int(found[1])


def read_hours(text: str) -> float:
    """Hours with a comma or a point, or as 2:30."""
    if clock := re.fullmatch(r"\s*(\d{1,3}):(\d{2})\s*", text):
        return int(clock[1]) + int(clock[2]) / 60
    found = re.match(r"\s*(\d{1,4}(?:[.,]\d{1,2})?)\s*(?:u|uur|h|hours?)?\s*$", text, re.IGNORECASE)
    hours = float(found[1].replace(",", ".")) if found else -1.0
    if not 0 <= hours <= 2000:
        raise Unreadable(_("“%(said)s” is no number of hours.", said=text[:40]))
    return hours


def read_kvk(text: str) -> str:
    """Eight digits; a spreadsheet that took it for a number dropped the zero in front."""
    digits = re.sub(r"[\s.\-]|kvk|nr\.?|:", "", fold(text))
    if digits.isdecimal() and len(digits) == 7:
        digits = "0" + digits
    if not is_kvk(digits):
        raise Unreadable(_("“%(said)s” is no KvK number: it has 8 digits.", said=text[:40]))
    return digits


def read_brin(text: str, location: str = "") -> tuple[str, str | None]:
    """BRIN and location code; both may stand in one cell, like 00AH-01."""
    signs = re.sub(r"[\s\-_./]", "", text).upper()
    brin, inside = signs[:4], signs[4:]
    if len(brin) == 3 and brin[0].isdecimal() and brin[1:].isalpha():
        brin, inside = f"0{brin}", ""
    code = (inside or re.sub(r"[\s\-]", "", location).upper()) or None
    if code is not None:
        code = code.removeprefix(brin) or "00"
        code = code.zfill(2)
    if not is_brin(brin) or (code is not None and not is_location(code)):
        raise Unreadable(
            _("“%(said)s” is no BRIN: two digits and two letters, like 00AH.", said=f"{text} {location}"[:40])
        )
    return brin, code


def read_postcode(text: str) -> str:
    """As 1234 AB; the letters may be missing."""
    found = re.fullmatch(r"(?:NL[- ]?)?([1-9]\d{3})[\s\-]*([A-Z]{2})?", text.strip().upper())
    if found is None:
        raise Unreadable(_("“%(said)s” is no Dutch postcode.", said=text[:40]))
    return f"{found[1]} {found[2] or ''}".strip()


def read_email(text: str) -> tuple[str, bool]:
    """The address, and whether others stood beside it. Mail programs put names around it."""
    found = _MAIL.findall(text.replace("mailto:", " ").strip())
    if not found:
        raise Unreadable(_("“%(said)s” is no mail address.", said=text[:60]))
    try:
        return checked_address(found[0].strip(".")), len(found) > 1
    except InvalidInput as error:
        raise Unreadable(_("“%(said)s” is no mail address.", said=text[:60])) from error


def read_phone(text: str) -> str:
    """As typed but for spaces; the zero a spreadsheet dropped is put back."""
    written = re.sub(r"^(\+|00)(\d{2})\s*\(0\)", r"+\2", text.strip())
    digits = re.sub(r"[^\d+]", "", written)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if len(digits) == 9 and digits[0] != "0" and "+" not in digits:
        digits = "0" + digits
    if not re.fullmatch(r"\+?\d{9,15}", digits):
        raise Unreadable(_("“%(said)s” is no phone number.", said=text[:40]))
    return digits


def read_size(text: str) -> SizeClass:
    if text.strip() in set(SizeClass):
        return SizeClass(text.strip())
    number = read_number(text.replace(".", ""), 1, 999_999)
    return next((size for most, size in _SIZES if number <= most), SizeClass.VERY_LARGE)


def whole_name(name: str, first: str = "", infix: str = "", last: str = "") -> str:
    """One name from what may be spread over columns: "Jansen, Piet van der", or Piet · van der · Jansen."""
    parts = [line(first), line(infix), _last_name(line(last))]
    if not line(last):
        parts = [line(first), line(infix), _turned(line(name))] if not line(name) else [_turned(line(name))]
    return line(TITLES.sub("", " ".join(part for part in parts if part)))


def _last_name(last: str) -> str:
    """ "Berg, van den" is how phone books sort it."""
    family, comma, infix = last.partition(",")
    return f"{infix.strip()} {family.strip()}" if comma and _is_infix(infix.split()) else last


def _turned(name: str) -> str:
    family, comma, given = name.partition(",")
    words = given.split()
    if not comma or not words:
        return name
    cut = len(words)
    while cut > 0 and _is_infix(words[cut - 1 : cut]):
        cut -= 1
    return " ".join([*words[:cut], *words[cut:], family.strip()])


def _is_infix(words: list[str]) -> bool:
    return bool(words) and all(word.casefold() in INFIXES for word in words)
