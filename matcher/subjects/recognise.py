"""Typed text in, topics out, each with the words that led to it. Pure and deterministic; people correct the result."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from matcher.subjects.levels import Level, mask_of
from matcher.subjects.typed_level import parse_level
from matcher.subjects.vocabulary import Vocabulary
from matcher.subjects.words import Token, forms, is_rest, tokens

# How sure one find makes us. Finds add up as independent evidence; a topic is suggested from ENOUGH.
PHRASE, EXACT, WORD, FORM, SENSE = 0.9, 0.85, 0.8, 0.75, 0.75
ENDS_WITH, UNCUED, STARTS_WITH, HINT = 0.65, 0.6, 0.55, 0.3
ENOUGH = 0.5
# A subject that was not named but teaches what was: worth a checkbox, never worth the first place.
IMPLIED = 0.4
MOST_IMPLIED = 2


@dataclass(frozen=True)
class Suggested:
    """`matched` holds the typed words; `implied` says that it was not named, so it is for the person to tick."""

    code: str
    weight: float
    matched: str
    implied: bool = False


@dataclass(frozen=True)
class _Find:
    code: str
    weight: float
    words: str
    position: int


def suggest_topics(text: str, vocabulary: Vocabulary, limit: int = 6, levels: Iterable[Level] = ()) -> list[Suggested]:
    """Topics of a text, surest first. `levels` (of a class already chosen) adds to those the text names."""
    found = _add_up(_finds(tokens(text), vocabulary))
    direct = [s for s, _ in found if s.weight >= ENOUGH][:limit]
    if len(direct) == limit or any(vocabulary.entries[s.code].type == "subject" for s in direct):
        return direct
    mask = parse_level(text).mask | mask_of(levels)
    hinted = {s.code: s.weight for s, _ in found if s.weight < ENOUGH}
    return direct + _implied(direct, hinted, mask, vocabulary)[: min(MOST_IMPLIED, limit - len(direct))]


def _add_up(finds: Iterable[_Find]) -> list[tuple[Suggested, int]]:
    doubt: dict[str, float] = {}
    words: dict[str, list[str]] = {}
    first: dict[str, int] = {}
    for find in finds:
        seen = words.setdefault(find.code, [])
        if find.words.casefold() in (w.casefold() for w in seen):
            continue
        seen.append(find.words)
        doubt[find.code] = doubt.get(find.code, 1.0) * (1.0 - find.weight)
        first.setdefault(find.code, find.position)
    found = [(Suggested(c, round(1.0 - d, 3), ", ".join(words[c])), first[c]) for c, d in doubt.items()]
    return sorted(found, key=lambda item: (-item[0].weight, item[1], item[0].code))


def _implied(direct: list[Suggested], hinted: dict[str, float], mask: int, vocabulary: Vocabulary) -> list[Suggested]:
    if not mask:
        return []
    best: dict[str, tuple[float, str]] = {}
    for suggested in (s for s in direct if vocabulary.entries[s.code].type == "theme"):
        for code, closeness in vocabulary.neighbours[suggested.code].items():
            entry = vocabulary.entries[code]
            if entry.type != "subject" or not entry.level_mask & mask:
                continue
            # A subject given at few levels says more about this class than one given everywhere.
            narrow = 0.05 / len(entry.levels)
            weight = IMPLIED * suggested.weight * closeness + hinted.get(code, 0.0) * IMPLIED + narrow
            earlier = best.get(code, (0.0, suggested.matched))
            best[code] = (max(weight, earlier[0]) + (0.05 if earlier[0] else 0.0), earlier[1])
    ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))
    return [Suggested(code, round(min(weight, ENOUGH), 3), words, implied=True) for code, (weight, words) in ranked]


def _finds(words: list[Token], vocabulary: Vocabulary) -> Iterator[_Find]:
    present = _Present(words)
    position = 0
    while position < len(words):
        phrase = phrase_at(words, position, vocabulary)
        if phrase:
            length, code = phrase
            if code:
                yield _Find(code, PHRASE, " ".join(w.raw for w in words[position : position + length]), position)
            position += length
            continue
        yield from _word(words[position], position, present, vocabulary)
        position += 1


def phrase_at(words: list[Token], position: int, vocabulary: Vocabulary) -> tuple[int, str] | None:
    best: tuple[int, str] | None = None
    for first in sorted(forms(words[position].folded)):
        for phrase, code in vocabulary.phrases.get(first, ()):
            following = words[position : position + len(phrase)]
            longer = len(following) == len(phrase) and (best is None or len(phrase) > best[0])
            if longer and all(part in forms(word.folded) for part, word in zip(phrase, following, strict=True)):
                best = (len(phrase), code)
    return best


def _word(word: Token, position: int, present: "_Present", vocabulary: Vocabulary) -> Iterator[_Find]:
    if word.raw in vocabulary.exact:
        yield _Find(vocabulary.exact[word.raw], EXACT, word.raw, position)
        return
    shapes = sorted(forms(word.folded), key=lambda form: (-len(form), form))
    if word.folded in vocabulary.words:
        yield _Find(vocabulary.words[word.folded], WORD, word.raw, position)
        return
    if any(shape in vocabulary.silent for shape in shapes):
        return
    for shape in shapes:
        if shape in vocabulary.ambiguous:
            yield from _sense(shape, word, position, present, vocabulary)
            return
    for shape in shapes:
        code = vocabulary.words.get(shape) or vocabulary.shorter.get(shape)
        if code:
            yield _Find(code, FORM, word.raw, position)
            return
    for shape in shapes:
        for code in vocabulary.hints.get(shape, ()):
            yield _Find(code, HINT, word.raw, position)
    yield from _compound(word, shapes, position, vocabulary)


def _compound(word: Token, shapes: list[str], position: int, vocabulary: Vocabulary) -> Iterator[_Find]:
    found: set[str] = set()
    for shape in shapes:
        ends = (i for i in range(3, len(shape) - 2) if shape[i:] in vocabulary.ends)
        end = next(ends, None)
        if end is not None:
            code = vocabulary.ends[shape[end:]]
            found.add(code)
            yield _Find(code, ENDS_WITH, word.raw, position)
            break
    text = word.folded
    for end in range(len(text) - 3, 2, -1):
        code = vocabulary.starts.get(text[:end], "")
        if code and is_rest(text[end:]):
            if code not in found:
                yield _Find(code, STARTS_WITH, word.raw, position)
            return


def _sense(shape: str, word: Token, position: int, present: "_Present", vocabulary: Vocabulary) -> Iterator[_Find]:
    """The sense with most cues in the text; on a tie the one written first."""
    ambiguity = vocabulary.ambiguous[shape]
    best: str = ""
    best_cues: list[str] = []
    for sense, cues in zip(ambiguity.senses, vocabulary.cues[shape], strict=True):
        here = present.which(cues)
        if len(here) > len(best_cues):
            best, best_cues = sense.topic, here
    if best_cues:
        if best in vocabulary.entries:
            yield _Find(best, SENSE, f"{word.raw} ({best_cues[0]})", position)
    elif ambiguity.otherwise in vocabulary.entries:
        yield _Find(ambiguity.otherwise, UNCUED, word.raw, position)


class _Present:
    """Which cues a text holds: as a word in any form, as the start of a compound, or as a phrase."""

    def __init__(self, words: list[Token]) -> None:
        self.forms = {form for word in words for form in forms(word.folded)}
        self.long = [word.folded for word in words if len(word.folded) > 6]
        self.line = f" {' '.join(word.folded for word in words)} "

    def which(self, cues: frozenset[str]) -> list[str]:
        return sorted(cue for cue in cues if self._holds(cue))

    def _holds(self, cue: str) -> bool:
        if " " in cue:
            return f" {cue} " in self.line
        return cue in self.forms or (len(cue) >= 5 and any(word.startswith(cue) for word in self.long))
