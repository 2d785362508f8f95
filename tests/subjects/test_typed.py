"""A title finds its topics by pieces of words too: misspelt, compound, a job; odd texts are answered all the same."""

import random
import time

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from matcher.subjects import thesaurus
from matcher.subjects.levels import Level
from matcher.subjects.models import Occupation, Topic, TopicType
from matcher.subjects.queries import similar_terms, suggested_topics
from matcher.subjects.recognise import suggest_topics
from matcher.subjects.services import seed_topics
from matcher.subjects.similar import SimilarTerms, Term, similar_to
from matcher.subjects.typed import LONGEST_TEXT, content_words, find_topics, terms
from matcher.subjects.vocabulary import shipped_vocabulary
from tests.factories import NOW
from tests.subjects.test_recognise import TRAPS

VOCABULARY = shipped_vocabulary()
SIMILAR = similar_to(tuple(terms(VOCABULARY)))

# What no rule of the thesaurus recognises: the text, and one topic that must be among the first three.
TITLES = [
    ("Lasssen in de werkplats", "metalworking"),
    ("Ziekenhuisbezoek voorbereiden", "hospital"),
    ("Fotografeeren met daglicht", "photo_film"),
    ("een ochtend met de schapenhoeder", "animals"),
    ("An hour with a veterinarian", "animals"),
    ("scheepswerktuigkundige", "ships_ports"),
    ("paramedic", "first_aid"),
    ("kassamedewerkster", "retail_sector"),
]


def found(text: str, levels: tuple[Level, ...] = ()) -> list[str]:
    return [one.code for one in find_topics(text, VOCABULARY, SIMILAR, levels=levels)]


@pytest.mark.parametrize(("text", "topic"), TITLES)
def test_title_without_a_known_word_finds_its_topic(text: str, topic: str) -> None:
    assert topic in found(text)[:3]


def test_what_is_recognised_stays_first_and_similar_terms_fill_up_to_three() -> None:
    text = "Een verpleegkundige over wondzorg"
    direct = suggest_topics(text, VOCABULARY)
    both = find_topics(text, VOCABULARY, SIMILAR)
    assert both[: len(direct)] == direct
    assert len(direct) < len(both) == 3
    assert all(one.implied for one in both[len(direct) :])


def test_job_leads_to_its_branch_and_its_topic() -> None:
    assert {"food_industry_sector", "food_technology"} <= set(found("kaasmaker"))


def test_guess_names_the_typed_word_it_comes_from() -> None:
    (first, *_rest) = find_topics("Gastles over Scheepswerktuigkundigen!", VOCABULARY, SIMILAR)
    assert first.matched == "Scheepswerktuigkundigen"


def test_search_is_not_widened_by_guesses() -> None:
    text = "Een verpleegkundige over wondzorg"
    assert find_topics(text, VOCABULARY, SIMILAR, guesses=False) == suggest_topics(text, VOCABULARY)
    assert all(not one.implied for one in find_topics("orthopedagoog", VOCABULARY, SIMILAR, guesses=False))


@pytest.mark.parametrize(("text", "_meant", "not_meant"), TRAPS)
def test_word_with_several_meanings_is_left_to_the_thesaurus(text: str, _meant: set[str], not_meant: set[str]) -> None:
    ticked = {one.code for one in find_topics(text, VOCABULARY, SIMILAR) if not one.implied}
    assert not not_meant & ticked


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "\0",
        "a\0b\0c",
        "🤖🔥👩‍🚒",
        "Ünïcödé",
        "Привет, мир, химия",
        "数学と物理",
        "مرحبا بالعالم",
        "&&& !!! ---",
        "\ud800",
        "x" * 10_000,
        "verpleegkundige " * 700,
        "a " * 5_000,
        "' OR 1=1 --",
        "%s %(x)s {0} __import__",
        "\u200b\u00ad\u0301",
        "9" * 10_000,
    ],
    ids=range(18),
)
def test_odd_text_is_answered_quickly(text: str) -> None:
    began = time.process_time()
    result = find_topics(text, VOCABULARY, SIMILAR)
    assert time.process_time() - began < 0.25
    assert len(result) <= 6
    assert result == find_topics(text, VOCABULARY, SIMILAR)


def test_random_signs_are_answered() -> None:
    chance = random.Random(7)
    for _try in range(60):
        text = "".join(chr(chance.choice((chance.randrange(32, 127), chance.randrange(1, 0xD7FF)))) for _ in range(80))
        find_topics(text, VOCABULARY, SIMILAR)


def test_only_the_first_thousand_characters_count() -> None:
    assert found("x " * LONGEST_TEXT + "warmtepomp") == found("x " * LONGEST_TEXT)


def test_text_takes_less_than_five_milliseconds_once_warm() -> None:
    texts = [title for title, _topic in TITLES] + [row[0] for row in TRAPS]
    began = time.process_time()
    for text in texts:
        find_topics(text, VOCABULARY, SIMILAR)
    assert (time.process_time() - began) / len(texts) < 0.005


def test_small_words_of_a_lesson_say_nothing() -> None:
    assert content_words("Gastles op dinsdagmiddag in het Engels, wie komt er langs?", VOCABULARY) == []
    assert [word.folded for word in content_words("De smid en zijn hamer", VOCABULARY)] == ["smid", "hamer"]


def test_order_of_the_terms_makes_no_difference() -> None:
    some = list(terms(VOCABULARY))[::5]
    one, other = SimilarTerms(some), SimilarTerms(some[::-1])
    for words in (["lasser"], ["verpleegkunidge", "nachtdienst"], ["zzz"]):
        assert one.find(words) == other.find(words)


def test_search_over_nothing_finds_nothing() -> None:
    assert SimilarTerms([]).find(["lasser"]) == []
    assert SimilarTerms([Term("", (("a", 1.0),)), Term("x", ())]).find(["lasser"]) == []
    assert SimilarTerms([Term("lasser", (("a", 1.0),))]).find([]) == []


def test_every_group_of_jobs_leads_to_a_branch_and_known_topics() -> None:
    kinds = {entry.code: entry.type for entry in thesaurus.entries()}
    for isco, group in thesaurus.job_groups().items():
        assert isco.isdigit()
        assert len(isco) <= 4
        assert kinds[group.to[0]] == "sector", isco
        assert set(group.to) <= kinds.keys(), isco
        assert group.names, isco


def test_longest_group_counts_and_an_unknown_one_leads_nowhere() -> None:
    assert thesaurus.topics_of_job("2222") != thesaurus.topics_of_job("2221")
    assert thesaurus.topics_of_job("2221") == thesaurus.topics_of_job("2229") == thesaurus.topics_of_job("222")
    assert thesaurus.topics_of_job("") == thesaurus.topics_of_job("99") == ()


def _job(name: str, isco: str) -> Occupation:
    uri = f"http://example.org/{name}"
    return Occupation(uri=uri, lang="nl", isco=isco, name=name, folded=[name], imported_at=NOW)


def test_job_brought_in_and_topic_made_by_hand_are_found_at_once(session: Session) -> None:
    seed_topics(session)
    assert suggested_topics(session, "kwabbelaar", "nl") == []
    session.add_all([_job("kwabbelaar", "8160"), _job("snorrebotter", "3153"), _job("nergens", "99")])
    session.flush()
    codes = [choice.code for choice in suggested_topics(session, "kwabbelaar", "nl")]
    assert codes == ["food_industry_sector", "food_technology", "mbo_process"]
    session.execute(update(Occupation).values(isco="3153", imported_at=NOW.replace(year=2027)))
    codes = [choice.code for choice in suggested_topics(session, "kwabbelaar", "nl")]
    assert codes == ["transport_sector", "aviation"]
    assert similar_terms(session) is similar_terms(session)
    session.add(Topic(code="by_hand", type=TopicType.THEME, nl="Knikkerbanen", en="Marble runs", levels=[], near=[]))
    session.flush()
    assert "by_hand" in [choice.code for choice in suggested_topics(session, "knikkkerbaan bouwen", "nl")]
