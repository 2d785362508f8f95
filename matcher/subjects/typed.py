"""Typed text in, topics out: what the thesaurus recognises, then what its words are like. Pure and deterministic."""

from collections.abc import Iterable, Iterator

from matcher.subjects import thesaurus
from matcher.subjects.levels import Level
from matcher.subjects.recognise import ENOUGH, Suggested, phrase_at, suggest_topics
from matcher.subjects.similar import Alike, SimilarTerms, Term
from matcher.subjects.vocabulary import Vocabulary
from matcher.subjects.words import Token, folded_words, tokens

LONGEST_TEXT = 1000
# Topics of similar terms fill the list up to here: what is recognised says more, and a long list is not read.
FULL = 3
# How alike it must be where something was recognised too, and where nothing was; from TICKED on it is ticked there.
BESIDE, ALONE, TICKED, MOST_TICKED = 0.45, 0.25, 0.55, 2
# The topics of a job come in the order of its group, each a little less sure than the one before.
STEP = 0.06
# Of a title longer than the name of a job the branch says less than what the work is about.
JOB_WORDS = 2
MOST_BRANCHES = 2
BRANCH_IN_A_TITLE = 0.9


def terms(vocabulary: Vocabulary, labels: Iterable[tuple[str, str]] = ()) -> Iterator[Term]:
    """Every name to compare with: topics, jobs named here, and (group of ISCO, folded name) of jobs brought in."""
    for entry in vocabulary.entries.values():
        for name in (entry.nl, entry.en, *entry.terms_nl, *entry.terms_en):
            yield Term(folded_words(name.strip("-!")), ((entry.code, 1.0),))
    for isco, group in thesaurus.job_groups().items():
        to = _in_order(isco, vocabulary)
        yield from (Term(folded_words(name), to) for name in group.names)
    for isco, folded in labels:
        yield Term(folded, _in_order(isco, vocabulary))


def _in_order(isco: str, vocabulary: Vocabulary) -> tuple[tuple[str, float], ...]:
    known = (code for code in thesaurus.topics_of_job(isco) if code in vocabulary.entries)
    return tuple((code, round(1.0 - STEP * place, 2)) for place, code in enumerate(known))


def find_topics(
    text: str,
    vocabulary: Vocabulary,
    similar: SimilarTerms,
    limit: int = 6,
    levels: Iterable[Level] = (),
    *,
    guesses: bool = True,
) -> list[Suggested]:
    """Topics of a text, surest first. Without `guesses` similar terms help only where nothing is recognised, and then
    only what may be ticked for a person.
    """
    text = text[:LONGEST_TEXT]
    found = suggest_topics(text, vocabulary, limit, levels)
    if found and not guesses:
        return found
    words = content_words(text, vocabulary)
    if len(found) >= FULL and len(words) > JOB_WORDS:
        return found
    least = BESIDE if found else ALONE
    alike = [one for one in similar.find([word.folded for word in words]) if one.weight >= least]
    chosen = _chosen(alike, [one.code for one in found], len(words), vocabulary)
    ticked = 0 if found else MOST_TICKED
    guessed = [
        _guess(one, words[one.word].raw, ticked=place < ticked and one.weight >= TICKED)
        for place, one in enumerate(chosen)
    ]
    return [*found, *(one for one in guessed if guesses or not one.implied)][:limit]


def _chosen(alike: list[Alike], known: list[str], words: int, vocabulary: Vocabulary) -> list[Alike]:
    """What fills the list; the name of a job leads to its branches even where the list is full."""
    branches = {entry.code for entry in vocabulary.entries.values() if entry.type == "sector"}
    more = [one for one in alike if one.code not in known]
    if words > JOB_WORDS:
        later = [one._replace(weight=one.weight * BRANCH_IN_A_TITLE) if one.code in branches else one for one in more]
        return sorted(later, key=lambda one: (-one.weight, one.code))[: max(FULL - len(known), 0)]
    room = max(FULL - len(known), 0)
    missing = MOST_BRANCHES - len(branches.intersection([*known, *(one.code for one in more[:room])]))
    sure = [one for one in more[room:] if one.code in branches and one.weight >= TICKED]
    return more[:room] + sure[: max(missing, 0)]


def content_words(text: str, vocabulary: Vocabulary) -> list[Token]:
    """The words that may say what it is about: no small words, none that mean nothing, none with several meanings."""
    words, kept, position = tokens(text), list[Token](), 0
    while position < len(words):
        phrase = phrase_at(words, position, vocabulary)
        if phrase and not phrase[1]:
            position += phrase[0]
            continue
        if _says_something(words[position].folded, vocabulary):
            kept.append(words[position])
        position += 1
    return kept


def _says_something(word: str, vocabulary: Vocabulary) -> bool:
    unsaid = word in thesaurus.small_words() or word in vocabulary.silent or word in vocabulary.ambiguous
    return len(word) > 1 and not word.isdigit() and not unsaid


def _guess(one: Alike, word: str, *, ticked: bool) -> Suggested:
    weight = one.weight if ticked else min(one.weight, ENOUGH)
    return Suggested(one.code, round(weight, 3), word, implied=not ticked)
