"""Typed text against many terms by pieces of words: for misspellings, compounds and jobs that no rule names. Pure.

TF-IDF over pieces of three to five letters within a word. Typed words are compared with the words of the terms, and
terms through their words: the same cosine as over whole terms, as long as two words of a term share no pieces.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

SHORTEST, LONGEST = 3, 5
# A word that has less in common with the typed one is no evidence, and leaving it out keeps the search fast.
LEAST_ALIKE = 0.3
MOST_WORDS = 24
LONGEST_WORD = 40

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
To = tuple[tuple[str, float], ...]


class Term(NamedTuple):
    """A name, folded, and the topics it leads to, each with how surely (0 to 1)."""

    folded: str
    to: To


class Alike(NamedTuple):
    code: str
    weight: float
    word: int
    """Position of the typed word that says most for it."""


@lru_cache(maxsize=4096)
def pieces(word: str) -> tuple[str, ...]:
    edged = f" {word[:LONGEST_WORD]} "
    sizes = range(SHORTEST, min(LONGEST, len(edged)) + 1)
    return tuple(edged[i : i + size] for size in sizes for i in range(len(edged) - size + 1))


class _Rows:
    """Which numbers belong to a row, for many rows at once: made of (row, number) pairs."""

    def __init__(self, rows: Ints, numbers: Ints, count: int) -> None:
        self.start = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=count))))
        self.order = np.argsort(rows, kind="stable")
        self.numbers = numbers[self.order]

    def of(self, rows: Ints) -> tuple[Ints, Ints]:
        """The places of the numbers of these rows, and for each the place of its row in `rows`."""
        sizes = self.start[rows + 1] - self.start[rows]
        row = np.repeat(np.arange(len(rows)), sizes)
        within = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.start[rows][row] + within, row


class SimilarTerms:
    """Built once from terms, never changed afterwards."""

    def __init__(self, terms: Iterable[Term]) -> None:
        # Sorted, so that the answer does not hang on the order in which a database gave them.
        known = sorted({(term.folded, term.to) for term in terms if term.folded and term.to})
        targets = {to: number for number, to in enumerate(dict.fromkeys(to for _, to in known))}
        self.targets: list[To] = list(targets)
        self._target = np.array([targets[to] for _, to in known], dtype=np.int64)
        words: dict[str, int] = {}
        pairs = [
            (term, words.setdefault(word, len(words)))
            for term, (folded, _) in enumerate(known)
            for word in dict.fromkeys(folded.split())
        ]
        if known:
            self._weigh(list(words), np.array(pairs, dtype=np.int64).T, len(known))

    def _weigh(self, words: list[str], pairs: Ints, count: int) -> None:
        term, word = pairs
        self._pieces: dict[str, int] = {}
        spelled = [
            (number, self._pieces.setdefault(piece, len(self._pieces)))
            for number, text in enumerate(words)
            for piece in pieces(text)
        ]
        holder, piece = np.array(spelled, dtype=np.int64).T
        size = len(self._pieces)
        once, times = np.unique(holder * size + piece, return_counts=True)
        holder, piece = once // size, once % size
        often = np.bincount(word, minlength=len(words))
        seen = np.bincount(piece, often[holder], minlength=size)
        self._rarest = 1.0 + math.log(1 + count)
        self._rare = 1.0 + np.log((1 + count) / (1 + seen))
        weight = times * self._rare[piece]
        square = np.bincount(holder, weight**2, minlength=len(words))
        self._word_size = np.sqrt(square)
        self._term_size = np.sqrt(np.bincount(term, square[word], minlength=count))
        self._holders = _Rows(piece, holder, size)
        self._weight = weight[self._holders.order]
        self._uses = _Rows(word, term, len(words))

    def find(self, words: Sequence[str]) -> list[Alike]:
        """Topics of the terms most like each of these folded words, and like all of them together; surest first."""
        if not self.targets:
            return []
        asked = [self._likeness(word) for word in words[:MOST_WORDS]]
        doubt: dict[str, float] = {}
        told: dict[str, tuple[float, int]] = {}
        whole = np.zeros(len(self._term_size))
        for place, (likeness, size) in enumerate(asked):
            whole += likeness
            self._add(likeness / (size * self._term_size), place, doubt, told)
        if len(asked) > 1:
            size = math.sqrt(sum(size * size for _, size in asked))
            self._add(whole / (size * self._term_size), -1, doubt, {})
        found = [Alike(code, round(1.0 - left, 4), told.get(code, (0.0, 0))[1]) for code, left in doubt.items()]
        return sorted(found, key=lambda one: (-one.weight, one.code))

    def _likeness(self, word: str) -> tuple[Floats, float]:
        """The product of this word with every term, and its own size."""
        counts = Counter(pieces(word))
        known = [(self._pieces[piece], count) for piece, count in counts.items() if piece in self._pieces]
        square = sum((count * self._rarest) ** 2 for piece, count in counts.items() if piece not in self._pieces)
        if not known:
            return np.zeros(len(self._term_size)), math.sqrt(square)
        rows, times = np.array(known, dtype=np.int64).T
        rare = self._rare[rows]
        size = math.sqrt(square + float(np.sum((times * rare) ** 2)))
        at, row = self._holders.of(rows)
        products = np.bincount(
            self._holders.numbers[at], (times * rare)[row] * self._weight[at], minlength=len(self._word_size)
        )
        near = np.flatnonzero(products >= LEAST_ALIKE * size * self._word_size)
        at, row = self._uses.of(near)
        likeness = np.bincount(self._uses.numbers[at], products[near][row], minlength=len(self._term_size))
        return likeness.astype(np.float64), size

    def _add(self, scores: Floats, place: int, doubt: dict[str, float], told: dict[str, tuple[float, int]]) -> None:
        best = np.zeros(len(self.targets))
        here = np.flatnonzero(scores)
        np.maximum.at(best, self._target[here], scores[here])
        most: dict[str, float] = {}
        for number in np.flatnonzero(best):
            for code, sure in self.targets[number]:
                most[code] = max(most.get(code, 0.0), min(float(best[number]), 1.0) * sure)
        for code, score in most.items():
            # Squared: a half-alike word is far less than half the evidence.
            doubt[code] = doubt.get(code, 1.0) * (1.0 - score * score)
            if score > told.get(code, (0.0, 0))[0]:
                told[code] = (score, place)


@lru_cache(maxsize=2)
def similar_to(terms: tuple[Term, ...]) -> SimilarTerms:
    """The same terms are weighed once, whichever database they come from."""
    return SimilarTerms(terms)
