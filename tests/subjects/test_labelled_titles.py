"""The titles labelled by hand are sound, and the half that may be tuned on is found as well as it was."""

from benchmarks.free_text import Title, titles
from matcher.subjects import thesaurus
from matcher.subjects.similar import similar_to
from matcher.subjects.typed import find_topics, terms
from matcher.subjects.vocabulary import shipped_vocabulary

VOCABULARY = shipped_vocabulary()
SIMILAR = similar_to(tuple(terms(VOCABULARY)))
LESSONS, JOBS = titles("lessons"), titles("jobs")


def test_titles_are_many_and_differ_and_their_labels_are_known() -> None:
    kinds = {entry.code: entry.type for entry in thesaurus.entries()}
    assert len([title for title in LESSONS if title.topics]) >= 200
    assert len({title.text for title in JOBS}) == len(JOBS) >= 200
    assert len({title.text for title in LESSONS}) == len(LESSONS)
    for title in (*LESSONS, *JOBS):
        assert title.topics <= kinds.keys(), title.text
        assert len(title.topics - title.branches) <= 3, title.text
        assert {kinds[code] for code in title.branches} <= {"sector"}, title.text


def test_halves_are_about_equal() -> None:
    for known in (LESSONS, JOBS):
        assert 0.4 < sum(title.half == "tuned" for title in known) / len(known) < 0.6


def _right(known: list[Title]) -> float:
    asked = [title for title in known if title.topics and title.half == "tuned"]
    found = [{one.code for one in find_topics(title.text, VOCABULARY, SIMILAR)[:3]} for title in asked]
    return sum(bool(codes & title.topics) for codes, title in zip(found, asked, strict=True)) / len(asked)


def test_first_three_hold_a_right_topic_of_nine_lessons_in_ten_and_of_more_jobs() -> None:
    assert _right(LESSONS) >= 0.88
    assert _right(JOBS) >= 0.93
