"""What a typed word may mean among the words of texts: forms, compounds, slips; and how slips are counted."""

import pytest

from matcher.subjects.finding import place_keys, rarity, weighed, words_of
from matcher.subjects.lexicon import FORM, SAME, Lexicon, number_of, slips_between

LEXICON = Lexicon(["gastles", "gastlessen", "warmtepomp", "verpleegkundige", "les", "@zonnebank", "bank", "bankwerker"])


@pytest.mark.parametrize(
    ("one", "other", "away"),
    [("les", "les", 0), ("les", "lse", 1), ("les", "lees", 1), ("les", "le", 1), ("les", "las", 1), ("pomp", "zon", 3)],
)
def test_slips_are_counted_both_ways(one: str, other: str, away: int) -> None:
    assert slips_between(one, other, 2) == slips_between(other, one, 2) == away


def test_word_means_itself_before_its_forms_before_compounds() -> None:
    assert LEXICON.variants("gastlessen") == {"gastlessen": SAME, "gastles": FORM}
    assert LEXICON.variants("verpleegkunde") == {"verpleegkundige": FORM}
    found = LEXICON.variants("bank")
    assert found["bank"] == SAME > found["bankwerker"]
    assert "@zonnebank" not in found


def test_slip_is_looked_for_only_when_asked() -> None:
    assert LEXICON.variants("warmtepmop") == {}
    assert list(LEXICON.slips("warmtepmop")) == ["warmtepomp"]
    assert LEXICON.slips("lex") == {}, "a short word is a slip of anything"
    assert LEXICON.slips("zonebank") == {}
    assert list(LEXICON.slips("zonebank", marked=True)) == ["@zonnebank"]


def test_number_of_a_word_never_changes() -> None:
    """It is stored: another way of counting would lose every word."""
    assert number_of("warmtepomp") == 1190523400225963696
    assert 0 <= number_of("") < 2**62


def test_typed_text_becomes_words_kinds_and_levels() -> None:
    found = words_of("Een gastles over de warmtepomp voor 4 havo!")
    assert [(word.folded, word.kind, bool(word.level_mask)) for word in found] == [
        ("gastles", "guest_lecture", False),
        ("warmtepomp", None, False),
        ("", None, True),
    ]
    assert [word.folded for word in words_of("les")] == ["les"], "small words only when there is nothing else"
    assert len(words_of(" ".join(f"woord{number}" for number in range(50)))) == 8


def test_neighbouring_words_may_be_a_town() -> None:
    names = [name for name, _part in place_keys(words_of("lassen Den Haag"))]
    assert "'s-gravenhage" in names


def test_place_in_a_text_and_rareness_weigh() -> None:
    found = weighed({"title": "Lassen", "text": "lassen met een lasrobot"})
    assert found["lassen"] > found["lasrobot"]
    assert rarity(1, 10_000) > rarity(100, 10_000) > rarity(10_000, 10_000) > 0
