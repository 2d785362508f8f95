"""What a typed search asks for, word by word, and how much each thing that answers a word counts. Pure.

All points are whole numbers, so that SQLite, PostgreSQL and a list in memory give the same order.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from matcher.subjects import thesaurus
from matcher.subjects.typed_level import parse_level
from matcher.subjects.words import Token, folded_words, forms, tokens

LONGEST_TEXT = 200
LONGEST_WORD = 40
MOST_WORDS = 8

TOPIC, LEVEL, PLACE, REGION, KIND, AROUND = 20_000, 8_000, 20_000, 15_000, 3_000, 10_000
"""A word of a title counts up to 72,000: sureness (100) × how rare it is (20 to 60) × 12."""
COMMONEST, RAREST = 20, 60

KINDS = {
    "guest_lecture": "gastles, gastdocent, gastspreker, gastcollege, guest lecture, guest lesson, guest speaker",
    "teacher_internship": "docentstage, docentenstage, lerarenstage, stageplek, stageplaats, teacher internship,"
    " internship, stage",
    "hybrid_placement": "hybride docent, hybride leraar, hybrid teacher, hybride, hybrid",
}
_KIND_OF = {
    tuple(phrase.split()): kind for kind, phrases in KINDS.items() for phrase in (p.strip() for p in phrases.split(","))
}
_ABOUT_A_LEVEL = frozenset(
    ("groep", "groepen", "group", "klas", "klassen", "class", "leerjaar", "jaar", "year", "grade", "niveau", "level")
)
_PLACE_NAMES = {"den haag": "'s-gravenhage", "den bosch": "'s-hertogenbosch", "the hague": "'s-gravenhage"}
_BEFORE_A_PLACE = frozenset(("in", "bij", "rond", "rondom", "nabij", "near", "around", "te", "vlakbij"))


@dataclass(eq=False)
class Word:
    """One thing that was asked for: a word, or words that belong together."""

    raw: str
    folded: str
    kind: str | None = None
    level_mask: int = 0


@dataclass(eq=False)
class Sought(Word):
    """With what answers it: words of texts → sureness, topics and regions → points, around a place."""

    words: dict[str, int] = field(default_factory=dict)
    topics: dict[int, int] = field(default_factory=dict)
    regions: set[int] = field(default_factory=set)
    around: tuple[float, float] | None = None
    meant: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        return bool(self.words or self.topics or self.regions or self.around or self.kind or self.level_mask)


@dataclass
class Search:
    """What was typed, understood. `topics` is what it is about, for the page; `holders` says how rare words are."""

    words: list[Sought] = field(default_factory=list)
    topics: list[Any] = field(default_factory=list)
    holders: dict[str, int] = field(default_factory=dict)

    @property
    def unknown(self) -> list[str]:
        """Typed words that nothing answers."""
        return [word.raw for word in self.words if not word.is_known]

    @property
    def meant(self) -> list[tuple[str, str]]:
        """Typed words that were read as others: (typed, read as)."""
        return [(word.raw, word.meant[0]) for word in self.words if word.meant]


Said = TypeVar("Said", bound=Word)


def words_of(text: str) -> list[Word]:
    """What is asked for, in order. Small words only when there is nothing else."""
    text = text.replace("\x00", " ")[:LONGEST_TEXT]
    typed = [token for token in tokens(text) if len(token.folded) <= LONGEST_WORD]
    found: list[Word] = []
    small: list[Word] = []
    mask = parse_level(text).mask
    position = 0
    while position < len(typed):
        taken, word = _next(typed, position, bool(mask))
        position += taken
        if word is not None:
            (small if word.kind is None and _says_little(word) else found).append(word)
    if mask:
        found.append(Word("", "", level_mask=mask))
    distinct = {word.folded: word for word in (found or small)}
    return list(distinct.values())[:MOST_WORDS]


def _next(typed: list[Token], position: int, levels: bool) -> tuple[int, Word | None]:
    for length in (2, 1):
        part = typed[position : position + length]
        kind = _kind(part) if len(part) == length else None
        if kind:
            return length, Word(" ".join(token.raw for token in part), " ".join(t.folded for t in part), kind=kind)
    token = typed[position]
    part_of_level = levels and (
        token.folded.isdigit() or token.folded in _ABOUT_A_LEVEL or parse_level(token.raw).mask or len(token.folded) < 3
    )
    return 1, None if part_of_level else Word(token.raw, token.folded)


def _kind(part: Iterable[Token]) -> str | None:
    shapes = [forms(token.folded) for token in part]
    for phrase, kind in _KIND_OF.items():
        if len(phrase) == len(shapes) and all(word in shape for word, shape in zip(phrase, shapes, strict=True)):
            return kind
    return None


def _says_little(word: Word) -> bool:
    return word.folded in thesaurus.small_words() or word.folded in _BEFORE_A_PLACE or len(word.folded) < 2


def place_keys(words: Sequence[Said]) -> list[tuple[str, list[Said]]]:
    """Names of places that neighbouring words may be, longest first, each with its words."""
    plain = [word for word in words if not word.kind and not word.level_mask]
    found = []
    for length in (3, 2, 1):
        for start in range(len(plain) - length + 1):
            part = plain[start : start + length]
            name = " ".join(word.folded for word in part)
            found.append((_PLACE_NAMES.get(name, name), part))
    return found


def rarity(holders: int, of: int) -> int:
    """20 for what everything has, 60 for what only one in thousands has."""
    return max(COMMONEST, min(RAREST, round(7 * math.log(max(1, of) / max(1, holders))) + COMMONEST))


def word_points(sought: Sought, holders: Mapping[str, int], of: int) -> dict[str, int]:
    """Word of a text → sureness × rarity. Forms of one word are as rare as all of them together."""
    alike = sum(holders.get(word, 0) for word, sure in sought.words.items() if sure >= 90)
    return {
        word: sure * rarity(alike if sure >= 90 else holders[word], of)
        for word, sure in sought.words.items()
        if holders.get(word)
    }


WEIGHTS = {"title": 12, "function": 9, "place": 8, "name": 8, "text": 8}


def weighed(parts: Mapping[str, str]) -> dict[str, int]:
    """Folded word → the most that one of its places in a text says. `parts`: place → text."""
    found: dict[str, int] = {}
    for part, text in parts.items():
        for word in folded_words(text).split():
            if len(word) <= LONGEST_WORD:
                found[word] = max(found.get(word, 0), WEIGHTS[part])
    return found


_SPACE = re.compile(r"\s+")


def as_shown(text: str) -> str:
    """A typed search in one line."""
    return _SPACE.sub(" ", text.replace("\x00", " ")).strip()[:LONGEST_TEXT]
