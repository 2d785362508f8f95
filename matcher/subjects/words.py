"""Words of typed text: folding, tokens and light Dutch/English stems. Knows no topics."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# "Z & W", "D&P" and "O & O" are one word; "mens & natuur" is "mens en natuur".
_LETTER_PAIR = re.compile(r"\b([A-Za-z])\s?&\s?([A-Za-z])\b(?!\w)")
_TOKEN = re.compile(r"[^\W_]+(?:&[^\W_]+)*(?:['’](?=[st]\b)[^\W_]+)?", re.UNICODE)
_VOWELS = "aeiouy"

# Endings that turn a word into another form of itself, not into a compound.
_INFLECTION = frozenset(
    ["en", "er", "ers", "erij", "eren", "ing", "ingen", "den", "ten", "end", "ende", "isch", "ische", "ige", "heid"]
)


@dataclass(frozen=True)
class Token:
    raw: str
    folded: str


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower case without accents; soft hyphens and zero-width marks are dropped."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = (c for c in decomposed if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return "".join(kept)


def tokens(text: str) -> list[Token]:
    """Words in order, with & inside letter pairs kept and any other & read as "en"."""
    joined = _LETTER_PAIR.sub(r"\1&\2", unicodedata.normalize("NFC", text.replace("\u00ad", "")))
    spaced = re.sub(r"(?<=\s)&(?=\s)", "en", joined)
    return [Token(raw, fold(raw).replace("’", "'")) for raw in _TOKEN.findall(spaced)]


def folded_words(text: str) -> str:
    """The words of a name as it is searched for."""
    return " ".join(token.folded for token in tokens(text))


def _without_plural_en(word: str) -> set[str]:
    base = word[:-2]
    if len(base) < 3:
        return set()
    found = {base}
    if base[-1] == base[-2] and base[-1] not in _VOWELS:
        found.add(base[:-1])  # lessen → les
    elif base[-1] not in _VOWELS and base[-2] in _VOWELS and base[-3] not in _VOWELS:
        found.add(base[:-1] + base[-2] + base[-1] if base[-2] != "i" else base)  # bomen → boom
    hardened = {w[:-1] + ("f" if w[-1] == "v" else "s") for w in found if w[-1] in "vz"}  # huizen → huis
    return found | hardened


def _without_ending(word: str) -> set[str]:
    """Plurals, adjectives and third persons: what is left without the last letter or letters."""
    if word.endswith("en"):
        return _without_plural_en(word)
    if word.endswith("'s"):
        return {word[:-2]}
    if word.endswith("ies"):
        return {word[:-3] + "y", word[:-1]}
    if word.endswith("es"):
        return {word[:-1], word[:-2]}
    if word.endswith(("e", "t")) or (word.endswith("s") and not word.endswith("ss")):
        return {word[:-1]}
    return set()


@lru_cache(maxsize=16384)
def forms(word: str) -> frozenset[str]:
    """The folded word and the shorter words it may be a plural, diminutive, verb or person form of."""
    found = {word}
    if len(word) > 4:
        found |= _without_ending(word)
    for ending in ("tjes", "tje", "pjes", "pje", "jes", "je"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            found.add(word[: -len(ending)])
            break
    # verpleegkundige(n), bouwkundig: the field itself
    person = re.match(r"(.{3,}kund)(?:ig|ige|igen|igs)$", word)
    if person:
        found.add(person[1] + "e")
    return frozenset(form for form in found if len(form) >= 3 or form == word)


def is_rest(rest: str) -> bool:
    """Whether what is left of a compound can be a word of its own (with a linking s, e or n)."""
    return len(rest) >= 3 and rest not in _INFLECTION
