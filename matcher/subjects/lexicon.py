"""The words of searched texts: which of them a typed word may mean. Pure; knows neither topics nor a database.

A word means itself, its other forms, compounds that begin or end with it, and — when nobody ever wrote it — the words
it may be a slip of. How surely is a whole number up to 100, so that every database counts the same.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from matcher.subjects.words import forms, is_rest

SAME, FORM, BEGINS, ENDS, IN_IT, SLIP, TWO_SLIPS, LESS = 100, 90, 24, 25, 20, 70, 55, 5
SHORTEST_PART = 4
SHORTEST_SLIP, SHORTEST_TWO_SLIPS = 4, 8
MOST_VARIANTS = 60
MARK = "@"
"""Before the words of a name that not everybody may read."""


class Lexicon:
    """Grows only. A word that nobody uses any more does no harm: nothing is found under its number."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words: set[str] = set()
        self._by_form: dict[str, list[str]] = defaultdict(list)
        self._by_length: dict[int, list[tuple[int, str]]] = defaultdict(list)
        self.add(words)

    def add(self, words: Iterable[str]) -> None:
        for word in words:
            if word in self.words:
                continue
            self.words.add(word)
            mark, bare = (MARK, word[1:]) if word.startswith(MARK) else ("", word)
            for form in forms(bare):
                key = mark + form
                if key not in self._by_form:
                    self._by_length[len(key)].append((_letters(key), key))
                self._by_form[key].append(word)

    def variants(self, typed: str) -> dict[str, int]:
        """Word → how surely it is meant: itself, its forms, compounds with it."""
        found: dict[str, int] = {}
        shapes = sorted(forms(typed))
        for shape in shapes:
            for word in self._by_form.get(shape, ()):
                found[word] = SAME if word == typed else FORM
        for word, sure in self._compounds(shapes):
            found[word] = max(found.get(word, 0), sure)
        return _best(found)

    def forms_of(self, typed: str) -> set[str]:
        """The word and its other forms, as far as somebody wrote them."""
        return {word for shape in forms(typed) for word in self._by_form.get(shape, ())}

    def parts(self, typed: str) -> dict[str, int]:
        """Words that a typed compound is made of."""
        return _best(dict(self._parts(sorted(forms(typed)))))

    def marked(self, typed: str) -> dict[str, int]:
        """The same among marked words, without compounds."""
        alike = [MARK + shape for shape in sorted(forms(typed))]
        found = {word: SAME if word == MARK + typed else FORM for key in alike for word in self._by_form.get(key, ())}
        return _best(found)

    def slips(self, typed: str, *, marked: bool = False) -> dict[str, int]:
        """Words that were perhaps meant, a slip or two away."""
        found: dict[str, int] = {}
        for word, sure in self._slips(typed):
            found[word] = max(found.get(word, 0), sure)
        if marked:
            for word, sure in self._slips(MARK + typed):
                found[word] = max(found.get(word, 0), sure)
        return _best(found)

    def _compounds(self, shapes: list[str]) -> Iterable[tuple[str, int]]:
        for shape in shapes:
            if len(shape) < SHORTEST_PART:
                continue
            for word in self.words:
                if len(word) < len(shape) + 3 or word[0] == MARK or shape not in word:
                    continue
                if word.startswith(shape) and is_rest(word[len(shape) :]):
                    yield word, BEGINS
                elif any(form.endswith(shape) and len(form) >= len(shape) + 3 for form in forms(word)):
                    yield word, ENDS

    def _parts(self, shapes: list[str]) -> Iterable[tuple[str, int]]:
        for shape in shapes:
            for cut in range(3, len(shape) - SHORTEST_PART + 1):
                for word in self._by_form.get(shape[cut:], ()):
                    yield word, IN_IT
            for cut in range(SHORTEST_PART, len(shape) - 2):
                if is_rest(shape[cut:]):
                    for word in self._by_form.get(shape[:cut], ()):
                        yield word, IN_IT - 5

    def _slips(self, typed: str) -> Iterable[tuple[str, int]]:
        if len(typed) < SHORTEST_SLIP or typed.isdigit():
            return
        most = 2 if len(typed) >= SHORTEST_TWO_SLIPS else 1
        letters = _letters(typed)
        for length in range(len(typed) - most, len(typed) + most + 1):
            for other, key in self._by_length.get(length, ()):
                if (letters ^ other).bit_count() > 2 * most or (key[0] == MARK) != (typed[0] == MARK):
                    continue
                away = slips_between(typed, key, most)
                if away <= most:
                    for word in self._by_form[key]:
                        # The word itself rather than what is left of another without its ending.
                        yield word, (SLIP if away == 1 else TWO_SLIPS) - (0 if word == key else LESS)


def number_of(word: str) -> int:
    """The number a word is stored under: 62 bits of its hash."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest()) >> 2


def _best(found: dict[str, int]) -> dict[str, int]:
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_VARIANTS])


def _letters(word: str) -> int:
    """A bit for each letter in it."""
    found = 0
    for letter in word:
        found |= 1 << (ord(letter) & 63)
    return found


def slips_between(one: str, other: str, most: int) -> int:
    """Letters added, left out, replaced or swapped with their neighbour; `most` + 1 as soon as it is more."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, right in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
