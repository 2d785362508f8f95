"""The index that recognition looks words up in: built once from topics, never changed afterwards. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from matcher.subjects import thesaurus
from matcher.subjects.thesaurus import Ambiguity, Entry, Sense, Traps
from matcher.subjects.words import fold, forms, tokens

PARENT_CLOSENESS = 0.7
NEAR_CLOSENESS = 0.6

# Shorter words sit by chance inside too many others; the thesaurus marks those that may with a hyphen.
COMPOUND_LETTERS = 6


@dataclass(frozen=True)
class Vocabulary:
    """Every mapping goes from a folded word (or words) to a topic code; `exact` keeps capitals.

    A phrase with the code "" is known to mean no topic: "English only" is the language of a lesson.
    """

    entries: Mapping[str, Entry]
    neighbours: Mapping[str, Mapping[str, float]]
    words: Mapping[str, str]
    shorter: Mapping[str, str]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    starts: Mapping[str, str]
    ends: Mapping[str, str]
    exact: Mapping[str, str]
    hints: Mapping[str, tuple[str, ...]]
    silent: frozenset[str]
    ambiguous: Mapping[str, Ambiguity]
    cues: Mapping[str, tuple[frozenset[str], ...]]
    ids: Mapping[str, int] = field(default_factory=dict)

    def name(self, code: str, locale: str) -> str:
        return self.entries[code].name(locale)


class _Builder:
    def __init__(self, traps: Traps) -> None:
        self.traps = traps
        self.words: dict[str, str] = {}
        self.shorter: dict[str, set[str]] = {}
        self.phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self.starts: dict[str, str] = {}
        self.ends: dict[str, str] = {}
        self.exact: dict[str, str] = {}
        self.hints: dict[str, set[str]] = {}

    def add(self, entry: Entry) -> None:
        for name in (entry.nl, entry.en):
            # A remark in brackets is for readers; "(nask)" itself is listed as a term.
            self.add_term(re.sub(r"\s*\(.*?\)", "", name), entry.code, dutch=False, is_name=True)
        for term in entry.terms_nl:
            self.add_term(term, entry.code, dutch=True)
        for term in entry.terms_en:
            self.add_term(term, entry.code, dutch=False)
        for term in entry.exact:
            self.exact[tokens(term)[0].raw] = entry.code
        for term in entry.hints:
            self.hints.setdefault(fold(term), set()).add(entry.code)

    def add_term(self, term: str, code: str, *, dutch: bool, is_name: bool = False) -> None:
        plain = term.strip("-!")
        found = tuple(token.folded for token in tokens(plain))
        if not found:
            return
        if len(found) > 1:
            phrase = (found, code)
            if phrase not in self.phrases.setdefault(found[0], []):
                self.phrases[found[0]].append(phrase)
            return
        word = found[0]
        if word in self.traps.ambiguous:
            return
        alone = not term.startswith("-") and not term.endswith("-")
        if alone:
            if is_name:
                self.words.setdefault(word, code)
            else:
                self.words[word] = code
        if dutch and alone and len(word) >= 7 and not term.endswith("!"):
            for form in forms(word) - {word}:
                self.shorter.setdefault(form, set()).add(code)
        if dutch:
            self._add_compound(term, word, code)

    def _add_compound(self, term: str, word: str, code: str) -> None:
        long_enough = len(word) >= COMPOUND_LETTERS and not term.endswith("!")
        if term.endswith("-") or (long_enough and not term.startswith("-")):
            self.starts[word] = code
        if term.startswith("-") or (long_enough and not term.endswith("-")):
            self.ends[word] = code


def _neighbours(entries: Mapping[str, Entry]) -> dict[str, Mapping[str, float]]:
    links: dict[str, dict[str, float]] = {code: {} for code in entries}

    def link(one: str, other: str, closeness: float) -> None:
        if one != other and one in links and other in links:
            for a, b in ((one, other), (other, one)):
                links[a][b] = max(links[a].get(b, 0.0), closeness)

    for entry in entries.values():
        if entry.parent:
            link(entry.code, entry.parent, PARENT_CLOSENESS)
        for code in entry.near:
            link(entry.code, code, NEAR_CLOSENESS)
    return {code: MappingProxyType(found) for code, found in links.items()}


def _folded_cues(sense: Sense) -> frozenset[str]:
    return frozenset(" ".join(token.folded for token in tokens(cue)) for cue in sense.cues)


def build_vocabulary(entries: Iterable[Entry], traps: Traps, ids: Mapping[str, int] | None = None) -> Vocabulary:
    """Senses of ambiguous words that lead to an unknown topic are simply never chosen."""
    by_code = {entry.code: entry for entry in entries}
    builder = _Builder(traps)
    for entry in by_code.values():
        builder.add(entry)
    for phrase in traps.silent_phrases:
        builder.add_term(phrase, "", dutch=True)
    phrases = {
        first: tuple(sorted(found, key=lambda phrase: (-len(phrase[0]), phrase)))
        for first, found in builder.phrases.items()
    }
    shorter = {
        form: next(iter(codes))
        for form, codes in builder.shorter.items()
        if len(codes) == 1 and form not in builder.words and form not in traps.ambiguous and len(form) >= 4
    }
    cues = {
        word: tuple(_folded_cues(sense) for sense in ambiguity.senses) for word, ambiguity in traps.ambiguous.items()
    }
    return Vocabulary(
        entries=MappingProxyType(by_code),
        neighbours=MappingProxyType(_neighbours(by_code)),
        words=MappingProxyType(builder.words),
        shorter=MappingProxyType(shorter),
        phrases=MappingProxyType(phrases),
        starts=MappingProxyType(builder.starts),
        ends=MappingProxyType(builder.ends),
        exact=MappingProxyType(builder.exact),
        hints=MappingProxyType({word: tuple(sorted(codes)) for word, codes in builder.hints.items()}),
        silent=frozenset(fold(word) for word in traps.silent),
        ambiguous=traps.ambiguous,
        cues=MappingProxyType(cues),
        ids=MappingProxyType(dict(ids or {})),
    )


@cache
def shipped_vocabulary() -> Vocabulary:
    """The thesaurus of the files alone, without a database."""
    return build_vocabulary(thesaurus.entries(), thesaurus.traps())
