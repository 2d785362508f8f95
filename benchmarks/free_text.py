"""Does a typed title find its topics? Top-1 and top-3 on titles of lessons and of jobs that were labelled by hand.

The titles and their labels were written before anything was measured. A title belongs to the half "tuned" or "unseen"
by the hash of its text; the search was tuned on the first half only.
"""

import csv
import hashlib
import math
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks._output import arguments, line, not_run
from matcher.organisations.esco import read_jobs
from matcher.subjects import thesaurus
from matcher.subjects.recognise import suggest_topics
from matcher.subjects.similar import SimilarTerms
from matcher.subjects.typed import find_topics, terms
from matcher.subjects.vocabulary import Vocabulary, shipped_vocabulary

DATA = Path(__file__).parent / "data"
SETS = {"lessons": DATA / "lesson_titles.csv", "jobs": DATA / "job_titles.csv"}
ESCO = "esco_beroepen_nl/occupations_nl.csv.gz"
Search = Callable[[str], list[str]]


class Title(NamedTuple):
    """`topics` are all that are right; none for a text that names no topic."""

    text: str
    topics: frozenset[str]
    branches: frozenset[str]
    half: str


def titles(name: str) -> list[Title]:
    with SETS[name].open(encoding="utf-8", newline="") as stream:
        return [_title(row) for row in csv.DictReader(stream, delimiter=";")]


def _title(row: dict[str, str]) -> Title:
    branches = frozenset(row.get("sectors", "").split())
    first = hashlib.sha256(row["text"].encode()).digest()[0]
    return Title(row["text"], branches | set(row["topics"].split()), branches, "unseen" if first % 2 else "tuned")


def hits(search: Search, asked: Sequence[Title], places: int) -> float:
    return sum(not title.topics.isdisjoint(search(title.text)[:places]) for title in asked) / len(asked)


def bare_names() -> Search:
    """Pieces of two to five letters of the topics' names alone: what there is without a thesaurus."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    entries = thesaurus.entries()
    weigh = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    known = weigh.fit_transform([f"{entry.nl} {entry.en}" for entry in entries])

    def search(text: str) -> list[str]:
        likeness = (known @ weigh.transform([text]).T).toarray().ravel()
        return [entries[i].code for i in (-likeness).argsort(kind="stable")[:6] if likeness[i] > 0]

    return search


def thesaurus_alone(text: str) -> list[str]:
    return [found.code for found in suggest_topics(text, shipped_vocabulary())]


def ours(text: str, vocabulary: Vocabulary, similar: SimilarTerms) -> list[str]:
    return [found.code for found in find_topics(text, vocabulary, similar)]


def _interval(share: float, count: int) -> str:
    """95 % by Wilson's formula."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{middle - half:.3f}–{middle + half:.3f}"


def quality(searches: dict[str, Search | None]) -> None:
    for name in SETS:
        for half in ("tuned", "unseen"):
            asked = [title for title in titles(name) if title.topics and title.half == half]
            for places in (1, 3):
                before = hits(thesaurus_alone, asked, places)
                for way, search in searches.items():
                    row = f"free_text.{name}.{half}.top{places}.{way}"
                    goal = f"> {before:.3f} (thesaurus)" if way.startswith("search") else ""
                    if search is None:
                        not_run(row, goal=goal, why=f"no {ESCO} in MATCHER_REFERENCE_DATA")
                        continue
                    share = hits(search, asked, places)
                    detail = f"{len(asked)} titles, 95 %: {_interval(share, len(asked))}"
                    line(row, share, "share", goal=goal, holds=share > before if goal else None, detail=detail)


def branches(searches: dict[str, Search | None]) -> None:
    """Of job titles: is the branch among the first three?"""
    asked = [title for title in titles("jobs") if title.half == "unseen"]
    for way, search in searches.items():
        if search is not None:
            share = sum(not title.branches.isdisjoint(search(title.text)[:3]) for title in asked) / len(asked)
            detail = f"{len(asked)} titles"
            line(f"free_text.jobs.unseen.branch_top3.{way}", share, "share", goal="", holds=None, detail=detail)


def quiet(vocabulary: Vocabulary, similar: SimilarTerms) -> None:
    """Texts that name no topic: in how many is nothing ticked for the person?"""
    for half in ("tuned", "unseen"):
        asked = [title for title in titles("lessons") if not title.topics and title.half == half]
        silent = sum(all(one.implied for one in find_topics(title.text, vocabulary, similar)) for title in asked)
        line(
            f"free_text.no_topic.{half}.nothing_ticked",
            silent / len(asked),
            "share",
            goal=">= 0.8",
            holds=silent / len(asked) >= 0.8,
            detail=f"{len(asked)} texts",
        )


def speed(vocabulary: Vocabulary, similar: SimilarTerms) -> None:
    asked = [title.text for name in SETS for title in titles(name)]
    long = ("Wie vertelt over verpleegkundigen, lassers en bakkers in een distributiecentrum? " * 130)[:10_000]
    for name, texts in (("title", asked), ("10,000 characters", [long] * 10)):
        for text in texts:
            find_topics(text, vocabulary, similar)
        began = time.process_time()
        for text in texts:
            find_topics(text, vocabulary, similar)
        took = (time.process_time() - began) / len(texts) * 1000
        line(f"free_text.cpu.{name}", took, "ms a text", goal="< 5 once warm", holds=took < 5, detail="CPU time")


def main() -> None:
    arguments(__doc__ or "")
    vocabulary = shipped_vocabulary()
    began = time.process_time()
    shipped = similar = SimilarTerms(terms(vocabulary))
    searches: dict[str, Search | None] = {
        "bare_names": bare_names(),
        "thesaurus": thesaurus_alone,
        "search": partial(ours, vocabulary=vocabulary, similar=shipped),
        "search_with_esco": None,
    }
    esco = Path(os.environ.get("MATCHER_REFERENCE_DATA", "../shared/data")) / ESCO
    if esco.is_file():
        jobs, _wrong = read_jobs(esco.read_bytes())
        began = time.process_time()
        similar = SimilarTerms(terms(vocabulary, [(job.isco, name) for job in jobs for name in job.folded]))
        searches["search_with_esco"] = partial(ours, vocabulary=vocabulary, similar=similar)
    warm = time.process_time() - began
    quality(searches)
    branches(searches)
    quiet(vocabulary, similar)
    speed(vocabulary, similar)
    line("free_text.cpu.first_use", warm, "s", goal="", holds=None, detail="once per process and change of topics")


if __name__ == "__main__":
    main()
